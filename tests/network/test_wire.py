"""What was handed over, and when it is cut: over plain HTTP, TLS and proxies, on real sockets."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from email.utils import formatdate
from typing import Any

import pytest

from podsync.model.errors import InDoubtError, NotSentError, ProviderError, UnreadableError
from podsync.model.settings import ProviderSettings, RateLimit
from podsync.network.faults import Route, unreachable
from podsync.network.http import Http
from podsync.network.request import Request
from tests.providers.peers import LOOPBACK, Line, Peer, peer, serving_context, trusting, tunnel

KEY = "canary-0123456789-canary"
CREATE = Request("POST", "/things", {"name": "Dino"})
LIST = Request("GET", "/things", None)
WAYS = ("plain", "tls", "proxy", "tunnel", "tunnel by tls")
#: Those that have TLS between us and the provider.
SECURE = ("tls", "tunnel", "tunnel by tls")
every_way = pytest.mark.parametrize("way", WAYS)
Play = Callable[[Peer, Line], None]


class Clock:
    """The real clock, which does not wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Pace:
    def take(self) -> None:
        """Nothing is limited here."""

    def full(self, retry_after: float | None) -> None:
        """Nor is anything full."""


class Scene:
    """A provider, perhaps behind a proxy, and the client that speaks to them."""

    def __init__(self, stack: ExitStack, way: str, script: Play, proxying: Play | None = None) -> None:
        self._stack, self.way = stack, way
        self.clock = Clock()
        secure = way in SECURE
        self.provider = stack.enter_context(peer(script, serving_context() if secure else None))
        self.proxy: Peer | None = None
        if way == "proxy":
            # A plain proxy is asked for the whole address; the provider plays it.
            self.proxy = self.provider
        elif way.startswith("tunnel"):
            context = serving_context() if way == "tunnel by tls" else None
            self.proxy = stack.enter_context(peer(proxying or tunnel(self.provider.port), context))

    def client(
        self, timeout: float = 5.0, trust: Callable[[], ssl.SSLContext] = trusting, user: str = ""
    ) -> Http:
        scheme = "https" if self.way in SECURE else "http"
        host = "api.test" if self.way not in ("plain", "tls") else LOOPBACK
        proxies = {}
        if self.proxy is not None:
            by = "https" if self.way == "tunnel by tls" else "http"
            proxies = {scheme: f"{by}://{user}{LOOPBACK}:{self.proxy.port}"}
        settings = ProviderSettings(
            f"{scheme}://{host}:{self.provider.port}/base", RateLimit(1000, 1000), timeout_seconds=timeout
        )
        headers = {"Authorization": f"Bearer {KEY}"}
        return Http(
            "It", settings, headers, key=KEY, clock=self.clock, pace=Pace(), proxies=proxies, trust=trust
        )


@pytest.fixture
def scene() -> Iterator[Callable[..., Scene]]:
    with ExitStack() as stack:
        yield lambda way, script, proxying=None: Scene(stack, way, script, proxying)


def answer(body: Any, *headers: str, status: int = 200) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Fine", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def always(data: bytes) -> Play:
    """Note each request and give it the same answer."""

    def script(provider: Peer, line: Line) -> None:
        while request := line.request():
            provider.requests.append(request)
            line.say(data)

    return script


def write(client: Http, seconds: float = 30.0) -> Any:
    return client.write(CREATE, time.monotonic() + seconds)


