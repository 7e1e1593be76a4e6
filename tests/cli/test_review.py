"""`podsync review`: the page on loopback, renewed while files are saved; nothing else, and to nobody else."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from podsync.cli.commands.review import command
from podsync.cli.commands.review.page_server import PageServer
from podsync.cli.commands.review.watch import Watch
from tests.cli.conftest import TEE, Run


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


def ask(url: str, path: str | None = None, method: str = "GET", **headers: str) -> Answer:
    """One request, with headers as they are given."""
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/.+/)", url)
    assert found
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
    connection.putrequest(method, found[2] if path is None else path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as server:
        server.show(lambda version: iter((f"<p>page {version}",)))
        yield server


def test_it_serves_the_page_behind_its_token(server: PageServer) -> None:
    answer = ask(server.url)

    assert (answer.status, answer.text) == (200, "<p>page 1")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in answer.headers
    assert ask(server.url, Host=f"localhost:{server.port}").status == 200
    assert ask(server.url, method="HEAD") == (200, answer.headers, "")


@pytest.mark.parametrize("path", ["/", "", "/events", "/wrong/", "/wrong/events", "/../", "//", "/%2e/"])
def test_without_the_token_there_is_nothing(server: PageServer, path: str) -> None:
    answer = ask(server.url, path)

    assert (answer.status, answer.text) == (404, "")


def test_half_a_token_is_none(server: PageServer) -> None:
    path = server.url.split("/", 3)[3]

    assert [ask(server.url, f"/{one}").status for one in (path[:-2] + "/", path[:-1], path + "x")] == [
        404
    ] * 3


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "[::1]:{port}", ""],
)
def test_another_host_is_refused(server: PageServer, host: str) -> None:
    """DNS rebinding: a name of somebody else's that leads to this machine."""
    answer = ask(server.url, Host=host.format(port=server.port))

    assert (answer.status, answer.text) == (403, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec_Fetch_Site", "cross-site"),
        ("Sec_Fetch_Site", "same-site"),
    ],
)
def test_what_another_page_asks_is_refused(server: PageServer, name: str, value: str) -> None:
    for path in (None, server.url.split("/", 3)[3].join(("/", "events"))):
        answer = ask(server.url, path, **{name: value})
        assert (answer.status, answer.text) == (403, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(server: PageServer, method: str) -> None:
    answer = ask(server.url, method=method)

    assert (answer.status, answer.headers["allow"], answer.text) == (405, "GET, HEAD", "")


def test_it_listens_on_loopback_only(server: PageServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_open_pages_are_told_of_another_one(server: PageServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", server.url.split("/", 3)[3].join(("/", "events")))
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"

    def event() -> str:
        lines = b""
        while not lines.endswith(b"\n\n"):
            lines += answer.fp.readline()
        return lines.decode()

    assert event() == "retry: 1000\n\n"
    assert event() == "event: version\ndata: 1\n\n"
    threading.Timer(0.1, server.show, (lambda version: iter((f"<p>another {version}",)),)).start()
    assert event() == "event: version\ndata: 2\n\n"
    assert ask(server.url).text == "<p>another 2"
    connection.close()


def test_it_ends_while_pages_are_open() -> None:
    with PageServer() as server:
        server.show(lambda _version: iter(()))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", server.url.split("/", 3)[3].join(("/", "events")))
        answer = connection.getresponse()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    answer.close()


def test_every_way_of_saving_is_seen(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    (catalog / "deep").mkdir(parents=True)
    file = catalog / "deep" / "a.yaml"
    file.write_text("one", encoding="utf-8")
    watch = Watch([catalog, tmp_path / "podsync.yaml"])
    assert not watch.changed()

    def after(step: Callable[[], object]) -> bool:
        step()
        return watch.changed()

    other = catalog / "b.yaml"
    assert after(lambda: file.write_text("two!", encoding="utf-8"))
    assert after(lambda: other.write_text("new", encoding="utf-8"))
    assert after(lambda: other.replace(file))  # as editors save
    assert after(lambda: (tmp_path / "podsync.yaml").write_text("version: 1", encoding="utf-8"))
    assert after(file.unlink)
    assert not after(lambda: (catalog / ".a.yaml.swp").write_text("x", encoding="utf-8"))
    assert not after(lambda: (catalog / "a.yaml~").write_text("x", encoding="utf-8"))


@pytest.fixture
def running(play: Path, folder: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start `podsync review` as a process of its own; returns it and its address."""
    began: list[subprocess.Popen[str]] = []

    def start(*args: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "podsync", "review", "--port", "0", *args],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        began.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield start
    for process in began:
        process.kill()
        process.communicate()


def until(url: str, words: str, seconds: float = 5) -> float:
    """Wait until the page says `words`; return how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if words in ask(url).text:
            return time.monotonic() - began
        time.sleep(0.02)
    return pytest.fail(f"the page never said {words!r}: {ask(url).text[:20000]}")


def test_the_page_is_renewed_within_a_second_after_a_save(
    running: Callable[..., tuple[subprocess.Popen[str], str]], play: Path
) -> None:
    process, url = running()
    before = sorted(str(path) for path in play.parent.rglob("*"))
    assert "2 new products, nothing else" in ask(url).text

    (play / "tee.yaml").write_text(TEE.replace("Test Tee", "Another Tee"), encoding="utf-8")
    assert until(url, '"enName":"Another Tee"') < 1

    (play / "tee.yaml").write_text(TEE.replace('"#A72525"', "red"), encoding="utf-8")
    assert until(url, "1 fault in the catalog") < 1
    page = ask(url).text
    assert "catalog/tee.yaml:10:15: error[schema]" in page
    assert "10 |   colorValue: red" in page
    assert '"enName":"Another Tee"' in page  # the last plan stands below

    (play / "tee.yaml").write_text(TEE, encoding="utf-8")
    assert until(url, '"enName":"Test Tee"') < 1
    assert "1 fault in" not in ask(url).text
    assert sorted(str(path) for path in play.parent.rglob("*")) == before  # it writes nothing
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, "Traceback" in err) == (0, "", False)


def test_it_begins_with_faults_and_mends(
    running: Callable[..., tuple[subprocess.Popen[str], str]], play: Path
) -> None:
    (play / "tee.yaml").write_text("kind: [", encoding="utf-8")
    _, url = running()
    assert "1 fault to fix first" in ask(url).text

    (play / "tee.yaml").write_text(TEE, encoding="utf-8")

    until(url, "2 new products, nothing else")


def test_settings_and_an_empty_catalog_are_told_on_the_page(
    running: Callable[..., tuple[subprocess.Popen[str], str]], play: Path
) -> None:
    _, url = running()

    (play.parent / "podsync.yaml").write_text("version: 9\n", encoding="utf-8")
    until(url, "podsync.yaml:1")
    (play.parent / "podsync.yaml").write_text("version: 1\nsandbox: true\n", encoding="utf-8")
    until(url, "2 new products, nothing else")


def test_a_saved_plan_is_shown_as_it_is(
    running: Callable[..., tuple[subprocess.Popen[str], str]], podsync: Callable[..., Run], play: Path
) -> None:
    assert podsync("plan", "-o", "json=../plan.json").code == 0
    (play / "tee.yaml").unlink()

    _, url = running("../plan.json")

    page = ask(url).text
    assert "2 new products, nothing else" in page
    assert json.loads(Path("../plan.json").read_text(encoding="utf-8"))["hash"] in page


def test_a_taken_port_is_told(podsync: Callable[..., Run], play: Path, server: PageServer) -> None:
    done = podsync("review", "--port", str(server.port))

    assert done.code == 1
    assert f"port {server.port}: Address already in use" in done.err
    assert "choose another --port" in done.err


def test_without_a_port_a_taken_one_is_no_fault() -> None:
    """What a browser keeps is kept by port: so it is the same one, unless somebody else has it."""
    with ExitStack() as stack:
        with suppress(OSError):  # else somebody else has it, which is the same
            stack.enter_context(socket.create_server(("127.0.0.1", command.PORT)))

        with command.server_on(None) as server:
            assert server.port != command.PORT
