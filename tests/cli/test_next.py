"""Every command that podsync prints is executed as it is printed, where it is printed, and leads on.

Each scene claims the places of the source whose commands it follows (`printed.inventory`); a place that no
scene claims is a failure, and so is a claim whose command was not followed. All runs are started outside the
catalog's folder and name the settings: a printed command that does not repeat that finds no catalog.
"""

from __future__ import annotations

import html
import inspect
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from podsync.sandbox import Sandbox
from podsync.state.git.branch import OvertakenError
from tests.apply.vendor_server import CREATES, Odd, VendorServer
from tests.cli.conftest import TEE, TOKEN, TOTE, Run
from tests.cli.printed import GLOBALS, inventory, typed, untyped, words_of
from tests.cli.test_audit import TEE_SPEC
from tests.cli.vendors import TEE as TEE_ADDRESS
from tests.cli.vendors import a_server, lose
from tests.postgres.conftest import place, places, server  # noqa: F401 (fixtures)
from tests.postgres.place import Schema
from tests.state.git.places import ENVIRON, Remote, git
from tests.workflows.conftest import COMMIT

SETTLE, TIMEOUT = 0.5, 1.0
LONG = 36_000
_SCENES: dict[Callable[[Any], None], set[str]] = {}

#: What only looks like a command: a title.
NO_COMMANDS = {"output/html/page.py: plan"}
#: Where a command line is taken back that something else prints.
TAKEN_BACK = {"apply/actions/settle.py: state orphans --done"}
#: Where a command line is passed on.
PASSED_ON = {"cli/workspace.py: …"}


def prints(*places: str) -> Callable[[Any], Any]:
    """Make a scene of a function, and claim these places for it."""

    def claimed(scene: Any) -> Any:
        _SCENES[scene] = set(places)
        return scene

    return claimed