def failure(client: Http, seconds: float = 30.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        write(client, seconds)
    return caught.value


def unread(client: Http) -> ProviderError:
    with pytest.raises(UnreadableError) as caught:
        client.read(LIST)
    return caught.value


# -- what arrives


@every_way
def test_an_answer_is_an_answer_and_the_connection_is_used_again(scene, way):
    made = scene(way, always(answer({"a": 1})))
    client = made.client()

    answers = [write(client).body, client.read(LIST, {"q": "a b&c"}).body]

    assert answers == [{"a": 1}, {"a": 1}]
    assert made.provider.connections == 1
    first, second = made.provider.requests
    target = f"http://api.test:{made.provider.port}" if way == "proxy" else ""
    assert first.startswith(f"POST {target}/base/things HTTP/1.1\r\n".encode())
    assert first.endswith(b'\r\n\r\n{"name": "Dino"}')
    assert second.startswith(f"GET {target}/base/things?q=a+b%26c HTTP/1.1\r\n".encode())
    assert b"Cache-Control: no-cache\r\n" in second
    assert b"Cache-Control" not in first
    assert f"Authorization: Bearer {KEY}\r\n".encode() in first
    host = LOOPBACK if way in ("plain", "tls") else "api.test"
    assert f"Host: {host}:{made.provider.port}\r\n".encode() in first


@pytest.mark.parametrize("way", ["proxy", "tunnel", "tunnel by tls"])
def test_a_proxy_is_told_its_password_and_a_tunnel_nothing_else(scene, way):
    made = scene(way, always(answer({})))

    write(made.client(user="ann:p%40ss@"))

    header = f"Proxy-Authorization: Basic {base64.b64encode(b'ann:p@ss').decode()}\r\n".encode()
    assert header in made.proxy.requests[0]
    if way != "proxy":
        assert KEY.encode() not in made.proxy.requests[0]
        assert b"Proxy-Authorization" not in made.provider.requests[0]
        assert made.proxy.requests[0].startswith(f"CONNECT api.test:{made.provider.port} HTTP/1.1".encode())


@every_way
def test_what_comes_before_an_answer_is_not_the_answer_and_never_that_to_another_request(scene, way):
    def script(provider, line):
        while request := line.request():
            provider.requests.append(request)
            line.say(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.05)
            line.say(answer({"n": len(provider.requests)}))

    made = scene(way, script)
    client = made.client()

    assert [write(client).body for _ in range(3)] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert made.provider.connections == 1


@every_way
def test_a_connection_that_switched_to_something_else_is_not_used_again(scene, way):
    def script(provider, line):
        provider.requests.append(line.request())
        line.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")
        line.request()
        line.say(answer({"code": 10000}))

    made = scene(way, script)
    client = made.client()

    assert [type(failure(client)) for _ in range(2)] == [InDoubtError, InDoubtError]
    assert made.provider.connections == 2


@every_way
def test_of_an_answer_that_breaks_off_the_status_counts(scene, way):
    """Whoever has said that it was done has been told to send no second one."""
    starts = [
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        answer({"a": 1})[:-3],
        answer({"a": 1}, status=502)[:-3],
        b"HTTP/1.",
    ]

    def script(provider, line):
        line.request()
        line.say(starts[line.number - 1])

    client = scene(way, script).client()
    errors = [failure(client) for _ in starts]

    assert [(error.status, error.acknowledged) for error in errors] == [
        (200, True), (200, True), (502, False), (None, False)
    ]  # fmt: skip


# -- the mark


@every_way
def test_a_cut_after_the_request_arrived_is_in_doubt(scene, way):
    made = scene(way, lambda provider, line: provider.requests.append(line.request()))

    assert type(failure(made.client())) is InDoubtError
    assert len(made.provider.requests) == 1


@pytest.mark.parametrize("way", ["tunnel", "tunnel by tls"])
def test_a_proxy_that_hangs_up_after_the_request_went_through_leaves_a_doubt(scene, way):
    """The same exceptions come as when the proxy was never reached."""

    def script(provider, line):
        provider.requests.append(line.request())
        made.proxy.hang_up()

    made = scene(way, script)

    assert type(failure(made.client())) is InDoubtError
    assert len(made.provider.requests) == 1


@pytest.mark.parametrize("way", ["tunnel", "tunnel by tls"])
@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"hello\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_a_proxy_that_leads_nowhere_is_not_sent(scene, way, said):
    def proxying(_, line):
        line.request()
        line.say(said)

    made = scene(way, always(answer({})), proxying)

    assert type(failure(made.client())) is NotSentError
    assert made.provider.requests == []


@pytest.mark.parametrize("way", SECURE)
def test_a_certificate_that_is_not_accepted_is_not_sent_and_told_at_once(scene, way):
    made = scene(way, always(answer({})))
    client = made.client(trust=ssl.create_default_context)

    error, read = failure(client), unread(client)

    assert type(error) is NotSentError
    assert error.lasting
    assert made.provider.requests == []
    assert made.clock.slept == []
    asked = f"the proxy {LOOPBACK}:{made.proxy.port}" if way == "tunnel by tls" else "api.test"
    asked = LOOPBACK if way == "tls" else asked
    for each in (error, read):
        assert f"the certificate of {asked} is not accepted: it is signed by itself" in each.message
        assert "SSL_CERT_FILE" in each.remedy


def test_a_certificate_for_another_name_is_told_as_such(scene):
    made = scene("tunnel", always(answer({})))
    proxies = {"https": f"http://{LOOPBACK}:{made.proxy.port}"}
    settings = ProviderSettings("https://other.test", RateLimit(9, 9))
    client = Http("It", settings, {}, key="", clock=Clock(), pace=Pace(), proxies=proxies, trust=trusting)

    error = failure(client)

    assert type(error) is NotSentError
    assert "the certificate of other.test is not accepted: it is for another name" in error.message


def test_a_server_that_wants_a_certificate_of_ours_leaves_a_doubt(scene):
    """With TLS 1.3 it says so when the request is on its way already."""
    context = serving_context()
    context.verify_mode = ssl.CERT_REQUIRED
    with peer(always(answer({})), context) as provider:
        settings = ProviderSettings(f"https://{LOOPBACK}:{provider.port}", RateLimit(9, 9))
        client = Http("It", settings, {}, key="", clock=Clock(), pace=Pace(), proxies={}, trust=trusting)

        assert type(failure(client)) is InDoubtError


@every_way
def test_a_connection_that_is_closed_as_a_request_is_written_to_it_leaves_a_doubt(scene, way):
    def script(provider, line):
        for _ in range(2):
            provider.requests.append(line.request())
            if len(provider.requests) == 1:
                line.say(answer({}))

    made = scene(way, script)
    client = made.client()

    write(client)

    assert type(failure(client)) is InDoubtError
    assert (made.provider.connections, len(made.provider.requests)) == (1, 2)


@every_way
def test_a_connection_that_was_closed_meanwhile_is_not_used_again(scene, way):
    def script(provider, line):
        provider.requests.append(line.request())
        line.say(answer({"n": line.number}))

    made = scene(way, script)
    client = made.client()

    first = write(client).body
    for _ in range(100):
        if not any(t.is_alive() for t in made.provider._threads):
            break
        time.sleep(0.01)
    time.sleep(0.05)

    assert (first, write(client).body) == ({"n": 1}, {"n": 2})


# -- too late


@pytest.mark.parametrize("way", ["tunnel", "tunnel by tls"])
def test_what_becomes_too_late_while_the_connection_is_made_does_not_leave(scene, way):
    proceed = tunnel

    def proxying(proxy, line):
        time.sleep(0.3)
        proceed(made.provider.port)(proxy, line)

    made = scene(way, always(answer({})), proxying)

    error = failure(made.client(), seconds=0.15)

    assert type(error) is NotSentError
    assert made.provider.requests == []


@every_way
def test_what_is_too_late_does_not_leave_by_an_open_connection_either(scene, way):
    made = scene(way, always(answer({})))
    client = made.client()
    write(client)

    assert type(failure(client, seconds=-0.01)) is NotSentError
    assert len(made.provider.requests) == 1


def test_the_moment_is_judged_when_the_connection_stands(scene):
    """The machine sleeps between the TLS handshake and the first byte."""
    made = scene("tls", always(answer({})))

    def trust() -> ssl.SSLContext:
        made.clock.sleep(3600)
        return trusting()

    error = failure(made.client(trust=trust))

    assert type(error) is NotSentError
    assert "too late" in error.message
    assert made.provider.requests == []


# -- answers that do not end

DRIPS: Mapping[str, tuple[bytes, bytes]] = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "headers": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers of 100 Continue": (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "body without a length": (b'HTTP/1.1 200 OK\r\n\r\n{"a": 1}', b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "size of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: y\r\n"),
}


