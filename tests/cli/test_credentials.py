from __future__ import annotations

import base64

import pytest

from podsync.cli.environment.credentials import (
    base_url_from,
    is_loopback,
    mask,
    proxies_from,
    proxies_to,
    proxy_for,
    read_keys,
    url_fault,
    without_keys,
)
from podsync.model.errors import CredentialsError, UsageError
from podsync.providers.registry import plugins

TOKEN = "canary-0123456789-canary"


def keys(names, **environ):
    return read_keys(names, plugins(), environ)


def test_only_the_keys_that_are_needed_are_read():
    assert keys(["kakaclo"], KAKACLO_ACCESS_TOKEN=TOKEN) == {"kakaclo": TOKEN}
    assert keys([]) == {}


def test_every_missing_key_is_named_at_once():
    with pytest.raises(CredentialsError) as caught:
        keys(["kakaclo", "gelato"])

    assert "GELATO_API_KEY and KAKACLO_ACCESS_TOKEN are not set" in caught.value.message
    assert caught.value.exit_code == 9


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_an_empty_key_is_missing_and_it_says_why_that_happens(value):
    with pytest.raises(CredentialsError) as caught:
        keys(["gelato"], GELATO_API_KEY=value)

    assert "GELATO_API_KEY is empty" in caught.value.message
    assert "pull requests from forks" in caught.value.remedy


@pytest.mark.parametrize("value", ["with\nnewline", "naïve-key-123", "with\x1bescape"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(value):
    with pytest.raises(CredentialsError) as caught:
        keys(["gelato"], GELATO_API_KEY=value)

    assert value not in caught.value.message + caught.value.remedy


def test_in_github_the_line_that_sets_the_secret_is_shown():
    with pytest.raises(CredentialsError) as caught:
        keys(["kakaclo"], GITHUB_ACTIONS="true")

    assert "gh secret set KAKACLO_ACCESS_TOKEN --env production" in caught.value.remedy


@pytest.mark.parametrize(
    "url", ["https://api.example.com/x", "http://127.0.0.1:8080", "http://localhost:1/a", "http://[::1]:3"]
)
def test_https_and_loopback_are_fine(url):
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com", "ftp://x",
        "api.example.com", "https://", "https://user:key@example.com", "https://example.com?key=1",
        "http://[", "http://2130706433", "http://0.0.0.0", "https://example.com:99999",
    ],
)  # fmt: skip
def test_unsafe_base_urls_are_refused(url):
    assert url_fault(url) != ""
    with pytest.raises(UsageError):
        base_url_from({"KAKACLO_BASE_URL": url}, "KAKACLO_BASE_URL")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["sandbox.localhost", "localhost.", "127.0.0.1.example.com", "2130706433", ""]
)
def test_what_may_be_looked_up_elsewhere_is_not_this_machine(host):
    assert not is_loopback(host)


def test_an_empty_base_url_is_none():
    assert base_url_from({"KAKACLO_BASE_URL": " "}, "KAKACLO_BASE_URL") is None


def test_the_key_is_hidden_in_every_form():
    environ = {"KAKACLO_ACCESS_TOKEN": "sec/ret+key=="}
    forms = ["sec/ret+key==", "sec%2Fret%2Bkey%3D%3D", base64.b64encode(b"sec/ret+key==").decode()]

    text = mask(" ".join(forms), environ)

    assert text == "*** *** ***"


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("GELATO_API_KEY", "gelato-key:its-secret-half", ["gelato-key:its-secret-half", "its-secret-half"]),
        ("PGPASSWORD", "pg-password", ["pg-password"]),
        ("PODSYNC_POSTGRES_URL", "postgresql://me:s%2Fecret-1@db/x", ["s%2Fecret-1", "s/ecret-1"]),
        ("HTTPS_PROXY", "http://ann:proxy-pass@proxy:1", ["proxy-pass"]),
    ],
)
def test_whatever_is_secret_is_hidden(name, value, hidden):
    for each in hidden:
        assert mask(f"<{each}>", {name: value}) == "<***>"


