"""A provider repeats the key that it was sent, in every form and place; podsync writes it down nowhere.

Every output, every file and every error of a run is searched for the key as such and as JSON, a URL, HTML,
base64, hexadecimal or a programmer would spell it, and of a long key for any part of it.
"""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from podsync.cli.app.session import Session
from podsync.cli.commands.review.command import _renewed, _saved
from podsync.cli.environment.clock import SystemClock

TEE = "designed_product.tee"
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KEYS = {
    "usual": "sk-canary-0123456789abcdef",
    "shortest": "k9-Zq7.x",
    "quotes": "cana\"ry'-\"quoted\"-'single'-0123",
    "backslashes": "cana\\ry\\n\\u0041\\\\-0123",
    "percents": "cana%ry%25-%2F+100%-0123",
    "spaces": "cana ry  with spaces 0123",
    "workflow commands": "::error::canary::0123::",
    "markup": "<b>canary&amp;</b>&#34;`|*_-->0123",
    "expressions": "${{secrets.CANARY}}$(id)`x`-0123",
    "base64": "canary+/base64/+0123==",
    "a thousand": "".join(_ALPHABET[(n * n + n // 7) % 62] for n in range(1_000)),
    "four thousand": "".join(_ALPHABET[(n * n * 3 + n // 5) % 62] for n in range(4_000)),
}


def _spelt(text: str) -> set[str]:
    """Return the forms in which a text travels."""
    data = text.encode()
    forms = {
        text, json.dumps(text)[1:-1], json.dumps(json.dumps(text))[3:-3], repr(text)[1:-1],
        quote(text, safe=""), quote(text), quote_plus(text), quote(quote(text, safe=""), safe=""),
        html.escape(text), html.escape(html.escape(text)), data.hex(), data.hex().upper(),
        "".join(f"\\u{ord(each):04x}" for each in text), "".join(f"&#{ord(each)};" for each in text),
        "".join(f"&#x{ord(each):X};" for each in text), "".join(f"%{each:02x}" for each in data),
    }  # fmt: skip
    return forms | {quote(text, safe="").lower(), text.replace("/", "\\/")}


def _base64(text: str) -> set[str]:
    """Return what any base64 of a text with the key in it has to contain: three alignments, two alphabets."""
    found = set()
    for before in range(3):
        data = bytes(before) + text.encode()
        # Six bits a letter; the first and the last may hold some of a neighbour's.
        decided = base64.b64encode(data).decode()[(before * 8 + 5) // 6 : len(data) * 8 // 6]
        found |= {decided, decided.replace("+", "-").replace("/", "_"), quote(decided, safe="")}
    return found


def _searched_for(text: str) -> list[str]:
    return sorted({*_spelt(text), *_base64(text)})


def _sent(text: str) -> list[str]:
    """Return the texts that a server could make of a key."""
    around = (text, f"x{text}", f"xy{text}z", f"Bearer {text}")
    whole = [base64.b64encode(each.encode()).decode() for each in around]
    whole += [base64.urlsafe_b64encode(each.encode()).decode() for each in around]
    return sorted({*_spelt(text), *whole, *(quote(each, safe="") for each in whole)})


class Echo:
    """Both providers, which answer with the key in a way of `mode`."""

    def __init__(self) -> None:
        self.mode = ""
        self.heard: set[str] = set()
        echo = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                key = (self.headers.get("X-API-KEY") or self.headers["Authorization"]).removeprefix("Bearer ")
                echo.heard.add(key)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = echo.answer(self.path, self.command, key)
                self.send_response(status, headers.pop("reason", None))
                for name, value in headers.items():
                    self.send_header(name, value)
                data = body.encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_PATCH = do_GET  # noqa: N815 (called so by the standard library)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, method: str, key: str) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body."""
        told = " ".join(_sent(key))
        kakaclo = path.startswith("/v1")
        making = path.endswith("addProduct") or (method == "POST" and not kakaclo)
        bodies: dict[str, tuple[int, dict[str, str], str]] = {
            "401": (
                401,
                {"reason": "No " + quote(key), "WWW-Authenticate": quote(key)},
                json.dumps({"error": told}),
            ),
            "500": (500, {"Content-Type": "text/html"}, f"<h1>{told}</h1>"),
            "garbage": (200, {}, told),
            "redirect": (302, {"Location": f"https://elsewhere.example/{quote(key)}"}, told),
            "slow down": (429, {"Retry-After": quote(key), "Date": quote(key)}, told),
            "code": (200, {}, json.dumps({"code": 40001, "message": told, "data": {key: told}, told: told})),
        }
        if self.mode in bodies:
            return bodies[self.mode]
        if making:
            refusal = {"code": 40001, "error": told, "message": told, "errors": [{key: told}], "data": None}
            return (200 if kakaclo else 400), {}, json.dumps(refusal)
        return 200, {"Date": "Fri, 20 Nov 2026 14:02:10 GMT"}, json.dumps(self._listing(path, key, kakaclo))

    def _listing(self, path: str, key: str, kakaclo: bool) -> Any:
        """Return a listing; in the mode `lists`, of products that are called as the key is."""
        names = [key, *_sent(key)[:12]] if self.mode == "lists" else []
        if not kakaclo:
            own = {"customerIds": ["*"], "productModelId": "model-tote", "variantOptions": []}
            items = [{"id": f"g{n}", "name": f"Tote {name}", **own} for n, name in enumerate(names)]
            return {"items": items, "total": len(items), "customerProducts": items, "data": items}
        if "custom" not in path:
            return {"code": 10000, "message": key, "data": {"list": [], "total": 0}}
        items = [
            {"id": n, "enName": f"Test Tee {name}", "customDesignedId": n, "modelCode": "x", "spu": name}
            for n, name in enumerate(names, 1)
        ]
        return {"code": 10000, "message": key, "data": {"list": items, "total": len(items)}}


MODES = ("refuses", "lists", "401", "500", "garbage", "redirect", "slow down", "code")


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Echo]:
    server = Echo()
    monkeypatch.setenv("KAKACLO_BASE_URL", server.url)
    monkeypatch.setenv("GELATO_BASE_URL", server.url)
    yield server
    server.close()


@pytest.fixture
def quick(folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A catalog whose runs wait for nothing, in a step of GitHub's."""
    told = "{retry_seconds: 0, settle_seconds: 0, timeout_seconds: 5}"
    (folder / "podsync.yaml").write_text(f"version: 1\nproviders: {{kakaclo: {told}, gelato: {told}}}\n")
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        (tmp_path / name).write_text("")
        monkeypatch.setenv(name, str(tmp_path / name))
    return folder


_FILES = ("-o", "json=out.json", "-o", "markdown=out.md")
_PLAN = (
    "-o",
    "json=plan.json",
    "-o",
    "markdown=plan.md",
    "-o",
    "html=out.html",
    "-o",
    "github=out.txt",
    "-o",
    "sarif=out.sarif",
    "-o",
    "text",
)
COMMANDS = (
    ("validate", "-o", "json"),
    ("plan", *_PLAN),
    ("plan", "--refresh", "-v", *_PLAN),
    ("apply", "--auto-approve", "--no-wait", "-v", *_FILES),
    ("apply", "--auto-approve", "--no-wait", "--first-contact", "-v", "-o", "json"),
    ("state", "list", "-o", "json"),
    ("state", "orphans"),
    ("state", "settle", TEE, "--adopt", "4"),
    ("import", "--match", "-v", "-o", "csv=pairs.csv", "-o", "json=pairs.json"),
    ("import", "--match"),
    ("import", TEE, "1"),
    ("import", "customer_product.tote", "g1"),
    ("import", "--not-ours", "kakaclo", "2", "3"),
    ("import", "pairs.csv"),
    ("state", "rm", TEE),
    ("state", "check"),
    ("state", "pull", "-o", "json=pulled.json"),
    ("state", "push", "pulled.json"),
    ("state", "check", "--emptied", "gelato", "--yes-entries", "1"),
    ("state", "unlock"),
    ("render", TEE),
)


def _searched(texts: list[str], places: Path) -> str:
    files = [path.read_text("utf-8", "replace") for path in places.rglob("*") if path.is_file()]
    names = [str(path) for path in places.rglob("*")]
    return "\n".join([*texts, *files, *names])


def _leaks(key: str, blob: str) -> list[str]:
    small = blob.lower()
    pieces = [key[at : at + 24] for at in range(0, len(key) - 24, 5)] if len(key) >= 100 else []
    found = [form for form in _searched_for(key) if form in blob]
    found += [form for form in _spelt(key) if form.lower() in small]
    return sorted(found, key=len)[:3] + [piece for piece in pieces if piece in blob][:3]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", KEYS)
def test_no_form_of_a_key_is_written_anywhere(
    podsync: Callable[..., Any], quick: Path, echo: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    name: str, mode: str,
) -> None:  # fmt: skip
    key = KEYS[name]
    echo.mode = mode
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", key)
    monkeypatch.setenv("GELATO_API_KEY", key)

    runs = [podsync(*words) for words in COMMANDS]
    pages = [next(_renewed(Session(), SystemClock())), _saved("plan.json", Session())]

    assert echo.heard == {key}
    told = [text for run in runs for text in (run.out, run.err)]
    told += ["".join(page(1)) for page in pages]
    blob = _searched(told, tmp_path)
    assert _leaks(key, blob) == []
    assert "Traceback" not in blob


@pytest.mark.parametrize(
    "key",
    [
        "k", "abcd", "k-9Z7.", " padded ", "cl\u00e9-canary-0123", "\U0001f511-canary-key",
        "canary\x1b[31m-0123", "canary\n0123", "canary\u20280123",
    ],
)  # fmt: skip
def test_what_could_not_be_kept_out_of_texts_or_put_into_a_header_is_refused(
    podsync: Callable[..., Any], quick: Path, echo: Echo, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", key)
    monkeypatch.setenv("GELATO_API_KEY", key)

    run = podsync("apply", "--auto-approve")

    assert run.code == 9
    assert echo.heard == set()
    assert len(key) < 5 or key.strip() not in run.out + run.err


def test_the_story_of_a_bug_has_no_form_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from podsync.cli.app.bug_report import report_bug
    from podsync.cli.app.session import Session

    (folder / "podsync.yaml").write_text("version: 1\n")
    for name, key in KEYS.items():
        monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", key)
        report_bug(RuntimeError(" ".join(_sent(key))), Session())
        (log,) = (folder / ".podsync").glob("bug-*.log")
        assert _leaks(key, log.read_text()) == [], name
        log.unlink()


@pytest.mark.parametrize("name", KEYS)
def test_the_search_finds_each_form(name: str) -> None:
    """Without this, the tests above would prove nothing."""
    for form in _sent(KEYS[name]):
        assert _leaks(KEYS[name], f"x {form} y"), form
    assert all(
        _leaks(KEYS[name], base64.b64encode(b"x" * n + KEYS[name].encode() + b"yz").decode())
        for n in range(3)
    )
