"""The adapter against a real server, over TLS on loopback, that cuts, lies, lags and leads astray."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podsync.images.facts import SeenImage, UnseenImage
from podsync.images.fetch import LIMITS, Fetcher, FetchLimits
from podsync.images.formats import Header
from tests.images.files import FILES
from tests.images.server import LOOPBACK, FastClock, answer, body, names, network, redirect, tagged
from tests.images.test_addresses import NAMES, SPELLINGS
from tests.images.test_formats import png

PNG = png(1600, 1200) + bytes(5000)
SIZED = Header("picture", "PNG", 1600, 1200, alpha=False)
ONCE = FetchLimits(tries=1)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
RANGE = b"HTTP/1.1 206 OK\r\nContent-Range: bytes 0-"


def look(
    server, path="/a.png", mode="head", *, host="cdn.test", known=None, limits=ONCE, clock=None, **changes
):
    fetcher = Fetcher(mode, network(**changes), clock or FastClock(), limits)
    return fetcher.look(server.url(path, host), known)


def test_the_first_kilobytes_tell_format_size_and_length(server):
    server.behaviours["/a.png"] = body(PNG, ETag='"v1"', Last_Modified="Sun, 06 Nov 1994 08:49:37 GMT")

    seen = look(server)

    assert seen.header == SIZED
    assert (seen.size, seen.digest, seen.etag) == (len(PNG), None, '"v1"')
    assert seen.modified == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert server.headers[0]["range"] == f"bytes=0-{LIMITS.head_bytes - 1}"


def test_all_of_it_has_a_digest(server):
    server.behaviours["/a.png"] = body(PNG)

    seen = look(server, mode="full")

    assert (seen.header, seen.size, seen.digest) == (SIZED, len(PNG), hashlib.sha256(PNG).hexdigest())
    assert "range" not in server.headers[0]


def test_nothing_of_the_user_is_sent_along(server, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine cdn.test login canary password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    server.behaviours["/a.png"] = redirect(server.url("/b.png"))
    server.behaviours["/b.png"] = body(PNG, Set_Cookie="canary=1")

    look(server)
    look(server)

    assert [sorted(headers) for headers in server.headers] == [
        ["accept", "accept-encoding", "connection", "host", "range", "user-agent"]
    ] * 4


def test_the_host_is_named_though_an_address_is_connected_to(server):
    server.behaviours["img.cdn.test/ä b?.png"] = body(b"")
    server.behaviours["img.cdn.test/%C3%A4.png"] = body(PNG)

    assert look(server, "/ä.png?w=1&x=ü#part", host="img.cdn.test").header == SIZED
    assert server.seen == ["img.cdn.test/%C3%A4.png?w=1&x=%C3%BC"]


def test_a_server_that_knows_no_ranges_is_not_read_to_its_end(server):
    server.behaviours["/a.png"] = body(PNG + bytes(50_000_000), ranges=False)

    seen = look(server)

    assert (seen.header, seen.size) == (SIZED, len(PNG) + 50_000_000)


@pytest.mark.parametrize("mode", ["head", "full"])
def test_a_page_that_calls_itself_a_picture_is_seen_through(server, mode):
    server.behaviours["/a.png"] = body(b"<!doctype html><title>Not found</title>")

    assert look(server, mode=mode).header == Header("other", "HTML page")


@pytest.mark.parametrize("mode", ["head", "full"])
def test_an_empty_file_is_one(server, mode):
    server.behaviours["/a.png"] = body(b"")

    seen = look(server, mode=mode)

    assert (seen.header, seen.size) == (Header("other", "empty file"), 0)


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("mode", ["head", "full"])
def test_a_small_file_is_whole_in_both_ways(server, name, mode):
    server.behaviours["/a.png"] = body(FILES[name])

    seen = look(server, mode=mode)

    assert seen.digest == hashlib.sha256(FILES[name]).hexdigest()
    assert seen.header.verdict in {"picture", "unusual"}


@pytest.mark.parametrize("mode", ["head", "full"])
def test_a_file_that_ends_in_its_header_is_damaged(server, mode):
    server.behaviours["/a.png"] = body(PNG[:20])

    assert look(server, mode=mode).header == Header("damaged", "PNG")


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "HTTP 404"), (410, "HTTP 410"), (403, "HTTP 403"), (204, "HTTP 204")]
)
def test_a_refusal_is_told_at_once(server, status, reason):
    server.behaviours["/a.png"] = body(b"", status)

    seen = look(server, limits=FetchLimits())

    assert (seen.reason, seen.silent) == (reason, False)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_after_a_while(server, status):
    clock, answers = FastClock(), iter([body(b"", status), body(b"", status, Retry_After="7"), body(PNG)])

    def in_turn(request):
        next(answers)(request)

    server.behaviours["/a.png"] = in_turn

    seen = look(server, limits=FetchLimits(), clock=clock)

    assert seen.header == SIZED
    assert clock.slept == [1.0, 7.0]


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        ("99999", [LIMITS.wait_seconds]),
        ("-1", [1, 2]),
        ("soon", [1, 2]),
        ("1e9", [1, 2]),
        ("9" * 5000, [1, 2]),
    ],
)
def test_retry_after_is_not_believed_beyond_reason(server, told, waits):
    clock = FastClock()
    server.behaviours["/a.png"] = body(b"", 429, Retry_After=told)

    assert look(server, limits=FetchLimits(), clock=clock).reason == "HTTP 429"
    assert clock.slept == waits


# -- time and size


def test_an_endless_body_is_cut_off(server):
    sent = threading.Event()

    def endless(request):
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"%x\r\n%s\r\n" % (len(PNG), PNG))
        try:
            while True:
                request.wfile.write(b"10000\r\n" + bytes(65536) + b"\r\n")
        except OSError:
            sent.set()
            raise

    server.behaviours["/a.png"] = endless

    head = look(server)
    full = look(server, mode="full", limits=FetchLimits(tries=1, full_bytes=1_000_000))

    assert (head.header, head.size) == (SIZED, None)
    assert full.header == SIZED
    assert full.digest is None
    assert 1_000_000 < full.size < 1_100_000
    assert sent.wait(10)


def test_ten_gigabytes_are_announced_and_not_fetched(server):
    sent = []

    def huge(request):
        request.send_response(200)
        request.send_header("Content-Length", str(10 * 1000**3))
        request.end_headers()
        with suppress(OSError):
            while True:
                request.wfile.write(PNG)
                sent.append(len(PNG))

    server.behaviours["/a.png"] = huge

    seen = look(server, mode="full")

    assert (seen.header, seen.size, seen.digest) == (SIZED, 10 * 1000**3, None)
    assert sum(sent) < 50_000_000  # what the sockets between take


def trickle(pieces):
    def serve(request):
        for piece in pieces:
            request.wfile.write(piece)
            request.wfile.flush()
            time.sleep(0.002)

    return serve


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 2000],
        [*[b"H"] * 2000],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", *[b"x"] * 2000],
        [*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 2000],
    ],
    ids=["headers", "status", "body", "continue"],
)
def test_a_server_that_feeds_a_byte_at_a_time_is_cut_off(server, pieces):
    server.behaviours["/a.png"] = trickle(pieces)

    seen = look(server, mode="full", clock=FastClock(step=2.0))

    assert isinstance(seen, UnseenImage)
    assert seen.reason in {"no answer in time", "the connection broke"}
    assert seen.silent


def test_a_server_that_says_nothing_is_not_waited_for(server):
    asked, go_on = threading.Event(), threading.Event()

    def silent(_request):
        asked.set()
        go_on.wait(30)

    server.behaviours["/a.png"] = silent

    seen = look(server, limits=FetchLimits(tries=1, head_seconds=0.3))
    go_on.set()

    assert asked.is_set()
    assert (seen.reason, seen.silent) == ("no answer in time", True)


def test_half_an_answer_is_none(server):
    def half(request):
        request.send_response(200)
        request.send_header("Content-Length", str(len(PNG)))
        request.end_headers()
        request.wfile.write(PNG[:2000])

    server.behaviours["/a.png"] = half

    assert look(server, mode="full").reason == "the answer breaks off"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"9" * 5000 + b"\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n", bytes(5000), b"\xff" * 5000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["head", "full"])
def test_what_is_no_http_is_a_broken_connection(server, data, mode):
    server.behaviours["/a.png"] = lambda request: request.wfile.write(data)

    assert look(server, mode=mode).reason == "the connection broke"


@given(
    st.sampled_from(
        [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 X\r\nLocation: ", CHUNKED, RANGE]
    ),
    st.binary(max_size=200),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_server_says_ends_in_a_value(server, start, rest):
    server.behaviours["/a.png"] = lambda request: request.wfile.write(start + rest + b"\r\n\r\n")

    assert isinstance(look(server), SeenImage | UnseenImage)


@pytest.mark.parametrize("length", ["-5", "abc", "1e3", "9" * 5000, "0x10"])
def test_a_length_that_is_none_is_not_believed(server, length):
    server.behaviours["/a.png"] = body(PNG, ranges=False, Content_Length=length)

    seen = look(server)

    assert isinstance(seen, UnseenImage) or (seen.header, seen.size) == (SIZED, None)


def test_a_part_from_the_middle_is_refused(server):
    server.behaviours["/a.png"] = lambda request: answer(
        request, 206, {"Content-Range": "bytes 100-200/300"}, PNG[:100]
    )

    assert look(server).reason == "HTTP 206"


def test_an_answer_packed_against_our_will_is_not_unpacked(server):
    server.behaviours["/a.png"] = body(b"\x1f\x8b" + bytes(100), ranges=False, Content_Encoding="gzip")

    assert "Content-Encoding" in look(server).reason


# -- where it leads


def test_redirects_are_followed_by_hand(server):
    server.behaviours["cdn.test/a.png"] = redirect("/b.png", 301)
    server.behaviours["cdn.test/b.png"] = redirect(f"//other.test:{server.port}/c.png", 308)
    server.behaviours["other.test/c.png"] = body(PNG)

    assert look(server).header == SIZED
    assert server.seen == ["cdn.test/a.png", "cdn.test/b.png", "other.test/c.png"]


def test_redirects_without_end_are_not_followed_for_ever(server):
    server.behaviours["/a.png"] = redirect("/a.png")

    assert "without end" in look(server).reason
    assert len(server.seen) == LIMITS.redirects + 1


@pytest.mark.parametrize("host", [*SPELLINGS, *NAMES, "169.254.169.254", "[fd00:ec2::254]"])
def test_no_redirect_leads_to_a_local_host(server, host):
    server.behaviours["/a.png"] = redirect(f"https://{host}:{server.port}/latest/meta-data")
    connected = []

    def resolve(name, port):
        connected.append(name)
        return names({})(name, port)

    seen = look(server, resolve=resolve)

    assert seen.rule == "picture-not-public"
    assert seen.reason.startswith("after a redirect: its host is not public")
    assert connected == ["cdn.test"]


@pytest.mark.parametrize(
    "to",
    ["http://cdn.test/a.png", "ftp://cdn.test/a", "file:///etc/passwd", "gopher://cdn.test/", "",
     "data:image/png,x", "https://", "https://u:p@cdn.test/a.png", "https://[::1/a", "https://cdn.test:x/",
     "https://a b.test/", "https://cdn.test\\@127.0.0.1/", "https://" + "a" * 70 + ".test/",
     "javascript:alert(1)", "\x00", "//"],
)  # fmt: skip
def test_other_redirects_end_in_words(server, to):
    server.behaviours["/a.png"] = redirect(to)

    seen = look(server)

    assert isinstance(seen, UnseenImage)
    assert set(server.seen) == {"cdn.test/a.png"}


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://cdn.test:{port}/good.png", "the address is http:, not https:"),
        ("ftp://cdn.test:{port}/good.png", "the address is ftp:, not https:"),
        ("https://user:key@cdn.test:{port}/good.png", "the address names no host"),
    ],
)
def test_a_redirect_leads_to_nothing_but_plain_https(server, to, reason):
    server.behaviours["/a.png"] = redirect(to.format(port=server.port))
    server.behaviours["/good.png"] = body(PNG)

    assert look(server).reason == f"after a redirect: {reason}"
    assert server.seen == ["cdn.test/a.png"]


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "2002:7f00:1::", "fe80::1%lo"]
)
def test_a_name_that_means_a_private_address_is_refused(server, address):
    seen = look(server, host="evil.cdn.test", resolve=names({"evil.cdn.test": [address]}))

    assert (seen.rule, server.seen) == ("picture-not-public", [])


def test_one_private_address_among_public_ones_is_enough(server):
    seen = look(server, resolve=names({"cdn.test": [LOOPBACK, "10.0.0.1"]}))

    assert (seen.rule, server.seen) == ("picture-not-public", [])


def test_a_name_that_changes_its_meaning_gains_nothing(server):
    """DNS rebinding: the address that was judged is the one that is connected to; it is asked for once."""
    server.behaviours["/a.png"] = body(PNG)
    asked = []

    def rebinding(_host, _port):
        asked.append(1)
        return [LOOPBACK] if len(asked) == 1 else ["10.0.0.1"]

    assert look(server, resolve=rebinding).header == SIZED
    assert look(server, resolve=rebinding).rule == "picture-not-public"
    assert len(asked) == 2


def test_the_peer_is_judged_again_after_connecting(server):
    """A resolver may spell the address as it likes; what counts is who is at the other end."""
    spelled = names({"cdn.test": ["2130706433"]})

    seen = look(
        server, resolve=spelled, refused=lambda address: "this machine" if address == LOOPBACK else ""
    )

    assert (seen.rule, server.seen) == ("picture-not-public", [])


def test_the_rule_of_the_public_internet_refuses_loopback(server):
    from podsync.images.https import Network

    seen = look(server, refused=Network().refused)

    assert seen.reason == "its host is not public: this machine"
    assert server.seen == []


def test_an_address_that_does_not_answer_leaves_the_next(server):
    server.behaviours["/a.png"] = body(PNG)

    seen = look(server, resolve=names({"cdn.test": ["::1", LOOPBACK]}), refused=lambda _: "")

    assert seen.header == SIZED


def test_a_name_without_an_address_is_told(server):
    seen = look(server, host="nowhere.example")

    assert (seen.reason, seen.silent) == ("no address is known for its host", True)


def test_a_certificate_for_another_name_is_refused(server):
    seen = look(server, host="stranger.test")

    assert "certificate" in seen.reason
    assert server.seen == []


# -- ETags


def test_what_is_known_is_not_fetched_again(server):
    server.behaviours["/a.png"] = tagged(PNG, '"v1"')
    known = look(server, mode="full")

    for mode in ("head", "full"):
        assert look(server, mode=mode, known=known) is known
    assert server.headers[1]["if-none-match"] == '"v1"'


def test_what_was_only_begun_does_not_answer_for_all_of_it(server):
    server.behaviours["/a.png"] = tagged(PNG, '"v1"')
    known = look(server)

    assert look(server, mode="full", known=known).digest == hashlib.sha256(PNG).hexdigest()


def test_another_address_behind_the_redirect_is_another_picture(server):
    server.behaviours["/a.png"] = redirect("/one.png")
    server.behaviours["/one.png"] = tagged(PNG, '"v1"')
    server.behaviours["/two.png"] = tagged(FILES["gif"], '"v1"')
    known = look(server)
    server.behaviours["/a.png"] = redirect("/two.png")

    assert look(server, known=known).header.kind == "GIF"


def test_a_304_that_nobody_asked_for_is_no_answer(server):
    server.behaviours["/b.png"] = tagged(PNG, '"v1"')
    other = look(server, "/b.png")
    server.behaviours["/a.png"] = body(b"", 304)

    assert look(server).reason == "HTTP 304"
    assert look(server, known=other).reason == "HTTP 304"


@pytest.mark.parametrize("etag", ['"' + "x" * 5000 + '"', '"\xe4"', '"a\tb"'])
def test_an_odd_etag_is_not_kept(server, etag):
    server.behaviours["/a.png"] = body(PNG, ETag=etag)

    assert look(server).etag == ""


def test_a_redirect_to_a_signed_address_is_remembered_by_its_key(server):
    server.behaviours["/a.png"] = redirect("/b.png?X-Amz-Signature=abc&X-Amz-Expires=60")
    server.behaviours["/b.png"] = tagged(PNG, '"v1"')

    seen = look(server)

    assert seen.signed == "X-Amz-Signature"
    server.behaviours["/a.png"] = redirect("/b.png?X-Amz-Signature=def&X-Amz-Expires=60")
    assert look(server, known=seen) is seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x_amz_expiration", 'expiry-date="Fri, 21 Dec 2029 00:00:00 GMT", rule-id="tmp"'),
        ("x_oss_expiration", 'expiry-date="Fri, 21 Dec 2029 00:00:00 GMT", rule-id="delete"'),
        ("x_ms_expiry_time", "Fri, 21 Dec 2029 00:00:00 GMT"),
    ],
)
def test_a_store_that_will_delete_it_is_heard(server, name, value):
    server.behaviours["/a.png"] = body(PNG, **{name: value})

    assert look(server).expires == "Fri, 21 Dec 2029 00:00:00 GMT"


# -- proxies


@contextmanager
def proxy(to: int, status: int = 200) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that leads every name to one port of loopback."""
    asked: list[bytes] = []
    with socket.create_server((LOOPBACK, 0)) as listening:

        def run() -> None:
            with suppress(OSError):
                client, _ = listening.accept()
                with client:
                    text = b""
                    while b"\r\n\r\n" not in text:
                        text += client.recv(4096)
                    asked.append(text)
                    client.sendall(b"HTTP/1.1 %d X\r\n\r\n" % status)
                    if status == 200:
                        with socket.create_connection((LOOPBACK, to)) as inner:
                            pump = threading.Thread(target=_pump, args=(inner, client), daemon=True)
                            pump.start()
                            _pump(client, inner)
                            pump.join(5)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://user:p%40ss@{LOOPBACK}:{listening.getsockname()[1]}", asked
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # whoever still waits for a client
    thread.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("resolver", [names({}), names({"cdn.test": []})], ids=["resolves", "does not"])
