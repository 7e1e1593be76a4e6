"""What the staff of a shop do on its web page, whatever podsync is doing meanwhile.

Each step does nothing where it does not fit, as in `steps`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial

from podsync.model.frozen import FrozenDict
from podsync.sandbox import Fault
from tests.apply.world import SETTLE, TIMEOUT
from tests.machine.floor import PROVIDERS, Floor, Trouble
from tests.machine.steps import KINDS, SLUGS, STEPS, WEIGHTS, Step, add, edit, hand_removes, trouble_of

#: Answers that do not say that nothing was made; each by its kind and its body.
SILENT: tuple[tuple[str, str | None], ...] = (
    ("status:201", ""), ("status:204", ""), ("job", None), ("empty", None), ("html", None),
    ("status:200", '{"success": true}'),
)  # fmt: skip


def staff_rename(floor: Floor, luck: random.Random) -> None:
    """A product gets a name by hand that nobody would take for its own."""
    provider = luck.choice(PROVIDERS)
    if there := sorted(floor.there(provider)):
        floor.rename_there(provider, luck.choice(there), f"Named by hand {luck.randint(0, 99)}")


def staff_copy(floor: Floor, luck: random.Random) -> None:
    """A person makes what is in doubt, or what a document says, as well."""
    entries = [e for _, e in sorted(floor.state.entries.items()) if e.pending and e.pending.op == "create"]
    if entries:
        entry = luck.choice(entries)
        floor.by_hand(entry.provider, entry.pending.body if entry.pending else {})
    elif floor.documents:
        document = floor.documents[luck.choice(sorted(floor.documents))]
        floor.by_hand(document.provider, document.spec)


def empties(floor: Floor, luck: random.Random) -> None:
    """A person removes all that is there, whatever is in doubt."""
    provider = luck.choice(PROVIDERS)
    for identity in sorted(floor.there(provider)):
        floor.take_away(provider, identity)


def hands_apply(floor: Floor, luck: random.Random) -> None:
    """An apply on a bad day while somebody works on the web page: something happens between two requests."""
    for _ in range(luck.randint(0, 2)):
        luck.choice((add, add, edit))(floor, luck)
    trouble = trouble_of(floor, luck)
    step = luck.choice((staff_rename, staff_copy, hand_removes))
    act: Callable[[], None] = partial(step, floor, random.Random(luck.random()))
    trouble.hands = luck.randint(0, 3), luck.choice(["before", "after"]), act
    report = floor.run(trouble, wait=luck.random() < 0.75)
    if report is not None and luck.random() < 0.5 and (report.plan.errored or report.refused):
        floor.answers(report)


def reviewed(floor: Floor, luck: random.Random) -> None:
    """What was made is hidden for days by a review, and the answer to its create shows nothing of it."""
    kind = luck.choice(KINDS)
    document = floor.document(kind, luck.choice(SLUGS))
    # A name that no shop changes, so that the review knows it.
    name = str(700_000 + luck.randint(0, 99_999))
    spec = FrozenDict({**document.spec, floor.knowledge[document.provider].name_field: name})
    if document.address in floor.documents or not floor.write(
        floor.document(kind, document.address.name, spec)
    ):
        return
    floor.sandbox.set_rules(hidden=name)
    faults = []
    if luck.random() < 0.8:
        answer, body = luck.choice(SILENT)
        faults = [Fault(document.provider, "create", answer, commit=True, body=body, contains=name)]
    report = floor.run(Trouble(tuple(faults)), wait=luck.random() < 0.5)
    for _ in range(luck.randint(1, 3)):
        floor.always()
        if report is not None and report.exit_code:
            floor.answers(report)
        floor.clock.pass_by(luck.choice([60.0, 2 * SETTLE + TIMEOUT, 86400.0]))
        report = floor.run(Trouble())
    floor.always()
    # A later version of it is listed like anything else.
    made = [i for i, each in floor.there(document.provider).items() if name in each.values()]
    floor.sandbox.set_rules(hidden=luck.choice(["", *made[:1]]))


HANDS: Mapping[Step, int] = {staff_rename: 1, staff_copy: 1, empties: 1, hands_apply: 4, reviewed: 1}
#: All that can happen, and how often each is drawn for a campaign's schedule.
ALL_STEPS: Mapping[str, Step] = {**STEPS, **{each.__name__: each for each in HANDS}}
ALL_WEIGHTS = (*WEIGHTS, *HANDS.values())


def hands_schedule(luck: random.Random) -> list[tuple[str, int]]:
    """A schedule drawn by lot of all steps; it always ends with a good day."""
    names = luck.choices(list(ALL_STEPS), ALL_WEIGHTS, k=luck.randint(8, 26))
    return [("add", luck.randint(0, 999)), *((n, luck.randint(0, 999)) for n in names), ("good_day", 0)]
