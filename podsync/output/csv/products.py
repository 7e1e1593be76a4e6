"""Products of a plan or a state as rows. A document reads them back with `each: {row: {file: …}}`.

Each axis of the addresses has a column, and so has each place in the specs: `FIELD`, or `FIELD.0.FIELD`
inside of a list. A place that a product lacks is `-`, which leaves the field out when it is read. Texts that
would be taken for something else are marked (`podsync.model.characters.exact`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from podsync.model.address import Address
from podsync.model.characters import exact
from podsync.model.frozen import Path, Spec
from podsync.output.csv.writer import of_provider, written
from podsync.plan.action import Action
from podsync.plan.model import Plan
from podsync.state.model import State

#: A product: its address, its first columns, and its spec.
_Row: TypeAlias = tuple[Address, Sequence[str], Spec]
#: What a document reads as: leave this field out.
LEFT_OUT = "-"
_ZEROS = re.compile("0[0-9]+|#[0-9A-Fa-f]{6}|(?=.*[A-Fa-f])[0-9A-Fa-f]{6}")


def plan_csv(plan: Plan, *, noops: bool = False) -> Iterator[str]:
    """Yield the lines of a plan; `noops`: with what does not change, as far as the plan lists it."""
    changes = [change for change in plan.changes if noops or change.action is not Action.NOOP]
    rows = [(change.address, (change.action.value,), change.spec) for change in changes]
    return _table(("action",), rows)


def state_csv(state: State) -> Iterator[str]:
    """Yield the lines of all products that a state knows; of one in doubt what was sent."""
    entries = [state.entries[address] for address in sorted(state.entries)]
    rows = [
        (
            one.address,
            (
                one.status,
                of_provider(one.provider, one.id) if one.id is not None and not one.provisional else "",
            ),
            one.sent,
        )
        for one in entries
    ]
    return _table(("status", "id"), rows)


def _table(facts: Sequence[str], rows: Sequence[_Row]) -> Iterator[str]:
    keys = [address.keys for address, _, _ in rows]
    flat = [dict(_flat((), spec)) for _, _, spec in rows]
    paths = _in_order(flat)
    places = [".".join(map(str, path)) for path in paths]
    # No two columns have one name: then neither could be read.
    axes = sorted({axis for each in keys for axis in each}.difference(places, facts, ["address"]))
    header = ("address", *facts, *axes, *places)
    columns = [_texts([each.get(axis) for each in keys]) for axis in axes]
    columns += [_texts([values.get(path) for values in flat]) for path in paths]
    return written(
        header,
        (
            [str(address), *known, *(column[number] for column in columns)]
            for number, (address, known, _) in enumerate(rows)
        ),
    )


def _texts(values: Sequence[str | None]) -> list[str]:
    """Return the cells of a column from its values (None: the product has none)."""
    # Beside such a text, digits alone look like a number that has lost its zeros.
    numbers = any(each is not None and _ZEROS.fullmatch(each) for each in values)
    return [LEFT_OUT if each is None else exact(each, numbers=numbers) for each in values]


def _flat(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Yield every single value with its path; empty lists and mappings have none."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat((*path, key), item)
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from _flat((*path, number), item)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _in_order(rows: Sequence[Mapping[Path, str]]) -> list[Path]:
    """Return all paths: keys as they come first in the specs, items of lists by their number."""
    ranks: dict[Path, int] = {}
    for path in {path: None for row in rows for path in row}:
        for length in range(1, len(path) + 1):
            ranks.setdefault(path[:length], len(ranks))

    def rank(path: Path) -> tuple[int, ...]:
        starts = (path[: length + 1] for length in range(len(path)))
        return tuple(start[-1] if isinstance(start[-1], int) else ranks[start] for start in starts)

    return sorted({path for row in rows for path in row}, key=rank)