def test_a_provider_that_cannot_be_loaded_does_not_show_the_keys(monkeypatch, tmp_path):
    """The bug that is being told of may be just that one."""
    found = tmp_path / "broken-1.dist-info"
    found.mkdir()
    (found / "entry_points.txt").write_text("[podsync.providers]\nbroken = no_such_module:PLUGIN\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.cache_clear()
    try:
        assert mask(f"key {TOKEN}", {"BROKEN_TOKEN": TOKEN}) == "key ***"
    finally:
        plugins.cache_clear()


HOST = "https://api.example.com/openapi"


@pytest.mark.parametrize(
    ("environ", "proxies"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": "http://p:1"}, {"https": "http://p:1"}),
        ({"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, {"https": "http://q:1"}),
        ({"ALL_PROXY": "http://p:1"}, {"https": "http://p:1"}),
        ({"HTTP_PROXY": "http://p:1"}, {}),
        ({"HTTPS_PROXY": "p:3128"}, {"https": "http://p:3128"}),
        ({"HTTPS_PROXY": "https://u:p%40@p"}, {"https": "https://u:p%40@p"}),
        ({"HTTPS_PROXY": "http://[::1]:8080/"}, {"https": "http://[::1]:8080/"}),
        ({"HTTPS_PROXY": " "}, {}),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, {}),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "other.com, .example.com"}, {}),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, {}),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample.com"}, {"https": "http://p:1"}),
        # What is not used need not be right.
        ({"HTTPS_PROXY": "socks5://p:1", "NO_PROXY": "example.com"}, {}),
    ],
)
def test_the_proxy_that_leads_to_a_provider(environ, proxies):
    assert proxies_to(HOST, environ) == proxies


def test_no_proxy_may_name_a_port():
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example.com:8443"}

    assert proxies_to("https://api.example.com:8443/x", environ) == {}
    assert proxies_to("https://api.example.com/x", environ) == {"https": "http://p:1"}