@every_way
@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_in_drops_is_cut_in_time_and_in_doubt(scene, way, name):
    def script(provider, line):
        provider.requests.append(line.request())
        line.drip(DRIPS[name][0], then=DRIPS[name][1])

    made = scene(way, script)
    for _ in range(20):  # a busy machine may need longer than that to connect: then nothing was sent
        begin = time.monotonic()
        error = failure(made.client(timeout=0.1))
        if made.provider.requests:
            break

    assert type(error) is InDoubtError
    # On a busy machine a drop may come late: then the time for one read is over first, after 0.1 s.
    assert 0.1 <= time.monotonic() - begin < 3


@every_way
def test_no_answer_at_all_is_in_doubt_after_the_time_that_is_set(scene, way):
    gone = threading.Event()

    def script(provider, line):
        provider.requests.append(line.request())
        gone.wait(5)

    made = scene(way, script)
    begin = time.monotonic()
    try:
        assert type(failure(made.client(timeout=0.25))) is InDoubtError
        assert time.monotonic() - begin < 2
    finally:
        gone.set()


@pytest.mark.parametrize("way", ["tunnel", "tunnel by tls"])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_tunnel_in_drops_is_given_up_in_time_and_not_sent(scene, way, said):
    def proxying(_, line):
        line.request()
        if said:
            line.drip(said)
        else:
            time.sleep(2)

    made = scene(way, always(answer({})), proxying)
    begin = time.monotonic()

    error = failure(made.client(timeout=0.3))

    assert type(error) is NotSentError
    assert "in time" in error.message
    assert time.monotonic() - begin < 1.5


