"""Environments from the command line: which one is meant, and that nothing of one reaches another."""

from __future__ import annotations

import json

import pytest

from podsync.cli.environment.credentials import read_keys, secrets_of
from podsync.model.errors import CredentialsError
from podsync.providers.registry import plugins
from podsync.sandbox import Rules, Sandbox

SETTINGS = """\
version: 1
environments:
  staging: {sandbox: true, providers: {kakaclo: {account: try}, gelato: {account: try}}}
  production: {sandbox: true, providers: {kakaclo: {account: shop}, gelato: {account: shop}}}
"""
STAGING, PRODUCTION = ("--env", "staging"), ("--env", "production")
KEY = "canary-0123456789-canary"


@pytest.fixture
def shop(catalog, folder):
    (folder / "podsync.yaml").write_text(SETTINGS, encoding="utf-8")
    return catalog


@pytest.mark.parametrize(
    "words",
    [
        ("validate",), ("plan",), ("apply", "--auto-approve"), ("render", "designed_product.tee"),
        ("state", "list"), ("state", "check"), ("import", "designed_product.tee", "5"), ("review",),
    ],
)  # fmt: skip
def test_without_a_name_nothing_is_done_and_the_names_are_told(podsync, shop, words):
    run = podsync(*words)

    assert run.code == 64
    assert "names none of them: staging, production" in run.err
    assert "--env staging or --env production (or PODSYNC_ENV)" in run.err


def test_an_unknown_name_is_answered_with_the_nearest(podsync, shop):
    run = podsync("plan", "--env", "stagng")

    assert run.code == 64
    assert "did you mean staging? there are: staging, production" in run.err


def test_a_name_where_there_are_no_environments_is_wrong_usage(podsync, play):
    run = podsync("--env", "staging", "plan")

    assert run.code == 64
    assert "podsync.yaml has no environments" in run.err


@pytest.mark.parametrize("words", [("schema",), ("help",), ("version",), ("init", "new")])
def test_what_uses_no_state_no_provider_and_no_spec_asks_for_none(podsync, shop, words):
    assert podsync(*words).code == 0


def test_either_side_of_the_command_and_the_variable_mean_the_same(podsync, shop, monkeypatch):
    hashes = {json.loads(podsync(*words).out)["hash"] for words in (
        (*STAGING, "plan", "-o", "json"), ("plan", *STAGING, "-o", "json"))}  # fmt: skip
    monkeypatch.setenv("PODSYNC_ENV", "staging")
    run = podsync("plan", "-o", "json")
    told = podsync("plan", *PRODUCTION, "-o", "json")

    assert {json.loads(run.out)["hash"]} == hashes
    assert "from the environment: PODSYNC_ENV" in run.err
    assert json.loads(told.out)["environment"] == "production"


def test_the_name_stands_in_every_head(podsync, shop):
    formats = {
        form: podsync(*STAGING, "plan", "-o", form).out for form in ("text", "markdown", "html", "github")
    }
    applied = podsync(*STAGING, "apply", "--auto-approve", "-o", "markdown=report.md")

    assert formats["text"].startswith("Environment STAGING.\nSANDBOX: ")
    assert "\n**Environment STAGING.**\n" in formats["markdown"]
    assert "<title>STAGING SANDBOX podsync plan " in formats["html"]
    assert "::notice title=STAGING::Environment STAGING." in formats["github"]
    assert "Environment STAGING.\nSANDBOX: simulated providers, nothing is real.\nApplying " in applied.out
    assert "**Environment STAGING.**" in (shop.parent / "report.md").read_text(encoding="utf-8")
    assert "Environment STAGING." in podsync(*STAGING, "state", "list").err


def test_what_is_applied_in_one_is_new_in_the_other(podsync, shop):
    assert podsync(*STAGING, "apply", "--auto-approve").code == 0

    assert podsync(*STAGING, "plan").out.endswith("No changes. The catalog matches the state.\n")
    assert "Plan: 2 to create" in podsync(*PRODUCTION, "plan").out
    assert podsync(*PRODUCTION, "apply", "--auto-approve").out.count("created ") == 2


def test_a_plan_of_one_is_refused_in_another(podsync, shop):
    podsync(*STAGING, "plan", "-o", "json=plan.json")
    expected = json.loads(podsync(*STAGING, "plan", "-o", "json").out)["hash"]

    saved = podsync(*PRODUCTION, "apply", "plan.json", "--auto-approve")
    hashed = podsync(*PRODUCTION, "apply", "--expect", expected, "--auto-approve")

    assert (saved.code, hashed.code) == (7, 7)
    assert "this plan was made for the environment staging, not for production" in saved.err
    assert "Environment STAGING." in podsync("show", "plan.json").out


def test_a_printed_command_names_the_environment(podsync, shop):
    run = podsync(*STAGING, "plan", "--target", "designed_product.tea")
    again = podsync(*STAGING, "apply")

    assert run.code == again.code == 64
    assert "podsync --env staging apply --auto-approve" in again.err


def test_a_provider_without_accounts_of_its_own_is_refused_where_it_is_used(podsync, shop, folder):
    (folder / "podsync.yaml").write_text(SETTINGS.replace(", gelato: {account: try}", "").replace(
        ", gelato: {account: shop}", ""), encoding="utf-8")  # fmt: skip

    run = podsync(*STAGING, "plan")
    (shop / "tote.yaml").unlink()

    assert run.code == 3
    assert (
        "podsync.yaml:3:28: error[environments]: environments.staging: Gelato has the same account" in run.err
    )
    assert podsync(*STAGING, "plan").code == 0


