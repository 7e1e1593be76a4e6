from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from podsync.cli.environment.clock import SystemClock
from podsync.sandbox import Fault
from podsync.state.local.store import LocalStore

CREATED = "Apply complete: 2 created, 0 updated, 0 replaced, 0 orphaned."
UNCHANGED = "No changes. The catalog matches the state."


def last_line(text: str) -> str:
    return text.rstrip("\n").splitlines()[-1]


def made(shops, provider: str) -> int:
    return shops.counts.get(f"{provider}.create", 0)


def plan_hash(podsync) -> str:
    return json.loads(podsync("plan", "-o", "json").out)["hash"]


def test_apply_creates_and_a_second_one_writes_nothing(podsync, catalog, folder, shops):
    first = podsync("apply", "--auto-approve")
    state = (folder / "podsync.state.json").read_bytes()
    counts = dict(shops.counts)
    second = podsync("apply", "--auto-approve")

    assert (first.code, last_line(first.out)) == (0, CREATED), first.err
    assert (second.code, last_line(second.out)) == (0, UNCHANGED)
    assert (folder / "podsync.state.json").read_bytes() == state
    assert shops.counts == counts
    assert podsync("plan", "--detailed-exitcode").code == 0


def test_each_provider_gets_its_own_key_only(podsync, catalog, shops):
    podsync("apply", "--auto-approve")

    for request in shops.requests:
        told = str(request)
        assert ("canary-gelato" in told) is not ("canary-kakaclo" in told)


def test_the_keys_appear_nowhere(podsync, catalog, folder, shops):
    run = podsync("-v", "apply", "--auto-approve", "-o", "json=report.json")

    assert "canary" not in run.out + run.err
    for path in folder.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes()


def test_json_on_stdout_is_nothing_but_the_report(podsync, catalog, shops):
    run = podsync("apply", "--auto-approve", "-o", "json")

    report = json.loads(run.out)
    assert report["outcome"] == "complete"
    assert report["summary"]["created"] == 2
    assert {result["outcome"] for result in report["results"]} == {"created"}


def test_an_id_is_told_as_such_once_a_listing_has_confirmed_it(podsync, catalog, shops):
    shops.set_rules(gelato_lag=3600)

    early = json.loads(podsync("apply", "--auto-approve", "--no-wait", "-o", "json").out)
    listed = json.loads(podsync("state", "list", "-o", "json").out)
    table = podsync("state", "list", "-o", "csv").out

    told = next(each for each in early["results"] if each["address"] == "customer_product.tote")
    kept = next(each for each in listed["entries"] if each["address"] == "customer_product.tote")
    (made,) = (product["id"] for product in shops.products("gelato"))
    assert {(each["outcome"], each["id"], each["provisional_id"]) for each in [told]} == {
        ("created", None, made)
    }
    assert (kept["id"], kept["provisional_id"]) == (None, made)
    assert made not in table
    shops.set_rules(gelato_lag=0)
    assert podsync("apply", "--auto-approve").code == 0
    assert f'"id": "{made}"' in podsync("state", "list", "-o", "json").out


def test_json_of_an_apply_with_nothing_to_do(podsync, catalog, shops):
    podsync("apply", "--auto-approve")

    assert json.loads(podsync("apply", "--auto-approve", "-o", "json").out)["outcome"] == "nothing_to_do"


def test_only_what_is_selected_needs_a_key(podsync, catalog, shops, monkeypatch):
    monkeypatch.delenv("GELATO_API_KEY")

    run = podsync("apply", "--auto-approve", "--target", "designed_product.*")

    assert run.code == 0, run.err
    assert made(shops, "kakaclo") == 1
    assert made(shops, "gelato") == 0


def test_without_a_terminal_it_names_the_command_to_use(podsync, catalog, shops, monkeypatch):
    run = podsync("apply", "--target", "designed_product.*")

    assert run.code == 64
    command = re.search(r"podsync apply .*", run.err)
    assert command is not None
    assert podsync(*shlex.split(command[0])[1:]).code == 0
    assert made(shops, "kakaclo") == 1


def test_without_a_terminal_and_with_nothing_to_do_it_is_done(podsync, catalog, shops):
    podsync("apply", "--auto-approve")

    assert podsync("apply").code == 0


def test_a_refused_plan_is_shown_and_nothing_is_sent(podsync, catalog, folder, shops):
    (folder / "podsync.yaml").write_text("version: 1\nlimits: {max_creates: 1}\n")

    run = podsync("apply", "--auto-approve")

    assert run.code == 5
    assert last_line(run.out).startswith("Plan: 2 to create")
    assert shops.counts == {}
    assert json.loads(podsync("apply", "--auto-approve", "-o", "json").out)["outcome"] == "refused"
    assert podsync("apply", "--auto-approve", "--allow", "creates=2").code == 0


