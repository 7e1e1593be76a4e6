"""Whatever keeps a listing from being read whole: it ends well, or a person is asked what leads out.

Kinds of listings by situations. The person answers what is printed, and truly; nothing is made twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import pytest

from podsync.apply.report import Report, Result
from podsync.model.address import Address
from podsync.state import operations
from podsync.state.reducer.reducer import replay
from tests.apply.evidence import LONG, PROVIDERS, begin, in_doubt, lose, make, nothing_lost, truth
from tests.apply.world import QUIET_AFTER, Life, World, changed, plain

both = pytest.mark.parametrize("provider", PROVIDERS)
#: How often a person answers and applies again before it is called stuck.
ROUNDS = 6


class Refused(Exception):
    """The listing answers a page that there is not with an error."""


def _past(world: World, beyond: Callable[[list, int], list]) -> None:
    """`beyond` gives the page past the last one, of all rows and the size of a page."""
    plain = world.server._page

    def page(rows, offset, size):
        shown = plain(rows, offset, size)
        return shown if shown or not rows or not offset else beyond(rows, min(size, world.server.page_limit))

    world.server._page = page


def the_last_page_again(world: World) -> None:
    _past(world, lambda rows, size: rows[(len(rows) - 1) // size * size :])


def the_last_page_again_and_nothing_counts(world: World) -> None:
    """Pages of one row: no last page is shorter than the others, and no total tells."""
    world.server.page_limit, world.server.tell_total = 1, False
    _past(world, lambda rows, _: rows[-1:])


def an_error_past_the_end(world: World) -> None:
    carried_out = world.server._carried_out

    def refuse(*_):
        raise Refused

    def answer(operation, *facts):
        try:
            return carried_out(operation, *facts)
        except Refused:
            body = {"code": 50000, "message": "page out of range", "data": None}
            return (200 if operation.startswith("kakaclo") else 400), body

    _past(world, refuse)
    world.server._carried_out = answer


def an_error_past_the_end_and_nothing_counts(world: World) -> None:
    world.server.page_limit, world.server.tell_total = 1, False
    an_error_past_the_end(world)


def endless(world: World) -> None:
    """All rows on every page, in an order of its own."""
    turns, plain = itertools.count(), world.server._page

    def page(rows, offset, size):
        turn = next(turns) % max(1, len(rows))
        return [*rows[turn:], *rows[:turn]] if offset else plain(rows, offset, size)

    world.server._page = page


def a_total_that_never_agrees(world: World) -> None:
    more = itertools.count(1)
    world.server.total = lambda rows, _page: rows + next(more)


def hidden_rows_counted(world: World) -> None:
    world.server.total = lambda rows, _page: rows + 2


def a_row_that_comes_and_goes(world: World) -> None:
    """It is there in the first pass of each reading, and not in the second one."""
    turns, plain = itertools.count(), world.server._page

    def page(rows, offset, size):
        turn = next(turns) if not offset else 0
        return plain(rows[turn % 2 :] if not offset and len(rows) > 1 else rows, offset, size)

    world.server._page = page


def rows_dropped_at_borders(world: World) -> None:
    world.server.page_limit, world.server.pages = 2, "skip"


def two_versions_of_each_row(world: World) -> None:
    """An index that is behind has an older name beside the one of today."""
    plain_page = world.server._page

    def older(row):
        name = "enName" if "enName" in row["spec"] else "name"
        return {**row, "spec": {**row["spec"], name: f"{row['spec'][name]} (old)"}}

    def page(rows, offset, size):
        return [each for row in plain_page(rows, offset, size) for each in (row, older(row))]

    world.server._page = page


KINDS = (
    the_last_page_again, the_last_page_again_and_nothing_counts, an_error_past_the_end,
    an_error_past_the_end_and_nothing_counts, endless, a_total_that_never_agrees, hidden_rows_counted,
    a_row_that_comes_and_goes, rows_dropped_at_borders, two_versions_of_each_row,
)  # fmt: skip


# -- situations: what has happened before; the addresses whose products a person removed


def first_contact(world: World, provider: str) -> None:
    world.server.fill(provider, 3)
    make(world, provider)


def the_state_is_lost(world: World, provider: str) -> None:
    begin(world, provider)
    for product in world.server.products(provider):
        product["hand"] = False
    make(world, provider)
    assert world.apply().exit_code == 0
    lose(world, memory=True)
    make(world, provider, "two")


def a_create_in_doubt(world: World, provider: str) -> None:
    begin(world, provider)
    in_doubt(world, provider, made=False)


def removed_by_hand_and_made_again(world: World, provider: str) -> None:
    begin(world, provider)
    address = make(world, provider)
    assert world.apply().exit_code == 0
    world.clock.pass_by(LONG)
    world.apply()
    gone = world.entry(address).id
    world.server.remove(gone)
    world.documents[address] = changed(world.documents[address], recreate=gone)


def removed_by_hand_and_restored(world: World, provider: str) -> None:
    begin(world, provider)
    address = make(world, provider)
    assert world.apply().exit_code == 0
    world.clock.pass_by(LONG)
    world.apply()
    document = world.delete(address)
    assert world.apply().exit_code == 0
    world.server.remove(world.state.orphans[0].id)
    world.documents[address] = document


SITUATIONS = (
    first_contact, the_state_is_lost, a_create_in_doubt, removed_by_hand_and_made_again,
    removed_by_hand_and_restored,
)  # fmt: skip


# -- the person


def _really(world: World, address: Address) -> str | None:
    document = world.documents[address]
    return world._really(document.provider, document.spec)


def answers(world: World, report: Report) -> Mapping[str, object]:
    """Answer what is printed, as the web page shows it; the options of the next apply."""
    options: dict[str, object] = {}
    if report.unread:
        # Of what the page shows, and no listing told, a person would say the ids first.
        options["compared"] = frozenset(report.unread)
    if report.first_contacts:
        options["first_contact"] = True
    for each in report.outcomes:
        words = " ".join(each.next)
        if "--not-created" in words:
            world.answer(each.address, _really(world, each.address))
        elif f"state orphans --done {each.address}" in words:
            _done(world, each.address)
        elif f"state rm {each.address}" in words:
            world.forget(each.address)
        elif words:
            world.person_answers(report)
    return options


def _done(world: World, address: Address) -> None:
    """A person types `state orphans --done`."""
    store = world._store(Life())
    with store.lock("state orphans", 0.0):
        state = store.load()
        events = operations.removed(state, [str(address)], world.clock.now(), QUIET_AFTER)
        store.append(events)
        store.compact(replay(state, events))


@both
@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
def test_it_ends_well_or_a_person_is_asked_what_leads_out(world, provider, kind, situation):
    situation(world, provider)
    kind(world)
    told, options = [], {}

    for _ in range(ROUNDS):
        world.clock.pass_by(LONG)
        report = world.apply(**options)
        truth(world)
        told.append([(o.result, o.error, o.next) for o in report.outcomes if o.error] or report.stopped)
        if report.exit_code == 0 and not world.plan().work:
            break
        options = {**options, **answers(world, report)}

    assert (report.exit_code, world.plan().work) == (0, ()), told
    assert Result.FAILED not in [o.result for each in world.reports for o in each.outcomes]
    there = [p["body"] for p in world.server.products(provider) if not p["hand"]]
    assert len(there) == len(world.documents) - (situation is not first_contact and "zero" not in str(there))
    nothing_lost(world)


@both
@pytest.mark.parametrize("options", [{"first_contact": True}, {}], ids=["consent", "no consent"])
def test_what_was_not_read_whole_unlocks_nothing(world, provider, options):
    """A product of ours is hidden between the pages; neither consent nor an adopted one makes up for it."""
    a_total_that_never_agrees(world)
    world.server.fill(provider, 2)
    seen = make(world, provider, "seen")
    world.server.by_hand(provider, plain(world.documents[seen].spec))
    make(world, provider, "hidden")

    for _ in range(3):
        world.clock.pass_by(LONG)
        report = world.apply(**options)
        assert (report.exit_code, report.unread) == (4, (provider,))

    assert (world.state.entries, world.state.contacts) == ({}, {})
    assert [p for p in world.server.products(provider) if not p["hand"]] == []