@pytest.mark.parametrize(
    ("host", "listed", "bypassed"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3:8443", "example.com, 10.0.0.0/8", True),
        ("10.1.2.3", "example.com 10.1.2.99/24", True),
        ("10.1.2.3", "0.0.0.0/0", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("[fd12::1]:8443", "[fd00::]/8", True),
        ("[fd12::1]", "fd00::/8", True),
        ("[fe80::1]", "fd00::/8,10.0.0.0/8", False),
        # A name is not looked up, whatever it would lead to; nor is it a range.
        ("ten.example.com", "10.0.0.0/8", False),
        ("10.example.com", "10.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/33,10.0.0.0/x,/8,10/8/8", False),
    ],
)
def test_no_proxy_may_name_ranges_of_addresses(host, listed, bypassed):
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": listed}

    assert proxies_to(f"https://{host}/x", environ) == ({} if bypassed else {"https": "http://p:1"})
    assert proxy_for(host, environ) == ("" if bypassed else "http://p:1")


def test_nothing_on_this_machine_is_reached_by_a_proxy():
    environ = {"HTTP_PROXY": "nonsense://", "HTTPS_PROXY": "socks5://p:1"}

    assert proxies_to("http://127.0.0.1:8080", environ) == proxies_to("https://localhost", environ) == {}


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("socks5://ann:secret@p:1080", "a SOCKS proxy cannot be used (socks5://p:1080)"),
        ("socks5h://p:1080", "a SOCKS proxy"),
        ("socks4://p", "a SOCKS proxy"),
        ("http://", "is no URL of a proxy"),
        ("http://p:port", "is no URL of a proxy"),
        ("http://p:99999", "is no URL of a proxy"),
        ("http://[", "is no URL of a proxy"),
        ("ftp://p:1", "is no URL of a proxy"),
        ("http://a b:1", "is no URL of a proxy"),
        ("http://pröxy:1", "is no URL of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_before_anything_is_tried(variable, value, words):
    with pytest.raises(UsageError) as caught:
        proxies_to(HOST, {variable: value})

    assert caught.value.message.startswith(variable)
    assert words in caught.value.message
    assert caught.value.remedy
    assert "secret" not in caught.value.message + caught.value.remedy


@pytest.mark.parametrize(
    ("variable", "value"), [("HTTPS_PROXY", "socks5://p:1"), ("SSL_CERT_FILE", "/nowhere/ca.pem")]
)
def test_a_run_with_a_way_that_cannot_work_ends_at_once(podsync, catalog, monkeypatch, variable, value):
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GELATO_API_KEY", TOKEN)
    monkeypatch.setenv(variable, value)

    run = podsync("plan", "--refresh")

    assert run.code == 64
    assert run.err.startswith(f"error: {variable}: ")
    assert run.err.count("\n") == 2


def test_proxies_are_read_on_purpose():
    assert proxies_from({"HTTPS_PROXY": "http://p:1", "no_proxy": "x"}) == {"https": "http://p:1", "no": "x"}


def test_apply_without_keys_says_so_and_sends_nothing(podsync, catalog, folder):
    run = podsync("apply", "--auto-approve")

    assert run.code == 9
    assert "GELATO_API_KEY and KAKACLO_ACCESS_TOKEN are not set. Nothing was sent." in run.err
    assert not (folder / "podsync.state.json").exists()


def test_an_override_in_the_clear_is_wrong_usage(podsync, catalog, monkeypatch):
    monkeypatch.setenv("GELATO_BASE_URL", "http://gelato.example.com")

    run = podsync("plan")

    assert run.code == 64
    assert "GELATO_BASE_URL: plain http" in run.err


def test_settings_in_the_clear_are_invalid(podsync, catalog, folder):
    settings = "version: 1\nproviders: {gelato: {base_url: http://gelato.example.com}}\n"
    (folder / "podsync.yaml").write_text(settings)

    run = podsync("plan")

    assert run.code == 3
    assert "podsync.yaml:2:" in run.err


def test_another_program_is_given_no_key_in_any_variable():
    environ = {
        "KAKACLO_ACCESS_TOKEN": "short",
        "GELATO_API_KEY": TOKEN,
        "Gelato_Api_Key_Staging": f"{TOKEN}-2",
        "PODSYNC_POSTGRES_URL": "postgresql://u:p@h/d",
        "PODSYNC_ENV": "staging",
        "COPY": f"Bearer {TOKEN}",
        "PATH": "/usr/short/bin",
        "GITHUB_TOKEN": "of-the-remote",
    }

    assert without_keys(environ) == {"PATH": "/usr/short/bin", "GITHUB_TOKEN": "of-the-remote"}


@pytest.mark.parametrize(
    "command", [("plan", "--refresh"), ("apply", "--auto-approve"), ("state", "orphans", "--check")]
)
def test_a_refused_key_is_told_with_the_place_where_it_is_renewed(
    podsync, catalog, shops, monkeypatch, command
):
    assert podsync("apply", "--auto-approve").code == 0
    (catalog / "tee.yaml").write_text((catalog / "tee.yaml").read_text().replace("Test Tee", "Other"))
    assert podsync("apply", "--auto-approve").code == 0
    (catalog / "tee.yaml").write_text((catalog / "tee.yaml").read_text().replace("Other", "Third"))
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", "no-key-of-this-shop-0123456789")
    run = podsync(*command)

    assert run.code == 9
    assert "KakaClo refused the key (401)" in run.err + run.out
    assert (
        "renew the key: https://kakaclo.com/personal-center/api-setting, and set KAKACLO_ACCESS_TOKEN"
        in run.err + run.out
    )


def test_a_refused_connection_is_told_with_what_to_look_at(podsync, catalog, monkeypatch):
    monkeypatch.setenv("KAKACLO_BASE_URL", "http://127.0.0.1:1/openapi")
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", TOKEN)
    (catalog / "tote.yaml").unlink()
    run = podsync("plan", "--refresh")

    assert run.code == 1
    assert "127.0.0.1 refused the connection" in run.err
    assert "does this machine reach it" in run.err
