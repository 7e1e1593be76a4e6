"""Scenes in which a provider or a person did what is seldom, so that an apply learns something by it.

Each prepares the folder and the shops; the next apply records what it is named after.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from podsync.sandbox import Fault
from tests.crash import catalogs
from tests.crash.catalogs import Document, poster, tee
from tests.crash.scene import APPLIES, LAG, SETTLE, TIMEOUT, Run, Scene

ONE = [tee("one", 21), poster("one")]
TWO = [*ONE, tee("two", 22), poster("two")]

_NOT_OURS = re.compile(r"import --not-ours (\S+) (\S+)")


@dataclass
class Strange:
    """A scene, the options that each of its applies is given, and products that nobody here manages.

    `late` is whether what is hidden is listed after all, once a person was asked about it.
    """

    scene: Scene
    words: tuple[str, ...] = ()
    others: list[tuple[str, str]] = field(default_factory=list)
    late: bool = False
    #: The ids of all that others have ever made.
    strangers: set[str] = field(default_factory=set)

    def begins(self, documents: list[Document]) -> None:
        """Nothing but these was ever made."""
        self.scene.only(documents)
        self.applies(0)

    def wants(self, documents: list[Document]) -> None:
        """Write another catalog."""
        scene = self.scene
        scene.write(documents)
        scene.there, scene.wanted = catalogs.titles(documents), catalogs.addresses(documents)
        scene.documents = documents

    def applies(self, code: int) -> None:
        run = self.scene.apply(*self.words)
        assert run.code == code, (run.out, run.err)

    def somebody_makes(self, document: Document, **spec: Any) -> None:
        """Somebody makes it on the web page, two days ago as far as its date tells."""
        shops, provider = self.scene.shops, "kakaclo" if document["kind"] == "designed_product" else "gelato"
        shops.set_rules(create_date_hours=-48.0)
        made = shops.create_by_hand(provider, {**document["spec"], **spec})
        shops.set_rules(create_date_hours=0.0)
        self.others.append((provider, str(made["id"])))
        self.strangers.add(str(made["id"]))
        time.sleep(LAG)

    def somebody_removes(self) -> None:
        """What others made goes; what a listing still shows of it does, too."""
        for provider, identity in self.others:
            assert self.scene.shops.delete(provider, identity)
        self.others.clear()
        time.sleep(2 * LAG)

    def disowns(self, run: Run) -> None:
        """Say of each product that is asked about and that others made that it is not ours."""
        for provider, identity in set(_NOT_OURS.findall(" ".join(run.out.split()))):
            if identity in self.strangers:
                done = self.scene.command("import", "--not-ours", provider, identity)
                assert done.code == 0, (done.out, done.err)

    def recovers(self) -> None:
        """Applying again ends with 0; then everything is there exactly once, beside what others made."""
        scene = self.scene
        scene.quiet()
        for _ in range(APPLIES):
            run = scene.apply(*self.words)
            open_ = any(scene.state().unbound.values())
            if run.code == 0 and not open_:
                break
            scene.answer(run)
            self.disowns(run)
            self.somebody_removes()
            if self.late:
                scene.shops.set_rules(hidden="")
            # An id that is not certain is so until the clocks say that it is settled.
            time.sleep(LONG_AGO if open_ else SETTLE)
        assert run.code == 0, (run.out, run.err)
        self.somebody_removes()
        scene.check_at_most_once()
        scene.check_complete()
        scene.check_idle()


#: So long ago it has to be that each clock says, to its whole seconds, that all is settled.
LONG_AGO = TIMEOUT + SETTLE + 2 + 1.5
LOOK_ALIKE = {"imageUrl": "https://other.example/f.png", "backImageUrl": "https://other.example/b.png"}


def first_contact(it: Strange) -> None:
    """A new state, and an account with a product of somebody else: consent is given."""
    it.scene.only(ONE)
    it.somebody_makes(tee("stranger", 23))
    it.words = ("--first-contact",)


def a_namesake(it: Strange) -> None:
    """A state that knows all, and a look-alike that is older than its last apply."""
    it.begins(ONE)
    it.somebody_makes(tee("two", 22), **LOOK_ALIKE)
    it.wants(TWO)


def a_refusal(it: Strange) -> None:
    """A create was refused, and its document is gone."""
    it.begins(ONE)
    it.scene.shops.add_faults(Fault("kakaclo", "create", "code:20013", contains="Tee two"))
    it.wants([*ONE, tee("two", 22)])
    it.applies(4)
    it.wants(ONE)
    time.sleep(LONG_AGO)


def an_older_version(it: Strange) -> None:
    """The state was upgraded, and what the older version had bound was not looked at yet."""
    it.begins(ONE)
    path = it.scene.state_path
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "unproven": True}, indent=2))
    it.wants(TWO)


def an_untrue_id(it: Strange) -> None:
    """Gelato answers with an id that no listing shows."""
    it.begins(ONE)
    told = {**poster("two")["spec"], "id": "cp-5c1f6a1e-0000-4000-8000-000000000000"}
    fault = Fault("gelato", "create", "status:200", commit=True, body=json.dumps(told), contains="Poster two")
    it.scene.shops.add_faults(fault)
    it.wants([*ONE, poster("two")])


def a_missed_product(it: Strange) -> None:
    """A state that does not know all reads everything each time, and a product is not listed."""
    it.begins(TWO)
    older = it.scene.state_path.read_bytes()
    it.wants([*TWO, tee("three", 24)])
    it.applies(0)
    it.scene.state_path.write_bytes(older)
    it.scene.journal_path.unlink(missing_ok=True)
    it.somebody_makes(tee("four", 25), **LOOK_ALIKE)
    it.wants([*TWO, tee("three", 24), tee("four", 25)])
    it.scene.shops.set_rules(hidden="Tee two")


def a_product_that_is_missed_again(it: Strange) -> None:
    """Two whole readings lack it; an apply reads everything once."""
    a_missed_product(it)
    time.sleep(LONG_AGO)
    it.applies(4)
    time.sleep(LONG_AGO)


def a_product_that_was_missed(it: Strange) -> None:
    """It is listed again."""
    a_missed_product(it)
    it.applies(4)
    it.scene.shops.set_rules(hidden="")


def a_product_that_was_never_listed(it: Strange) -> None:
    """It was acknowledged so long ago that a listing would show it."""
    it.begins(ONE)
    it.scene.shops.set_rules(hidden="Tee two")
    it.wants([*ONE, tee("two", 22)])
    it.applies(0)
    time.sleep(LONG_AGO)
    it.late = True


def an_older_state(it: Strange) -> None:
    """A state comes back that knows a product with steps, and is older than the last one."""
    it.begins([*ONE, poster("old")])
    older = it.scene.state_path.read_bytes()
    it.wants([*ONE, poster("old"), poster("two")])
    it.applies(0)
    it.scene.state_path.write_bytes(older)
    it.scene.journal_path.unlink(missing_ok=True)


#: What the next apply records, and the scene in which it does.
SCENES: Mapping[str, Callable[[Strange], None]] = {
    "Contacted": first_contact, "Unclaimed": first_contact, "Observed": first_contact,
    "Disowned": a_namesake, "Answered": a_refusal, "Proven": an_older_version, "Unbound": an_untrue_id,
    "Asked": a_product_that_was_never_listed, "EntryGone": a_product_that_is_missed_again,
    "FoundAgain": a_product_that_was_missed, "Outdated": an_older_state, "Remembered": a_missed_product,
}  # fmt: skip
