"""What a person has to remove, and what took its place."""

from __future__ import annotations

from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.output.style import PLAIN
from podsync.output.text.state import state_orphans
from podsync.state.entries import Entry, Orphan
from podsync.state.model import State

ADDRESS = Address("designed_product", "tee")


def product(number: int) -> dict[str, object]:
    return {"product": {"spu": f"QCUT{number:05d}"}}


def test_each_orphan_names_what_was_made_next_and_not_what_is_there_now() -> None:
    spec = freeze({"enName": "Tee"})
    orphans = tuple(
        Orphan(
            address=ADDRESS, provider="kakaclo", account="default", id=str(number), spec=spec,
            remote=freeze(product(number)), reason="replaced", created_at=float(number),
            orphaned_at=float(number + 1),
        )
        for number in (1, 2, 3)
    )  # fmt: skip
    entry = Entry(
        address=ADDRESS, provider="kakaclo", account="default", id="4", spec=spec,
        remote=freeze(product(4)), created_at=4.0,
    )  # fmt: skip

    text = state_orphans(State(entries={ADDRESS: entry}, orphans=orphans), style=PLAIN, width=200)

    rows = [line.split() for line in text.splitlines() if "QCUT" in line]
    assert [[word for word in row if "QCUT" in word] for row in rows] == [
        ["QCUT00001", "QCUT00002"], ["QCUT00002", "QCUT00003"], ["QCUT00003", "QCUT00004"],
    ]  # fmt: skip
