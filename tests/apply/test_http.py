"""What each answer means; nothing foreign crosses the adapter; the key stays where it belongs."""

from __future__ import annotations

import base64
import json
import logging
import socket
import threading
import time
from email.utils import formatdate

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podsync.model.errors import (
    ConflictError,
    InDoubtError,
    NotSentError,
    ProviderError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
    UnreadableError,
)
from podsync.model.frozen import freeze
from podsync.model.settings import ProviderSettings, RateLimit
from podsync.network.http import RETRY_AFTER_LIMIT, retry_after
from podsync.providers.contract import Query
from podsync.providers.registry import provider_of
from tests.apply.vendor_server import Odd, VendorServer
from tests.apply.world import KEYS, PLUGINS, FakeClock
from tests.products import poster_spec, tee_spec

SPECS = {"kakaclo": freeze(tee_spec("tee")), "gelato": freeze(poster_spec("poster"))}
LISTS = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}
both = pytest.mark.parametrize("provider", ["kakaclo", "gelato"])


class Pace:
    """No limit; remembers what a 429 said."""

    def __init__(self):
        self.told = []

    def take(self):
        pass

    def full(self, retry_after):
        self.told.append(retry_after)


class Line:
    """One provider's reader and writer."""

    def __init__(self, provider, url, clock=None, timeout=30.0, proxies=None):
        self.clock = clock or FakeClock()
        self.pace = Pace()
        told = ProviderSettings(url, RateLimit(1000, 1000), timeout_seconds=timeout, retry_seconds=40)
        plugin = PLUGINS[provider]
        self.knowledge = provider_of(plugin, told)
        self.reader, self.writer = plugin.connect(told, KEYS[provider], self.clock, self.pace, proxies or {})
        self.spec = SPECS[provider]

    def create(self, seconds=30.0):
        return self.writer.send(self.knowledge.request(self.spec), self.clock.monotonic() + seconds)

    def failure(self):
        with pytest.raises(ProviderError) as caught:
            self.create()
        return caught.value

    def find(self, **query):
        return self.reader.find(Query(**query))

    def unread(self):
        with pytest.raises(ProviderError) as caught:
            self.find()
        return caught.value


@pytest.fixture
def server():
    clock = FakeClock()
    server = VendorServer(clock.true, kakaclo_key=KEYS["kakaclo"], gelato_key=KEYS["gelato"])
    yield server
    server.stop()
    assert server.leaks == []


@pytest.fixture
def line(server):
    return lambda provider, **options: Line(provider, server.urls()[provider], **options)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


# -- not sent


@both
def test_a_refused_connection_is_not_sent(provider):
    assert type(Line(provider, f"http://127.0.0.1:{free_port()}").failure()) is NotSentError


@both
def test_a_provider_that_cannot_be_reached_is_unreadable_after_some_tries(provider):
    wire = Line(provider, f"http://127.0.0.1:{free_port()}")
    begin = wire.clock.monotonic()

    assert type(wire.unread()) is UnreachableError
    assert wire.clock.monotonic() - begin == 15


@both
def test_a_proxy_that_is_not_there_is_not_sent(provider):
    proxies = {"http": f"http://127.0.0.1:{free_port()}"}

    assert type(Line(provider, "http://127.0.0.1:9", proxies=proxies).failure()) is NotSentError


@both
@pytest.mark.enable_socket
def test_a_name_that_nobody_knows_is_not_sent(provider):
    assert type(Line(provider, "http://nobody.invalid").failure()) is NotSentError


@both
def test_a_connection_that_does_not_come_about_in_time_is_not_sent(provider):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = []
        try:
            while len(waiting) < 8:
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
                waiting.append(one)
            time.sleep(0.05)
            assert type(Line(provider, f"http://127.0.0.1:{port}", timeout=0.3).failure()) is NotSentError
        finally:
            for one in waiting:
                one.close()


@both
def test_what_is_too_late_is_not_sent(server, line, provider):
    with pytest.raises(NotSentError):
        line(provider).create(seconds=0)

    assert server.requests == []


@both
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0.5", 0.5), ("1e9", RETRY_AFTER_LIMIT), ("inf", RETRY_AFTER_LIMIT), ("NaN", None),
     ("-5", None), ("0", None), ("soon", None), ("", None), ("Fri, 99 Nov 2026 25:61:61 GMT", None),
     ("Sun, 06 Nov 1994 08:49:37 GMT", None)],
)  # fmt: skip
def test_a_429_is_not_sent_and_fills_the_bucket(server, line, provider, header, seconds):
    server.misbehave(f"{provider}.create", Odd("status", status=429, headers={"Retry-After": header}))
    wire = line(provider)

    error = wire.failure()

    assert type(error) is NotSentError
    assert error.retry_after == seconds
    assert wire.pace.told == [seconds]