class Shop:
    """A catalog in a folder, two vendors, and a person who does as they are told."""

    def __init__(
        self, folder: Path, vendors: VendorServer, podsync: Callable[..., Run], terminal: Callable[..., Run]
    ) -> None:
        self.folder, self.vendors, self._podsync, self._terminal = folder, vendors, podsync, terminal
        self.followed: list[list[str]] = []
        self.last = Run(0, "", "")
        #: A person says of a product of this catalog that nobody here manages it.
        self.person_doubles = False

    def run(self, *words: str) -> Run:
        return self._ran(self._podsync(*GLOBALS, *words))

    def at_a_terminal(self, *words: str) -> None:
        run = self._terminal(*GLOBALS, *words)
        self._ran(Run(run.code, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", run.out), ""))
        assert run.code == 0, run.out

    def apply(self, *words: str) -> Run:
        return self.run("apply", "--auto-approve", *words)

    def _ran(self, run: Run) -> Run:
        # After `cd` into the new folder, as `init` says, the bare command is right; `podsync plan` is the
        # name of a check, too, that a script sets.
        told = re.split(r" cd shop|podsync-setup\.sh", run.out + run.err)[0]
        assert untyped(told) == []
        self.last = run
        return run

    def told(self) -> str:
        return self.last.out + self.last.err

    def follow(self, wanted: str, **blanks: str) -> Run:
        """Type what the last output prints and `wanted` fits; `blanks` are filled in as people would."""
        printed = [each for each in typed(self.told()) if re.search(wanted, each)]
        assert printed, f"{wanted!r} is not printed by:\n{self.told()}"
        self.followed.append(words_of(printed[0]))
        return self.run(*(blanks.get(word, word) for word in self.followed[-1]))

    def types(self, line: str) -> Run:
        """Type a whole line as it is printed, pipes and all."""
        self.followed += [words_of(each) for each in typed(line)]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.folder.parent, env={**os.environ, "PATH": path},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    def follow_apply(self) -> Run:
        """Type the apply that is printed; where it cannot ask, what it says then."""
        run = self.follow(r"settings\.yaml apply")
        return self.follow(r"apply .*--auto-approve") if run.code == 64 else run

    def steps(self) -> list[str]:
        """Return the lines of Next, as they are numbered and lettered."""
        _, _, after = self.told().partition("\nNext\n")
        text = " ".join(after.split("\nApply ")[0].split())
        return [each.strip() for each in re.split(r"(?:(?<= )|^)(?=[0-9]\. |[a-z]\) )", text) if each.strip()]

    def creates(self) -> int:
        return len(self.vendors.sent(*CREATES))

    def entries(self) -> dict[str, Any]:
        state = json.loads((self.folder / "podsync.state.json").read_text(encoding="utf-8"))
        return state["entries"]  # type: ignore[no-any-return]

    def write(self, name: str, text: str) -> None:
        (self.folder / "catalog" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / "catalog" / f"{name}.yaml"
        assert old in path.read_text(encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def tee(self, name: str = "tee") -> str:
        self.write(
            name, TEE.replace("name: tee", f"name: {name}").replace("Test Tee", f"Test {name.title()}")
        )
        return f"designed_product.{name}"

    def tote(self, name: str = "tote") -> str:
        self.write(name, TOTE.replace("name: tote", f"name: {name}").replace("Test Tote", name.title()))
        return f"customer_product.{name}"


@pytest.fixture
def shop(folder, monkeypatch, podsync, terminal):
    home = folder / "shop"
    (home / "catalog").mkdir(parents=True)
    with a_server(home, monkeypatch) as vendors:
        text = (home / "podsync.yaml").read_text(encoding="utf-8")
        text = re.sub(r"settle_seconds: [0-9.]+", f"settle_seconds: {SETTLE}", text)
        text = re.sub(r"timeout_seconds: [0-9.]+", f"timeout_seconds: {TIMEOUT}", text)
        (home / "settings.yaml").write_text(text, encoding="utf-8")
        (home / "podsync.yaml").unlink()
        yield Shop(home, vendors, podsync, terminal)


def _fits(place: str, words: list[str]) -> bool:
    """Whether these words are a command of that place: its words in their order, anything between them."""
    left = iter(words)
    return all(word in left for word in place.partition(": ")[2].split() if word != "…")


def settled(shop: Shop) -> None:
    """An hour goes by: what the state and the vendors remember is an hour older."""
    path = shop.folder / "podsync.state.json"

    def older(match: re.Match[str]) -> str:
        at = datetime.fromisoformat(match[0]) - timedelta(hours=1)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    path.write_text(
        re.sub(r"20\d\d-\d\d-\d\dT[0-9:.]+Z", older, path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    for provider in ("kakaclo", "gelato"):
        for product in shop.vendors.products(provider):
            product["at"] -= 3600


# -- a create in doubt


def a_doubt(shop: Shop, *, made: bool, name: str = "tee") -> str:
    """A create was cut, and nobody waited for what became of it."""
    address, lag = shop.tee(name), shop.vendors.lag
    shop.vendors.misbehave("kakaclo.create", Odd("cut", commit=made))
    shop.vendors.lag = LONG
    assert shop.apply("--no-wait").code == 8
    shop.vendors.lag = lag
    if made:
        shop.vendors.products("kakaclo")[-1]["lag"] = lag
    return address


def two_may_be_it(shop: Shop) -> str:
    """A doubt, and two equal products that were not there before it: a person has to say which it is."""
    shop.tote()
    assert shop.apply().code == 0
    address = a_doubt(shop, made=True)
    body = shop.vendors.body_of(shop.vendors.products("kakaclo")[0]["id"])
    shop.vendors.by_hand("kakaclo", body)
    settled(shop)
    assert shop.apply().code == 8
    assert "person has to say what became of it" in " ".join(shop.last.out.split())
    return address


@prints("plan/answers.py: state settle", "cli/commands/apply/steps.py: apply …")
def a_person_names_the_product(shop: Shop) -> None:
    address = two_may_be_it(shop)
    assert [line[:2] for line in shop.steps()] == ["1.", "a)", "b)", "c)", "2."]
    assert shop.steps()[-1].startswith("2. podsync -C shop")
    apply = shop.last

    assert shop.follow("--adopt").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 0
    assert shop.entries()[address]["id"] == shop.vendors.products("kakaclo")[0]["id"]
    assert shop.creates() == 2


@prints("plan/answers.py: state settle", "plan/answers.py: import --not-ours")
def a_person_says_that_it_is_none_of_them(shop: Shop) -> None:
    """The next honest questions: whose is what the account lists, and are these two not of this catalog?"""
    address = two_may_be_it(shop)
    apply, shop.person_doubles = shop.last, True

    assert shop.follow("--not-created").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 5
    assert shop.follow("--first-contact").code == 64
    assert shop.follow("--auto-approve").code == 4
    asked = shop.last
    assert shop.follow("--not-ours").code == 0
    shop.last = asked
    assert shop.follow_apply().code == 0
    assert len(shop.vendors.products("kakaclo")) == 3
    assert shop.entries()[address]["pending"] is None


def edited_unseen(shop: Shop, address: str) -> None:
    """The document is edited where no listing shows it; the products that it is asked about stay."""
    shop.edit(address.partition(".")[2], "#A72525", "#112233")
    assert shop.apply().code == 8


@prints("plan/answers.py: import")
def a_person_says_which_version_it_is(shop: Shop) -> None:
    """Without the version it is not believed; what was sent before stays open, and nothing is made again."""
    address = two_may_be_it(shop)
    edited_unseen(shop, address)
    assert [line[:2] for line in shop.steps()] == ["1.", "a)", "b)", "c)", "d)", "e)", "2."]
    assert 'colorValue "#A72525" (its document says "#112233" today)' in " ".join(shop.last.out.split())
    first, second = (each["id"] for each in shop.vendors.products("kakaclo")[-2:])
    asked = shop.last

    refused = shop.run("state", "settle", address, "--adopt", second)
    assert refused.code == 5
    assert shop.follow(r"import .* --as document").code == 0
    assert shop.entries()[address]["id"] == second
    assert "is an orphan now" in shop.last.out
    shop.last = asked
    assert shop.follow_apply().code == 0
    assert shop.creates() == 2
    state = json.loads((shop.folder / "podsync.state.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in state["orphans"]] == [first]


@prints("plan/answers.py: state settle")
def a_person_says_that_it_is_the_version_that_was_sent(shop: Shop) -> None:
    """The other one is a question of its own: no listing tells the two apart. Nothing is made beside it."""
    address = two_may_be_it(shop)
    edited_unseen(shop, address)
    asked = shop.last

    assert shop.follow("--adopt .* --as sent").code == 0
    shop.last = asked
    assert shop.follow_apply().code == 4
    asked = shop.last
    assert shop.follow("import designed_product.tee").code == 0
    shop.last = asked
    assert shop.follow_apply().code == 0
    assert shop.creates() == 2


def taken_by_a_look(shop: Shop) -> str:
    """The state was lost after an edit of what no listing shows; the edit is taken back."""
    address = shop.tee()
    assert shop.apply().code == 0
    shop.edit("tee", "#A72525", "#112233")
    settled(shop)
    lose(shop.folder)
    assert shop.apply().code == 0
    shop.edit("tee", "#112233", "#A72525")
    assert shop.run("plan").code == 0
    assert "warning[not-seen]" in shop.told()
    assert shop.apply().code == 4
    return address


@prints("plan/answers.py: import")
def a_person_sees_that_it_is_as_its_document_says(shop: Shop) -> None:
    address = taken_by_a_look(shop)

    assert shop.follow(f"import {address}").code == 0
    assert "as its document says" in shop.told()
    assert shop.apply().code == 0
    assert shop.creates() == 1


@prints("plan/answers.py: apply --replace")
def a_person_sees_that_it_is_another_one(shop: Shop) -> None:
    taken_by_a_look(shop)
    shop.edit("tee", "#A72525", "#445566")
    assert shop.run("plan", "--refresh").code == 4

    run = shop.follow("--replace")
    run = shop.follow(r"apply .*--auto-approve") if run.code == 64 else run
    assert run.code == 0, run.err
    assert shop.creates() == 2


def an_orphan_that_a_look_took(shop: Shop, back: str) -> str:
    """Its document was deleted, and is back with another colour, which no listing shows."""
    address = taken_by_a_look(shop)
    tee = shop.folder / "catalog" / "tee.yaml"
    text = tee.read_text(encoding="utf-8")
    tee.unlink()
    shop.tote()
    assert shop.apply().code == 0
    tee.write_text(text.replace("#A72525", back), encoding="utf-8")
    assert shop.run("plan").code == 0
    assert "is not created: its orphan" in shop.told()
    assert shop.apply().code == 4
    return address


@prints("plan/answers.py: import")
def a_person_sees_that_an_orphan_is_as_its_document_says(shop: Shop) -> None:
    address = an_orphan_that_a_look_took(shop, "#A72525")

    assert shop.follow(f"import {address} .* --as document").code == 0
    assert shop.apply().code == 0
    assert (shop.creates(), len(shop.entries())) == (2, 2)


@prints("plan/answers.py: import")
def a_person_sees_that_an_orphan_is_another_one(shop: Shop) -> None:
    address = an_orphan_that_a_look_took(shop, "#445566")
    asked = shop.last

    assert shop.follow(f"import {address} .* --as sent").code == 0
    shop.last = asked
    assert shop.follow_apply().code == 0
    assert shop.creates() == 3


@prints("evidence/listing.py: apply --replace")
def a_person_names_an_orphan_beside_what_replaced_it(shop: Shop) -> None:
    """Without the version it is not believed, whatever the document has now."""
    address = an_orphan_that_a_look_took(shop, "#445566")
    identity = shop.last.out.split("its orphan ")[1].split()[0]
    shop.edit("tee", "#445566", "#A72525")
    shop.edit("tee", "Test Tee", "Test Other")
    assert shop.apply().code == 0
    shop.edit("tee", "Test Other", "Test Tee")
    shop.edit("tee", "#A72525", "#445566")
    assert shop.apply().code == 4

    assert shop.run("import", address, identity).code == 5
    run = shop.follow("--replace")
    run = shop.follow(r"apply .*--auto-approve") if run.code == 64 else run
    assert run.code == 0, run.err
    assert shop.creates() == 4


@prints("plan/answers.py: state settle")
def plan_refresh_asks_in_the_same_words(shop: Shop) -> None:
    address = two_may_be_it(shop)
    steps = [line[3:] for line in shop.steps() if line[1] == ")"]

    assert shop.run("plan", "--refresh").code == 8
    assert all(step in " ".join(shop.last.out.split()) for step in steps)
    assert shop.follow("--adopt").code == 0
    assert shop.entries()[address]["pending"] is None


@prints("plan/answers.py: state settle", "cli/commands/apply/steps.py: apply …")
def an_account_that_lists_nothing(shop: Shop) -> None:
    """It proves nothing: only its page does."""
    address = a_doubt(shop, made=False)
    settled(shop)
    assert shop.apply().code == 8
    assert "is sure from" not in shop.last.out
    assert [line[:2] for line in shop.steps()] == ["1.", "a)", "b)", "2."]
    apply = shop.last

    assert shop.follow("--not-created").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 0
    assert shop.entries()[address]["pending"] is None
    assert len(shop.vendors.products("kakaclo")) == 1


@prints("plan/answers.py: state settle")
def plan_refresh_of_an_account_that_lists_nothing(shop: Shop) -> None:
    address = a_doubt(shop, made=False)
    settled(shop)

    assert shop.run("plan", "--refresh").code == 8
    assert shop.follow("--not-created").code == 0
    assert address not in shop.entries()


@prints("plan/answers.py: state settle")
def an_account_whose_page_shows_what_the_listing_did_not(shop: Shop) -> None:
    shop.vendors.lag = LONG
    address = a_doubt(shop, made=True)
    settled(shop)
    assert shop.apply().code == 8

    (made,) = shop.vendors.products("kakaclo")
    assert shop.follow("--adopt", ID=made["id"]).code == 0
    assert "which no listing shows yet" in shop.last.out
    _is_listed_at_last(shop, address, made)


def _is_listed_at_last(shop: Shop, address: str, made: dict[str, Any]) -> None:
    """A person has seen it on the web page; nothing is asked any more, and the listing shows it later."""
    run = shop.apply()
    assert (run.code, shop.entries()[address]["id"]) == (0, None)
    assert f"not listed yet: {address} ({made['id']})" in " ".join(run.out.split())
    made["lag"] = 0
    assert shop.apply().code == 0
    assert shop.entries()[address]["id"] == made["id"]


@prints("plan/answers.py: state settle", "cli/commands/apply/steps.py: apply …")
def nothing_was_made_twice_running(shop: Shop) -> None:
    """After a second None for one address only a person lets it go again."""
    shop.tee("known")
    assert shop.apply().code == 0
    shop.vendors.always("kakaclo.create", Odd("cut"))
    address = shop.tee()
    shop.apply()
    for _ in range(3):
        if shop.last.code == 8 and "--not-created" in shop.told():
            break
        settled(shop)
        shop.apply()
    assert "is sure from" not in shop.last.out
    shop.vendors.behave()
    apply = shop.last

    assert shop.follow("--not-created").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 0
    assert shop.entries()[address]["id"] is not None


@prints("state/operations.py: apply", "state/operations.py: state settle")
def a_doubt_is_not_forgotten_or_denied_before_it_is_settled(shop: Shop) -> None:
    shop.tee("known")
    assert shop.apply().code == 0
    address = a_doubt(shop, made=True)

    assert shop.run("state", "settle", address, "--not-created").code == 5
    assert shop.run("state", "rm", address).code == 5
    refused = shop.last
    assert "--not-created" not in shop.told()
    made = next(p for p in shop.vendors.products("kakaclo") if p["spec"]["enName"] == "Test Tee")
    assert shop.follow_apply().code == 0
    assert shop.entries()[address]["id"] == made["id"]

    other = a_doubt(shop, made=True, name="other")
    shop.last = Run(0, refused.out.replace(address, other), refused.err.replace(address, other))
    made = next(p for p in shop.vendors.products("kakaclo") if p["spec"]["enName"] == "Test Other")
    assert shop.follow("--adopt", ID=made["id"]).code == 0
    assert shop.entries()[other]["id"] == made["id"]


@prints("cli/commands/apply/request.py: state settle --from")
def more_doubts_than_are_shown_are_answered_at_once(shop: Shop) -> None:
    shop.tee("known")
    assert shop.apply().code == 0
    doubts = [shop.tee(f"of-{number}") for number in range(21)]
    shop.vendors.always("kakaclo.create", Odd("cut"))
    assert shop.apply().code == 8
    assert shop.steps()[0].startswith("1. 21 questions, which can be answered at once: ")
    shop.vendors.behave()

    lines = [f"{address} not-created\n" for address in doubts]
    (shop.folder / "answers.txt").write_text("".join(lines), encoding="utf-8")
    assert shop.follow("--from", **{"FILE,": "answers.txt", "FILE": "answers.txt"}).code == 0
    assert shop.apply().code == 0
    assert len(shop.entries()) == 22
    assert len(shop.vendors.products("kakaclo")) == 22


# -- what was acknowledged, and is not listed


def acknowledged(shop: Shop, provider: str = "kakaclo") -> str:
    make = {"kakaclo": shop.tee, "gelato": shop.tote}[provider]
    make("known")
    assert shop.apply().code == 0
    shop.vendors.lag = LONG
    address = make()
    assert shop.apply("--no-wait").code == 0
    settled(shop)
    run = shop.apply("-o", "json=report.json")
    report = json.loads((shop.folder / "report.json").read_text(encoding="utf-8"))
    assert (run.code, report["summary"]["in_doubt"]) == (8, 1)
    assert [each["address"] for each in report["results"]] == [address]
    return address


@prints("plan/answers.py: import")
def what_was_acknowledged_is_listed_late(shop: Shop) -> None:
    address = acknowledged(shop)
    made = shop.vendors.products("kakaclo")[-1]

    assert shop.follow(r"import .*ID", ID=made["id"]).code == 0
    _is_listed_at_last(shop, address, made)


@prints("plan/answers.py: import")
def what_an_answer_named_is_listed_late(shop: Shop) -> None:
    address = acknowledged(shop, "gelato")
    made = shop.vendors.products("gelato")[-1]

    assert shop.follow(f"import .*{made['id']}").code == 0
    _is_listed_at_last(shop, address, made)


@prints(
    "plan/answers.py: state rm",
    "plan/answers.py: apply",
    "cli/commands/apply/checks.py: apply … --auto-approve",
)
def what_was_acknowledged_is_not_there(shop: Shop) -> None:
    address = acknowledged(shop)
    shop.vendors.remove(shop.vendors.products("kakaclo")[-1]["id"])
    shop.vendors.lag = 0
    asked = shop.last

    assert shop.follow("state rm").code == 0
    shop.last = asked
    assert shop.follow_apply().code == 0
    assert shop.entries()[address]["id"] is not None
    assert len(shop.vendors.products("kakaclo")) == 2


@prints("plan/answers.py: state orphans --done")
def an_orphan_whose_id_no_listing_has_told(shop: Shop) -> None:
    address = acknowledged(shop)
    (shop.folder / "catalog" / f"{address.partition('.')[2]}.yaml").unlink()
    assert shop.apply("--target", "*").code == 0
    settled(shop)
    assert shop.apply().code == 8
    shop.vendors.remove(shop.vendors.products("kakaclo")[-1]["id"])

    assert "Nothing to remove" in shop.follow("orphans --done").out
    assert shop.apply().code == 0


@prints("plan/answers.py: import --not-ours")
def an_orphan_that_is_one_of_several(shop: Shop) -> None:
    address = acknowledged(shop)
    shop.vendors.by_hand("kakaclo", shop.vendors.body_of(shop.vendors.products("kakaclo")[-1]["id"]))
    other = shop.vendors.products("kakaclo")[-1]["id"]
    (shop.folder / "catalog" / f"{address.partition('.')[2]}.yaml").unlink()
    assert shop.apply("--target", "*").code in (0, 8)
    for each in shop.vendors.products("kakaclo"):
        each["lag"] = 0
    settled(shop)
    assert shop.apply().code == 8
    mine = shop.vendors.products("kakaclo")[-2]["id"]

    assert other in shop.follow(rf"--not-ours kakaclo {other}").out
    assert shop.apply().code == 0
    state = json.loads((shop.folder / "podsync.state.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in state["orphans"]] == [mine]


# -- updates


def renamed(shop: Shop) -> str:
    address = shop.tote()
    assert shop.apply().code == 0
    shop.edit("tote", "spec:\n  name: Tote", "renamed_from: Tote\nspec:\n  name: Bag")
    return address


@prints("plan/answers.py: state rm", "plan/answers.py: apply")
def an_update_of_what_a_person_removed(shop: Shop) -> None:
    address = renamed(shop)
    shop.tote("another")
    assert shop.apply("--target", "customer_product.another").code == 0
    shop.vendors.remove(shop.entries()[address]["id"])
    assert shop.apply("--target", address).code == 4
    failed = shop.last
    assert "--expect" not in shop.told()

    assert shop.follow("state rm").code == 0
    shop.last = failed
    assert shop.follow_apply().code == 0
    assert sorted(p["spec"]["name"] for p in shop.vendors.products("gelato")) == ["Another", "Bag"]


@prints("apply/outcomes.py: state settle", "plan/answers.py: state rm")
def an_update_in_doubt_that_is_refused_now(shop: Shop) -> None:
    address = renamed(shop)
    shop.tote("another")
    assert shop.apply("--target", "customer_product.another").code == 0
    shop.vendors.always("gelato.update", Odd("cut"))
    assert shop.apply("--no-wait").code == 8
    shop.vendors.behave()
    shop.vendors.remove(shop.entries()[address]["id"])
    time.sleep(TIMEOUT)
    assert shop.apply().code == 8
    assert [line[:2] for line in shop.steps()] == ["1.", "a)", "b)", "2."]
    apply = shop.last
    settled(shop)

    assert shop.follow("--not-created").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 4
    assert shop.follow("state rm").code == 0
    assert shop.apply().code == 0


# -- products that may be ours


def lost(shop: Shop) -> str:
    """The state is lost, and the listing shows the products changed: they may be ours."""
    shop.vendors.rehost, shop.vendors.names = True, "upper"
    address = shop.tee()
    assert shop.apply().code == 0
    lose(shop.folder)
    assert shop.apply("--first-contact").code == 4
    return address


@prints("plan/answers.py: import", "cli/commands/apply/steps.py: apply …")
def a_look_alike_is_ours(shop: Shop) -> None:
    address = lost(shop)
    apply = shop.last

    assert shop.follow(rf"import {re.escape(address)} ").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 0
    assert len(shop.vendors.products("kakaclo")) == 1


@prints("plan/answers.py: import --not-ours", "cli/commands/apply/steps.py: apply …")
def a_look_alike_is_nobodys_here(shop: Shop) -> None:
    lost(shop)
    apply, shop.person_doubles = shop.last, True

    assert shop.follow("--not-ours").code == 0
    shop.last = apply
    assert shop.follow_apply().code == 0
    assert len(shop.vendors.products("kakaclo")) == 2


@prints(
    "plan/refresh.py: import --match", "cli/commands/importing/matching.py: import --match -o csv=pairs.csv"
)
def plan_refresh_names_the_way_in_bulk(shop: Shop) -> None:
    shop.vendors.rehost, shop.vendors.names = True, "upper"
    shop.tee()
    assert shop.apply().code == 0
    lose(shop.folder)

    assert shop.run("plan", "--refresh").code == 5
    assert shop.follow("import --match").code == 0
    assert (shop.folder / "pairs.csv").exists()


def first_contact(shop: Shop) -> None:
    shop.vendors.fill("kakaclo", 2)
    shop.tee()
    assert shop.apply().code == 5
    assert "KakaClo lists 2 products that the state knows nothing of" in " ".join(shop.told().split())
    assert shop.creates() == 0


@prints("cli/commands/apply/request.py: import --match", "cli/commands/apply/request.py: import")
def a_first_contact_with_products_of_this_catalog(shop: Shop) -> None:
    shop.vendors.rehost = True
    shop.tee()
    shop.vendors.by_hand("kakaclo", {**_tee_spec(), "enName": "Another name"}, age=86400)
    first = shop.apply()
    assert first.code in (4, 5)
    shop.vendors.fill("kakaclo", 2)

    assert shop.apply().code in (4, 5)
    asked = shop.last
    assert shop.follow("import --match").code == 0
    pairs = shop.folder / "pairs.csv"
    mine = shop.vendors.products("kakaclo")[0]["id"]
    lines = pairs.read_text(encoding="utf-8-sig").splitlines()
    row = [f"yes,,designed_product.tee,kakaclo:{mine}" + "," * (lines[0].count(",") - 3)]
    pairs.write_text("\n".join([lines[0], *row]) + "\n", encoding="utf-8")
    shop.last = asked
    assert shop.follow(r"import pairs\.csv").code == 0
    assert shop.entries()["designed_product.tee"]["id"] == mine


def _tee_spec() -> dict[str, Any]:
    front = "https://cdn.example.com/tee/front.png"
    return {"modelId": "1", "enName": "Test Tee", "imageUrl": front, "colorValue": "#A72525"}


@prints("cli/commands/apply/request.py: apply … --first-contact")
def a_first_contact_that_nobody_here_manages(shop: Shop) -> None:
    first_contact(shop)

    run = shop.follow("--first-contact")
    run = shop.follow("--auto-approve") if run.code == 64 else run
    assert run.code == 0
    assert shop.creates() == 1


@prints("plan/refresh.py: apply --first-contact", "plan/refresh.py: import --match")
def plan_refresh_of_a_first_contact(shop: Shop) -> None:
    first_contact(shop)

    plan = shop.run("plan", "--refresh")
    assert plan.code == 5
    assert shop.follow("import --match").code == 0
    shop.last = plan
    assert shop.follow("--first-contact").code == 64
    assert shop.follow("--auto-approve").code == 0


# -- the account


def another_account(shop: Shop, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
    shop.tee()
    assert shop.apply().code == 0
    settled(shop)
    shop.vendors.accounts["kakaclo"][TOKEN] = "other"
    shop.tee("more")
    assert shop.apply("--no-wait").code == 9
    assert "state rm" not in shop.told()
    assert "--not-created" not in shop.told()


@prints("cli/commands/apply/steps.py: apply …")
def the_key_of_another_account(shop: Shop) -> None:
    another_account(shop)

    shop.vendors.accounts["kakaclo"][TOKEN] = "main"
    assert shop.follow_apply().code == 0
    assert shop.creates() == 2


def emptied(shop: Shop) -> None:
    shop.tee()
    assert shop.apply().code == 0
    settled(shop)
    shop.vendors.remove(shop.vendors.products("kakaclo")[0]["id"])
    shop.tee("more")
    assert shop.apply("--no-wait").code == 9


@prints(
    "cli/commands/apply/request.py: state check --emptied",
    "cli/commands/apply/request.py: apply",
    "cli/commands/state/repair.py: state check --emptied … --yes-entries …",
)
def the_right_account_emptied_by_hand(shop: Shop) -> None:
    emptied(shop)
    apply = shop.last

    assert shop.follow("--emptied").code == 64
    assert shop.follow("--yes-entries").code == 0
    shop.last = Run(0, apply.out.split("--emptied")[1], "")
    assert shop.follow_apply().code == 0
    assert len(shop.vendors.products("kakaclo")) == 2


@prints("plan/answers.py: state check --emptied")
def plan_refresh_of_an_account_emptied_by_hand(shop: Shop) -> None:
    emptied(shop)

    assert shop.run("plan", "--refresh").code == 9
    assert shop.follow("--emptied").code == 64
    assert shop.follow("--yes-entries").code == 0


@prints("apply/lookup/by_id.py: state check --emptied")
def drift_of_an_account_emptied_by_hand(shop: Shop) -> None:
    emptied(shop)

    assert shop.run("drift").code == 9
    assert shop.follow("--emptied").code == 64
    assert shop.follow("--yes-entries").code == 0


@prints("state/operations.py: plan --refresh", "state/operations.py: state check --emptied")
def nothing_is_forgotten_of_an_account_in_question(shop: Shop) -> None:
    emptied(shop)

    refused = shop.run("state", "rm", TEE_ADDRESS)
    assert refused.code == 5
    assert shop.follow("plan --refresh").code == 9
    shop.last = refused
    assert shop.follow("--emptied").code == 64
    assert shop.follow("--yes-entries").code == 0


# -- what people say of products


@prints(
    "evidence/declared.py: state rm",
    "evidence/declared.py: state mv",
    "evidence/sent.py: import --match",
    "evidence/declared.py: plan --detail",
    "cli/commands/importing/decisions.py: import --match",
    "cli/commands/importing/command.py: import --not-ours",
    "cli/commands/state/changing.py: …",
)
def words_that_are_not_believed(shop: Shop) -> None:
    address = shop.tee()
    assert shop.apply().code == 0
    settled(shop)
    identity = shop.entries()[address]["id"]

    assert shop.run("import", "--not-ours", "kakaclo").code == 64
    assert shop.follow("--not-ours", ID=identity).code == 1
    managed = shop.last
    assert shop.run("import", address, "999999").code == 1
    assert shop.follow("import --match").code == 0
    assert shop.run("import", address, "a b").code == 64
    assert shop.follow("import --match").code == 0
    assert shop.run("import", "pairs.csv").code == 64
    assert shop.follow("import --match").code == 0
    assert shop.run("import", "designed_product.none", identity).code == 64
    assert shop.follow("plan --detail full").code == 0
    shop.tee("other")
    assert shop.run("import", "designed_product.other", identity).code == 1
    assert shop.follow("state mv").code == 0
    assert shop.follow("state mv").code == 0  # and back: the undo
    shop.last = managed
    assert shop.follow("state rm").code == 0


@prints("evidence/declared.py: state settle")
def an_id_beside_an_update_in_doubt(shop: Shop) -> None:
    address = renamed(shop)
    shop.vendors.always("gelato.update", Odd("cut", commit=True))
    assert shop.apply("--no-wait").code == 8
    tote = {"name": "Other", "customerIds": ["*"], "productModelId": "model-tote", "variantOptions": []}
    other = shop.vendors.by_hand("gelato", tote)
    shop.vendors.behave()

    assert shop.run("import", address, other).code == 1
    assert shop.follow("--adopt").code == 0
    assert shop.entries()[address]["spec"]["name"] == "Bag"


@prints("evidence/sent.py: state settle", "evidence/sent.py: import")
def an_id_that_was_listed_before(shop: Shop) -> None:
    shop.tee("known")
    assert shop.apply().code == 0
    older = shop.vendors.by_hand("kakaclo", {**_tee_spec(), "enName": "Older"}, age=86400)
    address = a_doubt(shop, made=False)
    settled(shop)

    refused = shop.run("import", address, older)
    assert refused.code == 5
    assert shop.follow("--not-created").code == 0
    shop.last = refused
    assert shop.follow(rf"import {re.escape(address)}").code == 0
    assert shop.entries()[address]["id"] == older


@prints("evidence/declared.py: state rm", "evidence/declared.py: import")
def an_id_beside_one_that_is_listed_as_it_was_sent(shop: Shop) -> None:
    address = shop.tee()
    assert shop.apply().code == 0
    settled(shop)
    shop.apply()
    other = shop.vendors.by_hand("kakaclo", {**_tee_spec(), "enName": "Other"}, age=86400)

    refused = shop.run("import", address, other)
    assert refused.code == 1
    assert shop.follow("state rm").code == 0
    shop.last = refused
    assert shop.follow(rf"import {re.escape(address)}").code == 0
    assert shop.entries()[address]["id"] == other


# -- plans


@prints(
    "cli/commands/apply/command.py: plan",
    "cli/commands/apply/checks.py: plan",
    "cli/commands/apply/checks.py: show …",
    "cli/commands/saved_plan.py: plan -o json=plan.json",
    "plan/planfile.py: plan",
    "plan/approval.py: plan",
    "plan/planner.py: plan --detail",
)
def plans_that_are_not_carried_out(shop: Shop) -> None:
    shop.tee()
    plan = shop.folder / "plan.json"

    assert shop.run("show", "plan.json").code == 64
    assert shop.follow("plan -o json").code == 0
    assert shop.run("apply", "plan.json", "--target", "*").code == 64
    assert shop.follow("plan -o json").code == 0
    assert shop.run("apply", "plan.json", "--expect", "0" * 12).code == 7
    assert shop.follow(r"show plan\.json").code == 0
    assert shop.apply("--expect", "0" * 12).code == 7
    assert shop.follow("plan").code == 0
    assert shop.run("plan", "--target", "none").code == 64
    assert shop.follow("plan --detail full").code == 0
    good = plan.read_text(encoding="utf-8")
    plan.write_text("{}", encoding="utf-8")
    assert shop.run("show", "plan.json").code == 1
    assert shop.follow("plan -o json").code == 0
    assert plan.read_text(encoding="utf-8") == good
    assert shop.apply("plan.json").code == 0
    assert shop.apply("plan.json").code == 7
    assert shop.follow("plan -o json").code == 0


@prints("cli/commands/apply/checks.py: plan -o json=plan.json")
def a_plan_for_another_host(shop: Shop) -> None:
    shop.tee()
    assert shop.run("plan", "-o", "json=plan.json").code == 0
    settings = shop.folder / "settings.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("kakaclo: {", "kakaclo: {account: second, "), encoding="utf-8")

    assert shop.apply("plan.json").code == 7
    assert shop.follow("plan -o json").code == 0
    assert shop.apply("plan.json").code == 0


# -- the state by hand


@prints("state/operations.py: state list", "cli/commands/state/repair.py: state settle")
def answers_to_no_question(shop: Shop) -> None:
    address = shop.tee()
    assert shop.apply().code == 0

    assert shop.run("state", "settle").code == 64
    shop.follow("state settle")
    assert shop.run("state", "settle", address, "--not-created").code == 64
    assert shop.follow("state list").code == 0
    assert shop.run("state", "rm", "customer_product.other").code == 64
    assert shop.follow("state list").code == 0
    assert shop.run("state", "check", "--emptied", "gelato").code == 64
    assert shop.follow("state list").code == 0


@prints("state/migration.py: state pull", "state/migration.py: apply", "cli/commands/state/transfer.py: …")
def states_that_are_not_taken(shop: Shop) -> None:
    shop.tee()
    assert shop.apply().code == 0
    assert shop.run("state", "pull", "-o", "json=whole.json").code == 0
    a_doubt(shop, made=True, name="other")

    (shop.folder / "broken.json").write_text("{", encoding="utf-8")
    assert shop.run("state", "push", "broken.json").code == 1
    assert shop.follow("state pull").code == 0
    assert shop.run("state", "push", "whole.json").code == 1
    assert shop.follow("state pull").code == 0
    assert shop.run("state", "migrate", "--to", "local", "--path", "new.json").code == 8
    assert shop.follow("settings.yaml apply").code == 64
    assert shop.follow("--auto-approve").code == 0
    assert shop.run("state", "migrate", "--to", "local", "--path", "new.json").code == 0
    settings = shop.folder / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "state: {path: new.json}\n", encoding="utf-8")
    assert shop.follow("state migrate").code == 0


@prints("cli/commands/state/transfer.py: state migrate --to")
def a_migration_to_nowhere(shop: Shop) -> None:
    shop.tee()
    assert shop.run("state", "migrate").code == 64
    assert shop.follow("state migrate").code in (1, 9)  # no database is set here; it says so


@prints("state/formats/statefile.py: plan --refresh")
def a_state_with_a_merge_conflict(shop: Shop) -> None:
    shop.tee()
    assert shop.apply().code == 0
    state = shop.folder / "podsync.state.json"
    text = state.read_text(encoding="utf-8")
    older = re.sub(r'"serial": \d+', '"serial": 1', text)
    state.write_text(f"<<<<<<< HEAD\n{text}=======\n{older}>>>>>>> theirs\n", encoding="utf-8")

    assert shop.run("plan").code == 1
    assert "git -C shop checkout --ours" in shop.told()
    state.write_text(text, encoding="utf-8")
    assert shop.follow("plan --refresh").code == 0


@prints("cli/workspace.py: state rm ADDRESS")
def a_catalog_without_a_document(shop: Shop) -> None:
    address = shop.tee()
    assert shop.apply().code == 0
    settled(shop)
    shop.apply()
    (shop.folder / "catalog" / "tee.yaml").unlink()

    assert shop.run("plan").code == 5
    assert shop.follow("state rm", ADDRESS=address).code == 0


@prints("cli/workspace.py: init")
def a_folder_without_a_catalog(shop: Shop) -> None:
    (shop.folder / "catalog").rmdir()

    assert shop.run("plan").code == 64
    assert shop.follow("init").code == 0
    assert (shop.folder / "catalog").is_dir()


@prints(
    "output/text/plan.py: state orphans",
    "output/text/report.py: state orphans",
    "output/text/state.py: state orphans",
    "output/text/state.py: state orphans --check",
    "output/text/state.py: state orphans --done",
    "state/operations.py: state orphans",
)
def what_a_person_has_to_remove(shop: Shop) -> None:
    shop.tee()
    shop.tee("other")
    assert shop.apply().code == 0
    settled(shop)
    (shop.folder / "catalog" / "tee.yaml").unlink()

    assert shop.apply("--target", "*").code == 0
    assert shop.follow("state orphans").code == 0
    for words in (("plan",), ("state", "list")):
        shop.run(*words)
        assert "Test Tee" in shop.follow("state orphans").out
    assert shop.follow("orphans --check").code == 0
    assert "Test Tee" in shop.last.out
    (removed,) = [each["id"] for each in shop.vendors.products("kakaclo") if "Tee" in each["spec"]["enName"]]
    shop.vendors.remove(removed)
    assert shop.run("state", "orphans", "--done", "designed_product.none").code == 64
    assert shop.follow("state orphans").code == 0
    assert "Nothing to remove" in shop.follow("orphans --done", ADDRESS="designed_product.tee").out


# -- hints at a terminal, and the sandbox


@prints(
    "cli/commands/plan.py: plan … -o html=plan.html",
    "cli/commands/plan.py: plan … -o json=plan.json",
    "cli/commands/plan.py: apply …",
    "cli/commands/importing/matching.py: import --match -o csv=pairs.csv",
    "cli/commands/importing/matching.py: import --match -o html=pairs.html",
    "cli/commands/importing/matching.py: import …",
)
def hints_at_a_terminal(shop: Shop) -> None:
    shop.tee()
    shop.at_a_terminal("plan")
    hints = shop.last

    assert shop.follow("html=plan.html").code == 0
    assert (shop.folder / "plan.html").exists()
    shop.last = hints
    assert shop.follow("json=plan.json").code == 0
    shop.last = hints
    assert shop.follow("settings.yaml apply").code == 64
    assert shop.follow("--auto-approve").code == 0
    settled(shop)
    lose(shop.folder)
    shop.at_a_terminal("import", "--match")
    matched = shop.last
    assert shop.follow("html=pairs.html").code == 0
    assert f"import {TEE_ADDRESS} " in (shop.folder / "pairs.html").read_text(encoding="utf-8")
    shop.last = matched
    assert shop.follow("csv=pairs.csv").code == 0
    shop.at_a_terminal("import", "--match", "-o", "csv=pairs.csv")
    assert shop.follow("import pairs.csv").code == 0
    assert shop.entries()[TEE_ADDRESS]["id"] is not None


@prints("cli/commands/importing/command.py: import --match", "cli/commands/importing/command.py: import")
def an_import_of_nothing(shop: Shop) -> None:
    shop.tee()
    identity = shop.vendors.by_hand("kakaclo", _tee_spec(), age=86400)
    usage = shop.run("import")

    assert usage.code == 64
    assert shop.follow("--match", **{"csv=FILE": "csv=pairs.csv"}).code == 0
    shop.last = usage
    assert shop.follow("import FILE", FILE="pairs.csv").code == 0
    shop.last = usage
    assert shop.follow("import ADDRESS", ADDRESS=TEE_ADDRESS, ID=identity).code == 0


@prints("apply/actions/create.py: plan")
def what_was_to_be_adopted_is_gone(shop: Shop) -> None:
    shop.tee("known")
    assert shop.apply().code == 0
    shop.tee()
    identity = shop.vendors.by_hand("kakaclo", shop.vendors.body_of(shop.vendors.products("kakaclo")[0]["id"])
                                    | {"enName": "Test Tee"}, age=86400)  # fmt: skip
    assert shop.run("plan", "--refresh", "-o", "json=plan.json").code == 0
    shop.vendors.remove(identity)

    assert shop.apply("plan.json").code == 4
    assert "--expect" not in shop.told()
    assert shop.follow("settings.yaml plan").code == 0


@prints("cli/commands/sandbox.py: plan --sandbox")
def a_sandbox_that_runs_already(shop: Shop) -> None:
    shop.tee()
    with Sandbox(data=shop.folder / ".podsync" / "sandbox" / "data", record=0):
        assert shop.run("sandbox").code == 1
        assert shop.follow("plan --sandbox").code == 0


@prints("output/text/state.py: state orphans", "cli/commands/apply/checks.py: apply … --auto-approve")
def the_sandbox_is_named_again(shop: Shop) -> None:
    shop.tee()
    shop.tee("other")
    assert shop.run("apply", "--sandbox").code == 64
    assert shop.follow("--auto-approve").code == 0
    (shop.folder / "catalog" / "tee.yaml").unlink()
    assert shop.apply("--sandbox", "--target", "*").code == 0
    assert "Test Tee" in shop.follow("state orphans").out

    assert shop.run("state", "list", "--sandbox").code == 0
    assert "Test Tee" in shop.follow("state orphans").out
    assert all("--sandbox" in words for words in shop.followed)
    assert shop.vendors.requests == []


@prints("cli/commands/apply/checks.py: apply … --auto-approve")
def what_was_asked_for_is_asked_for_again(shop: Shop) -> None:
    shop.tee()
    shop.tee("other")
    asked = ("--target", "designed_product.*", "--limit", "1", "--max-failures", "3", "--no-wait")

    assert shop.run("apply", *asked).code == 64
    assert shop.follow("--auto-approve").code == 4
    assert set(asked) <= set(shop.followed[-1])
    assert shop.creates() == 1


@prints("cli/commands/fmt.py: plan")
def many_documents_become_one(shop: Shop) -> None:
    shop.tee()
    shop.tee("other")
    assert shop.run("fmt", "--fold", "catalog", "-o", "one.yaml").code == 0
    assert shop.follow("plan").code == 0


# -- a state on a branch of the repository


def on_a_branch(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """The catalog's folder is a repository with a remote beside it, and two products are made."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, ENVIRON[name])
    remote = Remote(shop.folder.parent)
    git(shop.folder, "init", "--quiet", "--initial-branch=main")
    git(shop.folder, "remote", "add", "origin", str(remote.bare))
    settings = shop.folder / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "state: {backend: git}\n", encoding="utf-8")
    shop.tee()
    shop.tote()
    assert shop.apply().code == 0
    return remote


@prints("state/git/store.py: state push --force")
def the_state_on_a_branch_is_as_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_branch(shop, monkeypatch)
    before = shop.run("state", "list").out
    assert shop.run("state", "rm", TEE_ADDRESS).code == 0
    assert shop.run("state", "list").out != before
    assert shop.run("state", "rm", "customer_product.tote").code == 0

    done = shop.types(shop.told().rpartition("undo: ")[2])

    assert done.code == 0, done.err
    assert "customer_product.tote" in shop.run("state", "list").out
    shop.last = done
    assert shop.types(done.err.rpartition("undo: ")[2]).code == 0
    assert "customer_product.tote" not in shop.run("state", "list").out


@prints("state/git/lock.py: state unlock")
def a_branch_that_a_dead_run_holds(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = on_a_branch(shop, monkeypatch)
    with suppress(OvertakenError), remote.store(clone=shop.folder).lock("apply", 0.0):
        shop.tee("other")
        assert shop.apply().code == 6
        assert shop.follow("state unlock").code == 0
        assert shop.apply().code == 0


# -- a state in a database


def in_a_database(shop: Shop, monkeypatch: pytest.MonkeyPatch, place: Schema) -> None:
    """The state is in a schema of its own of a real server, and two products are made."""
    monkeypatch.setenv("PODSYNC_POSTGRES_URL", place.server.url())
    settings = shop.folder / "settings.yaml"
    backend = f"state: {{backend: postgres, schema: {place.name}}}\n"
    settings.write_text(settings.read_text(encoding="utf-8") + backend, encoding="utf-8")
    shop.tee()
    shop.tote()
    assert shop.apply().code == 0


@prints("state/postgres/store.py: state push --force")
def the_state_in_a_database_is_as_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch, place: Schema) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(place.server.programs), os.environ["PATH"]]))
    in_a_database(shop, monkeypatch, place)
    before = shop.run("state", "pull").out
    assert shop.run("state", "rm", TEE_ADDRESS).code == 0

    done = shop.types(shop.told().rpartition("in the database: ")[2])

    assert done.code == 0, done.err
    assert shop.run("state", "pull").out == before
    shop.last = done
    assert shop.types(done.err.rpartition("in the database: ")[2]).code == 0
    assert TEE_ADDRESS not in shop.run("state", "pull").out


@prints("state/postgres/__init__.py: state unlock", "state/postgres/store.py: state unlock")
def a_database_that_a_stuck_run_holds(shop: Shop, monkeypatch: pytest.MonkeyPatch, place: Schema) -> None:
    in_a_database(shop, monkeypatch, place)
    shop.tee("other")
    with place.store().lock("apply", 0.0):
        assert shop.apply().code == 6
        assert shop.follow("state unlock").code == 0
        assert shop.apply().code == 0
    assert "other" in shop.run("state", "list").out


# -- what an older version did, and what a newer shop begins with


@prints("apply/lookup/before_send.py: import")
def an_older_version_took_two_for_one_another(shop: Shop) -> None:
    for name in ("one", "two"):
        shop.tee(name)
        shop.edit(name, f"Test {name.title()}", "Test Tee")
        shop.edit(name, "tee/front", f"{name}/front")
    assert shop.apply().code == 0
    settled(shop)
    one, two = (shop.entries()[f"designed_product.{name}"]["id"] for name in ("one", "two"))
    path = shop.folder / "podsync.state.json"
    state = json.loads(path.read_text(encoding="utf-8")) | {"unproven": True}
    held = [state["entries"][f"designed_product.{name}"] for name in ("one", "two")]
    for field in ("id", "remote"):
        held[0][field], held[1][field] = held[1][field], held[0][field]
    path.write_text(json.dumps(state), encoding="utf-8")
    shop.tee("three")

    assert shop.apply().code == 0
    assert shop.follow("import", ADDRESS="designed_product.one", ID=one).code == 0
    assert shop.entries()["designed_product.one"]["id"] == one
    assert shop.entries()["designed_product.two"]["id"] == two
    assert "No changes" in shop.run("plan", "--refresh").out


@prints("cli/commands/init/command.py: init --ci", "cli/commands/init/installed.py: init --ci")
def workflows_for_a_service_that_is_not_known(shop: Shop) -> None:
    assert shop.run("init", "--ci", "jenkins").code == 64
    assert shop.follow("init --ci").code == 64  # these tests run a podsync of this folder's own
    assert shop.follow("--from git", **{"git+https://HOST/OWNER/podsync@COMMIT": COMMIT}).code == 0
    assert (shop.folder / ".github" / "workflows" / "apply.yml").exists()


@prints(
    "cli/commands/existing/accounts.py: validate",
    "cli/commands/existing/audit.py: audit -o html=audit.html",
    "cli/commands/existing/audit.py: export",
    "cli/commands/existing/export.py: import --match",
    "cli/commands/existing/export.py: validate …",
    "cli/commands/existing/export.py: plan",
)
def somebody_begins_with_a_shop_that_is_there(shop: Shop) -> None:
    shop.write("broken", "kind: nonsense\n")
    shop.vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Old Tee"})
    assert shop.run("audit").code == 0
    assert shop.follow("validate").code == 3
    (shop.folder / "catalog" / "broken.yaml").unlink()

    shop.at_a_terminal("audit")
    audited = shop.last
    assert shop.follow("html=audit.html").code == 0
    shop.last = audited
    assert shop.follow("export").code == 0
    (shop.folder / "catalog" / "imported" / "kakaclo" / "old-tee.yaml").unlink()
    shop.at_a_terminal("export")
    exported = shop.last
    assert shop.follow("validate").code == 0
    shop.last = exported
    assert shop.follow("plan").code == 0
    (shop.folder / "catalog" / "imported" / "kakaclo" / "old-tee.yaml").unlink()
    shop.tee()
    shop.vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Test Tee"})
    assert shop.run("export").code == 0
    assert shop.follow("import --match").code == 0


@prints(
    "cli/commands/existing/doctor.py: init",
    "cli/commands/existing/doctor.py: validate",
    "cli/commands/existing/doctor.py: models --save",
    "cli/commands/existing/doctor.py: state orphans",
    "cli/commands/existing/doctor.py: apply",
    "cli/commands/existing/models.py: models --save",
    "cli/commands/existing/models.py: models",
    "providers/known_models.py: models",
    "providers/known_models.py: models --save",
    "catalog/parsing/known_text.py: models --save",
)
def a_doctor_and_a_list_of_models(shop: Shop) -> None:
    shop.tee()
    shop.apply()
    settled(shop)
    shop.write("tee", "kind: nonsense\n")
    assert shop.run("doctor").code == 3
    assert shop.follow("validate").code == 3
    shop.tote()
    (shop.folder / "catalog" / "tee.yaml").unlink()
    shop.apply()
    assert shop.run("doctor").code == 0
    doctor = shop.last
    assert "Test Tee" in shop.follow("state orphans").out
    shop.last = doctor
    assert shop.follow("models --save").code == 0
    assert shop.run("models", "no-such-word").code == 0
    assert shop.follow("models$").code == 0
    shop.at_a_terminal("models")
    assert shop.follow("models --save").code == 0
    shop.tee("other")
    shop.edit("other", 'modelId: "1"', 'modelId: "999"')
    assert shop.run("validate").code == 0
    unknown = shop.last
    assert shop.follow(r"models$").code == 0
    shop.last = unknown
    assert shop.follow("models --save").code == 0
    known = shop.folder / "catalog" / "_known.yaml"
    known.write_text("kakaclo: 7\n", encoding="utf-8")
    assert shop.run("validate").code == 3
    known.unlink()
    assert shop.follow("models --save").code == 0
    shop.edit("other", 'modelId: "999"', 'modelId: "1"')
    shop.vendors.misbehave("kakaclo.create", Odd("cut"))
    shop.apply("--no-wait")
    assert shop.run("doctor").code == 8
    settled(shop)
    shop.follow_apply()
    (shop.folder / "catalog").rename(shop.folder / "elsewhere")
    shop.run("doctor")
    assert shop.follow("init").code == 0


# -- what somebody changed at a provider


@prints("plan/drift/compare.py: apply --replace")
def a_name_that_somebody_else_has_set_meanwhile(shop: Shop) -> None:
    address = renamed(shop)
    settled(shop)
    shop.vendors.change(shop.entries()[address]["id"], name="By hand")
    assert shop.apply().code == 4
    assert shop.vendors.sent("gelato.update") == []

    shop.edit("tote", "renamed_from: Tote", "renamed_from: By hand")
    assert shop.follow("apply --replace").code == 64
    assert shop.follow(r"apply .*--auto-approve").code == 0
    assert [p["spec"]["name"] for p in shop.vendors.products("gelato")] == ["Bag"]
    assert shop.run("drift", "--detailed-exitcode").code == 0


@prints("apply/actions/update.py: apply --replace")
def a_field_that_somebody_else_has_set_meanwhile(shop: Shop) -> None:
    address = shop.tote()
    assert shop.apply().code == 0
    settled(shop)
    shop.edit("tote", 'customerIds: ["*"]', "customerIds: [anna]")
    shop.vendors.change(shop.entries()[address]["id"], customerIds=["ben"])
    assert shop.apply().code == 4
    assert shop.vendors.sent("gelato.update") == []

    assert shop.follow("apply --replace").code == 64
    assert shop.follow(r"apply .*--auto-approve").code == 0
    assert [p["spec"]["customerIds"] for p in shop.vendors.products("gelato")] == [["anna"]]
    assert shop.run("drift", "--detailed-exitcode").code == 0


def _value(name: str) -> str:
    stands_for = f"[{{partModelId: body, attributes: {{attr-one: {name}}}}}]"
    return f"{{value: {name}, attributeValues: {stands_for}}}"


@prints()
def values_that_somebody_else_has_added_meanwhile(shop: Shop) -> None:
    """No patch holds them: they are written into the document by hand, and nothing is sent of them."""
    shop.tote()
    mapping = "attributesMapping: [{partModelId: body, attributeIds: [attr-one]}]"
    shop.edit("tote", mapping, f"{mapping}\n      values: [{_value('small')}]")
    shop.vendors.values_as = "texts"
    assert shop.apply().code == 0
    settled(shop)
    added = {"partModelId": "body", "attributes": {"attr-one": "medium"}}
    shop.vendors.add_value("Tote", {"value": "medium", "attributeValues": [added]})
    shop.edit("tote", "values: [", f"values: [{_value('large')}, ")

    assert shop.apply().code == 4
    assert "write it into the document too" in " ".join(shop.told().split())
    assert "drift.patch" not in shop.told()
    drift = shop.run("drift").out
    assert "No patch holds variantOptions" in drift
    assert "Gelato cannot set back variantOptions" in drift
    assert [word for word in ("drift.patch", "--replace") if word in drift] == []
    shop.edit("tote", "values: [", f"values: [{_value('medium')}, ")
    assert shop.apply().code == 0
    assert shop.run("drift", "--detailed-exitcode").code == 0
    assert shop.vendors.values_twice() == []


@prints("output/drift/words.py: apply --replace", "output/drift/words.py: state orphans --check")
def drift_is_set_back_or_made_anew(shop: Shop) -> None:
    shop.person_doubles = True  # what cannot be set back is made anew beside the old one, as it is asked
    tee, tote = shop.tee(), shop.tote()
    shop.tee("other")
    assert shop.apply().code == 0
    settled(shop)
    (shop.folder / "catalog" / "other.yaml").unlink()
    assert shop.apply("--target", "*").code == 0
    ids = {address: each["id"] for address, each in shop.entries().items()}
    (orphan,) = {p["id"] for p in shop.vendors.products("kakaclo")} - set(ids.values())
    shop.vendors.change(ids[tote], name="By hand")
    shop.vendors.change(ids[tee], enName="By hand")
    shop.vendors.remove(orphan)
    assert shop.run("plan", "--refresh").code == 0
    settled(shop)
    assert shop.run("drift", "--detailed-exitcode").code == 2
    told = shop.last

    shop.edit("tote", "spec:", 'renamed_from: "By hand"\nspec:')
    for address in (tote, tee):
        shop.last = told
        assert shop.follow(f"apply --replace .?{address}").code == 64
        assert shop.follow(r"apply .*--auto-approve").code == 0
    shop.last = told
    assert shop.follow("state orphans --check").code == 0
    assert shop.entries()[tee]["id"] != ids[tee]
    assert shop.run("drift", "--detailed-exitcode").code == 0


@prints("cli/commands/fmt.py: plan")
def documents_that_are_folded_into_one(shop: Shop) -> None:
    for name in ("tee", "other"):
        shop.tee(name)
    files = [f"catalog/{name}.yaml" for name in ("tee", "other")]
    assert shop.run("fmt", "--fold", *files, "-o", "catalog/tees.yaml").code == 0
    for each in files:
        (shop.folder / each).unlink()

    assert "2 to create" in shop.follow("plan").out


@prints("apply/actions/steps.py: plan")
def a_value_that_was_added_is_no_longer_wanted(shop: Shop) -> None:
    shop.tote()
    mapping = "attributesMapping: [{partModelId: body, attributeIds: [attr-one]}]"
    stands_for = "attributeValues: [{{partModelId: body, attributes: {{attr-one: {0}}}}}]"
    value = f"      values: [{{{{value: {{0}}, {stands_for}}}}}]"
    shop.edit("tote", mapping, f"{mapping}\n{value.format('small')}")
    shop.vendors.misbehave("gelato.values", Odd("cut", commit=True))
    shop.vendors.values_as = "hidden"
    assert shop.apply("--no-wait").code == 8
    shop.vendors.values_as = "texts"
    settled(shop)
    shop.edit("tote", value.format("small"), value.format("large"))

    assert shop.apply().code == 4
    assert shop.follow("settings.yaml plan").code == 5
    shop.edit("tote", "spec:", "lifecycle: {replace: swap}\nspec:")
    assert shop.apply().code == 0


@prints("cli/commands/importing/command.py: import --match")
def an_address_without_the_id_of_its_product(shop: Shop) -> None:
    address = shop.tee()
    assert shop.run("import", address).code == 64
    assert f"which product is that of {address}?" in shop.last.err
    assert shop.follow("import --match").code == 0


@prints("plan/answers.py: state settle", "evidence/sent.py: import --match")
def many_products_that_are_imported_are_asked_about_at_once(shop: Shop) -> None:
    """No listing tells their values: four answers are one, given once."""
    names = [f"tote-{number}" for number in range(4)]
    mapping = "attributesMapping: [{partModelId: body, attributeIds: [attr-one]}]"
    value = "{value: S, attributeValues: [{partModelId: body, attributes: {attr-one: s}}]}"
    shop.vendors.values_as, ids = "hidden", {}
    for name in names:
        shop.tote(name)
        spec = yaml.safe_load((shop.folder / "catalog" / f"{name}.yaml").read_text("utf-8"))["spec"]
        ids[name] = shop.vendors.by_hand("gelato", spec)
        shop.edit(name, mapping, f"{mapping}\n      values: [{value}]")
    assert shop.run("import", f"customer_product.{names[0]}", "99").code == 1
    assert shop.follow("import --match").code == 0
    rows = [f"yes,customer_product.{name},gelato:{identity}" for name, identity in ids.items()]
    (shop.folder / "said.csv").write_text("\n".join(["take,address,id", *rows]), encoding="utf-8")

    assert "no listing tells them of 4 products" in shop.run("import", "said.csv").out
    assert "4 to update" in shop.run("plan").out
    assert shop.apply().code == 8
    asked = shop.last
    assert shop.follow(r'state settle "?customer_product\.\*"? --step values --not-made').code == 0
    shop.last = asked
    assert shop.follow_apply().code == 0
    assert "No changes." in shop.run("plan").out
    assert len(shop.vendors.sent("gelato.values")) == 4


@prints("cli/commands/importing/claiming.py: plan --detail")
def an_address_that_nobody_knows(shop: Shop) -> None:
    address = shop.tee()
    assert shop.run("import", "designed_product.none", "7").code == 64
    assert address in shop.follow("plan --detail").out


@prints("apply/actions/swap.py: state orphans --done", "apply/actions/swap.py: apply")
def a_swap_whose_old_product_a_person_removed(shop: Shop) -> None:
    address = shop.tote()
    assert shop.apply().code == 0
    settled(shop)
    old = shop.entries()[address]["id"]
    shop.edit("tote", "spec:", "lifecycle: {replace: swap}\nspec:")
    shop.edit("tote", "attributeIds: [attr-one]", "attributeIds: [attr-two]")
    shop.vendors.misbehave("gelato.update", Odd("status", status=404))
    assert shop.apply().code == 4
    told = shop.last
    shop.vendors.remove(old)
    settled(shop)

    assert shop.follow("orphans --done").code == 0
    shop.last = told
    assert shop.follow(r"settings\.yaml apply$").code in (0, 64)
    assert shop.apply().code == 0
    assert [p["spec"]["name"] for p in shop.vendors.products("gelato")] == ["Tote"]


@prints("output/drift/words.py: apply")
def a_staged_product_that_has_its_name_already(shop: Shop) -> None:
    """A state that is older, or a person, has exchanged the names: no patch tells the state so."""
    address = shop.tote()
    assert shop.apply().code == 0
    settled(shop)
    old = shop.entries()[address]["id"]
    shop.edit("tote", "spec:", "lifecycle: {replace: staged}\nspec:")
    shop.edit("tote", "attributeIds: [attr-one]", "attributeIds: [attr-two]")
    assert shop.apply().code == 0
    settled(shop)
    new = shop.entries()[address]["id"]
    shop.vendors.change(old, name="Former")
    shop.vendors.change(new, name="Tote")
    assert shop.run("drift", "-o", "patch").out == ""
    assert "write `lifecycle: {replace: swap}` by hand" in shop.last.err

    assert f"{address} has its name already" in shop.run("drift").out
    shop.edit("tote", "replace: staged", "replace: swap")
    assert shop.follow_apply().code == 0

    assert new in [p["id"] for p in shop.vendors.products("gelato") if p["spec"]["name"] == "Tote"]
    assert shop.entries()[address]["spec"]["name"] == "Tote"
    settled(shop)
    assert shop.run("drift", "--detailed-exitcode").code == 0


@prints("apply/actions/update.py: state settle")
def an_update_that_is_listed_in_a_form_of_its_own(shop: Shop) -> None:
    address = shop.tote()
    shop.edit("tote", 'customerIds: ["*"]', "customerIds: [anna]")
    assert shop.apply().code == 0
    settled(shop)
    assert shop.apply().code == 0
    shop.edit("tote", "customerIds: [anna]", "customerIds: [ben]")
    form = {"customers_as": "upper"}
    shop.vendors.misbehave("gelato.update", Odd("pass", hook=lambda: vars(shop.vendors).update(form)))
    assert shop.apply().code == 4

    assert shop.follow("state settle").code == 0
    assert shop.entries()[address].get("pending") is None


@prints("plan/answers.py: state settle")
def an_update_of_a_product_that_no_listing_shows(shop: Shop) -> None:
    address = shop.tote()
    shop.tote("other")
    assert shop.apply().code == 0
    settled(shop)
    assert shop.apply().code == 0
    (product,) = (p for p in shop.vendors.products("gelato") if p["spec"]["name"] == "Tote")
    shop.edit("tote", "name: Tote", "name: Lynx")
    shop.edit("tote", "kind:", "renamed_from: Tote\nkind:")
    shop.vendors.hide(product["id"], LONG)
    assert shop.apply().code == 8

    assert shop.run("plan", "--refresh").code == 8
    assert "a) Gelato's web page" in shop.last.out
    assert shop.follow(r"state settle .* --adopt").code == 0
    assert shop.entries()[address]["spec"]["name"] == "Lynx"
    assert shop.apply().code == 0


@prints("state/operations.py: state settle")
def a_refusal_is_answered_with_an_id(shop: Shop) -> None:
    address = shop.tee()
    shop.vendors.misbehave("kakaclo.create", Odd("code", status=20013, commit=True))
    assert shop.apply().code == 4
    settled(shop)
    mine = shop.vendors.products("kakaclo")[0]["id"]
    assert shop.run("state", "settle", address, "--step", "values", "--made").code == 64

    assert shop.follow("--adopt", ID=mine).code == 0
    assert shop.last.out == f"{address}: it is {mine}\n"
    assert shop.entries()[address]["id"] == mine
    assert shop.apply().code == 0


def refused_though_made(shop: Shop) -> str:
    """The create was refused and made all the same; staff copied the product, and the document was edited."""
    shop.tee("hat")
    assert shop.apply().code == 0
    address = shop.tee()
    shop.vendors.misbehave("kakaclo.create", Odd("code", status=20013, commit=True))
    assert shop.apply().code == 4
    shop.vendors.by_hand("kakaclo", shop.vendors.body_of(shop.vendors.products("kakaclo")[1]["id"]))
    settled(shop)
    shop.edit("tee", "#A72525", "#112233")
    return address


@prints("evidence/listing.py: import", "plan/answers.py: import --not-ours")
def a_person_says_which_version_a_refused_create_made(shop: Shop) -> None:
    """What was sent is known as it was sent, so that the edit is carried out."""
    address = refused_though_made(shop)
    assert shop.apply().code == 4
    asked, told = shop.last, " ".join(shop.last.out.split())
    mine, copy = (each["id"] for each in shop.vendors.products("kakaclo")[1:])
    assert 'colorValue "#A72525" (its document says "#112233" today)' in told

    assert shop.run("import", address, mine).code == 5
    assert shop.follow(rf"import {address} {mine} --as sent").code == 0
    assert shop.entries()[address]["spec"]["colorValue"] == "#A72525"
    shop.last = Run(0, asked.out.replace(f"kakaclo {mine} {copy}", f"kakaclo {copy}"), asked.err)
    assert shop.follow("--not-ours").code == 0
    shop.last = asked
    assert shop.follow_apply().code == 7  # a replace is not what was looked at
    assert shop.apply().code == 0
    assert shop.entries()[address]["spec"]["colorValue"] == "#112233"
    assert shop.creates() == 3
    assert "No changes." in shop.run("plan").out


@prints("plan/planner.py: state settle")
def a_refusal_that_no_document_wants_any_more(shop: Shop) -> None:
    """apply looks for what it may have made; where the account lists nothing that leaves it to a person."""
    address = shop.tee()
    shop.vendors.misbehave("kakaclo.create", Odd("code", status=20013))
    assert shop.apply().code == 4
    (shop.folder / "catalog" / "tee.yaml").unlink()
    shop.tote()
    early = shop.run("plan")
    assert f"{address}: a create was refused, and no document wants it any more" in " ".join(
        early.out.split()
    )
    assert "--not-created" not in early.out
    settled(shop)
    outputs = [f"-o{kind}=plan.{kind}" for kind in ("json", "markdown", "html")]
    assert shop.run("plan", *outputs).code == 0
    for kind in ("json", "markdown", "html"):
        text = html.unescape((shop.folder / f"plan.{kind}").read_text(encoding="utf-8"))
        assert f"settle {address} --not-created" in text
    assert json.loads((shop.folder / "plan.json").read_text("utf-8"))["unwanted"] == {"kakaclo": [address]}

    assert shop.follow("--not-created").code == 0
    assert "refused" not in shop.run("plan").out


@prints("plan/answers.py: state settle", "plan/answers.py: import")
def a_refused_create_of_which_no_listing_tells(shop: Shop) -> None:
    """Its document is gone, and the account lists nothing; what it has made is listed much later."""
    address = shop.tee()
    shop.vendors.lag = LONG
    shop.vendors.misbehave("kakaclo.create", Odd("code", commit=True, status=20013))
    assert shop.apply().code == 4
    shop.vendors.lag = 0
    (shop.folder / "catalog" / "tee.yaml").unlink()
    shop.tote()
    settled(shop)
    assert shop.run("plan", "--refresh").code == 8
    asked = shop.apply()
    assert asked.code == 8
    assert "lists nothing at all" in " ".join(asked.out.split())

    shop.tee()
    (made,) = shop.vendors.products("kakaclo")
    assert shop.follow(f"import {address}", ID=made["id"]).code == 0
    _is_listed_at_last(shop, address, made)
    (shop.folder / "catalog" / "tee.yaml").unlink()
    shop.last = asked
    assert shop.follow("--not-created").code == 64  # what it has made is known by now
    assert shop.creates() == 2


# -- what people may say unasked


@pytest.mark.parametrize("words", [("apply", "--auto-approve"), ("plan", "--refresh")])
def test_a_question_about_what_the_selection_leaves_out_names_versions(shop, words):
    """What was acknowledged is looked for whatever is selected, and its document counts."""
    address = acknowledged(shop)
    shop.vendors.by_hand("kakaclo", shop.vendors.body_of(shop.vendors.products("kakaclo")[-1]["id"]))
    for each in shop.vendors.products("kakaclo"):
        each["lag"] = 0
    settled(shop)
    shop.edit(address.partition(".")[2], "#A72525", "#112233")
    shop.tote()

    run = shop.run(*words, "--target", "customer_product.*")

    told = " ".join(run.out.split())
    assert run.code == 8
    assert 'colorValue "#A72525" (its document says "#112233" today)' in told
    assert told.count("--as document") == told.count("--as sent") == 2


def test_a_row_that_was_offered_may_be_nobodys_and_the_doubt_stays_open(shop):
    address = two_may_be_it(shop)
    mine, other = (product["id"] for product in shop.vendors.products("kakaclo"))

    said = shop.run("import", "--not-ours", "kakaclo", other)
    assert said.code == 0
    assert f"{address}: it is not {other}; what became of it stays open" in said.out
    assert shop.entries()[address]["pending"] is not None
    assert shop.apply().code == 0
    assert shop.entries()[address]["id"] == mine


# -- one document becomes what another one was


@prints("plan/checks.py: apply --target")
def a_chain_is_applied_link_by_link(shop: Shop) -> None:
    a, b = shop.tee("a"), shop.tee("b")
    assert shop.apply().code == 0
    settled(shop)
    before = {address: shop.entries()[address]["id"] for address in (a, b)}
    shop.edit("a", "Test A", "Test B")
    shop.edit("b", "Test B", "Test C")
    assert shop.apply().code == 5

    shop.follow("apply --target", **{b: b})
    assert shop.follow("--auto-approve").code == 0
    assert shop.apply().code == 0

    after = {address: shop.entries()[address]["id"] for address in (a, b)}
    assert (after[a], after[b] in before.values(), shop.creates()) == (before[b], False, 3)
    assert "No changes." in shop.run("plan").out


@prints("plan/checks.py: apply --target")
def a_longer_chain_is_applied_from_its_end(shop: Shop) -> None:
    """What is printed for its first link leads to the last one, and so on; none is taken to stay."""
    names = ("a", "b", "c")
    links = [shop.tee(name) for name in names]
    assert shop.apply().code == 0
    before = [shop.entries()[address]["id"] for address in links]
    for name, old, new in zip(names, "ABC", "BCD", strict=True):
        shop.edit(name, f"Test {old}", f"Test {new}")

    assert shop.apply().code == 5
    for link in ("c", "b"):
        assert shop.follow("apply --target").code == 64
        assert shop.follow("--auto-approve").code == 0
        assert shop.followed[-1][2] == f"designed_product.{link}"
        run = shop.apply()
    assert run.code == 0
    assert [shop.entries()[address]["id"] for address in links[:2]] == before[1:]
    assert shop.creates() == 4


@prints("plan/checks.py: apply --target")
def a_chain_of_products_that_differ_in_what_no_listing_shows(shop: Shop) -> None:
    """The product is taken once its document is as that is: only then the command leads on."""
    a, b = shop.tee("a"), shop.tee("b")
    assert shop.apply().code == 0
    product = shop.entries()[b]["id"]
    shop.edit("a", "Test A", "Test B")
    shop.edit("a", "#A72525", "#112233")
    shop.edit("b", "Test B", "Test C")
    assert shop.apply().code == 5
    asked = shop.last
    assert 'write colorValue "#A72525" as that product has it, and let' in " ".join(shop.told().split())

    shop.edit("a", "#112233", "#A72525")
    shop.last = asked
    assert shop.follow("apply --target").code == 64
    assert shop.follow("--auto-approve").code == 0
    assert (shop.apply().code, shop.entries()[a]["id"], shop.creates()) == (0, product, 3)


@prints("plan/checks.py: apply --target", "plan/checks.py: state orphans --check")
def a_name_is_free_once_its_product_has_gone(shop: Shop) -> None:
    old, _ = shop.tote(), shop.tote("other")
    assert shop.apply().code == 0
    settled(shop)
    shop.tote("new")
    shop.edit("new", "New", "Tote")
    shop.edit("new", "model-tote", "model-bag")
    (shop.folder / "catalog" / "tote.yaml").unlink()
    assert shop.apply().code == 5

    shop.follow("apply --target")
    assert shop.follow("--auto-approve").code == 0
    assert old not in shop.entries()
    assert shop.apply().code == 5
    shop.vendors.remove(next(p["id"] for p in shop.vendors.products("gelato") if p["spec"]["name"] == "Tote"))
    assert shop.follow("state orphans --check").code == 0
    assert shop.apply().code == 0
    assert "customer_product.new" in shop.entries()


# -- a listing that is never whole


def never_whole(shop: Shop) -> None:
    """Its total never agrees with what it shows."""
    more = itertools.count(1)
    shop.vendors.total = lambda rows, _page: rows + next(more)


@prints("cli/commands/apply/request.py: apply … --compared …")
def a_new_state_and_a_listing_that_is_never_whole(shop: Shop) -> None:
    """A run with --first-contact that could not read it unlocks nothing; the person compares the web page."""
    shop.vendors.fill("kakaclo", 2)
    shop.tee()
    never_whole(shop)
    for _ in range(2):
        run = shop.apply("--first-contact")
        assert (run.code, shop.creates()) == (4, 0)
        assert "the listing could not be read whole: it shows 2, and its total says" in " ".join(
            run.out.split()
        )
        assert [line[:2] for line in shop.steps()] == ["1.", "a)", "b)"]
    assert shop.apply().code == 4
    assert shop.run("apply", "--auto-approve", "--compared", "kakaclo").code == 64
    assert shop.run("apply", "--compared", "kakacl").code == 64
    assert "unread-listing" in shop.run("plan", "--refresh").out
    shop.apply()

    assert shop.follow("--compared").code == 5
    assert shop.follow("--first-contact").code == 0
    assert shop.creates() == 1


@prints(
    "apply/actions/create.py: state orphans --done", "cli/commands/state/orphans.py: state orphans --done"
)
def an_orphan_that_is_wanted_again_and_was_removed(shop: Shop) -> None:
    address, other = shop.tee(), shop.tee("other")
    assert shop.apply().code == 0
    document = (shop.folder / "catalog" / "tee.yaml").read_text(encoding="utf-8")
    gone = shop.entries()[address]["id"]
    (shop.folder / "catalog" / "tee.yaml").unlink()
    assert shop.apply().code == 0
    settled(shop)
    shop.vendors.remove(gone)
    never_whole(shop)
    assert shop.run("state", "orphans", "--check").code == 0
    before = (shop.folder / "podsync.state.json").read_bytes()
    assert "Nothing to remove" in shop.follow("orphans --done", ADDRESS=address).out
    (shop.folder / "podsync.state.json").write_bytes(before)
    shop.write("tee", document)

    assert shop.apply().code == 4
    assert shop.follow("orphans --done").code == 0
    assert shop.apply().code == 0
    assert {*shop.entries()} == {address, other}


@prints("output/drift/words.py: state rm")
def drift_of_a_listing_that_is_never_whole(shop: Shop) -> None:
    address = shop.tee()
    shop.tee("other")
    assert shop.apply().code == 0
    settled(shop)
    shop.vendors.remove(shop.entries()[address]["id"])
    never_whole(shop)

    assert "Nothing can be called gone" in " ".join(shop.run("drift").out.split())
    assert shop.follow("state rm", ADDRESS=address).code == 0
    assert (shop.apply().code, shop.creates()) == (0, 3)


# -- all scenes, and all places


@pytest.mark.parametrize("scene", _SCENES, ids=lambda scene: scene.__name__)
def test_scene(shop, scene, request):
    _, *fixtures = inspect.signature(scene).parameters
    scene(shop, *map(request.getfixturevalue, fixtures))

    places = sorted(_SCENES[scene])
    assert [place for place in places if not any(_fits(place, words) for words in shop.followed)] == []
    assert bool(shop.vendors.doubled()) is shop.person_doubles


def test_every_place_that_prints_a_command_has_a_scene():
    claimed = set().union(*_SCENES.values())

    assert inventory() - claimed - NO_COMMANDS - TAKEN_BACK - PASSED_ON == set()
    assert (claimed | NO_COMMANDS | TAKEN_BACK | PASSED_ON) - inventory() == set()