def test_a_handshake_that_does_not_end_is_given_up_in_time_and_not_sent(scene):
    with peer(lambda *_: time.sleep(2)) as provider:
        settings = ProviderSettings(
            f"https://{LOOPBACK}:{provider.port}", RateLimit(9, 9), timeout_seconds=0.3
        )
        client = Http("It", settings, {}, key="", clock=Clock(), pace=Pace(), proxies={}, trust=trusting)
        begin = time.monotonic()

        assert type(failure(client)) is NotSentError
        assert time.monotonic() - begin < 1.5


def test_one_thread_watches_them_all(scene):
    made = [scene("plain", always(answer({}))) for _ in range(3)]

    for each in made:
        write(each.client())

    watching = [thread for thread in threading.enumerate() if thread.name == "podsync-watchdog"]
    assert len(watching) == 1


def test_an_answer_in_time_is_not_cut_later(scene):
    made = scene("plain", always(answer({"a": 1})))
    client = made.client(timeout=0.2)

    for _ in range(4):
        assert write(client).body == {"a": 1}
        time.sleep(0.15)
    assert made.provider.connections == 1


# -- causes in words


@pytest.mark.parametrize(
    ("status", "words", "lasting"),
    [
        (407, "asks for a name and a password (407)", True),
        (403, "does not let podsync reach api.test (403)", True),
        (405, "does not let podsync reach api.test (405)", True),
        (502, "does not let podsync reach api.test (502)", False),
    ],
)
@pytest.mark.parametrize("way", ["tunnel", "tunnel by tls"])
def test_what_a_proxy_refuses_is_told_and_not_tried_again(scene, way, status, words, lasting):
    def proxying(proxy, line):
        proxy.requests.append(line.request())
        line.say(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())

    made = scene(way, always(answer({})), proxying)
    client = made.client(user="ann:secret-password@")

    error = unread(client)

    assert f"the proxy {LOOPBACK}:{made.proxy.port} {words}" in error.message
    assert bool(error.remedy) is lasting
    assert len(made.proxy.requests) == (1 if lasting else 5)
    assert failure(client).lasting is lasting
    assert "secret-password" not in f"{error.message} {error.remedy}"


