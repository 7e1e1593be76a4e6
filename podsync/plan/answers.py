"""The answers a person may give about listed products, with the commands for them. Pure.

`plan --refresh` and apply ask in the same words. Each answer names the facts that distinguish its product;
the last one says that it is none of them, where that is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podsync.model.address import Address
from podsync.model.product import seen_ids

if TYPE_CHECKING:
    from podsync.providers.contract import Remote
    from podsync.providers.knowledge import Provider
    from podsync.state.entries import Entry

#: The remedy for an incomplete spec while the product exists.
COMPLETE = "fill in the fields, all of which a new product needs"
#: The remedy where a document leaves out what the state knows.
PUT_BACK = "put back what the document said, or say what is wanted instead"
#: So many candidates are named; the rest can be seen at the provider.
NAMED = 10


def of_doubt(
    provider: Provider, address: Address, candidates: Sequence[Remote], *, young: bool = False
) -> tuple[str, ...]:
    """Return the possible outcomes of a create in doubt.

    While it is `young`, "nothing was made" is not offered: it is too early to know. An account that lists
    nothing may be the wrong one: only its own web page can show that.
    """
    settle = f"podsync state settle {address.word}"
    if not candidates:
        page = _page(provider)
        return f"a) {page} shows it: {settle} --adopt ID", f"b) it does not: {settle} --not-created"
    rows = _lettered(provider, candidates, f"{settle} --adopt")
    page = f"{provider.title}'s web page"
    none = f"{_letter(len(rows))}) {_none_of(candidates)}, and {page} has no other: {settle} --not-created"
    return rows if young else (*rows, none)


def of_step(address: Address, step: str) -> tuple[str, ...]:
    """Return the possible outcomes of a step that the listing does not show."""
    settle = f"podsync state settle {address.word} --step {step}"
    return (
        f"a) all of them are there: {settle} --made",
        f"b) none of them is there: {settle} --not-made",
        f"c) some are there: add the others on the web page, then: {settle} --made",
    )


def if_removed(address: Address, doubt: str = "", *, replaces: bool = False) -> str:
    """Return the remedy for a product that a person has removed.

    `doubt` answers its open doubt. `replaces`: the product before it still has the name, and is restored
    first.
    """
    settle = f"podsync state settle {address.word} {doubt}, then: " if doubt else ""
    then = (
        "put the former spec back, and: podsync apply; then change it again" if replaces else "podsync apply"
    )
    return f"if a person removed it: {settle}podsync state rm {address.word}, then: {then}"


def perhaps_added(what: str) -> str:
    """Return why a step is in doubt that this state has not sent; `what` is what it adds."""
    return f"others may have added {what}"


def step_in_doubt(what: str, additions: Sequence[str], *, sent: bool) -> str:
    """Return the question about a step; `additions` are what it adds, in the words of the web page."""
    why = f"{what} were sent" if sent else perhaps_added(what)
    named = f": {'; '.join(additions)}" if additions else ""
    return f"{why}, and the listing does not tell whether these are there{named}"


def quoted(text: str) -> str:
    """Quote for YAML: double quotes, with the two characters that matter escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def again_risk(provider: Provider, entry: Entry, *, gone: bool) -> str:
    """Return the risk of making a product again: the product that it replaces, and what is known of that."""
    noun, key = provider.info.visible_id
    seen = seen_ids(entry.remote).get(key) if key else None
    what = f"{noun} {seen}" if seen else f"{provider.title} {entry.id}"
    known = "is gone" if gone else "may still exist: apply makes nothing before two whole readings missed it"
    return f"made again in place of {what}, which {known}"


def of_wanted(provider: Provider, address: Address, candidates: Sequence[Remote]) -> tuple[str, ...]:
    """Return what products may be that look like one which is to be created, or which was."""
    rows = _lettered(provider, candidates, f"podsync import {address.word}")
    ids = " ".join(row.id for row in candidates[:NAMED])
    none = f"{_letter(len(rows))}) {_none_of(candidates)}"
    return (*rows, f"{none}: podsync import --not-ours {provider.name} {ids}")


