"""PROTOCOL, "Items that only the pictures tell apart", while it is not known whether pictures are kept.

One item of one group per host goes first and is bound; then it is known. Where pictures are kept, all go on
at full rate. Where they are re-hosted, nothing of a group is sent: each needs a name of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from podsync.apply.actions.settle import wait_until
from podsync.apply.outcomes import failed
from podsync.apply.run import ProviderRun
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.plan.change import Change
from podsync.providers.habits import Habits, host_of

NOT_KNOWN_YET = (
    "others of this model have the same name, and whether the listing keeps their picture URLs is not known "
    "until the first one is listed"
)
#: Nothing is known: pictures tell nothing apart.
_NOTHING = Habits()


def sorted_out(run: ProviderRun, makers: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """Return what may be sent now, in order, and what has to wait for the first of it to be listed.

    What must not be sent at all is reported as failed.
    """
    open_ = [c for c in makers if run.adopted(c.address) is None]
    groups: Counter[Json] = Counter(run.provider.identity(c.made or EMPTY, _NOTHING) for c in open_)
    beside = {change.address for change in open_}
    for address, spec in run.unlisted_specs():
        if address not in beside:
            groups[run.provider.identity(spec, _NOTHING)] += 1
    free: list[Change] = []
    held: list[Change] = []
    tried: set[tuple[str, str]] = set()
    for change in makers:
        spec = change.made or EMPTY
        if change.address not in beside or groups[run.provider.identity(spec, _NOTHING)] < 2:
            free.append(change)
            continue
        words = {key: run.habits.picture(spec.get(key[1]), key[1]) for key in _pictures(run, spec)}
        if any(word in ("changed", "unknown") for word in words.values()):
            _refuse(run, change)
        elif all(word == "kept" for word in words.values()):
            free.append(change)
        elif tried.isdisjoint(unknown := {key for key, word in words.items() if word is None}):
            tried |= unknown
            free.append(change)
        else:
            held.append(change)
    return free, held


def _pictures(run: ProviderRun, spec: Spec) -> set[tuple[str, str]]:
    """Host and field of each picture that the listing returns."""
    unlisted = run.provider.unlisted
    return {
        (host_of(one.url), str(one.path[0]))
        for one in run.provider.depictions(spec)
        if one.path[0] not in unlisted
    }


def _refuse(run: ProviderRun, change: Change) -> None:
    name, title = run.provider.name_field, run.provider.title
    failed(
        run,
        change,
        f"others of this model have the same {name}, and {title} lists their pictures under other URLs: "
        "nobody could tell which is which. Nothing was sent",
        remedy=f"give each its own {name}, for example with its colour",
    )


def wait_for_pictures(run: ProviderRun, held: Sequence[Change]) -> None:
    """Wait until the first of each group is bound, so that it is known what becomes of pictures."""

    def known() -> bool:
        return all(
            run.habits.picture((change.after or EMPTY).get(field), field) is not None
            for change in held
            for _, field in _pictures(run, change.after or EMPTY)
        )

    wait_until(run, known, f"the first of {len(held) + 1} products of one name to be listed")