@pytest.mark.enable_socket
def test_a_name_that_nobody_knows_is_told():
    settings = ProviderSettings("http://nobody.invalid", RateLimit(9, 9))
    client = Http("It", settings, {}, key="", clock=Clock(), pace=Pace(), proxies={})

    assert "no address is known for nobody.invalid (DNS)" in failure(client).message


def test_something_that_is_no_tls_is_told(scene):
    made = scene("plain", lambda _, line: line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    settings = ProviderSettings(f"https://{LOOPBACK}:{made.provider.port}", RateLimit(9, 9))
    client = Http("It", settings, {}, key="", clock=Clock(), pace=Pace(), proxies={}, trust=trusting)

    assert f"no TLS connection to {LOOPBACK} could be made" in failure(client).message


@pytest.mark.parametrize(
    ("code", "words", "remedy"),
    [
        (9, "it is not valid yet", "clock"),
        (10, "it has expired", "clock"),
        (19, "its chain ends in an authority that is not trusted here", "SSL_CERT_FILE"),
        (20, "its authority is not trusted here", "SSL_CERT_FILE"),
        (62, "it is for another name", "address"),
        (999, "odd", "SSL_CERT_FILE"),
    ],
)
def test_each_fault_of_a_certificate_has_its_words(code, words, remedy):
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = code, "odd."

    found = unreachable(error, Route("api.test", "proxy.test:3128", through=True))

    assert found.words == f"the certificate of api.test is not accepted: {words}"
    assert remedy in found.remedy
    assert found.lasting


# -- how fresh an answer is

NOW = 1_760_000_000.0


def dated(seconds: float, *headers: str, status: int = 200) -> bytes:
    return answer({}, f"Date: {formatdate(NOW + seconds, usegmt=True)}", *headers, status=status)


@pytest.mark.parametrize(
    ("answers", "fresh"),
    [
        ([dated(0)], True),
        ([dated(0, "Age: 0")], True),
        ([dated(0, "Age: 7")], False),
        ([dated(0, "Age: soon")], False),
        ([dated(0), dated(60)], True),
        ([dated(60), dated(0)], False),
        ([dated(0), dated(-1)], True),
        ([dated(0), answer({})], True),
        ([dated(900, status=404), dated(0)], True),
    ],
)
def test_an_answer_out_of_a_cache_is_not_fresh(scene, answers, fresh):
    def script(_, line):
        for each in answers:
            line.request()
            line.say(each)

    client = scene("plain", script).client()

    found = [client.read(LIST) for _ in answers]

    assert [each.fresh for each in found] == [True] * (len(answers) - 1) + [fresh]


def test_our_own_clock_stands_in_for_one_that_is_not_told(scene):
    found = scene("plain", always(answer({}))).client().read(LIST)

    assert found.date is None
    assert abs(found.now - time.time()) < 60


# -- the key stays here


@every_way
def test_an_answer_that_repeats_the_key_is_masked_in_every_form(scene, way):
    body = {
        f"x{KEY}": [KEY, base64.b64encode(f"Bearer {KEY}".encode()).decode(), KEY.encode().hex()],
        "message": "".join(f"%{byte:02X}" for byte in KEY.encode()),
    }
    made = scene(way, always(answer(body, status=400)))

    error = failure(made.client())

    assert made.client().read(LIST).body == {"x***": ["***", "QmVhcmVyI***", "***"], "message": "***"}
    assert error.message == 'It: HTTP 400 "***"'


@pytest.mark.parametrize(("depth", "read"), [(50, True), (101, False), (600, False), (100_000, False)])
def test_what_is_nested_too_deeply_is_no_answer(scene, depth, read):
    content = b'{"a":' * depth + b"1" + b"}" * depth
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)

    found = scene("plain", always(said)).client().read(LIST)

    assert (found.body is not None) is read
