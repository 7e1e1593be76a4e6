"""What a person is shown and asked while the world is not as documented: plan and apply judge alike.

The vendors here are the independent server of the apply's tests; time is the real one.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from tests.apply.vendor_server import CREATES, Odd
from tests.cli.conftest import KEY, TOKEN
from tests.cli.vendors import TEE, TOTE, a_server, entries, lose, more, settled
from tests.state.git.places import BRANCH, ENVIRON, Remote, git


@pytest.fixture
def vendors(folder, monkeypatch):
    with a_server(folder, monkeypatch) as vendors:
        yield vendors


def creates(vendors):
    return len(vendors.sent(*CREATES))


def lost(folder, podsync, vendors):
    """Both products are there, and the state is not."""
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    lose(folder)
    assert creates(vendors) == 2


def summary(run):
    return json.loads(run.out)["summary"]


# -- plan --refresh is apply's own look


def test_10_refresh_and_apply_find_the_same_to_adopt(podsync, folder, catalog, vendors):
    lost(folder, podsync, vendors)

    plan = podsync("plan", "--refresh", "-o", "json")
    apply = podsync("apply", "--auto-approve", "-o", "json")

    assert (plan.code, apply.code) == (0, 0)
    assert (summary(plan)["adopt"], summary(plan)["create"]) == (2, 0)
    assert (summary(apply)["adopted"], summary(apply)["created"]) == (2, 0)
    assert creates(vendors) == 2


def renamed_and_rehosted(vendors):
    vendors.rehost, vendors.names = True, "upper"


def another_account(vendors):
    vendors.accounts["kakaclo"][TOKEN] = vendors.accounts["gelato"][KEY] = "other"


def an_empty_listing(vendors):
    vendors.always("kakaclo.search", Odd("blank"))
    vendors.always("gelato.list", Odd("blank"))


def a_refused_key(vendors):
    vendors.accounts["kakaclo"].clear()
    vendors.accounts["gelato"].clear()


def what_was_made_is_not_listed(vendors):
    vendors.lag = 600


ALIKE = [
    # An empty listing is all that a new account has, too: with nothing known there is nothing to see.
    (world, state)
    for world in (renamed_and_rehosted, another_account, an_empty_listing, a_refused_key)
    for state in ("lost", "kept")
    if (world, state) != (an_empty_listing, "lost")
]
ALIKE.append((what_was_made_is_not_listed, "kept"))
#: What shapes the products as they are made.
BEFORE = (renamed_and_rehosted, what_was_made_is_not_listed)


@pytest.mark.parametrize(("world", "state"), ALIKE, ids=lambda word: getattr(word, "__name__", word))
def test_10_refresh_and_apply_end_alike(podsync, folder, catalog, vendors, world, state):
    """One judgement: the same exit code, and apply sends nothing that the plan did not announce."""
    if world in BEFORE:
        world(vendors)
    lost(folder, podsync, vendors) if state == "lost" else podsync("apply", "--auto-approve")
    if state == "kept":
        settled()
    if world is what_was_made_is_not_listed:
        time.sleep(4)  # a Date has whole seconds, at both ends
    if world not in BEFORE:
        world(vendors)
    more(catalog, "more")

    plan = podsync("plan", "--refresh", "-o", "json=plan.json")
    announced = json.loads((folder / "plan.json").read_text())["summary"]["create"] if plan.code == 0 else 0
    before = creates(vendors)
    apply = podsync("apply", "--auto-approve")

    assert creates(vendors) - before == announced
    assert apply.code == plan.code, (plan.err, apply.err)
    assert vendors.doubled() == []


def test_what_was_seen_and_is_hidden_is_asked_about_alike_and_a_persons_word_leads_out(
    podsync, folder, catalog, vendors
):
    """Shown in every form; the printed command is believed though no listing shows the product now."""
    renamed_and_rehosted(vendors)
    lost(folder, podsync, vendors)
    (tee,), (tote,) = ([p["id"] for p in vendors.products(name)] for name in ("kakaclo", "gelato"))
    for name in ("kakaclo", "gelato"):
        vendors.fill(name, 1)
    assert podsync("apply", "--auto-approve", "--first-contact").code == 4
    for identity in (tee, tote):
        vendors.hide(identity, 3600)
    more(catalog, "more")

    plan = podsync(
        "plan", "--refresh", "-o", "json=plan.json", "-o", "html=page.html", "-o", "markdown=plan.md"
    )
    apply = podsync("apply", "--auto-approve")

    assert (plan.code, apply.code) == (4, 4)
    found = [
        d for d in json.loads((folder / "plan.json").read_text())["diagnostics"] if "now" in d["summary"]
    ]
    assert [d["rule"] for d in found] == ["may-be-ours"] * 2
    for text in (plan.err + plan.out, (folder / "page.html").read_text(), (folder / "plan.md").read_text()):
        assert f"{tee} (not listed now)" in " ".join(text.split())
    assert vendors.doubled() == []
    assert creates(vendors) == 3

    told = [podsync("import", TEE, tee), podsync("import", "--not-ours", "gelato", tote)]
    assert [run.code for run in told] == [0, 0]
    assert f"{TEE}: it is {tee} (not listed now)" in told[0].out + told[0].err
    assert podsync("plan", "--refresh").code == 0


def test_what_a_refusal_made_and_no_document_wants_is_asked_about_alike(podsync, catalog, vendors):
    name = more(catalog, "more").partition(".")[2]
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    (catalog / f"{name}.yaml").unlink()
    assert podsync("apply", "--auto-approve").code == 0
    vendors.misbehave("kakaclo.create", Odd("status", commit=True, status=400))
    more(catalog, "other")
    assert podsync("apply", "--auto-approve").code == 4
    settled()
    (catalog / "other.yaml").unlink()

    plan, apply = podsync("plan", "--refresh"), podsync("apply", "--auto-approve")

    assert (plan.code, apply.code) == (8, 8)
    for told in (plan.out + plan.err, apply.out + apply.err):
        assert "no document wants it. it was refused" in " ".join(told.split())
        assert "podsync import --not-ours kakaclo" in " ".join(told.split())


# -- what a look without the lock has shown


LOOKS = {
    "a plan": ("plan", "--refresh"),
    "drift": ("drift", "--no-wait"),
    "pairs": ("import", "--match"),
    "an apply that nobody wanted": ("apply",),
    "an import of another": ("import", "designed_product.known", "5000"),
    "a look for orphans": ("state", "orphans", "--check", "--no-wait"),
}


def shown_and_hidden(podsync, folder, catalog, vendors, look):
    """A refused create made a product all the same; a look shows it, and the provider hides it."""
    known, old = more(catalog, "known"), more(catalog, "old")
    assert podsync("apply", "--auto-approve", "--target", known, "--target", old).code == 0
    owned = {each["id"] for each in entries(folder).values()}
    (catalog / "old.yaml").unlink()
    vendors.misbehave("kakaclo.create", Odd("status", commit=True, status=400))
    assert podsync("apply", "--auto-approve").code == 4
    settled()
    before = entries(folder)
    look()
    assert entries(folder) == before
    (identity,) = {p["id"] for p in vendors.products("kakaclo")} - owned
    vendors.hide(identity, 3600)
    return identity


@pytest.mark.parametrize("look", LOOKS)
def test_what_a_look_without_the_lock_has_shown_is_not_made_again(
    podsync, terminal, folder, catalog, vendors, look
):
    run = partial(terminal, answer=b"no\n") if "apply" in LOOKS[look] else podsync
    identity = shown_and_hidden(podsync, folder, catalog, vendors, partial(run, *LOOKS[look]))
    made = creates(vendors)

    plan, apply = podsync("plan", "--refresh"), podsync("apply", "--auto-approve")

    assert (plan.code, apply.code, creates(vendors)) == (4, 4, made)
    for told in (plan.out + plan.err, apply.out + apply.err):
        assert re.search(rf'\b{identity} ("[^"]+" )?\(not listed now\)', " ".join(told.split()))
    assert f"podsync import {TEE} {identity}" in apply.out


@pytest.mark.parametrize("said", ["ours", "not ours"])
def test_a_person_answers_what_only_a_plan_has_shown(podsync, folder, catalog, vendors, said):
    """The printed commands are believed before any apply has written the row down, and end the question."""
    look = partial(podsync, "plan", "--refresh")
    identity = shown_and_hidden(podsync, folder, catalog, vendors, look)
    words = (TEE, identity) if said == "ours" else ("--not-ours", "kakaclo", identity)
    before = podsync("plan", "--refresh")
    assert f"podsync import {' '.join(words)}" in before.out + before.err

    answer = podsync("import", *words)

    assert answer.code == 0, answer.err
    assert list((folder / ".podsync" / "remembered").iterdir()) == []
    assert podsync("apply", "--auto-approve").code == 0
    assert (entries(folder)[TEE]["id"] == identity) is (said == "ours")


def test_a_plan_that_cannot_remember_what_it_shows_says_so_and_goes_on(podsync, folder, catalog, vendors):
    lost(folder, podsync, vendors)
    (folder / ".podsync").mkdir()
    (folder / ".podsync" / "remembered").write_text("", encoding="utf-8")

    plan = podsync("plan", "--refresh", "-o", "json")

    assert (plan.code, summary(plan)["adopt"]) == (0, 2)
    assert plan.err.count(".podsync/remembered cannot be written (") == 2
    assert plan.err.count("what this look has shown is not remembered") == 2


# -- apply looks before it asks


def test_10_apply_shows_what_its_look_found_before_it_asks(terminal, podsync, folder, catalog, vendors):
    lost(folder, podsync, vendors)

    run = terminal("apply", answer=b"yes\n")

    asked = run.out.partition("to go on: ")[0]
    assert "2 to adopt" in asked
    assert "2 to create" not in asked
    assert run.code == 0
    assert creates(vendors) == 2


def test_a_question_open_over_lunch_while_ci_wants_the_lock(terminal, process, catalog, vendors):
    others = []

    run = terminal(
        "apply",
        answer=b"yes\n",
        meanwhile=lambda: others.append(process("apply", "--auto-approve", "--lock-timeout", "1s")),
    )

    assert others[0].code == 0, others[0].err
    assert creates(vendors) == 2
    assert vendors.doubled() == []
    assert run.code == 0, run.out


# -- --expect, where the look finds what the plan could not know


def expected(podsync):
    podsync("plan", "-o", "json=plan.json")
    return json.loads(Path("plan.json").read_text(encoding="utf-8"))["hash"]


def test_expect_a_create_that_the_look_turns_into_an_adopt_is_done(podsync, folder, catalog, vendors):
    lost(folder, podsync, vendors)

    run = podsync("apply", "--expect", expected(podsync), "-o", "json")

    assert run.code == 0
    assert summary(run)["adopted"] == 2
    assert creates(vendors) == 2


def test_expect_a_create_that_the_look_turns_into_a_question_is_not_tried(podsync, folder, catalog, vendors):
    vendors.rehost, vendors.names = True, "upper"
    lost(folder, podsync, vendors)

    run = podsync("apply", "--expect", expected(podsync), "--first-contact", "-o", "json")

    assert run.code == 4
    assert {each["outcome"] for each in json.loads(run.out)["results"]} == {"not_tried"}
    assert creates(vendors) == 2


def test_expect_beside_a_doubt_the_rest_goes_on_and_it_is_8(podsync, folder, catalog, vendors):
    """The tee is in doubt since a run that nobody waited for; the tote is new in the approved plan."""
    vendors.misbehave("kakaclo.create", Odd("cut", commit=True))
    vendors.lag = 3600
    assert podsync("apply", "--auto-approve", "--no-wait", "--target", TEE).code == 8

    run = podsync("apply", "--expect", expected(podsync), "--no-wait", "-o", "json")

    outcomes = {each["address"]: each["outcome"] for each in json.loads(run.out)["results"]}
    assert run.code == 8
    assert outcomes == {TEE: "in_doubt", TOTE: "created"}
    assert (len(vendors.sent("kakaclo.create")), len(vendors.sent("gelato.create"))) == (1, 1)


# -- what is refused keeps nothing else open


@pytest.mark.parametrize("commit", [True, False], ids=["made", "not made"])
def test_a_refused_document_keeps_no_doubt_of_another_one_open(podsync, folder, catalog, vendors, commit):
    known = more(catalog, "known")
    assert podsync("apply", "--auto-approve", "--target", known).code == 0
    vendors.misbehave("kakaclo.create", Odd("cut", commit=commit))
    vendors.lag = 3600
    assert podsync("apply", "--auto-approve", "--no-wait", "--target", TEE).code == 8
    for product in vendors.products("kakaclo"):
        product["lag"] = 0
    with (folder / "podsync.yaml").open("a", encoding="utf-8") as settings:
        settings.write("limits: {max_creates: 0}\n")
    made = creates(vendors)

    run = podsync("apply", "--auto-approve", "-o", "json")

    told = {each["address"]: each["outcome"] for each in json.loads(run.out)["results"]}
    assert run.code == 5
    assert json.loads(run.out)["outcome"] == "refused"
    assert told == {TEE: "settled" if commit else "not_tried"}
    assert creates(vendors) == made
    assert (TEE in entries(folder)) is commit
    assert podsync("plan").code == 5


# -- a state that was set back


def on_a_branch(folder, monkeypatch):
    """Keep the state on a branch of a remote repository, and return that."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, ENVIRON[name])
    remote = Remote(folder.parent)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", str(remote.bare))
    with (folder / "podsync.yaml").open("a", encoding="utf-8") as settings:
        settings.write("state: {backend: git}\n")
    return remote