def test_a_proxy_is_asked_for_the_name(server, resolver):
    server.behaviours["/a.png"] = body(PNG)
    with proxy(server.port) as (url, asked):
        seen = look(server, resolve=resolver, proxy=lambda _: url)

    assert seen.header == SIZED
    assert asked[0].startswith(f"CONNECT cdn.test:{server.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in asked[0]
    assert "proxy-authorization" not in server.headers[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "metadata.google.internal"])
def test_a_proxy_is_not_asked_for_what_is_plainly_local(server, host):
    with proxy(server.port) as (url, asked):
        assert look(server, host=host, proxy=lambda _: url).rule == "picture-not-public"

    assert asked == []


def test_a_proxy_is_not_asked_for_a_name_that_means_something_private_here(server):
    with proxy(server.port) as (url, asked):
        seen = look(server, resolve=names({"cdn.test": ["10.0.0.1"]}), proxy=lambda _: url)

    assert (seen.rule, asked) == ("picture-not-public", [])


def test_a_proxy_that_refuses_is_told(server):
    with proxy(server.port, 403) as (url, _):
        assert look(server, proxy=lambda _: url).reason == "the proxy refuses it (HTTP 403)"


@pytest.mark.parametrize(
    "url",
    ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "http://", "http://[::1", "http://x:y", "127.0.0.1:9"],
)
def test_a_proxy_that_cannot_be_used_is_told(server, url):
    assert "proxy" in look(server, proxy=lambda _: url).reason
