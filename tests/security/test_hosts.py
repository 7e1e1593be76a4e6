"""One line of settings tries to send a key elsewhere, or to have a plan say that it goes where it does not.

Whatever is not this machine is reached through a proxy here, which writes down who is asked for and answers
nothing: it would see any way out.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from podsync.cli.environment.hosts import foreign_hosts, is_own, refuse_foreign_hosts
from podsync.model.errors import ProtectedError, UsageError
from podsync.network.hosts import host_of
from podsync.providers.registry import plugins
from tests.cli.conftest import KEY, TOKEN, Run

OWN = "https://developer.kakaclo.com/openapi"


class Listener:
    """Takes connections, keeps the first bytes of each, and answers `answer`."""

    def __init__(self, answer: bytes = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") -> None:
        self.heard: list[bytes] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.heard.append(connection.recv(65536))
                connection.sendall(self._answer)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    listener = Listener()
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, listener.url)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GELATO_API_KEY", KEY)
    yield listener
    listener.close()


def _settings(folder: Path, url: str, account: str = "default") -> None:
    more = "retry_seconds: 0, timeout_seconds: 1"
    told = f"{{base_url: {json.dumps(url)}, account: {json.dumps(account)}, {more}}}"
    text = f"version: 1\nproviders: {{kakaclo: {told}, gelato: {{retry_seconds: 0}}}}\n"
    (folder / "podsync.yaml").write_text(text, encoding="utf-8")


def _add(folder: Path, text: str) -> None:
    path = folder / "podsync.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


#: Where it would go, and how that may end: refused as settings (3) or as a host that nobody allowed (5).
SMUGGLED = {
    "another host": "https://evil.example/openapi",
    "own host as a label": "https://developer.kakaclo.com.evil.example/openapi",
    "own host as an ending": "https://evil-developer.kakaclo.com/openapi",
    "a trailing dot": "https://developer.kakaclo.com./openapi",
    "another port": "https://developer.kakaclo.com:8443/openapi",
    "port nought": "https://developer.kakaclo.com:0/openapi",
    "a user": "https://developer.kakaclo.com@evil.example/openapi",
    "a user and a password": "https://developer.kakaclo.com:443@evil.example/openapi",
    "a backslash and a user": "https://evil.example\\@developer.kakaclo.com/openapi",
    "a backslash": "https://evil.example\\.developer.kakaclo.com/openapi",
    "a fragment": "https://evil.example#@developer.kakaclo.com/openapi",
    "a query": "https://evil.example?@developer.kakaclo.com/openapi",
    "a letter that looks alike": "https://d\u0435veloper.kakaclo.com/openapi",
    "a full stop that is none": "https://evil.example\u3002kakaclo.com/openapi",
    "punycode": "https://xn--dveloper-9of.kakaclo.com/openapi",
    "an escape": "https://evil.example%2fdeveloper.kakaclo.com/openapi",
    "a line feed": "https://evil.example\n.kakaclo.com/openapi",
    "a tab": "https://developer.kak\taclo.com/openapi",
    "a number": "https://2130706433/openapi",
    "the sandbox's name": "https://sandbox.localhost/kakaclo",
    "the sandbox in the clear": "http://sandbox.localhost/kakaclo",
    "a name below localhost": "http://evil.localhost/openapi",
    "no scheme": "//evil.example/openapi",
    "in the clear": "http://developer.kakaclo.com/openapi",
    "another scheme": "ftp://evil.example/openapi",
}


@pytest.mark.parametrize("command", [("apply", "--auto-approve"), ("plan", "--refresh")])
@pytest.mark.parametrize("how", SMUGGLED)
def test_no_setting_takes_the_key_elsewhere(podsync, folder, catalog, way_out, how, command):
    _settings(folder, SMUGGLED[how])

    run = podsync(*command)

    assert run.code in (3, 5), run
    assert way_out.heard == []
    assert TOKEN not in run.out + run.err


@pytest.mark.parametrize("how", SMUGGLED)
def test_no_variable_does_either(podsync, catalog, way_out, how, monkeypatch):
    monkeypatch.setenv("KAKACLO_BASE_URL", SMUGGLED[how])

    run = podsync("apply", "--auto-approve")

    assert run.code in (5, 64), run
    assert way_out.heard == []
    assert TOKEN not in run.out + run.err


def test_what_is_allowed_is_reached_and_nothing_else(podsync, folder, catalog, way_out, monkeypatch):
    """Without this, the ones above would prove nothing."""
    _settings(folder, "https://api.example.net:8443/openapi")
    (catalog / "tote.yaml").unlink()
    monkeypatch.delenv("GELATO_API_KEY")
    monkeypatch.setenv("PODSYNC_ALLOWED_HOSTS", "other.example, api.example.net:8443")

    run = podsync("plan", "--refresh")

    assert run.code not in (0, 3, 5)
    lines = {heard.split(b"\r\n")[0].rpartition(b" ")[0] for heard in way_out.heard}
    assert lines == {b"CONNECT api.example.net:8443"}
    assert TOKEN.encode() not in b"".join(way_out.heard)


@pytest.mark.parametrize(
    "allowed",
    [
        "api.example.net",
        "example.net:8443",
        "api.example.net:443",
        ".example.net:8443",
        "API.EXAMPLE.NET",
        "",
    ],
)
def test_an_allowed_host_is_compared_whole(podsync, folder, catalog, way_out, monkeypatch, allowed):
    _settings(folder, "https://api.example.net:8443/openapi")
    monkeypatch.setenv("PODSYNC_ALLOWED_HOSTS", allowed)

    run = podsync("apply", "--auto-approve")

    assert run.code == 5
    assert "PODSYNC_ALLOWED_HOSTS=" in run.err
    assert way_out.heard == []


@pytest.mark.parametrize(
    "allowed", ["*", "https://api.example.net", "api.example.net/x", "a b", "x@y", "api:x"]
)
def test_what_is_no_host_allows_nothing(allowed):
    with pytest.raises(UsageError) as caught:
        refuse_foreign_hosts(
            {"kakaclo": "https://api.example.net"}, plugins(), {"PODSYNC_ALLOWED_HOSTS": allowed}
        )

    assert "is not a host" in caught.value.message


def test_files_of_variables_in_the_tree_are_not_read(podsync, folder, catalog, way_out):
    _settings(folder, "https://evil.example/openapi")
    for name in (".env", ".envrc", ".env.local", "podsync.env"):
        (folder / name).write_text(
            "PODSYNC_ALLOWED_HOSTS=evil.example\nexport KAKACLO_BASE_URL=https://evil.example\n"
        )

    assert podsync("apply", "--auto-approve").code == 5
    assert way_out.heard == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(podsync, folder, catalog, monkeypatch, status):
    thief = Listener()
    answer = f"HTTP/1.1 {status}\r\nLocation: {thief.url}/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    provider = Listener(answer.encode())
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GELATO_API_KEY", KEY)
    monkeypatch.setenv("KAKACLO_BASE_URL", provider.url)
    monkeypatch.setenv("GELATO_BASE_URL", provider.url)

    run = podsync("plan", "--refresh")

    thief.close()
    provider.close()
    assert run.code not in (0, 2, 5)
    assert provider.heard
    assert thief.heard == []


# -- what a plan says of it


def _all_views(podsync, folder: Path, *words: str) -> dict[str, str]:
    forms = {"json": "p.json", "markdown": "p.md", "html": "p.html", "github": "p.txt", "sarif": "p.sarif"}
    asked = [each for form, file in forms.items() for each in ("-o", f"{form}={file}")]
    run = podsync("plan", *words, "-o", "text", *asked)
    views = {form: (folder / file).read_text(encoding="utf-8") for form, file in forms.items()}
    return {"text": run.out} | views | {"show": podsync("show", "p.json").out}


def test_every_view_names_a_foreign_host_and_no_account_takes_its_place(podsync, folder, catalog):
    _settings(folder, "https://evil.example/openapi", "developer.kakaclo.com")

    views = _all_views(podsync, folder)

    for form, text in views.items():
        assert "evil.example" in text, form
        assert "foreign-host" in text, form
        assert not text.startswith("SANDBOX"), form
    words = " ".join(views["text"].split())
    assert "KakaClo evil.example (account developer.kakaclo.com)" in words
    for form in ("text", "markdown", "html", "show"):
        assert "Look at these" in views[form]
    assert json.loads(views["json"])["providers"]["kakaclo"]["base_url"] == "https://evil.example/openapi"


def test_many_other_warnings_do_not_hide_it(podsync, folder, catalog):
    """Views show a few warnings of many: this one is the first."""
    _settings(folder, "https://evil.example/openapi")
    _add(folder, "limits: {max_creates: null}\n")
    text = (catalog / "tee.yaml").read_text()
    for number in range(40):
        more = text.replace("name: tee", f"name: tee-{number}").replace("Test Tee", f"{'Tee ' * 30}{number}")
        (catalog / f"tee-{number}.yaml").write_text(more.replace("front", f"front-{number}"))

    views = _all_views(podsync, folder)

    for form in ("text", "markdown", "html", "show"):
        assert views[form].index("not one of its own hosts") < views[form].index("long-name"), form
    assert "foreign-host" in views["github"].splitlines()[0]


def test_names_of_any_length_do_not_push_a_host_out(podsync, folder, catalog):
    _settings(folder, "https://evil.example/openapi", "a" * 3_000)
    _add(folder, f"state: {{path: {'s' * 170}.json}}\n")

    views = _all_views(podsync, folder)

    head = next(line for line in views["markdown"].splitlines() if line.startswith("<sub>"))
    assert "evil.example" in head
    assert "connect.gelatoapis.com" in head


def test_a_saved_plan_that_leaves_the_warning_out_is_told_of_anyway(podsync, folder, catalog):
    from podsync.plan import planfile

    _settings(folder, "https://evil.example/openapi")
    podsync("plan", "-o", "json=p.json")
    plan = planfile.load((folder / "p.json").read_text())
    (folder / "p.json").write_text(planfile.dump(replace(plan, diagnostics=())))

    assert "foreign-host" in podsync("show", "p.json").out


@pytest.mark.parametrize(
    "url", [OWN, "https://DEVELOPER.KAKACLO.COM/openapi", "https://test-developer.kakaclo.com:443/openapi"]
)
def test_a_provider_s_own_hosts_are_no_risk(podsync, folder, catalog, url):
    _settings(folder, url)

    assert "foreign-host" not in podsync("plan").out
    refuse_foreign_hosts({"kakaclo": url}, plugins(), {})


def test_every_provider_says_which_hosts_are_its_own():
    for name, plugin in plugins().items():
        assert plugin.hosts, name
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in plugin.hosts)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example.net", "api.example.net"),
        ("https://API.example.net:443/x", "api.example.net"),
        ("http://api.example.net:443", "api.example.net:443"),
        ("https://api.example.net:8443", "api.example.net:8443"),
        ("http://[::1]:80/x", "[::1]"),
        ("https://a@api.example.net", "https://a@api.example.net"),
        ("https://x\\@api.example.net", "https://x\\@api.example.net"),
        ("https://api.example.net:x", "https://api.example.net:x"),
        ("https://[", "https://["),
        ("", ""),
    ],
)
def test_hosts_are_compared_in_one_form(url, host):
    assert host_of(url) == host


def test_plain_http_is_nobody_s_own():
    assert not is_own("http://developer.kakaclo.com", plugins()["kakaclo"])
    assert foreign_hosts({"third": {"base_url": OWN, "account": "x"}}, plugins())
    with pytest.raises(ProtectedError):
        refuse_foreign_hosts({"kakaclo": "http://developer.kakaclo.com"}, plugins(), {})


def test_this_machine_is_told_of_and_needs_nothing(podsync, catalog, shops):
    run = podsync("plan")

    assert "it is this machine: nothing has to be allowed" in " ".join(run.out.split())
    assert podsync("apply", "--auto-approve").code == 0


def test_the_question_says_where_it_goes(terminal, folder, catalog, shops):
    run = terminal("apply", answer=b"no\n")

    host = shops.url_of("kakaclo").removesuffix("/openapi")
    words = " ".join(run.out.split())
    assert f"This goes to KakaClo {host}, Gelato {host}. Type yes to go on:" in words


# -- the sandbox


def test_play_stands_first_in_every_view(podsync, folder, play):
    """As it would in the comment on a pull request that turned it on."""
    views = _all_views(podsync, folder)

    assert views["text"].startswith("SANDBOX")
    assert views["show"].startswith("SANDBOX")
    assert views["markdown"].splitlines()[1].startswith("**SANDBOX")
    assert views["html"].split("<h1>")[1].startswith("SANDBOX")
    assert views["json"].splitlines()[1] == ' "sandbox": true,'
    assert views["github"].startswith("::warning title=SANDBOX::SANDBOX")
    assert json.loads(views["sarif"])["runs"][0]["results"][0]["message"]["text"].startswith("SANDBOX")
    run = podsync("apply", "--auto-approve", "-o", "text", "-o", "json=r.json", "-o", "markdown=r.md")
    assert run.out.lstrip().startswith("SANDBOX")
    assert (folder / "r.md").read_text().startswith("**SANDBOX")
    assert next(iter(json.loads((folder / "r.json").read_text()))) == "sandbox"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/sandbox.localhost/kakaclo", "https://evil.example//sandbox.localhost",
        "https://sandbox.localhost.evil.example/kakaclo", "https://sandbox.localhost/kakaclo",
    ],
)  # fmt: skip
def test_a_real_plan_is_never_called_play(podsync, folder, catalog, url):
    _settings(folder, url)

    views = _all_views(podsync, folder)

    assert "SANDBOX" not in "".join(views.values())


@pytest.mark.parametrize("words", [("plan",), ("validate", "-o", "github"), ("state", "list")], ids=" ".join)
def test_settings_that_are_a_link_out_of_the_repository_show_no_file_of_this_machine(
    podsync: Callable[..., Run], folder: Path, catalog: Path, words: tuple[str, ...]
) -> None:
    """On a runner of one's own, a stranger's pull request would read what is there."""
    (folder.parent / "credentials").write_text(f"token: {TOKEN}\n", encoding="utf-8")
    (folder / "podsync.yaml").symlink_to(folder.parent / "credentials")

    run = podsync(*words)

    assert (run.code, run.out) == (3, "")
    assert "settings: podsync.yaml leads out of the repository" in run.err
    assert TOKEN not in run.err