def test_what_a_newer_head_of_the_branch_made_is_waited_for_though_nothing_else_knows_of_it(
    podsync, folder, catalog, vendors, monkeypatch
):
    remote = on_a_branch(folder, monkeypatch)
    assert podsync("apply", "--auto-approve").code == 0
    head = remote.head()
    hat = more(catalog, "hat")
    vendors.lag = 36_000
    assert podsync("apply", "--auto-approve", "--no-wait").code == 0
    git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", head)
    shutil.rmtree(folder / ".podsync")

    soon = podsync("apply", "--auto-approve", "--no-wait")
    again = podsync("apply", "--auto-approve", "--no-wait")

    assert "was set back on origin" in soon.err
    assert (soon.code, again.code) == (8, 8)
    assert creates(vendors) == 3
    vendors.products("kakaclo")[-1]["lag"] = 0
    assert podsync("apply", "--auto-approve").code == 0
    assert hat in podsync("state", "list").out
    assert creates(vendors) == 3


@pytest.mark.parametrize("backend", ["local", "git"])
def test_what_a_newer_state_has_bound_and_the_provider_hides_is_asked_about_in_every_view(
    podsync, folder, catalog, vendors, monkeypatch, backend
):
    """Of a branch the clone knows the newer head, of an older file `.podsync` has a copy."""
    if backend == "git":
        remote = on_a_branch(folder, monkeypatch)
    assert podsync("apply", "--auto-approve").code == 0
    before = remote.head() if backend == "git" else (folder / "podsync.state.json").read_bytes()
    there = {p["id"] for p in vendors.products("kakaclo")}
    hat = more(catalog, "hat")
    assert podsync("apply", "--auto-approve").code == 0
    (identity,) = {p["id"] for p in vendors.products("kakaclo")} - there
    vendors.hide(identity, 36_000)
    if backend == "git":
        git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", before)
        shutil.rmtree(folder / ".podsync")
        assert podsync("state", "pull", "-o", "json=pulled.json").code == 0
    else:
        (folder / "podsync.state.json").write_bytes(before)

    outputs = ("-o", "json=plan.json", "-o", "html=page.html", "-o", "markdown=plan.md")
    plan = podsync("plan", "--refresh", *outputs)
    runs = [podsync("apply", "--auto-approve", "--no-wait") for _ in range(2)]

    assert (plan.code, [run.code for run in runs], creates(vendors)) == (4, [4, 4], 3)
    found = json.loads((folder / "plan.json").read_text())["diagnostics"]
    assert [(d["rule"], d["address"]) for d in found if "now" in d["summary"]] == [("may-be-ours", hat)]
    for text in (plan.err + plan.out, (folder / "page.html").read_text(), (folder / "plan.md").read_text()):
        assert f"{identity} (not listed now)" in " ".join(text.split())
    assert f"import {hat} {identity}" in " ".join(plan.out.split())
    assert podsync("import", hat, identity).code == 0
    assert (podsync("apply", "--auto-approve").code, creates(vendors)) == (0, 3)