def test_a_base_url_of_the_process_is_that_of_every_environment(podsync, shop, folder, monkeypatch):
    block = (
        "{{state: {{path: {0}.json}}, providers: {{kakaclo: {{base_url: 'https://{0}.example.com'{1}}}}}}}"
    )
    write = (folder / "podsync.yaml").write_text
    (shop / "tote.yaml").unlink()

    def text(first: str = "", second: str = "") -> str:
        staging, production = block.format("staging", first), block.format("production", second)
        return f"version: 1\nenvironments:\n  staging: {staging}\n  production: {production}\n"

    write(text(), encoding="utf-8")
    assert podsync(*STAGING, "plan").code == 0

    monkeypatch.setenv("KAKACLO_BASE_URL", "https://other.example.com")
    run = podsync(*STAGING, "plan")
    write(text(", account: try", ", account: shop"), encoding="utf-8")

    assert run.code == 3
    assert (
        "environments.staging: KakaClo has the same account as in production "
        "(default at other.example.com, by KAKACLO_BASE_URL)"
    ) in run.err
    assert podsync(*STAGING, "plan").code == 0


# -- keys


def keys(environment, **environ):
    return read_keys(["kakaclo"], plugins(), environ, environment)


def test_a_key_belongs_to_the_environment_in_its_name():
    own = {"KAKACLO_ACCESS_TOKEN_EU_STAGING": KEY, "KAKACLO_ACCESS_TOKEN": "another-0123456789"}

    assert keys("eu-staging", **own) == {"kakaclo": KEY}
    assert keys("eu-staging", **own, PODSYNC_KEYS_ENV="eu-staging") == {"kakaclo": KEY}
    assert KEY in secrets_of(own)


def test_a_plain_key_counts_only_where_it_is_said_whose_it_is():
    assert keys("staging", KAKACLO_ACCESS_TOKEN=KEY, PODSYNC_KEYS_ENV="staging") == {"kakaclo": KEY}


@pytest.mark.parametrize(
    ("environment", "environ", "told"),
    [
        ("staging", {}, "KAKACLO_ACCESS_TOKEN_STAGING is not set"),
        ("production", {"PODSYNC_KEYS_ENV": "staging"}, "KAKACLO_ACCESS_TOKEN_PRODUCTION is not set"),
        ("", {"PODSYNC_KEYS_ENV": "staging"}, "of the environment staging (PODSYNC_KEYS_ENV)"),
    ],
)
def test_a_key_of_nobody_or_of_another_environment_is_none(environment, environ, told):
    with pytest.raises(CredentialsError) as caught:
        keys(environment, KAKACLO_ACCESS_TOKEN=KEY, KAKACLO_ACCESS_TOKEN_OTHER=KEY, **environ)

    assert told in caught.value.message
    assert ("counts only with PODSYNC_KEYS_ENV=" in caught.value.remedy) == bool(environment)


def test_the_plans_of_all_environments_fit_into_one_comment(podsync, shop):
    for number in range(400):
        text = (shop / "tee.yaml").read_text(encoding="utf-8").replace("tee", f"tee-{number}")
        text = text.replace("Test Tee", f"A tee with a name that takes some room, number {number}")
        (shop / f"tee-{number}.yaml").write_text(text, encoding="utf-8")

    plans = [podsync("--env", name, "plan", "-o", "markdown").out for name in ("staging", "production")]

    assert 40_000 < sum(len(plan.encode()) for plan in plans) < 65_000


def test_a_catalog_with_faults_says_in_which_environment(podsync, shop):
    (shop / "tee.yaml").write_text("kind: designed_product\n", encoding="utf-8")

    run = podsync(*STAGING, "plan", "-o", "markdown")

    assert run.code == 3
    assert "\n**Environment STAGING.**\n" in run.out


@pytest.mark.parametrize(
    "words", [("state", "orphans"), ("state", "check"), ("render", "designed_product.tee")]
)
def test_what_has_no_head_says_it_beside_the_result(podsync, shop, words):
    assert podsync(*STAGING, *words).err.startswith("Environment STAGING.\n")


TWO = "environments: {{staging: {0}, production: {1}}}"


@pytest.mark.parametrize(
    ("settings", "words", "environ", "code"),
    [
        (TWO, STAGING, {"PODSYNC_KEYS_ENV": "staging"}, 0),
        (TWO, PRODUCTION, {"PODSYNC_KEYS_ENV": "staging"}, 9),
        (TWO, PRODUCTION, {}, 9),
        ("{0}", (), {"PODSYNC_KEYS_ENV": "staging"}, 9),  # a branch that has taken the environments out
    ],
)
def test_no_key_is_sent_for_another_environment(
    podsync, catalog, folder, monkeypatch, settings, words, environ, code
):
    (catalog / "tote.yaml").unlink()
    with Sandbox(Rules(kakaclo_tokens=(KEY,))) as shop:
        blocks = [
            f"{{providers: {{kakaclo: {{account: {name}, base_url: '{shop.url_of('kakaclo')}'}}}}}}"
            for name in ("try", "shop")
        ]
        text = settings.format(*(block if words else block[1:-1] for block in blocks))
        (folder / "podsync.yaml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", KEY)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)

        run = podsync(*words, "apply", "--auto-approve")

        assert run.code == code, run.err
        assert bool(shop.counts) == (code == 0)
        assert KEY not in run.out + run.err