def of_unlisted(provider: Provider, address: Address) -> tuple[str, ...]:
    """Return the possible outcomes of a create that was acknowledged and is not listed."""
    return (
        f"a) {_page(provider)} shows it: podsync import {address.word} ID",
        f"b) it does not: podsync state rm {address.word}, then: podsync apply",
    )


def of_open_orphan(
    provider: Provider, address: Address, rows: Sequence[Remote], *, alike: int = 1
) -> tuple[str, ...]:
    """Return the possible outcomes of an orphan whose id no listing has confirmed.

    `alike` is the number of orphans at its address: only the address names them, so one answer means all of
    them.
    """
    done, page = f"podsync state orphans --done {address.word}", f"{provider.title}'s web page"
    all_ = f", once all {alike} orphans of this address without an id are gone" if alike > 1 else ""
    if not rows:
        return (
            f"a) {_page(provider)} shows it: remove it there, then{all_}: {done}",
            f"b) it does not{all_}: {done}",
        )
    if len(rows) == 1:
        return (
            f"a) it is {rows[0].id}: remove it on {page}, then{all_}: {done}",
            f"b) it is not: podsync import --not-ours {provider.name} {rows[0].id}",
        )
    ids = " ".join(row.id for row in rows[:NAMED])
    others = f"podsync import --not-ours {provider.name} ID [ID …]"
    return (
        f"a) it is one of {ids}: say which it is not: {others}",
        f"b) it was removed on {page}{all_}: {done}",
    )


def of_unwanted(provider: Provider, address: Address, candidates: Sequence[Remote]) -> tuple[str, ...]:
    """Return the possible outcomes of a refused create that no document wants any more."""
    ids = " ".join(row.id for row in candidates[:NAMED])
    page = f"{provider.title}'s web page"
    wanted = f"it is wanted: write its document again, then: podsync import {address.word} {candidates[0].id}"
    if all(row.last_listed is not None for row in candidates):
        left = f"it was removed on {page}, or may stay there, and nobody here manages it"
        return f"a) {left}: podsync import --not-ours {provider.name} {ids}", f"b) {wanted}"
    return (
        f"a) it is not to be sold: remove it on {page}",
        f"b) it may stay, and nobody here manages it: podsync import --not-ours {provider.name} {ids}",
        f"c) {wanted}",
    )


def unproven_account(provider: Provider, *, needs_person: bool) -> str:
    """Return why nothing is created in an unproven account; `needs_person`: no later look can prove it."""
    made = f"none of the products that were made at {provider.title}"
    right = "nobody can tell whether this is the right account"
    if needs_person:
        return f"{made} is known by its id: until a person has said what they are, {right}"
    return f"{made} is known for certain yet, so that {right}"


def _none_of(candidates: Sequence[Remote]) -> str:
    """Return the answer that it is none of these; a hidden product declared removed is made a second time."""
    if all(row.last_listed is None for row in candidates):
        return "none of them"
    return "none of them, or it was removed (one that is only hidden there is then made twice)"


def since(moment: float) -> str:
    """Return a moment as people read it here, to the minute."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _page(provider: Provider) -> str:
    return f"{provider.title}'s web page, in the account of this key,"


def _letter(index: int) -> str:
    return chr(ord("a") + index)


def _lettered(provider: Provider, candidates: Sequence[Remote], command: str) -> tuple[str, ...]:
    return tuple(
        f"{_letter(index)}) it is {_identifying(provider, row)}: {command} {row.id}"
        for index, row in enumerate(candidates[:NAMED])
    )


def _identifying(provider: Provider, row: Remote) -> str:
    """Return a product's id with the facts that distinguish it, for a person."""
    noun, key = provider.info.visible_id
    seen = seen_ids(row.shown).get(key)
    facts = [f"{noun} {seen}"] if seen else []
    if row.created_at is not None:
        facts.append(f"made {since(row.created_at)}")
    if row.last_listed is not None:
        facts.append(f"listed {since(row.last_listed)}, and not now")
    return f"{row.id} ({', '.join(facts)})" if facts else row.id