def test_what_a_lost_state_had_in_doubt_can_be_answered_before_any_apply_has_written_it(
    podsync, folder, catalog, vendors
):
    """It is in doubt again in `plan`, in apply, and for whoever answers, before any apply has written it."""
    vendors.misbehave("kakaclo.create", Odd("otherwise", status=202, body=b"{}"))
    vendors.lag = 3600
    assert podsync("apply", "--auto-approve", "--no-wait", "--target", TEE).code == 8
    settled()
    for path in folder.glob("podsync.state.json*"):
        path.unlink()

    assert "1 to settle" in podsync("plan").out
    assert "1 to settle" in podsync("plan", "--refresh").out
    (product,) = vendors.products("kakaclo")
    product["lag"] = 0
    assert podsync("state", "settle", TEE, "--adopt", product["id"]).code == 0
    assert entries(folder)[TEE]["id"] == product["id"]
    assert "1 to create" in podsync("plan").out


# -- an id that a person types is looked up


@pytest.mark.parametrize("identity", ["abc", "999999", "0"])
def test_10_an_id_that_is_not_listed_is_not_believed(podsync, folder, catalog, vendors, identity):
    vendors.misbehave("kakaclo.create", Odd("cut", commit=True))
    vendors.lag = 3600
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    for product in vendors.products("kakaclo"):
        product["lag"] = 0

    run = podsync("state", "settle", TEE, "--adopt", identity)

    assert run.code != 0
    assert entries(folder)[TEE]["pending"] is not None


