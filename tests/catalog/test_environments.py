"""Environments of podsync.yaml: what each says, and that no two share an account or a state."""

from __future__ import annotations

import pytest

from podsync.catalog.settings_file import load, parse, shared_accounts
from podsync.model.errors import CatalogError

SETTINGS = """\
version: 1
vars: {cdn: https://cdn.example.com, season: "24"}
limits: {max_creates: 50, max_orphans: 1}
providers: {kakaclo: {account: shop, timeout_seconds: 9}}
environments:
  production: {providers: {gelato: {account: print}}}
  eu-staging:
    vars: {cdn: https://staging.example.com}
    limits: {max_creates: null}
    providers: {kakaclo: {account: shop-staging}, gelato: {account: print-staging}}
"""


@pytest.fixture
def read(tmp_path):
    def one(text, environment=""):
        (tmp_path / "podsync.yaml").write_text(text, encoding="utf-8")
        return load(tmp_path / "podsync.yaml", tmp_path, environment)

    return one


def faults(text):
    return [
        f"{d.at.line}:{d.at.column} {d.rule}: {d.summary}" for d in parse("podsync.yaml", text.encode())[1]
    ]


def test_an_environment_is_laid_over_the_rest_and_leaves_what_it_does_not_name(read):
    settings = read(SETTINGS, "eu-staging")

    assert settings.environment == "eu-staging"
    assert settings.environments == ("production", "eu-staging")
    assert dict(settings.vars) == {"cdn": "https://staging.example.com", "season": "24"}
    assert (settings.limits.max_creates, settings.limits.max_orphans) == (None, 1)
    kakaclo = settings.providers["kakaclo"]
    assert (kakaclo.account, kakaclo.timeout_seconds) == ("shop-staging", 9)


@pytest.mark.parametrize("name", ["", "elsewhere"])
def test_without_one_that_there_is_nothing_is_laid_over(read, name):
    settings = read(SETTINGS, name)

    assert settings.environment == ""
    assert settings.vars["cdn"] == "https://cdn.example.com"


@pytest.mark.parametrize(
    ("around", "own", "place"),
    [
        (
            "",
            "{}",
            ("local", "podsync.state.eu-staging.json", "podsync-state-eu-staging", "podsync_eu_staging"),
        ),
        (
            "state: {path: states/shop.json, branch: shop}",
            "{}",
            ("local", "states/shop.eu-staging.json", "shop-eu-staging", "podsync_eu_staging"),
        ),
        (
            "state: {backend: git}",
            "{state: {branch: mine}}",
            ("git", "podsync.state.eu-staging.json", "mine", "podsync_eu_staging"),
        ),
    ],
)
def test_each_environment_has_a_state_of_its_own(read, around, own, place):
    state = read(f"{around}\nenvironments: {{eu-staging: {own}}}\n", "eu-staging").state

    assert (state.backend, state.keys["path"], state.keys["branch"], state.keys["schema"]) == place


NO_ACCOUNTS = "environments:\n  staging: {}\n  production: {}\n"
ONE_ACCOUNT = """\
environments:
  staging: {providers: {kakaclo: {account: a}}}
  production:
    providers:
      kakaclo: {account: a}
"""
ONE_HOST = """\
environments:
  staging: {providers: {kakaclo: {base_url: 'https://Developer.kakaclo.com:443/other'}}}
  production: {}
"""
ONE_STATE = """\
environments:
  staging: {providers: {kakaclo: {account: a}}, state: {path: s.json}}
  production: {state: {path: s.json}}
"""
SAME = "environments: environments.production: KakaClo has the same account as in staging"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            NO_ACCOUNTS,
            "3:3 environments: environments.production: KakaClo and Gelato have the same account as ",
        ),
        (ONE_ACCOUNT, f"5:26 {SAME} (a at developer.kakaclo.com)"),
        (ONE_HOST, f"3:3 {SAME} (default at developer.kakaclo.com)"),
        (ONE_STATE, "3:23 environments: environments.production.state: it is the state of staging"),
        (
            ONE_STATE.replace("{path: s.json}}\n  p", "{path: ./S.json}}\n  p"),
            "3:23 environments: environments.production.state: it is the state of staging",
        ),
        (
            ONE_STATE.replace("s.json", "link/s.json", 1),
            "3:23 environments: environments.production.state: it is the state of staging",
        ),
        (
            ONE_HOST.replace("https://Developer.kakaclo.com:443", "http://127.0.0.1:8080").replace(
                "production: {}", "production: {providers: {kakaclo: {base_url: 'http://localhost:8080'}}}"
            ),
            f"3:28 {SAME} (default at localhost)",
        ),
        (
            ONE_HOST.replace("Developer.kakaclo.com:443", "developer.kakaclo.com."),
            f"3:3 {SAME} (default at developer.kakaclo.com)",
        ),
        (
            "environments: {Staging: {}}\n",
            "1:16 schema: environments.Staging: 'Staging' is not a name of an ",
        ),
    ],
)
def test_what_environments_may_not_share_is_told_at_its_line(text, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)

    (fault,) = faults(text)

    assert fault.startswith(told)


def test_a_provider_that_no_environment_names_is_told_where_it_is_used(tmp_path, read):
    text = (
        "environments:\n  staging: {providers: {kakaclo: {account: a}}}\n"
        "  production: {providers: {kakaclo: {account: b}}}\n"
    )
    read(text)

    (fault,) = shared_accounts(tmp_path / "podsync.yaml", "production", ["gelato", "kakaclo"])

    assert (fault.at.line, fault.rule) == (3, "environments")
    assert "Gelato has the same account as in staging (default at connect.gelatoapis.com)" in fault.summary


def test_a_file_that_says_in_an_environment_where_a_key_goes_is_never_believed_from_a_cache(tmp_path, read):
    (tmp_path / ".podsync" / "cache").mkdir(parents=True)
    text = "environments: {staging: {providers: {kakaclo: {base_url: 'https://a.example.com'}}}}\n"

    read(text, "staging")

    assert list((tmp_path / ".podsync" / "cache").iterdir()) == []


def test_a_fault_inside_an_environment_is_one_of_the_settings(read):
    with pytest.raises(CatalogError) as caught:
        read("environments: {staging: {providers: {kakaclo: {acount: a}}}}\n", "staging")

    assert "unknown key 'acount'" in caught.value.diagnostics[0].summary