def test_an_output_that_cannot_be_written_is_known_before_anything_is_sent(podsync, catalog, shops):
    run = podsync("apply", "--auto-approve", "-o", "json=nowhere/report.json")

    assert run.code == 1
    assert "cannot write nowhere" in run.err
    assert shops.counts == {}


def test_a_catalog_without_a_document_is_not_a_wish_to_orphan_everything(podsync, catalog, shops):
    podsync("apply", "--auto-approve")
    for document in catalog.iterdir():
        document.unlink()
    catalog.rmdir()

    for args in (["plan"], ["apply", "--auto-approve"]):
        run = podsync(*args)

        assert run.code == 5
        assert "has no document" in run.err
        assert "state rm ADDRESS" in run.err


def test_saved_plan_it_is_carried_out_once(podsync, catalog, shops):
    podsync("plan", "-o", "json=plan.json")

    first = podsync("apply", "plan.json", "--auto-approve")
    second = podsync("apply", "plan.json", "--auto-approve")

    assert (first.code, last_line(first.out)) == (0, CREATED)
    assert second.code == 7
    assert made(shops, "gelato") == made(shops, "kakaclo") == 1


def test_saved_plan_it_needs_no_catalog(podsync, catalog, folder, shops):
    podsync("plan", "-o", "json=plan.json")
    catalog.rename(folder / "elsewhere")
    (folder / "podsync.yaml").write_text("version: 1\n")

    assert podsync("apply", "plan.json", "--auto-approve").code == 0


def test_saved_plan_it_asks_where_nothing_says_yes(podsync, catalog, shops):
    podsync("plan", "-o", "json=plan.json")

    run = podsync("apply", "plan.json")

    assert run.code == 64
    assert "podsync apply plan.json --auto-approve" in run.err


def test_saved_plan_another_host_is_stale(podsync, catalog, shops, monkeypatch):
    podsync("plan", "-o", "json=plan.json")
    monkeypatch.setenv("GELATO_BASE_URL", "http://127.0.0.1:9")

    run = podsync("apply", "plan.json", "--auto-approve")

    assert run.code == 7
    assert shops.counts == {}


def test_saved_plan_a_plan_of_the_sandbox_is_not_for_real(podsync, catalog, shops):
    podsync("plan", "--sandbox", "-o", "json=plan.json")

    run = podsync("apply", "plan.json", "--auto-approve")

    assert run.code == 64
    assert "--sandbox" in run.err
    assert shops.counts == {}


def test_saved_plan_a_plan_that_was_refused_is_not_carried_out(podsync, catalog, folder, shops):
    (folder / "podsync.yaml").write_text("version: 1\nlimits: {max_creates: 1}\n")
    podsync("plan", "-o", "json=plan.json")

    assert podsync("apply", "plan.json", "--auto-approve").code == 5
    assert shops.counts == {}


def test_expect_the_same_plan_goes_on_without_a_question(podsync, catalog, shops):
    expected = plan_hash(podsync)

    assert podsync("apply", "--expect", expected).code == 0


def test_expect_twelve_digits_are_enough(podsync, catalog, shops):
    expected = plan_hash(podsync).removeprefix("sha256:")[:12]

    assert podsync("apply", "--expect", expected).code == 0


def test_expect_another_plan_is_7_and_nothing_is_sent(podsync, catalog, shops):
    expected = plan_hash(podsync)
    (catalog / "tee.yaml").write_text((catalog / "tee.yaml").read_text().replace("Test Tee", "Tee"))

    run = podsync("apply", "--expect", expected)

    assert run.code == 7
    assert expected.removeprefix("sha256:")[:12] in run.err
    assert shops.counts == {}


def test_expect_what_is_left_of_it_goes_on(podsync, catalog, shops):
    expected = plan_hash(podsync)
    first = podsync("apply", "--expect", expected, "--limit", "1")

    second = podsync("apply", "--expect", expected)

    assert first.code == 4
    assert second.code == 0, second.err
    assert made(shops, "gelato") == made(shops, "kakaclo") == 1


def test_expect_when_all_of_it_is_done_it_is_done(podsync, catalog, shops):
    expected = plan_hash(podsync)
    podsync("apply", "--expect", expected)

    again = podsync("apply", "--expect", expected)

    assert (again.code, last_line(again.out)) == (0, UNCHANGED)


def test_expect_a_saved_plan_must_be_the_expected_one(podsync, catalog, shops):
    podsync("plan", "-o", "json=plan.json")

    assert podsync("apply", "plan.json", "--expect", "0" * 12).code == 7
    assert podsync("apply", "plan.json", "--expect", plan_hash(podsync)).code == 0