def test_nothing_was_made_is_not_believed_before_the_doubt_is_settled(podsync, folder, catalog, vendors):
    vendors.misbehave("kakaclo.create", Odd("cut", commit=True))
    vendors.lag = 3600
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8

    run = podsync("state", "settle", TEE, "--not-created")

    assert run.code != 0
    assert entries(folder)[TEE]["pending"] is not None


# -- what is printed helps


def test_10_next_lists_alternatives_as_such_and_the_apply_last(podsync, folder, catalog, vendors):
    vendors.rehost, vendors.names = True, "upper"
    lost(folder, podsync, vendors)

    run = podsync("apply", "--auto-approve", "--first-contact", "-o", "json")

    lines = [line for each in json.loads(run.out)["results"] for line in each["next"]]
    assert run.code == 4
    assert lines
    assert not any(line.startswith("podsync apply") for line in lines[:-1])
    assert not any("--first-contact" in line for line in lines)
    assert "podsync import" in " ".join([*lines, run.err])


def test_10_what_is_printed_as_next_begins_with_what_a_person_must_say(podsync, folder, catalog, vendors):
    """An apply before it would end the same way; alternatives are no steps one after the other."""
    vendors.rehost, vendors.names = True, "upper"
    lost(folder, podsync, vendors)

    run = podsync("apply", "--auto-approve", "--first-contact")

    steps = re.findall(r"^  \d+\. (.+)$", run.out.partition("\nNext\n")[2], re.MULTILINE)
    assert steps
    assert " apply" not in steps[0]


