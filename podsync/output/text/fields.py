"""What changes in a product, one line per field, the changed part marked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podsync.model.frozen import Json
from podsync.output.escape import safe
from podsync.output.layout import GAP, INDENT, beside, cells, pad, short_url, shorten, wrap
from podsync.output.product import choice_text, text_of, with_colour
from podsync.output.style import Style
from podsync.output.word_diff import marked
from podsync.output.wording import some, title
from podsync.plan.change import Change, FieldChange, UnknownValue
from podsync.providers.descriptor import FieldRoles
from podsync.providers.registry import roles_of

_WIDEST_PATH = 28
#: What reads well without quotes.
_BARE = re.compile(r"[^\s\"']+")


def field_lines(change: Change, style: Style, width: int, *, full: bool, anew: bool) -> Iterator[str]:
    """Yield a line for each changed field; `anew`: and why a new product is made for it."""
    paths = [shorten(safe(field.path), None if full else _WIDEST_PATH) for field in change.fields]
    widest, roles = max((cells(path) for path in paths), default=0), roles_of(change.provider)
    room = None if full else max(width - len(INDENT) - widest - len(GAP), 20)
    lines = [
        f"{INDENT}{pad(path, widest)}{GAP}{field_text(roles, field, style, room)}"
        for path, field in zip(paths, change.fields, strict=True)
    ]
    fixed = [field.forces_replace and anew for field in change.fields]
    why = f"{title(change.provider)} cannot change it"
    if all(
        cells(line) + len(GAP) + len(why) <= width for line, here in zip(lines, fixed, strict=True) if here
    ):
        for line, here in zip(lines, fixed, strict=True):
            fits = here or full
            yield from beside(line, style.dim(why) if here else "", width) if fits else _within(line, width)
        return
    for line in lines:
        yield from [line] if full else _within(line, width)
    which = "it" if len(fixed) == 1 else "these" if all(fixed) else "all of these"
    yield INDENT + style.dim(f"{title(change.provider)} cannot change {which}: a new product is made")


def _within(line: str, width: int) -> list[str]:
    """Break a line that is too wide below its path, and at its spaces."""
    if cells(line) <= width:
        return [line]
    path, _, text = line[len(INDENT) :].partition(GAP)
    return [INDENT + path, *wrap(text.lstrip(), width, INDENT + GAP)]


def field_text(roles: FieldRoles, field: FieldChange, style: Style, columns: int | None) -> str:
    """Return the old and the new value of one field in at most about `columns`."""
    old, new = field.before, field.after
    if isinstance(old, UnknownValue):
        before = f"({old.words}) -> "
        return f"{before}{style.good(_value(roles, field.path, new, _less(columns, len(before))))}"
    if old is None:
        return f"added {style.good(_value(roles, field.path, new, _less(columns, 6)))}"
    if new is None:
        return f"removed {style.bad(_value(roles, field.path, old, _less(columns, 8)))}"
    if _plain_list(old) and _plain_list(new):
        return _set_text(roles, old, new, style)
    if isinstance(old, str) and isinstance(new, str) and field.path != roles.colour:
        mark = "" if _BARE.fullmatch(old) and _BARE.fullmatch(new) and not _is_name(field.path) else '"'
        return f"{mark}{marked(safe(old), safe(new), style, _less(columns, 2))}{mark}"
    half = None if columns is None else max((columns - 4) // 2, 12)
    before, after = (_value(roles, field.path, value, half) for value in (old, new))
    return f"{style.bad(before)} -> {style.good(after)}"


def _less(columns: int | None, taken: int) -> int | None:
    return None if columns is None else max(columns - taken, 12)


def _is_name(path: str) -> bool:
    return path.lower().endswith("name")


def _plain_list(value: Json) -> bool:
    return isinstance(value, tuple | list) and not any(
        isinstance(item, dict | tuple | list) for item in value
    )


def _value(roles: FieldRoles, path: str, value: Json, columns: int | None) -> str:
    if isinstance(value, str):
        if path == roles.colour:
            return with_colour(value)
        if _is_name(path) or not _BARE.fullmatch(value):
            return f'"{shorten(safe(value), _less(columns, 2))}"'
        return short_url(safe(value), columns)
    if _plain_list(value):
        return shorten(", ".join(text_of(item) for item in value), columns)
    choice = choice_text(roles, value)
    return shorten(text_of(value) if choice is None else safe(choice), columns)


def _set_text(roles: FieldRoles, old: Json, new: Json, style: Style) -> str:
    """Say which values of a list were added and which removed."""
    left = [item for item in old if item not in new]
    came = [item for item in new if item not in old]
    parts = []
    if came:
        parts.append("added " + style.good(some([_member(roles, item) for item in came], 8)))
    if left:
        parts.append("removed " + style.bad(some([_member(roles, item) for item in left], 8)))
    kept = len(new) - len(came)
    if not parts:
        return f"{_order(old)} -> {_order(new)}"
    return " · ".join([*parts, f"{kept} kept"] if kept else parts)


def _member(roles: FieldRoles, item: Json) -> str:
    return "EVERY customer" if item and item == roles.everybody else text_of(item)


def _order(items: Json) -> str:
    return "(" + some([text_of(item) for item in items], 8) + ")"