def test_a_retry_after_may_be_a_date():
    now = 1_760_000_000.0

    assert retry_after(formatdate(now + 20, usegmt=True), lambda: now) == 20
    assert retry_after(formatdate(now + 1e6, usegmt=True), lambda: now) == RETRY_AFTER_LIMIT


# -- refused


@both
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RefusedError), (404, RefusedError), (422, RefusedError), (409, ConflictError),
     (401, UnauthorizedError), (403, UnauthorizedError)],
)  # fmt: skip
def test_a_no(server, line, provider, status, kind):
    server.misbehave(f"{provider}.create", Odd("status", status=status))

    error = line(provider).failure()

    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("code", [0, -1, 400, 9999, 10001, 2**70])
def test_another_code_of_kakaclo_is_a_no(server, line, code):
    server.misbehave("kakaclo.create", Odd("code", status=code))

    error = line("kakaclo").failure()

    assert type(error) is RefusedError
    assert (error.status, error.code) == (200, code)


# -- in doubt


@pytest.mark.parametrize(
    ("code", "stops", "told"),
    [
        (401, True, []),
        (403, True, []),
        (408, False, []),
        (429, False, [None]),
        (500, False, []),
        (599, False, []),
    ],
)
def test_a_code_of_kakaclo_that_tells_of_the_way_is_a_doubt(server, line, code, stops, told):
    server.misbehave("kakaclo.create", Odd("code", status=code, commit=True))
    wire = line("kakaclo")

    error = wire.failure()

    assert type(error) is InDoubtError
    assert (error.status, error.code, error.stops) == (200, code, stops)
    assert wire.pace.told == told


@pytest.mark.parametrize(
    ("code", "kind"), [(401, UnauthorizedError), (403, UnauthorizedError), (20001, UnreadableError)]
)
def test_a_listing_that_is_refused_inside_its_answer(server, line, code, kind):
    server.misbehave("kakaclo.search", Odd("code", status=code))

    assert type(line("kakaclo").unread()) is kind


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_a_listing_that_is_late_inside_its_answer_is_asked_for_again(server, line, code):
    server.misbehave("kakaclo.search", Odd("code", status=code))

    assert line("kakaclo").find().complete


@both
def test_202_is_in_doubt_though_it_shows_the_product(server, line, provider):
    shown = {"code": 10000, "data": "", **SPECS[provider], "id": "cp-7"}
    server.misbehave(f"{provider}.create", Odd("status", status=202, body=json.dumps(shown).encode()))

    assert type(line(provider).failure()) is InDoubtError