def test_10_a_wrong_account_is_9_and_prints_no_repair_of_the_state(podsync, folder, catalog, vendors):
    assert podsync("apply", "--auto-approve").code == 0
    another_account(vendors)
    text = (catalog / "tote.yaml").read_text(encoding="utf-8")
    (catalog / "more.yaml").write_text(
        text.replace("tote", "more").replace("Test Tote", "More"), encoding="utf-8"
    )

    run = podsync("apply", "--auto-approve", "--no-wait")

    assert run.code == 9
    assert "state rm" not in run.out + run.err
    assert "--not-created" not in run.out + run.err
    assert creates(vendors) == 2


def test_a_shop_that_was_emptied_by_hand_is_filled_again_once_a_person_has_said_so(
    terminal, podsync, folder, catalog, vendors
):
    """The number of entries is typed; before, and without it, nothing is created."""
    assert podsync("apply", "--auto-approve").code == 0
    for product in vendors.products("kakaclo"):
        vendors.remove(product["id"])
    settled()
    more(catalog, "more")
    before = podsync("apply", "--auto-approve", "--no-wait")
    wrong = terminal("state", "check", "--emptied", "kakaclo", answer=b"7\n7\n")
    said = terminal("state", "check", "--emptied", "kakaclo", answer=b"1\n")

    after = podsync("apply", "--auto-approve")

    assert (before.code, wrong.code, said.code, after.code) == (9, 1, 0, 0)
    assert "--emptied" in before.out + before.err
    assert len(vendors.products("kakaclo")) == 2