def test_sandbox_it_has_a_state_of_its_own_and_reads_no_key(podsync, catalog, folder, monkeypatch):
    monkeypatch.setenv("KAKACLO_BASE_URL", "not even a URL")
    monkeypatch.setenv("GELATO_API_KEY", "")

    run = podsync("apply", "--sandbox", "--auto-approve")

    assert (run.code, last_line(run.out)) == (0, CREATED), run.err
    assert "SANDBOX" in run.out
    assert not (folder / "podsync.state.json").exists()
    assert (folder / ".podsync" / "sandbox" / "podsync.state.json").is_file()


def test_sandbox_what_was_made_there_is_remembered(podsync, catalog):
    podsync("apply", "--sandbox", "--auto-approve")

    assert last_line(podsync("plan", "--sandbox").out) == UNCHANGED
    assert "Plan: 2 to create" in podsync("plan", "--config", _real()).out


def test_sandbox_the_settings_can_ask_for_it(podsync, play):
    assert "SANDBOX" in podsync("plan").out
    assert podsync("apply", "--auto-approve").code == 0


def test_sandbox_printed_commands_repeat_it(podsync, catalog):
    run = podsync("apply", "--sandbox")

    assert run.code == 64
    assert "podsync apply --auto-approve --sandbox" in run.err


def _real() -> str:
    Path("real.yaml").write_text("version: 1\n")
    return "real.yaml"


def test_faults_a_refusal_is_incomplete_and_the_rest_is_done(podsync, catalog, shops):
    shops.add_faults(Fault("kakaclo", "create", "code:20013"))

    run = podsync("apply", "--auto-approve")

    assert run.code == 4
    assert last_line(run.out).startswith("Apply incomplete: 1 created")
    assert "20013" in run.out


def test_faults_a_refused_key_is_9(podsync, catalog, shops, monkeypatch):
    monkeypatch.setenv("GELATO_API_KEY", "canary-wrong-key-123")

    run = podsync("apply", "--auto-approve")

    assert run.code == 9
    assert last_line(run.out).startswith("Apply incomplete: 1 created")
    assert "canary" not in run.out + run.err


def test_faults_a_doubt_that_is_not_waited_for_is_8(podsync, catalog, shops):
    shops.add_faults(Fault("gelato", "create", "fin"))

    run = podsync("apply", "--auto-approve", "--no-wait")

    assert run.code == 8
    assert "1 in doubt" in last_line(run.out)


def test_faults_a_locked_state_is_6(podsync, catalog, folder, shops):
    store = LocalStore(folder / "podsync.state.json", clock=SystemClock(), who=lambda: "ann@laptop")
    with store.lock("apply", 0):
        run = podsync("apply", "--auto-approve", "--lock-timeout", "1s")

    assert run.code == 6
    assert "ann@laptop" in run.err
    assert shops.counts == {}


@pytest.mark.parametrize(
    ("answer", "code"), [(b"yes\n", 0), (b"no\n", 1), (b"y\n", 1), (b"\n", 1), (b"\x04", 1)]
)
def test_terminal_only_yes_goes_on(terminal, play, answer, code):
    run = terminal("apply", answer=answer)

    assert run.code == code, run.out
    assert "Type yes to go on:" in run.out
    assert ("Apply cancelled. Nothing was sent." in run.out) is (code == 1)
    assert (CREATED in run.out) is (code == 0)


def test_terminal_ctrl_c_at_the_question_ends_it(terminal, play, folder):
    run = terminal("apply", answer=b"\x03")

    assert run.code == 130
    assert "Traceback" not in run.out
    assert not (folder / "podsync.state.json").exists()


def test_terminal_many_creates_want_their_number(terminal, play, folder):
    many = "\n---\n".join(
        (play / "tote.yaml").read_text().replace("tote", f"tote-{n}").replace("Test Tote", f"Tote {n}")
        for n in range(51)
    )
    (play / "many.yaml").write_text(many)
    settings = (folder / "podsync.yaml").read_text() + "limits: {max_creates: null}\n"
    (folder / "podsync.yaml").write_text(settings)

    assert terminal("apply", answer=b"12\n", question="Type 53 to go on: ").code == 1
    twice = terminal("apply", answer=b"yes\nno\n", question="Type 53 to go on: ")
    assert twice.code == 1
    assert "the number is asked for" in twice.out
    assert terminal("apply", answer=b"yes\n53\n", question="Type 53 to go on: ").code == 0


def test_terminal_plan_is_in_colour_and_hints_at_what_to_do(terminal, play):
    run = terminal("plan")

    assert "\x1b[32m" in run.out
    assert "podsync apply" in run.out
    assert "\x1b" not in terminal("plan", "--no-color").out
