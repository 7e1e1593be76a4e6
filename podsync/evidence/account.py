"""Whether these are the products of the account that the state speaks of.

The state keeps up to three *landmarks*: products, ours or not, that a reading showed which was whole, or
which showed a known product beside them. Each has the id that people see or its date, so that an id that
two accounts count alike is not taken for one. Where neither a landmark nor a known id is visible, this is
another account's key, or an answer that is empty for another reason.
`key` is the name of the id that people see (`ProviderInfo.visible_id`), "" where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum

from podsync.model.frozen import EMPTY, FrozenDict, Json
from podsync.model.product import seen_ids
from podsync.providers.contract import Remote
from podsync.providers.habits import DATES_AGREE, Habits
from podsync.state.entries import LANDMARKS


def landmark(remote: Remote, *, key: str) -> Json:
    """Return the facts that identify an account later: a product's id and its visible id or date."""
    product = seen_ids(remote.shown)
    mark = {"id": remote.id}
    if product.get(key):
        return FrozenDict({**mark, key: product[key]})
    return FrozenDict({**mark, "made": remote.created_at} if remote.created_at is not None else mark)


def is_landmark(mark: Mapping[str, Json], remote: Remote, *, key: str) -> bool:
    """Whether this row is that product, and not one of another account under the same id."""
    if mark["id"] != remote.id:
        return False
    product = seen_ids(remote.shown)
    if mark.get(key) and product.get(key):
        return bool(mark[key] == product[key])
    if mark.get("made") is not None and remote.created_at is not None:
        return bool(abs(mark["made"] - remote.created_at) < 1)
    return True


def is_ours(
    rows: Mapping[str, Remote],
    landmarks: Collection[Mapping[str, Json]],
    known: Mapping[str, Mapping[str, Json]],
    likely: Mapping[str, Mapping[str, Json]] = EMPTY,
    *,
    key: str,
    is_other: Callable[[Remote], bool] = lambda _: False,
) -> bool | None:
    """Whether a reading is of the state's account; None if the state knows nothing to decide it by.

    `known` maps ids that a listing has shown, and that are not gone, to their visible ids. `likely` are
    unsure ids: a listed one proves the account, a missing one proves nothing. `is_other` is whether a row is
    for certain another product than the known one of its id: where all that is known is listed so, somebody
    else's landmarks prove nothing either.
    """
    if not landmarks and not known:
        return None
    seen = {**known, **likely}
    listed = [rows[identity] for identity in seen if identity in rows]
    if any(_same(seen[row.id], row, key) and not is_other(row) for row in listed):
        return True
    if any(row.id in known and is_other(row) for row in listed):
        return False
    marked = (mark for mark in landmarks if mark["id"] in rows)
    return any(is_landmark(mark, rows[mark["id"]], key=key) for mark in marked)


def _same(shown: Mapping[str, Json], remote: Remote, key: str) -> bool:
    product = seen_ids(remote.shown)
    before, now = shown.get(key), product.get(key)
    return not before or not now or before == now


def chosen(
    rows: Iterable[Remote],
    before: Sequence[Json],
    lasting: Collection[str],
    *,
    key: str,
    whole: bool = True,
) -> tuple[Json, ...]:
    """Return the landmarks after a reading of this account: those that it lists, then the oldest rows.

    `lasting` are ids of products with an entry: orphans are removed by hand, products with an entry seldom
    are. A reading that is not `whole` adds what is missing, and replaces those of which it lists none.
    """
    there = {remote.id: remote for remote in rows}
    unlisted = [mark for mark in before if mark["id"] not in there]
    if not whole and len(before) == LANDMARKS and len(unlisted) < LANDMARKS:
        return tuple(before)
    kept = [mark for mark in before if mark["id"] in there and is_landmark(mark, there[mark["id"]], key=key)]
    names = {mark["id"] for mark in kept}
    rest = sorted(
        (remote for remote in there.values() if remote.id not in names),
        key=lambda remote: (remote.id not in lasting, remote.created_at or 0.0, len(remote.id), remote.id),
    )
    listed = [*kept, *(landmark(remote, key=key) for remote in rest)]
    return tuple([*listed, *([] if whole else unlisted)][:LANDMARKS])


#: Dates of products that were never compared with the provider's clock may be local time of any zone.
CLOCK_ALLOWANCE = 24 * 3600.0


class Knows(Enum):
    """How much the state knows of our products."""

    ALL = "up to date"
    NEW = "new"
    LOST = "lost, or older than the last one that was seen here"
    OLDER = "older than products that are listed"


def made_since(
    rows: Iterable[Remote], last_apply: float | None, habits: Habits, concerns: Callable[[Remote], bool]
) -> tuple[Remote, ...]:
    """Return the rows that may have been made after the last apply that this state knows of.

    `rows` are those that nobody owns and of which nobody has said that they are not ours; `concerns` says
    whether a row has a wanted name or model. A date that is not told may be any; so may all of them
    where those of our own products are no time of any zone.
    """
    off = habits.offset
    since = None if last_apply is None else last_apply + (
        -CLOCK_ALLOWANCE if off is None else off - 2 * DATES_AGREE
    )  # fmt: skip
    if off is not None and abs(off) > CLOCK_ALLOWANCE:
        since = None
    return tuple(
        row
        for row in rows
        if concerns(row) and (since is None or row.created_at is None or row.created_at > since)
    )


def judged(*, new: bool, lost: bool, newer: Collection[Remote]) -> Knows:
    """Return how much the state knows."""
    if new:
        return Knows.NEW
    if lost:
        return Knows.LOST
    return Knows.OLDER if newer else Knows.ALL
