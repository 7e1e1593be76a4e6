"""The changes of a plan in Markdown: a table row for what is simple, a block for what has to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.output.layout import short_url
from podsync.output.markdown.escape import clip, code, colour, picture, placed, plain, row, written
from podsync.output.product import choice_text, customers, name_of, product_facts
from podsync.output.text.change import anew_name, leaves_behind, word_of
from podsync.output.text.plan_head import TOLD
from podsync.output.word_diff import parts
from podsync.output.wording import by_hand, counted, day, number, title, visible_id
from podsync.plan.action import SYMBOLS, Action
from podsync.plan.change import Change, FieldChange, UnknownValue
from podsync.providers.descriptor import NO_ROLES, FieldRoles
from podsync.providers.registry import roles_of

_MOST_FIELDS = 12
#: Columns of the table of what is only listed.
LISTED = "| front | name | product | why | where |\n|---|---|---|---|---|"


def place(change: Change) -> str:
    """Return `file:line`; for an orphan where its document was."""
    was = "was " if change.action is Action.ORPHAN and change.source is not None else ""
    return was + placed(change.source)


def created_head(roles: FieldRoles) -> str:
    """Return the columns of the table of what is created, by what the fields of its kind mean."""
    pictures = [label for label, _ in roles.pictures]
    about = ["model, options"] if roles.options or not pictures else ["model", "colour"]
    columns = [*pictures, "name", *(["for"] if roles.customers else []), *about, "where"]
    return f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|"


def created(change: Change, said: Collection[str], models: Mapping[str, str] = EMPTY) -> str:
    """Return the row of a new product, in the columns of its kind; `models` maps ids to names."""
    spec, roles = change.after or {}, roles_of(change.provider)
    cells = [*_pictures(roles, spec), _name(change, spec) + _risks(change, said)]
    cells += [_customers(roles, spec)] if roles.customers else []
    if roles.options or not roles.pictures:
        about = [fact for fact in product_facts(roles, spec, models) if not fact.startswith("parts ")]
        return row([*cells, plain(" · ".join(about)), place(change)])
    name = models.get(str(spec.get(roles.model)), "")
    model = f"{code(written(spec.get(roles.model)))} {plain(name)}".rstrip()
    return row([*cells, model, _colour(roles, spec), place(change)])


def listed_row(change: Change) -> str:
    """Return the row of a product that exists, or may exist."""
    spec = change.spec
    known = " · ".join(part for part in (code(str(change.address)), _known(change)) if part)
    was = f"was {code(str(change.previous_address))}" if change.previous_address is not None else ""
    why = " · ".join(part for part in (plain(change.reason), was) if part)
    picture_cell = picture(spec.get(roles_of(change.provider).front), "front", 56)
    return row([picture_cell, _name(change, spec) + _risks(change, TOLD), known, why, place(change)])


def brief(change: Change) -> str:
    """Return a risky change in the shortest form that can still be decided on."""
    which = visible_id(change.provider, change.shown, word=False)
    shown = f" {plain(which, 20)}" if which else ""
    return f"- `{change.address}`{shown}"


def brief_create(change: Change) -> str:
    """Return a new product without its pictures."""
    spec = change.after or {}
    about = " · ".join(
        part for part in (_name(change, spec), _colour(roles_of(change.provider), spec)) if part
    )
    return f"- {about} · {place(change)}"


def block(change: Change, said: Collection[str] = (), refused: Collection[Address] = ()) -> str:
    """Return a change with what it was and what it becomes, side by side."""
    symbol = SYMBOLS[change.action]
    head = f"**`{symbol}` {code(str(change.address))}** {word_of(change, refused)} · {place(change)}".rstrip(
        " ·"
    )
    spec = change.before if change.before is not None else change.after or {}
    known = [part for part in (_name(change, spec), _known(change)) if part]
    if change.fields:
        lines = [f"{head}<br>{' · '.join(known)}" if known else head, "", *_table(change)]
    else:
        lines = [f"{head}<br>{' · '.join([*known, plain(change.reason)])}"]
    notes = [f"⚠ {plain(risk, 400)}" for risk in change.risks if risk not in said][:_MOST_FIELDS]
    if change.steps_done:
        notes.insert(0, plain(change.reason))
    if change.temporary and anew_name(change):
        notes.insert(0, plain(anew_name(change), 240))
    if change.action is Action.REPLACE and any(field.forces_replace for field in change.fields):
        which = "it" if len(change.fields) == 1 else "what is marked &#42;"
        notes.insert(0, f"{plain(title(change.provider))} cannot change {which}")
    if change.action is Action.REPLACE and leaves_behind(change) and change.address not in refused:
        which = plain(visible_id(change.provider, change.shown), 40) or "the old one"
        notes.append(f"then by hand: remove {which} {plain(by_hand(change.provider))}")
    return "\n".join([*lines, *(["", "<br>".join(notes)] if notes else []), ""])


def _table(change: Change) -> Iterator[str]:
    yield "| | before | after |"
    yield "|---|---|---|"
    roles = roles_of(change.provider)
    fixed = any(one.forces_replace for one in change.fields) and change.action is Action.REPLACE
    for field in change.fields[:_MOST_FIELDS]:
        before, after = _sides(roles, field)
        mark = " *" if fixed and field.forces_replace and len(change.fields) > 1 else ""
        yield row([code(field.path, 60) + plain(mark), before, after])
    left = len(change.fields) - _MOST_FIELDS
    if left > 0:
        yield row([f"… {counted(left, 'more field')}", "", ""])


def _sides(roles: FieldRoles, field: FieldChange) -> tuple[str, str]:
    """Return the old and the new value, what differs struck out and set in bold."""
    old, new, name = field.before, field.after, field.path.rpartition(".")[2]
    texts = isinstance(old, str) and isinstance(new, str)
    if any(name == picture for _, picture in roles.pictures):
        return _picture_cell(old), _picture_cell(new)
    if texts and name != roles.colour:
        return _marked(clip(old, 240), clip(new, 240))
    return _value(roles, name, old), _value(roles, name, new)


def _marked(old: str, new: str) -> tuple[str, str]:
    found = parts(old, new)[:40]
    before = [plain(part.old) if part.same else _tagged("del", part.old) for part in found]
    after = [plain(part.new) if part.same else _tagged("b", part.new) for part in found]
    return "".join(before) or "(empty)", "".join(after) or "(empty)"


def _tagged(tag: str, text: str) -> str:
    """Keep spaces at the edges outside of the tag, and leave out a tag around nothing."""
    return f"<{tag}>{plain(text)}</{tag}>" if text.strip() else plain(text)


def _value(roles: FieldRoles, name: str, value: Json) -> str:
    if isinstance(value, UnknownValue):
        return f"({value.words})"
    if value is None:
        return "(none)"
    if name == roles.colour and isinstance(value, str):
        return colour(value)
    if name == roles.customers:
        return _customers(roles, {name: value})
    return plain(choice_text(roles, value) or written(value), 240)


def _picture_cell(url: Json) -> str:
    if url is None or isinstance(url, UnknownValue):
        return _value(NO_ROLES, "", url)
    text = written(url)
    shown = picture(url, "picture", 160)
    return f"{shown}<br>{code(short_url(clip(text, 400), 48), 60)}" if shown else code(text)


def _pictures(roles: FieldRoles, spec: Spec) -> list[str]:
    """Return the pictures in cells of their own: side by side however narrow the table is."""
    shown = [picture(spec.get(field), label) for label, field in roles.pictures]
    return shown if any(shown) or not shown else ["(no picture)", *shown[1:]]


def _name(change: Change, spec: Spec) -> str:
    name = name_of(change.provider, spec)
    return plain(name) if name.strip() else "(no name)"


def _colour(roles: FieldRoles, spec: Spec) -> str:
    value = spec.get(roles.colour)
    return colour(value) if isinstance(value, str) else ""


def _customers(roles: FieldRoles, spec: Spec) -> str:
    return plain(customers(roles, spec.get(roles.customers)).removeprefix("for "), 240)


def _known(change: Change) -> str:
    shown = visible_id(change.provider, change.shown)
    made = f"made {day(change.made_at)}" if change.made_at is not None else ""
    known = f"{plain(title(change.provider))} {plain(shown, 40)}" if shown else ""
    return ", ".join(part for part in (known, made) if part)


def _risks(change: Change, said: Collection[str]) -> str:
    notes = [f"<br>⚠ {plain(risk, 240)}" for risk in change.risks if risk not in said]
    return "".join(notes[:3]) + (f"<br>⚠ and {number(len(notes) - 3)} more" if len(notes) > 3 else "")
