"""One change of a plan: its header with `file:line`, what it is about, what is risky, what is left to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from podsync.model.address import Address
from podsync.model.frozen import EMPTY
from podsync.output.escape import safe
from podsync.output.layout import GAP, INDENT, beside, facts, pad, wrap
from podsync.output.product import name_of, product_lines, quoted, whole_product
from podsync.output.style import Style
from podsync.output.text.fields import field_lines
from podsync.output.wording import by_hand, day, place_of, title, visible_id
from podsync.plan.action import STAGED, SWAP, Action
from podsync.plan.change import Change
from podsync.providers.registry import roles_of

_RISK = "    ! "


class Layout(NamedTuple):
    """What all changes of one plan share.

    `said` are risks that the page names once for all changes, `refused` the addresses whose change will not
    happen. `brief` leaves out where pictures are. `models` maps ids to names.
    """

    style: Style
    width: int
    address_columns: int
    full: bool = False
    said: Collection[str] = ()
    refused: Collection[Address] = ()
    brief: bool = False
    models: Mapping[str, str] = EMPTY


def address_columns(addresses: Sequence[str], width: int) -> int:
    """Return how wide the address column is: the longest one, if words and places still fit beside it."""
    most = max(width - 40, 24)
    return min(max((len(address) for address in addresses), default=0), most)


def word_of(change: Change, refused: Collection[Address] = ()) -> str:
    """Return the word after the address."""
    if change.address in refused:
        return f"{change.action.value}: refused"
    if change.action is not Action.UPDATE:
        again = f"{change.action.value}: again"
        return again if change.recreates is not None else change.action.value
    roles = roles_of(change.provider)
    named = {roles.name: "rename", roles.customers: "customers", roles.options: "values"}
    words = dict.fromkeys(named.get(field, "") for field in change.changed)
    return f"update: {', '.join(words)}" if words and "" not in words else "update"


def header(layout: Layout, action: Action, address: str, word: str, place: str) -> list[str]:
    """Return symbol, address and word, and the place at the right edge."""
    left = layout.style.symbol(action) + layout.style.bold(pad(address, layout.address_columns)) + GAP + word
    return beside(left, layout.style.dim(place), layout.width)


def change_lines(change: Change, layout: Layout) -> Iterator[str]:
    """Yield all lines of one change."""
    word = word_of(change, layout.refused)
    was = "was " if change.action is Action.ORPHAN and change.source is not None else ""
    yield from header(layout, change.action, str(change.address), word, was + place_of(change.source))
    if change.action is Action.NOOP:
        return
    yield from _about(change, layout)
    anew = change.action is Action.REPLACE and change.address not in layout.refused
    if change.temporary and anew_name(change):
        yield from wrap(anew_name(change), layout.width, INDENT, INDENT + GAP)
    yield from field_lines(change, layout.style, layout.width, full=layout.full, anew=anew)
    if layout.full and change.after is not None and not change.fields:
        yield from whole_product(change.after)
    for risk in change.risks:
        if risk not in layout.said:
            yield from risk_lines(risk, layout)
    if leaves_behind(change) and change.address not in layout.refused:
        old = "the old " if change.action is Action.REPLACE else ""
        text = f"then by hand: {removal(change, None if layout.full else 60, old=old)}"
        yield from wrap(text, layout.width, INDENT, INDENT + GAP)


def anew_name(change: Change) -> str:
    """Say what a new product is called until it takes over the name of the one before it."""
    names = [quoted(str(value), 60) for value in change.temporary.values()]
    if change.action is not Action.REPLACE or not names:
        return ""
    staged = change.lifecycle.replace == STAGED
    then = "it keeps that name until the document says swap" if staged else "then the two exchange names"
    return f"made as {', '.join(names)}; {then}"


def risk_lines(text: str, layout: Layout) -> Iterator[str]:
    """Yield a risk, marked by `!`."""
    for line in wrap(safe(text), layout.width, _RISK, INDENT):
        yield layout.style.warn(line)


def _about(change: Change, layout: Layout) -> Iterator[str]:
    """Say which product it is: in full if it is created, by name and visible id if it exists."""
    spec, roles = change.after if change.after is not None else change.before, roles_of(change.provider)
    made_anew = change.action is Action.CREATE or (change.action is Action.REPLACE and not change.fields)
    if made_anew and spec is not None:
        yield from product_lines(
            roles,
            spec,
            layout.style,
            layout.width,
            pictures=not (layout.full or layout.brief),
            models=layout.models,
        )
        if change.action is Action.CREATE:
            return
        spec = None
    named = any(one.path == roles.name for one in change.fields)
    room = None if layout.full else layout.width - len(INDENT)
    name = "" if named or spec is None else quoted(roles.name_of(spec), room)
    by_fields = change.action in (Action.UPDATE, Action.REPLACE) and bool(change.fields)
    reason = "" if by_fields and not change.steps_done else safe(change.reason)
    parts = [name, *_known(change), reason, *_remark(change)]
    if any(parts):
        yield from facts(parts, layout.width, INDENT)


def _known(change: Change) -> Iterator[str]:
    """Yield the provider, the id that people see there, and since when the product exists."""
    shown = visible_id(change.provider, change.shown)
    made = f"made {day(change.made_at)}" if change.made_at is not None else ""
    if shown:
        yield f"{title(change.provider)} {shown}" + (f", {made}" if made else "")
    elif made and change.action in (Action.REPLACE, Action.ORPHAN, Action.RESTORE):
        yield f"{made} at {title(change.provider)}"


def _remark(change: Change) -> Iterator[str]:
    """Yield what people ask next about a change that sends nothing, or perhaps nothing."""
    if change.previous_address is not None:
        yield f"was {change.previous_address}"
    remarks = {
        Action.SETTLE: "not sent again before apply has looked for it",
        Action.ADOPT: "exists already: nothing is sent",
        Action.RESTORE: "taken back if it is still there, else created",
        Action.MOVE: "nothing is sent",
        Action.NOTE: "nothing is sent",
        Action.ORPHAN: "nothing is sent",
    }
    if change.action in remarks:
        yield remarks[change.action]


def leaves_behind(change: Change) -> bool:
    """Whether a product is left for a person to remove; what is only staged leaves the old one in use."""
    swaps = SWAP in change.steps_left
    if swaps and change.lifecycle.replace == STAGED:
        return False
    return swaps or change.action in (Action.REPLACE, Action.ORPHAN)


def name_left(change: Change, now: str = "") -> str:
    """Return what the product is called that is left for a person.

    Before a swap that is known only in part; `now` is its name afterwards.
    """
    if now:
        return now
    name = name_of(change.provider, change.before or {})
    return f"(old …) {name_of(change.provider, change.after or {})}" if SWAP in change.steps_left else name


def removal(change: Change, columns: int | None = None, *, old: str = "") -> str:
    """Say what is left for a person, since no API can delete; `old` comes before its name."""
    before, after = (name_of(change.provider, spec or {}) for spec in (change.before, change.after))
    which = visible_id(change.provider, change.shown) or f"{old}{quoted(before, columns)}"
    twin = change.action is Action.REPLACE and before == after != ""
    tail = " (the new one has the same name)" if twin else ""
    if SWAP in change.steps_left:
        which, tail = quoted(name_left(change), columns), ""
    return f"remove {which} {by_hand(change.provider)}{tail}"