RAW = {
    "no status line": b"hello\r\n\r\n",
    "a strange version": b"HTTP/9.9 200 OK\r\n\r\n",
    "a strange status": b"HTTP/1.1 abc\r\n\r\n",
    "half a status line": b"HTTP/1.",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\n{}",
    "no length": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n{",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{",
    "bad gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    "a long line": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    "half a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "only continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "999": b"HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n",
    "a location that is none": b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n",
    "a location of bytes": b"HTTP/1.1 307 Found\r\nLocation: /\xff\xfe\r\nContent-Length: 0\r\n\r\n",
    "a port that is none": b"HTTP/1.1 302 Found\r\nLocation: http://a:b:c/\r\nContent-Length: 0\r\n\r\n",
    "a date that is none": b"HTTP/1.1 500 No\r\nDate: \x00\r\nRetry-After: \xff\r\nContent-Length: 0\r\n\r\n",
}


@both
@pytest.mark.parametrize("name", RAW)
def test_an_answer_that_is_hardly_http_is_in_doubt(server, line, provider, name):
    server.misbehave(f"{provider}.create", Odd("raw", body=RAW[name]))

    assert type(line(provider).failure()) is InDoubtError


@both
@pytest.mark.parametrize("name", RAW)
def test_a_listing_that_is_hardly_http_is_unreadable(server, line, provider, name):
    server.misbehave(LISTS[provider], *[Odd("raw", body=RAW[name])] * 10)

    assert type(line(provider).unread()) is UnreadableError


@both
@pytest.mark.parametrize("kind", ["cut", "reset", "half", "html", "empty"])
@pytest.mark.parametrize("commit", [True, False], ids=["after", "before"])
def test_no_whole_answer_is_in_doubt(server, line, provider, kind, commit):
    server.misbehave(f"{provider}.create", Odd(kind, commit=commit))

    assert type(line(provider).failure()) is InDoubtError

    assert len(server.sent(f"{provider}.create")) == 1


TWICE = {
    "kakaclo": [
        ('{"code": 50001, "code": 10000, "message": "Success!"}', "code"),
        ('{"code": 10000, "code": 50001, "message": "no"}', "code"),
        ('{"code": true, "code": 1, "code": 10000}', "code"),
    ],
    "gelato": [
        ('{"id": "cp-1", "id": "cp-2", "name": "N", "productModelId": "M"}', "id"),
        ('{"id": "cp-1", "name": "other", "name": "N", "productModelId": "M"}', "name"),
        ('{"id": "cp-1", "name": "N", "productModelId": "M", "parts": {"a": 1, "a": 2}}', "a"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "text", "key"), [(name, *each) for name, texts in TWICE.items() for each in texts]
)
def test_an_answer_that_says_two_things_is_in_doubt(server, line, provider, text, key):
    wire = line(provider)
    if provider == "gelato":
        text = text.replace('"N"', f'"{wire.spec["name"]}"').replace(
            '"M"', f'"{wire.spec["productModelId"]}"'
        )
    server.misbehave(f"{provider}.create", Odd("text", body=text.encode()))

    error = wire.failure()

    assert (type(error), error.shown, error.acknowledged) == (InDoubtError, None, True)
    assert error.message.endswith(f"answered HTTP 200 with two values of '{key}'")


LISTED_TWICE = {
    "kakaclo": [
        '{"code": 10000, "data": {"list": [], "total": 0, "total": 4}}',
        '{"code": 10000, "data": {"list": [{"id": 7, "id": 8, "enName": "x"}], "total": 1}}',
        '{"code": 10000, "data": {"list": [{"id": 7}], "list": [], "total": 0}}',
    ],
    "gelato": [
        '{"customerProducts": [{"id": "7", "name": "x", "name": "y"}], "pagination": {"total": 1}}',
        '{"customerProducts": [{"id": "7"}], "customerProducts": [], "pagination": {"total": 0}}',
        '{"customerProducts": [], "pagination": {"total": 3, "total": 0}}',
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "text"), [(name, each) for name, texts in LISTED_TWICE.items() for each in texts]
)
def test_a_listing_that_says_two_things_is_unreadable(server, line, provider, text):
    server.misbehave(LISTS[provider], Odd("text", body=text.encode()))

    error = line(provider).unread()

    assert type(error) is UnreadableError
    assert "two values of '" in error.message


def test_an_answer_that_says_one_thing_twice_is_believed(server, line):
    server.misbehave("kakaclo.create", Odd("text", body=b'{"code": 10000, "code": 10000}'))

    assert line("kakaclo").create().code == 10000


@both
@pytest.mark.parametrize(
    "status", [201, 204, 205, 300, 304, 402, 405, 408, 410, 418, 425, 451, 500, 503, 599]
)
def test_every_other_status_is_in_doubt(server, line, provider, status):
    server.misbehave(f"{provider}.create", Odd("status", status=status, body=b"{}"))

    assert type(line(provider).failure()) is InDoubtError


@both
def test_a_server_that_hangs_is_in_doubt(server, line, provider):
    server.misbehave(f"{provider}.create", Odd("hang"))

    assert type(line(provider, timeout=0.3).failure()) is InDoubtError


@both
def test_a_body_that_does_not_end_is_in_doubt(provider):
    with Endless() as url:
        assert type(Line(provider, url).failure()) is InDoubtError


class Endless:
    """Answers 200 and sends spaces until the client hangs up."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(200):
                    connection.sendall(b" " * (1 << 20))
            except OSError:
                pass

    def __enter__(self):
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_):
        self._thread.join(10)
        self._listener.close()


@both
def test_a_listing_is_read_again_and_then_unreadable(server, line, provider):
    server.misbehave(LISTS[provider], *[Odd("status", status=503)] * 5)
    wire = line(provider)

    assert type(wire.unread()) is UnreadableError
    # The vendor's clock stood still while this one waited: an answer of then proves presence only.
    assert wire.find().pairs if provider == "kakaclo" else wire.find().complete


@both
def test_a_listing_that_is_refused(server, line, provider):
    server.misbehave(LISTS[provider], Odd("status", status=401))

    assert type(line(provider).unread()) is UnauthorizedError


# -- where the key goes


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server, line, provider, status):
    with VendorTwin() as other:
        there = {"Location": f"{other.url}/openapi/v1/elsewhere"}
        server.misbehave(f"{provider}.create", Odd("status", status=status, headers=there))
        server.misbehave(LISTS[provider], Odd("status", status=status, headers=there))

        assert type(line(provider).failure()) is InDoubtError
        assert type(line(provider).unread()) is UnreadableError
        assert other.requests == []


class VendorTwin(VendorServer):
    def __init__(self):
        super().__init__(time.time, kakaclo_key="none", gelato_key="none")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@both
def test_netrc_and_the_proxies_of_the_environment_are_ignored(server, line, provider, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\ndefault login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    line(provider).create()

    told = server.requests[-1].headers
    assert told.get("authorization") == (f"Bearer {KEYS['kakaclo']}" if provider == "kakaclo" else None)


@both
def test_cookies_are_not_sent_back(server, line, provider):
    wire = line(provider)
    server.misbehave(LISTS[provider], Odd("status", status=503, headers={"Set-Cookie": "a=b; Path=/"}))
    wire.find()
    wire.create()

    assert not any("cookie" in seen.headers for seen in server.requests)


def forms(key):
    return key, base64.b64encode(key.encode()).decode(), json.dumps(key)


@both
@pytest.mark.parametrize("status", [200, 400, 401, 409, 422, 429, 500, 503])
def test_a_server_that_repeats_the_key_does_not_make_us_repeat_it(server, line, provider, status, caplog):
    caplog.set_level(logging.DEBUG)
    key = KEYS[provider]
    told = {"code": 401, "message": f"Invalid key {key}", "error": f"Bearer {key}"}
    echo = Odd("status", status=status, body=json.dumps(told).encode(), headers={"X-Echo": key})
    server.misbehave(f"{provider}.create", echo)
    server.misbehave(LISTS[provider], *[echo] * 10)
    wire = line(provider)

    errors = wire.failure(), wire.unread()

    told = caplog.text + "".join(f"{error!r} {error} {vars(error)} {error.__cause__!r}" for error in errors)
    assert not any(form in told for form in forms(key))


# -- nothing foreign crosses the adapter

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just(10**400)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ROWS = {
    "kakaclo": [
        "id", "customDesignedId", "modelCode", "modelId", "enName", "imageUrl", "backImageUrl", "spu",
        "createDate",
    ],
    "gelato": [
        "id", "name", "customerIds", "productModelId", "state", "createdAt", "variantOptions",
        "partQuantities",
    ],
}  # fmt: skip
GOOD = {
    "kakaclo": {"id": 7, "modelCode": "CODE-1", "enName": "The tee Tee", "imageUrl": "x", "createDate": 1},
    "gelato": {
        **poster_spec("poster"), "id": "cp-7", "createdAt": "2026-01-01T00:00:00Z",
        "partQuantities": [{"partModelId": "a", "quantity": 1}],
    },
}  # fmt: skip
quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


def body(value):
    return json.dumps(value).encode()


def usable(remote, knowledge, spec):
    """What the engine does with a listed product must work with whatever was listed."""
    knowledge.match(spec, remote)
    knowledge.clash(spec, remote.fields)
    assert isinstance(knowledge.name_of(remote.fields), str)
    remote.id.encode()
    json.dumps(remote.shown).encode()
    assert json.dumps(remote.shown, ensure_ascii=False, allow_nan=False).encode()
    assert remote.created_at is None or abs(remote.created_at) < 1e12


@both
@quick
@given(data=st.data())
def test_a_listing_of_junk_is_read_or_unreadable(server, line, provider, data):
    field = data.draw(st.sampled_from(ROWS[provider]))
    row = {**GOOD[provider], field: data.draw(JUNK)}
    listing = {"customerProducts": [row], "pagination": {"total": 1}}
    if provider == "kakaclo":
        listing = {"code": 10000, "data": {"list": [row], "total": 1}}
    server.misbehave(LISTS[provider], Odd("text", body=body(listing)))
    wire = line(provider)

    try:
        found = wire.find()
    except UnreadableError:
        return
    for remote in found.items:
        usable(remote, wire.knowledge, wire.spec)


@both
@quick
@given(value=JUNK)
def test_a_page_of_junk_is_unreadable(server, line, provider, value):
    server.misbehave(LISTS[provider], *[Odd("text", body=body(value))] * 8)
    wire = line(provider)

    assert type(wire.unread()) is UnreadableError
    server.behave()


@both
@quick
@given(
    value=JUNK | JUNK.map(lambda junk: {"code": junk, "message": junk, "id": junk}),
    status=st.sampled_from([200, 400, 500]),
)
def test_an_answer_of_junk_is_one_of_our_errors(server, line, provider, value, status):
    server.misbehave(f"{provider}.create", Odd("status", status=status, body=body(value)))
    wire = line(provider)

    try:
        receipt = wire.create()
    except ProviderError as error:
        error.message.encode()
    else:
        assert receipt.status == status
        if receipt.remote is not None:
            usable(receipt.remote, wire.knowledge, wire.spec)
