"""What became of a step: what a listing shows of it, and which steps a taken product may lack."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from podsync.evidence.state_view import Known
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.providers.contract import ProductStep, Remote, Shown
from podsync.providers.knowledge import Provider
from podsync.state.entries import Entry


class StepVerdict(Enum):
    """What became of a step that was sent to a product that exists."""

    DONE = "done"
    NOT_DONE = "not done"
    WAITS = "waits"
    ASKS = "asks"


def step_verdict(
    shown: Shown | None, *, whole: bool, proves: bool, settled: bool, acknowledged: bool
) -> StepVerdict:
    """Judge a step by what a listing shows of it.

    What is listed is done (`whole`: all of it), whenever that is. What is not listed is not done only of a
    settled doubt, and of a listing that `proves` it: fresh, and showing of a product of ours what such a step
    has added. Where the listing does not tell, the provider's word counts, or a person is asked.
    """
    if shown is not None and whole:
        return StepVerdict.DONE
    if not settled:
        return StepVerdict.WAITS
    if shown is not None and shown.sure and proves:
        return StepVerdict.NOT_DONE
    return StepVerdict.DONE if acknowledged else StepVerdict.ASKS


def is_whole(provider: Provider, step: ProductStep, before: Spec, row: Remote) -> bool:
    """Whether a listed product shows all that a step adds."""
    shown = provider.step_shown(step, before, row)
    return shown is not None and not _differ(provider, shown.part, step.body)


class ShownSteps:
    """Of which steps a listing shows what they add, at products of ours; it looks at all of them once."""

    def __init__(self, known: Known, rows: Mapping[str, Remote]) -> None:
        self._known, self._rows, self._shown = known, rows, dict[str, bool]()

    def prove_absence(self, step: ProductStep, entry: Entry, before: Spec) -> bool:
        """Whether some product shows what such a step has added: then what is not listed is not there."""
        name, row = step.name, self._rows.get(entry.id or "")
        made: Spec = freeze({**before, **step.body})
        if row is not None and _shows_some(self._known.provider, name, made, row):
            return True
        if name not in self._shown:
            self._shown[name] = any(
                _shows_some(self._known.provider, name, item.spec or EMPTY, listed)
                for item in self._known.items
                if (listed := self._rows.get(item.id or "")) is not None
            )
        return self._shown[name]


def _shows_some(provider: Provider, name: str, spec: Spec, row: Remote) -> bool:
    """Whether a product shows part of what a step of this name has added."""
    first = provider.first(spec)
    for step in provider.steps(first, spec):
        shown = provider.step_shown(step, first, row) if step.name == name else None
        bare = freeze({field: first.get(field) for field in step.body})
        if shown is not None and _differ(provider, bare, shown.part):
            return True
    return False


def _differ(provider: Provider, one: Spec, other: Spec) -> bool:
    first, second = provider.completed(one, other), provider.completed(other, one)
    return bool(provider.canonical(first) != provider.canonical(second))


def as_said(provider: Provider, spec: Spec, remote: Remote) -> Spec:
    """Return what of a spec a listed product has that a person assigns to it.

    That is what is listed, and what is said to exist. Of what else a step would add nobody has said anything.
    """
    said: Spec = freeze({**existing(provider, spec, remote), **provider.said_to_exist(spec, remote)})
    return said


def existing(provider: Provider, spec: Spec, remote: Remote) -> Spec:
    """Return what of a spec a listed product has for certain, where steps add to it."""
    made = provider.first(spec)
    for step in provider.past_steps(spec):
        shown = provider.step_shown(step, made, remote)
        if shown is not None:
            made = freeze({**made, **shown.part})
    return made


def untold(provider: Provider, made: Spec, wanted: Spec, row: Remote) -> tuple[str, ...]:
    """Return the steps that a taken product may lack, as far as a listing tells: nothing of them."""
    return tuple(
        step.name
        for step in provider.steps(made, wanted)
        if all(provider.shows(name, value, row.fields.get(name)) for name, value in step.body.items())
    )
