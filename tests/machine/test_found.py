"""Schedules that the machine and the campaign found, at their smallest."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from podsync.apply.report import Result
from podsync.evidence.listing import Version
from podsync.model.address import Address
from podsync.model.errors import ProtectedError
from podsync.model.frozen import FrozenDict
from podsync.model.product import Lifecycle
from podsync.sandbox import Fault
from podsync.state import operations
from tests.apply.world import QUIET_AFTER, SETTLE, TIMEOUT
from tests.machine.existing_floor import ExistingFloor
from tests.machine.existing_steps import EXISTING_STEPS
from tests.machine.floor import Floor, Trouble, a_floor
from tests.machine.steps import sized, take
from tests.machine.test_campaign import ALL, UNDISTURBED, play
from tests.plan.build import rewritten
from tests.products import poster_spec, tee_spec

POSTER, TEE = Address("customer_product", "cat"), Address("designed_product", "cat")


def write(floor: Floor, address: Address, **changes: object) -> None:
    document = floor.documents.get(address) or floor.document(address.kind, address.name)
    old = document.spec.get("name")
    assert floor.write(rewritten(document, spec=FrozenDict({**document.spec, **changes}), renamed_from=old))


def test_a_rename_waits_for_the_listing_too_when_the_state_is_older_than_the_last_one(floor):
    """The name may be that of a product which the newer state made seconds ago."""
    write(floor, POSTER)
    floor.good_day()
    backup = floor.path.read_bytes()
    floor.lose(journal=True, memory=True)
    write(floor, POSTER, name="Renamed")
    renamed = floor.documents[POSTER]
    # It does not say what it was called, so that another one is made.
    assert floor.write(rewritten(renamed, renamed_from=None))
    floor.first_contact = True
    floor.run(Trouble())
    assert floor.write(renamed)
    floor.sandbox.set_rules(gelato_lag=300.0)
    floor.path.write_bytes(backup)

    report = floor.run(Trouble())

    assert [o.result for o in report.outcomes] == [Result.FAILED]
    floor.always()
    floor.good_day()


def test_a_refusal_of_unknown_age_is_waited_out_in_the_run(floor):
    """Without a Date header no later run could ever say that it is long ago."""
    floor.sandbox.set_rules(date_header=False)
    write(floor, TEE)
    assert floor.run(Trouble((Fault("kakaclo", "create", "code:20001"),))).exit_code == 4
    floor.clock.pass_by(3 * SETTLE)

    report = floor.run(Trouble())

    assert report.exit_code == 0
    floor.good_day()


@pytest.mark.parametrize("again", [True, False], ids=["wanted again", "not wanted"])
def test_a_clock_moved_forward_makes_no_orphan_old_enough_to_be_missed(floor, again):
    write(floor, POSTER)
    write(floor, Address("customer_product", "old"))
    floor.good_day()
    floor.clock.pass_by(2 * SETTLE)
    floor.sandbox.set_rules(gelato_lag=300.0)
    write(floor, Address("customer_product", "new"))
    floor.run(Trouble(), wait=False)
    wanted = floor.delete(Address("customer_product", "new"))
    floor.run(Trouble())
    floor.clock.moved = 86400.0
    if again:
        floor.write(wanted)
    else:
        for number in range(6):
            write(floor, Address("customer_product", f"n{number}"))

    floor.run(Trouble())

    floor.always()
    floor.good_day()


@pytest.mark.parametrize("first", ["no wait", "other documents only"])
def test_a_state_that_was_lost_stays_so_until_each_listing_has_caught_up(floor, first):
    """An apply that sends to one provider alone must not make the other one's doubts forgotten."""
    write(floor, TEE)
    floor.run(Trouble())
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    floor.lose(journal=True, memory=False)
    tee = floor.documents[TEE]
    if first != "no wait":
        floor.delete(TEE)
    write(floor, POSTER)
    floor.run(Trouble(), wait=False)
    floor.write(tee)

    report = floor.run(Trouble())

    assert report.exit_code == 0
    floor.always()
    floor.good_day()


def test_a_document_takes_the_spec_that_another_one_gives_up(floor):
    """It takes the product itself: another one could not be told from it in KakaClo's listing."""
    write(floor, TEE)
    floor.run(Trouble())
    taken, (identity,) = floor.documents[TEE].spec, floor.made("kakaclo")
    dog = Address("designed_product", "dog")
    write(floor, TEE, enName="Another name")
    write(floor, dog, **taken)

    report = floor.run(Trouble())

    assert report.exit_code == 0
    assert (floor.state.entries[dog].id, len(floor.made("kakaclo"))) == (identity, 2)
    floor.always()
    floor.good_day()


def test_the_only_product_was_an_orphan_and_a_person_removed_it_as_asked(floor):
    """The orphan is all that is known: its absence looks like another account, for ever."""
    write(floor, TEE)
    floor.run(Trouble())
    floor.delete(TEE)
    floor.run(Trouble())
    floor.clock.pass_by(3 * SETTLE)
    floor.take_away("kakaclo", next(iter(floor.there("kakaclo"))))
    write(floor, Address("designed_product", "dog"))
    floor.first_contact = True

    report = floor.run(Trouble())
    assert (report.exit_code, report.other_accounts) == (9, ("kakaclo",))
    floor.emptied("kakaclo")
    after = floor.run(Trouble())

    assert after.exit_code == 0
    assert len(floor.there("kakaclo")) == 1
    floor.good_day()


def test_a_listing_is_as_old_as_its_first_page(floor):
    """Reading it may take longer than the wait: it need not show what was made before."""
    floor.sandbox.set_rules(date_header=False, kakaclo_lag=300.0)
    write(floor, TEE)
    floor.run(Trouble(), wait=False)
    floor.lose(journal=True, memory=False, copy=True)
    slow = iter([2 * SETTLE])

    def reading(told: str, happens: str) -> bool:
        if (told, happens) == ("after", "find"):
            floor.clock.pass_by(next(slow, 0.0))
        return False

    report = floor.run(Trouble(dies=reading))

    assert [o.result for o in report.outcomes] == [Result.ADOPTED]
    floor.always()


def test_an_update_that_arrives_after_a_later_one(floor):
    """The cut one is sent again and settled; when it arrives itself, the name is another one already."""
    write(floor, POSTER)
    floor.run(Trouble())
    write(floor, POSTER, name="Second")
    floor.run(Trouble(stray=frozenset({0}), delay=20.0, updates_too=True))
    write(floor, POSTER, name="Third")
    floor.run(Trouble())

    floor.clock.pass_by(TIMEOUT)

    assert [each["name"] for each in floor.there("gelato").values()] == ["Third"]


def test_an_update_that_is_held_up_for_longer_does_not_undo_another_one(floor):
    """Other values than those in doubt wait as long as a create: nothing would see what a late one did."""
    write(floor, POSTER)
    floor.run(Trouble())
    first = floor.documents[POSTER].spec["name"]
    write(floor, POSTER, name="Second")
    late = TIMEOUT + SETTLE / 2
    floor.run(Trouble(stray=frozenset({0}), delay=late, updates_too=True), wait=False)
    write(floor, POSTER, name="Third")
    assert floor.write(rewritten(floor.documents[POSTER], renamed_from=first))

    report = floor.run(Trouble())

    floor.clock.pass_by(late)
    assert report.exit_code == 0
    assert [each["name"] for each in floor.there("gelato").values()] == ["Third"]


def test_a_later_run_takes_no_older_namesake_for_a_product_that_is_not_visible_yet(floor):
    older = tee_spec("cat") | {"imageUrl": "https://cdn.example.com/another.png"}
    floor.by_hand("kakaclo", older)
    (namesake,) = floor.there("kakaclo")
    floor.clock.pass_by(3 * SETTLE)
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    write(floor, TEE)
    floor.first_contact = True
    floor.run(Trouble(), wait=False)

    floor.run(Trouble(), wait=False)

    entry = floor.state.entries.get(TEE)
    assert entry is None or entry.id != namesake
    floor.always()


def test_a_replace_in_doubt_was_not_made_and_the_version_before_the_last_is_wanted_again(floor):
    """That one is an orphan: it is taken back, not made a second time."""
    first = tee_spec("cat")
    write(floor, TEE)
    floor.run(Trouble())
    write(floor, TEE, enName="Second")
    floor.run(Trouble())
    write(floor, TEE, enName="Third")
    floor.run(Trouble((Fault("kakaclo", "create", "fin"),)), wait=False)
    write(floor, TEE, **first)
    floor.clock.pass_by(2 * SETTLE)

    floor.run(Trouble())

    floor.always()
    floor.good_day()


def test_a_maybe_stops_a_product_for_as_long_as_the_state_is_behind(floor):
    """Without the model list nothing is certainly the same; what was lost may be just that."""
    tee = consent_hides(floor, modelId="81")

    report = floor.run(Trouble(tuple(Fault("kakaclo", "models", "html") for _ in range(9))))

    assert [o.result for o in report.outcomes if o.address == tee.address] == [Result.NOT_TRIED]
    assert report.exit_code == 4
    floor.always()
    floor.good_day()


def test_what_consent_passed_over_is_a_question_where_pictures_are_rehosted(floor):
    """Consent says of no product whose it is: a document that may be one of them later is asked about."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted")
    tee = consent_hides(floor)

    report = floor.run(Trouble())

    told = {outcome.address: outcome for outcome in report.outcomes}[tee.address]
    assert (told.result, report.exit_code) == (Result.NOT_TRIED, 4)
    assert "did not know all" in told.error
    floor.always()


def test_what_consent_passed_over_is_taken_back_where_it_is_the_same(floor):
    tee = consent_hides(floor)

    report = floor.run(Trouble())

    assert [o.result for o in report.outcomes if o.address == tee.address] == [Result.ADOPTED]
    floor.good_day()


def consent_hides(floor, **changes):
    """State lost, a document deleted, consent given for what it made, the document written again."""
    write(floor, TEE, **changes)
    floor.run(Trouble())
    floor.lose(journal=True, memory=False, copy=True)
    tee = floor.delete(TEE)
    write(floor, Address("designed_product", "dog"))
    floor.first_contact = True
    floor.run(Trouble())
    floor.write(tee)
    floor.clock.pass_by(2 * SETTLE)
    return tee


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_what_was_refused_though_made_is_named_when_its_document_is_gone(floor, provider):
    """Nobody would know of it otherwise: no entry holds it, and no document wants it."""
    address = TEE if provider == "kakaclo" else POSTER
    write(floor, Address(address.kind, "dog"))
    floor.good_day()
    write(floor, address)
    lie = Fault(provider, "create", "code:20001" if provider == "kakaclo" else "status:404", commit=True)
    floor.run(Trouble((lie,)))
    document = floor.delete(address)
    (made,) = set(floor.made(provider)) - set(floor.state.owned(provider))
    floor.clock.pass_by(2 * SETTLE)

    first, second = floor.run(Trouble()), floor.run(Trouble())
    floor.take_away(provider, made)
    missed = floor.run(Trouble())
    floor.clock.pass_by(2 * SETTLE)
    gone = floor.run(Trouble())

    assert [each.exit_code for each in (first, second, missed, gone)] == [8, 8, 8, 0]
    for report, answers in ((first, "abc"), (second, "abc"), (missed, "ab")):
        (told,) = [o for o in report.outcomes if o.address == document.address]
        assert made in told.error
        assert [line[:3] for line in told.next] == [f"{letter}) " for letter in answers]
    assert gone.notes == ()
    assert not floor.state.refusals
    floor.good_day()


def test_what_was_refused_and_not_made_is_looked_for_once_when_its_document_is_gone(floor):
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    write(floor, TEE)
    floor.run(Trouble((Fault("kakaclo", "create", "code:20001"),)))
    floor.delete(TEE)
    floor.clock.pass_by(2 * SETTLE)

    report = floor.run(Trouble())

    assert (report.exit_code, report.notes, floor.state.refusals) == (0, (), {})
    assert not floor.plan().unwanted


def test_a_model_list_that_is_not_understood_makes_nothing_a_namesake(floor):
    """An old state, and no memory of the newer one: the listing has the product, field for field."""
    write(floor, Address("designed_product", "dog"))
    floor.run(Trouble())
    number = len(floor.backups) - 1
    write(floor, TEE)
    floor.run(Trouble())
    floor.restore(number, memory=True)

    floor.run(Trouble(tuple(Fault("kakaclo", "models", "html") for _ in range(9))))

    floor.always()


def test_a_document_is_renamed_and_its_version_before_the_last_wanted_again(floor):
    """That version is an orphan of the former address: it is taken back, or refused, not made again."""
    first = tee_spec("cat")
    write(floor, TEE)
    floor.run(Trouble())
    write(floor, TEE, enName="Second")
    floor.run(Trouble())
    write(floor, TEE, **first)
    bee = Address("designed_product", "bee")
    assert floor.write_all(rewritten(floor.documents[TEE], address=bee, moved=("cat",)), without=TEE)

    floor.run(Trouble())

    floor.always()


def test_a_provider_that_had_to_stop_is_not_called_complete(floor):
    """The only known product was removed as asked: is it the right account? An id is still to be read."""
    write(floor, TEE)
    floor.run(Trouble())
    floor.clock.pass_by(3 * SETTLE)
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    (old,) = floor.there("kakaclo")
    write(floor, TEE, enName="Another name")
    floor.run(Trouble(), wait=False)
    floor.take_away("kakaclo", old)
    floor.clock.pass_by(3 * SETTLE)

    report = floor.run(Trouble())
    assert (report.exit_code, report.other_accounts) == (9, ("kakaclo",))
    floor.emptied("kakaclo")
    after = floor.run(Trouble())

    assert after.exit_code == 0
    assert len(floor.there("kakaclo")) == 1
    floor.good_day()


@pytest.mark.parametrize("untold", ["no Date", "clock set back"])
def test_a_likely_id_is_confirmed_by_the_runs_own_clock_where_no_other_tells(floor, untold):
    """Between runs neither clock says what went by: the run has to wait, or the id stays open for ever."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted", date_header=untold != "no Date")
    write(floor, TEE)
    floor.run(Trouble())
    floor.clock.moved = -365 * 86400.0 if untold == "clock set back" else 0.0
    for _ in range(3):
        floor.clock.pass_by(2 * SETTLE)
        report = floor.run(Trouble())

    assert report.exit_code == 0
    assert not floor.plan().unbound["kakaclo"]


def test_a_likely_id_whose_product_a_person_removed_is_a_question(floor):
    floor.sandbox.set_rules(kakaclo_pictures="rehosted")
    write(floor, TEE)
    write(floor, Address("designed_product", "dog"))
    floor.run(Trouble(), wait=False)
    floor.run(Trouble(), wait=False)
    (cat,) = {e.id for a, e in floor.state.entries.items() if a == TEE}
    floor.take_away("kakaclo", cat)
    for _ in range(3):
        floor.clock.pass_by(2 * SETTLE)
        report = floor.run(Trouble())

    assert report.exit_code == 8


def test_an_orphan_whose_id_is_open_is_a_question_in_the_end(floor):
    """Two equal rows: nobody can say which one is ours, and nobody is asked."""
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    write(floor, Address("designed_product", "dog"))
    write(floor, TEE)
    floor.run(Trouble(), wait=False)
    floor.by_hand("kakaclo", floor.documents[TEE].spec)
    floor.delete(TEE)
    for _ in range(3):
        floor.clock.pass_by(2 * SETTLE)
        report = floor.run(Trouble())

    assert report.exit_code == 8


def test_an_update_whose_name_came_back_changed_is_not_undone_silently(floor):
    """The shop has the new name, in capitals: the YAML of the old one is not up to date."""
    write(floor, POSTER)
    floor.run(Trouble())
    floor.run(Trouble())
    old = floor.documents[POSTER].spec["name"]
    floor.sandbox.set_rules(names="upper")
    write(floor, POSTER, name="Second")
    assert floor.run(Trouble()).exit_code == 4
    assert floor.write(
        rewritten(
            floor.documents[POSTER],
            spec=FrozenDict({**floor.documents[POSTER].spec, "name": old}),
            renamed_from=None,
        )
    )

    floor.run(Trouble())

    (there,) = floor.there("gelato").values()
    assert there["name"] == old


def test_a_document_edited_before_its_id_is_sure_keeps_what_it_made(floor):
    """The person says which listed product the document is now; what it made before is not forgotten."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted")
    write(floor, TEE)
    floor.run(Trouble(), wait=False)
    floor.run(Trouble(), wait=False)
    (made,) = floor.made("kakaclo")
    assert floor.state.entries[TEE].provisional
    write(floor, TEE, enName="Another name")
    floor.by_hand("kakaclo", floor.documents[TEE].spec)
    (other,) = floor.model.hand

    floor._import("kakaclo", {TEE: other}, [])

    assert made in floor.state.owned("kakaclo")
    assert floor.state.entries[TEE].spec["enName"] == "Another name"


def test_a_lost_state_asks_about_a_name_whose_quotes_came_back_as_question_marks(floor):
    """Pictures are re-hosted besides: nothing but the name tells what it is, and it is made twice."""
    floor.sandbox.set_rules(names="ascii", kakaclo_pictures="rehosted")
    write(floor, TEE, enName="The cat\u2019s \u201cBest\u201d")
    floor.run(Trouble())
    floor.lose(journal=True, memory=True)
    floor.first_contact = True

    floor.run(Trouble())

    assert len(floor.made("kakaclo")) == 1


def test_an_account_known_by_another_ones_product_alone_can_be_called_emptied(floor):
    """Another one's product was the only landmark, and its owner removed it: what is printed has to help."""
    floor.by_hand("kakaclo", tee_spec("stranger"))
    floor.clock.pass_by(3 * SETTLE)
    write(floor, TEE)
    floor.first_contact = True
    floor.run(Trouble((Fault("kakaclo", "create", "status:401"),)))
    floor.take_away("kakaclo", next(iter(floor.there("kakaclo"))))
    floor.by_hand("kakaclo", tee_spec("other"))
    floor.clock.pass_by(3 * SETTLE)
    report = floor.run(Trouble())
    assert (report.exit_code, report.other_accounts) == (9, ("kakaclo",))

    floor.emptied("kakaclo")

    floor.first_contact = True
    assert floor.run(Trouble()).exit_code == 0


def test_an_old_state_makes_nothing_beside_an_own_product_that_is_listed_under_that_name(floor):
    """The product was moved and renamed since: its former address holds it, and its name is wanted anew."""
    write(floor, POSTER)
    floor.good_day()
    number = len(floor.backups) - 1
    dog, old = Address("customer_product", "dog"), floor.documents[POSTER]
    spec = FrozenDict({**old.spec, "name": "Renamed"})
    moved = rewritten(old, address=dog, moved=("cat",), spec=spec, renamed_from=old.spec["name"])
    assert floor.write_all(moved, without=POSTER)
    floor.good_day()
    floor.restore(number, memory=False)
    assert floor.write_all(old, rewritten(moved, moved=(), renamed_from=None))

    floor.run(Trouble())

    assert [each["name"] for each in floor.there("gelato").values()].count("Renamed") == 1


def test_the_account_of_an_old_state_is_known_by_what_the_newer_one_made(floor):
    """All that the old one knows was removed since: nobody is told that it may be another key's account."""
    write(floor, TEE)
    floor.good_day()
    number = len(floor.backups) - 1
    first = floor.state.entries[TEE].id
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.take_away("kakaclo", first)
    floor.restore(number, memory=False)

    assert floor.run(Trouble()).other_accounts == ()
    floor.good_day()


def test_an_account_known_by_an_orphan_alone_can_be_called_emptied(floor):
    """The orphan was removed as asked: the way out that is printed."""
    write(floor, TEE)
    floor.run(Trouble())
    floor.delete(TEE)
    floor.run(Trouble())
    floor.clock.pass_by(3 * SETTLE)
    floor.take_away("kakaclo", next(iter(floor.there("kakaclo"))))
    write(floor, Address("designed_product", "dog"))
    report = floor.run(Trouble())
    assert report.other_accounts == ("kakaclo",)

    floor.emptied("kakaclo")

    assert floor.run(Trouble()).exit_code == 0


@pytest.mark.parametrize("pictures", ["kept", "rehosted"])
def test_what_was_said_to_be_gone_and_is_listed_is_a_question(floor, pictures):
    """A person was wrong, or had another account's key: nothing is made beside what is there."""
    floor.sandbox.set_rules(kakaclo_pictures=pictures)
    write(floor, TEE)
    floor.good_day()
    floor.clock.pass_by(3 * SETTLE)
    floor.emptied("kakaclo")

    report = floor.run(Trouble())

    (told,) = report.outcomes
    assert (report.exit_code, told.result) == (4, Result.NOT_TRIED)
    assert "listed again" in told.error
    floor.good_day()
    assert len(floor.made("kakaclo")) == 1


def test_an_older_state_does_not_believe_what_it_observed(floor):
    """Names and pictures were kept when it was written; the shop has changed since."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    number = len(floor.backups) - 1
    floor.sandbox.set_rules(names="upper", kakaclo_pictures="rehosted")
    write(floor, TEE)
    floor.good_day()
    floor.restore(number, memory=False, copy=True)

    report = floor.run(Trouble())

    assert report.exit_code == 4
    assert len(floor.made("kakaclo")) == 2
    floor.good_day()


def test_what_was_refused_though_made_is_not_adopted_as_its_next_edition(floor):
    """Only the colour differs, which no listing tells: what is there was made with the old one."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    write(floor, TEE, colorValue="#112233")
    floor.run(Trouble((Fault("kakaclo", "create", "code:20001", commit=True),)))
    write(floor, TEE, colorValue="#445566")
    floor.clock.pass_by(2 * SETTLE)

    report = floor.run(Trouble())

    (told,) = report.outcomes
    assert (report.exit_code, told.result) == (4, Result.NOT_TRIED)
    assert "it was refused" in told.error


@pytest.mark.parametrize("wait", [True, False])
def test_a_namesake_with_other_customers_that_is_listed_first_is_not_confirmed(floor, wait):
    """A person made it unseen a moment before; ours, whose answer was cut off, is listed a little later."""
    floor.sandbox.set_rules(gelato_lag=300.0)
    floor.by_hand("gelato", poster_spec("cat"))
    floor.clock.pass_by(100.0)
    write(floor, POSTER, customerIds=("customer-8",))
    floor.run(Trouble(stray=frozenset({0}), delay=15.0), wait=wait)

    floor.good_day()

    (made,) = floor.made("gelato")
    assert floor.state.entries[POSTER].id == made


@pytest.mark.parametrize("wait", [True, False])
def test_a_namesake_that_is_listed_first_is_a_question_once_both_are_listed(floor, wait):
    """Pictures are re-hosted: nothing tells a person's product, made unseen a moment before, from ours."""
    floor.sandbox.set_rules(kakaclo_lag=300.0, kakaclo_pictures="rehosted")
    floor.by_hand("kakaclo", tee_spec("cat"))
    floor.clock.pass_by(100.0)
    write(floor, TEE)
    floor.run(Trouble(), wait=wait)
    floor.clock.pass_by(200.0)
    floor.run(Trouble(), wait=wait)

    floor.clock.pass_by(SETTLE)
    report = floor.run(Trouble())

    assert report.exit_code == 8
    floor.good_day()
    (made,) = floor.made("kakaclo")
    assert floor.state.entries[TEE].id == made


@pytest.mark.parametrize("wait", [True, False])
def test_what_may_be_a_persons_product_is_not_renamed(floor, wait):
    """It is listed with other customers than were sent: until ours would be listed nobody can tell."""
    floor.sandbox.set_rules(gelato_lag=300.0)
    floor.by_hand("gelato", poster_spec("cat"))
    floor.clock.pass_by(100.0)
    write(floor, POSTER, customerIds=("customer-8",))
    floor.run(Trouble(stray=frozenset({0}), delay=15.0))
    (hand,) = floor.model.hand
    assert floor.state.entries[POSTER].id == hand
    write(floor, POSTER, name="Renamed")

    report = floor.run(Trouble(), wait=wait)

    (told,) = report.outcomes
    assert told.result is (Result.UPDATED if wait else Result.NOT_TRIED)
    assert floor.there("gelato")[hand]["name"] == "The cat Poster"
    floor.good_day()
    assert [each["name"] for each in floor.made("gelato").values()] == ["Renamed"]


@pytest.mark.parametrize("wanted", [True, False], ids=["entry", "orphan"])
def test_what_was_asked_is_believed_though_the_clock_was_ahead_when_it_was_made(floor, wanted):
    """The run asked by its own clock: what it prints is not refused for another year."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    floor.clock.moved = 365 * 86400.0
    write(floor, TEE)
    floor.run(Trouble(), wait=False)
    floor.take_away(
        "kakaclo", next(i for i in floor.there("kakaclo") if i not in floor.state.owned("kakaclo"))
    )
    floor.clock.moved = 0.0
    if not wanted:
        floor.delete(TEE)
        floor.run(Trouble(), wait=False)
    floor.clock.pass_by(3 * SETTLE)

    report = floor.run(Trouble())

    assert report.exit_code == 8
    state, now = floor.state, floor.clock.now()
    said = (
        operations.remove(state, TEE, now, QUIET_AFTER)
        if wanted
        else operations.removed(state, [str(TEE)], now, QUIET_AFTER)
    )
    assert [each.address for each in said] == [TEE]


def test_a_replace_in_doubt_does_not_hide_what_is_asked_of_what_it_replaces(floor):
    """Both are asked, and what is printed of the older one binds the older one."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(kakaclo_pictures="rehosted", kakaclo_lag=300.0)
    floor.by_hand("kakaclo", tee_spec("cat"))
    write(floor, TEE)
    floor.run(Trouble())
    floor.by_hand("kakaclo", {**tee_spec("cat"), "enName": "Another name"})
    write(floor, TEE, enName="Another name")

    report = floor.run(Trouble((Fault("kakaclo", "create", "html", commit=True),)))

    (told,) = report.outcomes
    _, first, second = floor.made("kakaclo")
    assert (report.exit_code, told.result) == (8, Result.IN_DOUBT)
    assert any(f"podsync state settle {TEE} --adopt {second}" in line for line in told.next)
    assert any(f"podsync import {TEE} {first}" in line for line in told.next)
    floor._import("kakaclo", {TEE: first}, [])
    assert (floor.state.entries[TEE].id, floor.state.entries[TEE].pending is None) == (first, False)
    floor.good_day()
    assert floor.state.entries[TEE].id == second


def test_what_is_held_up_by_a_question_says_so(floor):
    """The only product that was made here is one of two: nothing goes on before a person says which."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted", kakaclo_lag=300.0)
    floor.by_hand("kakaclo", tee_spec("cat"))
    write(floor, TEE)
    floor.run(Trouble())
    floor.clock.pass_by(2 * SETTLE)
    write(floor, TEE, enName="Another name")
    write(floor, Address("designed_product", "dog"))
    began = floor.clock.passed

    report = floor.run(Trouble())

    told = {outcome.address.name: outcome for outcome in report.outcomes}
    assert floor.clock.passed - began < SETTLE
    assert (told["cat"].result, told["dog"].result) == (Result.IN_DOUBT, Result.NOT_TRIED)
    assert "until a person has said what they are" in told["dog"].error
    assert any(f"podsync import {TEE}" in line for line in told["cat"].next)
    floor.good_day()


def test_what_is_asked_of_an_orphan_stands_beside_what_its_address_could_not_make(floor):
    """Else a person is told to apply later, and no later apply goes on."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted", kakaclo_lag=300.0)
    floor.by_hand("kakaclo", tee_spec("cat"))
    write(floor, TEE)
    floor.run(Trouble())
    floor.delete(TEE)
    floor.run(Trouble())
    floor.clock.pass_by(2 * SETTLE)
    write(floor, TEE, enName="Another name")

    report = floor.run(Trouble())

    (told,) = report.outcomes
    assert told.result is Result.NOT_TRIED
    assert f"podsync state orphans --done {TEE}" in told.next[-1]
    floor.good_day()


def test_a_product_for_everybody_says_nothing_of_what_becomes_of_customers(floor):
    """Their ids come back in capitals: one that came back as it was sent rules nothing out."""
    floor.sandbox.set_rules(gelato_customers="upper")
    write(floor, POSTER)
    write(floor, Address("customer_product", "all"), customerIds=("*",))
    floor.run(Trouble())

    floor.run(Trouble())

    assert floor.state.entries[POSTER].id in floor.made("gelato")
    floor.good_day()


def test_several_orphans_of_one_address_without_an_id_end_together(floor):
    """Nothing but their address names them: an answer that has to name one of them could never be given."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    for name in ("First", "Second", "Third"):
        write(floor, TEE, enName=name)
        floor.run(Trouble(), wait=False)
    for identity, each in floor.there("kakaclo").items():
        if each["enName"] in ("First", "Second"):
            floor.take_away("kakaclo", identity)
    floor.clock.pass_by(3 * SETTLE)

    report = floor.run(Trouble())

    (told,) = report.outcomes
    said = operations.removed(floor.state, [str(TEE)], floor.clock.now(), QUIET_AFTER)
    assert "all 2 orphans of this address" in told.next[-1]
    assert [each.address for each in said] == [TEE, TEE]
    floor.good_day()


def test_a_refusal_that_nobody_waits_for_ends_though_an_orphan_was_removed(floor):
    """The orphan is missing in a reading by model alone, which never calls it gone."""
    floor.sandbox.set_rules(date_header=False)
    for name in ("dog", "old"):
        write(floor, Address("designed_product", name))
    floor.good_day()
    floor.delete(Address("designed_product", "old"))
    floor.run(Trouble())
    write(floor, TEE)
    assert floor.run(Trouble((Fault("kakaclo", "create", "code:20001"),))).exit_code == 4
    floor.delete(TEE)
    floor.clock.pass_by(2 * SETTLE)
    floor.take_away("kakaclo", floor.state.orphans[0].id)

    for _ in range(3):
        floor.run(Trouble())
        floor.clock.pass_by(2 * SETTLE)

    assert floor.state.refusals == {}
    began = floor.clock.passed
    assert floor.run(Trouble()).exit_code == 0
    assert floor.clock.passed == began


def test_what_a_document_wants_now_is_not_asked_before_what_it_made_is_known(floor):
    """What is said of the new edition is not believed of the old one: each answer names its version."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted")
    write(floor, TEE)
    floor.run(Trouble())
    (made,) = floor.made("kakaclo")
    write(floor, TEE, imageUrl="https://cdn.example.com/new.png")
    floor.clock.pass_by(SETTLE)
    floor.by_hand("kakaclo", floor.documents[TEE].spec)

    report = floor.run(Trouble())

    (told,) = report.outcomes
    takes = [line for line in told.next if "podsync import designed" in line]
    assert takes
    assert all(" --as " in line for line in takes)
    floor.good_day()
    assert floor.state.owned("kakaclo").keys() >= {made}


@pytest.mark.parametrize("wait", [True, False])
def test_an_update_waits_until_its_product_is_listed(floor, wait):
    """Else it is listed under another name than it was made with, and the id that was told is taken back."""
    write(floor, Address("customer_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(gelato_lag=45.0)
    write(floor, POSTER)
    floor.run(Trouble(), wait=False)
    (made,) = set(floor.made("gelato")) - {floor.state.entries[Address("customer_product", "dog")].id}
    write(floor, POSTER, name="Renamed")
    began = floor.clock.passed

    report = floor.run(Trouble((Fault("gelato", "update", "slow"),)), wait=wait)

    (told,) = report.outcomes
    assert told.result is (Result.UPDATED if wait else Result.NOT_TRIED)
    assert floor.clock.passed - began < SETTLE / 3  # the lag, an answer that is cut, and a second one
    assert floor.state.entries[POSTER].id == made
    floor.good_day()


def test_a_date_that_does_not_go_on_as_a_clock_does_says_nothing_between_runs(floor):
    """Each answer's is earlier; our own clock is set right meanwhile. The request is on its way still."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.clock.moved = -365 * 86400.0
    floor.sandbox.set_rules(date_back=300.0)
    write(floor, TEE)
    floor.run(Trouble(stray=frozenset({0}), delay=20.0), wait=False)
    floor.sandbox.set_rules(date_back=0.0)
    floor.clock.moved = 0.0

    report = floor.run(Trouble(), wait=False)

    assert report.exit_code == 8
    floor.good_day()


def test_an_old_state_presumes_nothing_of_what_a_newer_one_may_have_made(floor):
    """Its own product was renamed since, and another one, for other customers, has the name that it had."""
    dog = Address("customer_product", "dog")
    floor.sandbox.set_rules(gelato_customers="upper", gelato_lag=45.0)
    write(floor, POSTER)
    floor.run(Trouble(), wait=False)
    number, name = len(floor.backups) - 1, floor.documents[POSTER].spec["name"]
    floor.good_day()
    write(floor, POSTER, name="Free")
    floor.good_day()
    write(floor, dog, name=name, customerIds=("customer-9",))
    floor.good_day()
    known = {address: floor.state.entries[address].id for address in (POSTER, dog)}
    floor.restore(number, memory=False)

    floor.run(Trouble())

    assert floor.state.entries[POSTER].id in (None, known[POSTER])
    floor.good_day()
    assert {address: floor.state.entries[address].id for address in (POSTER, dog)} == known


def test_what_no_listing_shows_is_asked_though_no_date_tells_how_long_ago_it_was_made(floor):
    """The run waits by its own clock, once: what it has asked stays asked."""
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(kakaclo_lag=300.0, date_header=False)
    write(floor, TEE)
    floor.run(Trouble(), wait=False)
    (made,) = set(floor.there("kakaclo")) - set(floor.state.owned("kakaclo"))
    floor.take_away("kakaclo", made)
    floor.clock.pass_by(3 * SETTLE)

    first = floor.run(Trouble())
    began = floor.clock.passed
    second = floor.run(Trouble())

    assert (first.exit_code, second.exit_code) == (8, 8)
    assert floor.clock.passed - began < SETTLE
    floor.good_day()


def test_what_a_person_says_of_another_product_answers_no_refusal(floor):
    """The refused body was made all the same; what the document wants now is what a person made by hand."""
    write(floor, Address("customer_product", "dog"))
    floor.good_day()
    write(floor, POSTER)
    assert floor.run(Trouble((Fault("gelato", "create", "status:400", commit=True),))).exit_code == 4
    write(floor, POSTER, name="By hand")
    floor.by_hand("gelato", floor.documents[POSTER].spec)
    floor.clock.pass_by(2 * SETTLE)
    (hand,) = floor.model.hand

    floor._import("gelato", {POSTER: hand}, [])

    assert [each.body["name"] for each in floor.state.refusals[POSTER]] == ["The cat Poster"]
    report = floor.run(Trouble())
    assert report.exit_code == 8
    assert "no document wants it" in " ".join(outcome.error or "" for outcome in report.outcomes)
    floor.good_day()


def test_a_lost_state_takes_back_no_likely_id_that_it_found_itself(floor):
    """Else it is found and taken back in turns, and what waits for it waits for ever."""
    floor.sandbox.set_rules(kakaclo_pictures="rehosted", names="lower")
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.lose(journal=True, memory=False)
    floor.first_contact = True
    write(floor, TEE)
    floor.run(Trouble())
    write(floor, TEE, colorValue="#001122")

    floor.good_day()


def test_a_question_that_a_later_look_answers_is_not_left_in_the_report(tmp_path):
    """Its doubt is over: no answer would be taken, and its document waited for the next apply."""
    with a_floor(tmp_path, random.Random("94015:17")) as floor:
        for step, number in (("bad_apply", 849), ("add", 556), ("weather", 824), ("good_day", 0)):
            take(floor, step, number)


def test_an_id_that_was_taken_back_is_not_waited_for_to_be_gone(tmp_path):
    """An old state had it as a likely one: no look could call it missing, and the apply waited for ever."""
    steps = (
        ("adopts", 730), ("add", 552), ("good_day", 803), ("recreates", 14), ("restore", 916),
        ("good_day", 0),
    )  # fmt: skip
    with a_floor(tmp_path, random.Random("94016:93"), kind=ExistingFloor) as floor:
        for step, number in steps:
            take(floor, step, number, EXISTING_STEPS)


def backed_up_after_a_create(floor, pictures, doubt):
    """A tee was sent, and its id is not known in the backup whose number is returned; it is known now."""
    floor.sandbox.set_rules(kakaclo_pictures=pictures)
    write(floor, Address("designed_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(kakaclo_lag=300.0)
    write(floor, TEE, colorValue="#000001")
    floor.run(Trouble((Fault("kakaclo", "create", "html", commit=True),) if doubt else ()), wait=False)
    number = len(floor.backups) - 1
    floor.good_day()
    return number


@pytest.mark.parametrize("doubt", [True, False], ids=["in doubt", "acknowledged"])
@pytest.mark.parametrize("pictures", ["kept", "rehosted"])
@pytest.mark.parametrize("first", ["sent", "document"])
def test_an_older_state_asks_which_version_a_product_is_where_no_listing_tells(floor, doubt, pictures, first):
    """Only the colour was edited since the backup: a person says which version the row is."""
    number = backed_up_after_a_create(floor, pictures, doubt)
    sent = floor.state.entries[TEE].id
    floor.clock.pass_by(SETTLE)
    write(floor, TEE, colorValue="#000002")
    floor.good_day()
    today = floor.state.entries[TEE].id
    floor.clock.pass_by(2 * SETTLE)
    floor.restore(number, memory=True)

    (told,) = floor.run(Trouble()).outcomes

    assert told.result is Result.IN_DOUBT
    assert 'colorValue "#000001" (its document says "#000002" today)' in told.error
    for each in (sent, today):
        for version in ("sent", "document"):
            assert any(f" {each} --as {version}" in line for line in told.next)
    with pytest.raises(ProtectedError, match="does not tell") as refused:
        floor.say(TEE, {"sent": sent, "document": today}[first], None)
    assert [line.split(" --as ")[1] for line in refused.value.remedy.splitlines()] == ["sent", "document"]

    floor.say(TEE, {"sent": sent, "document": today}[first], Version(first))
    floor.good_day()

    assert floor.state.entries[TEE].id == today
    assert len({*floor.made("kakaclo"), *floor.model.removed}) == 3
    held = [(orphan.id, orphan.spec["colorValue"]) for orphan in floor.state.orphans]
    assert held == [(sent, "#000001")] or floor.model.removed == {sent}


@pytest.mark.parametrize("doubt", [True, False], ids=["in doubt", "acknowledged"])
@pytest.mark.parametrize("pictures", ["kept", "rehosted"])
def test_an_older_state_takes_no_newer_version_for_what_it_sent_itself(floor, doubt, pictures):
    """The older version was removed, as podsync asks; the only row left is the one of today."""
    number = backed_up_after_a_create(floor, pictures, doubt)
    floor.clock.pass_by(SETTLE)
    floor.take_away("kakaclo", floor.state.entries[TEE].id)
    write(floor, TEE, colorValue="#000002")
    floor.good_day()
    today = floor.state.entries[TEE].id
    floor.clock.pass_by(2 * SETTLE)
    floor.restore(number, memory=True)

    (told,) = floor.run(Trouble()).outcomes

    assert told.result is Result.IN_DOUBT
    assert any(f" {today} --as document" in line for line in told.next)
    floor.say(TEE, today, Version.DOCUMENT)
    floor.good_day()
    assert floor.state.entries[TEE].id == today
    assert [each["colorValue"] for each in floor.made("kakaclo").values()].count("#000002") == 1


@pytest.mark.parametrize("memory", [True, False], ids=["forgotten", "remembered"])
@pytest.mark.parametrize("version", ["sent", "document"])
def test_an_older_state_asks_at_gelato_too_which_version_a_product_is(floor, memory, version):
    """The newer state has swapped the two: the name that was sent is that of another edition by now."""
    swaps = Lifecycle(replace="swap")
    write(floor, Address("customer_product", "dog"))
    floor.good_day()
    document = floor.document("customer_product", "cat")
    assert floor.write(replace(document, lifecycle=swaps))
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(gelato_lag=300.0)
    floor.run(Trouble((Fault("gelato", "create", "html", commit=True),)), wait=False)
    number = len(floor.backups) - 1
    floor.good_day()
    sent = floor.state.entries[POSTER].id
    floor.clock.pass_by(SETTLE)
    part = (FrozenDict({"partModelId": "frame", "quantity": 7}),)
    assert floor.write(
        replace(document, spec=FrozenDict({**document.spec, "partQuantities": part}), lifecycle=swaps)
    )
    floor.good_day()
    today = floor.state.entries[POSTER].id
    assert today != sent
    floor.clock.pass_by(2 * SETTLE)
    floor.restore(number, memory=memory)

    (told,) = floor.run(Trouble()).outcomes

    assert told.result is Result.IN_DOUBT
    assert "partQuantities" in told.error
    floor.say(POSTER, {"sent": sent, "document": today}[version], Version(version))
    floor.good_day()
    assert floor.state.entries[POSTER].id == today
    # The older one may have been removed, as podsync asks of an orphan.
    assert len({*floor.made("gelato"), *floor.model.removed}) == 3
    assert floor.model.removed <= {sent}


def test_a_remembered_product_is_not_what_a_later_create_has_made(tmp_path):
    """It was removed by hand: every new create in doubt asked about it, whatever a person had said."""
    _, fault = play(tmp_path, "94021:15", UNDISTURBED)

    assert fault is None


def a_look_takes_what_was_edited(floor: Floor) -> None:
    """The state is lost after an edit that no listing shows and nothing has sent."""
    write(floor, Address("designed_product", "dog"))
    write(floor, TEE, colorValue="#000001")
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    write(floor, TEE, colorValue="#000002")
    floor.lose(journal=True, memory=True)
    floor.good_day()


@pytest.mark.parametrize("colour", ["#000001", "#000003"], ids=["as it was sent", "another one"])
def test_what_a_look_took_is_not_made_again_for_what_no_listing_shows(floor, colour):
    """Its document had been edited when the state was lost; then it says what is there, or something else."""
    a_look_takes_what_was_edited(floor)
    sent = floor.state.entries[TEE].id
    write(floor, TEE, colorValue=colour)

    (told,) = floor.run(Trouble()).outcomes

    assert told.result is Result.NOT_TRIED
    assert "no listing shows colorValue" in told.error
    floor.good_day()
    so = colour == "#000001"
    assert (floor.state.entries[TEE].id == sent) is so
    assert len(floor.made("kakaclo")) == (2 if so else 3)


def test_a_doubt_ends_beside_what_a_person_removed_though_no_answer_has_a_date(floor):
    """Two whole readings have to miss that one `settle_seconds` apart: the run waits for the second."""
    dog = Address("designed_product", "dog")
    write(floor, dog)
    write(floor, Address("designed_product", "elk"))
    floor.good_day()
    floor.sandbox.set_rules(date_header=False)
    floor.take_away("kakaclo", floor.state.entries[dog].id)
    write(floor, TEE)
    floor.run(Trouble((Fault("kakaclo", "create", "fin"),)), wait=False)

    report = floor.run(Trouble())

    assert [o.result for o in report.outcomes] == [Result.CREATED]


def test_what_is_to_be_made_again_has_a_way_out_of_a_listing_that_is_never_whole(floor):
    """Its total counts hidden rows, which nobody has seen counted while all that is known was listed."""
    write(floor, Address("designed_product", "dog"))
    write(floor, TEE)
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(total="hidden:2")
    gone = floor.state.entries[TEE].id
    floor.take_away("kakaclo", gone)
    assert floor.write(rewritten(floor.documents[TEE], recreate=gone))

    for _ in range(3):
        (told,) = floor.run(Trouble()).outcomes
        floor.clock.pass_by(2 * SETTLE)

    assert told.result is Result.NOT_TRIED
    assert "lists is not whole" in told.error
    assert any(f"podsync state rm {TEE}" in line for line in told.next)
    floor.let_go(TEE)
    assert floor.run(Trouble()).exit_code == 0
    assert len(floor.made("kakaclo")) == 2


def test_what_a_run_has_read_back_is_compared_with_no_older_listing(floor):
    """The values arrived during the run, after its look: nobody else has changed the product."""
    poster(floor, "10x10")
    floor.good_day()
    poster(floor, "10x10", "20x20")
    floor.run(Trouble(stray=frozenset({0}), delay=20.0, updates_too=True), wait=False)

    report = floor.run(Trouble())

    assert [(told.result, told.error) for told in report.outcomes] == [(Result.UPDATED, None)]
    floor.good_day()


def poster(floor: Floor, *values: str) -> None:
    """The document has these values."""
    write(floor, POSTER, **sized(*values))


@pytest.mark.parametrize("colour", ["#000001", "#000003"])
def test_an_orphan_that_a_look_took_is_asked_about_before_another_is_made(floor, colour):
    """Its document is back, and says what is there, or something else; nobody knows which."""
    a_look_takes_what_was_edited(floor)
    sent, document = floor.state.entries[TEE].id, floor.documents[TEE]
    floor.delete(TEE)
    floor.good_day()
    assert [each.id for each in floor.state.orphans] == [sent]
    assert floor.write(rewritten(document, spec=FrozenDict({**document.spec, "colorValue": colour})))

    (told,) = floor.run(Trouble()).outcomes

    assert told.result is Result.NOT_TRIED
    assert "no listing shows colorValue" in told.error
    floor.good_day()
    so = colour == "#000001"
    assert (floor.state.entries[TEE].id == sent) is so
    assert len(floor.made("kakaclo")) == (2 if so else 3)


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "an orphan"])
def test_the_id_that_an_answer_told_is_offered_whatever_staff_have_called_its_product(floor, wanted):
    write(floor, Address("customer_product", "dog"))
    floor.good_day()
    floor.clock.pass_by(SETTLE)
    floor.sandbox.set_rules(gelato_lag=300.0)
    write(floor, POSTER)
    assert floor.run(Trouble(), wait=False).exit_code == 0
    identity = floor.state.entries[POSTER].id
    if not wanted:
        floor.delete(POSTER)
        floor.run(Trouble(), wait=False)
    floor.rename_there("gelato", identity, "Named by hand 1")
    floor.clock.pass_by(2 * SETTLE)
    floor.run(Trouble())

    write(floor, Address("customer_product", "elk"))
    (told, *_) = sorted(floor.run(Trouble()).outcomes, key=lambda each: each.address)

    assert told.address == POSTER
    assert told.result is Result.IN_DOUBT
    assert f'{identity} "Named by hand 1"' in told.error
    assert any(identity in line for line in told.next)
    floor.good_day()
    assert (identity in floor.made("gelato")) is wanted


@pytest.mark.parametrize("how", ["likely", "seen on the web page", "an orphan"])
def test_a_shop_that_was_emptied_before_anything_was_certain_is_asked_about(floor, how):
    """Nothing was known for certain, so that nothing told the account, and nobody was asked."""
    floor.sandbox.set_rules(names="upper", hidden="THE CAT TEE" if how.startswith("seen") else "")
    write(floor, TEE)
    floor.run(Trouble((Fault("kakaclo", "create", "half", commit=True),) if how.startswith("seen") else ()))
    if how.startswith("seen"):
        floor.clock.pass_by(2 * SETTLE)
        floor.answers(floor.run(Trouble()))
        assert floor.state.entries[TEE].identified
    else:
        assert floor.state.entries[TEE].provisional
    if how == "an orphan":
        floor.delete(TEE)
        floor.run(Trouble())
    for identity in floor.there("kakaclo"):
        floor.take_away("kakaclo", identity)
    write(floor, Address("designed_product", "dog"))

    floor.good_day()

    assert len(floor.made("kakaclo")) == len(floor.documents)


def test_what_is_gone_at_one_provider_keeps_nothing_from_being_made_at_another(floor):
    """Only the provider with work is spoken to: the other one's names are nobody's business."""
    dog = Address("customer_product", "dog")
    write(floor, dog)
    write(floor, POSTER)
    floor.good_day()
    floor.take_away("gelato", floor.state.entries[dog].id)
    for slug in ("ant", "bee", "elk"):  # a doubt is looked for in a whole reading
        floor.clock.pass_by(2 * SETTLE)
        write(floor, Address("customer_product", slug))
        floor.run(Trouble((Fault("gelato", "create", "fin"),)))
    assert any(each.gone for each in floor.state.absent["gelato"].values())
    write(floor, TEE)

    assert [told.result for told in floor.run(Trouble()).outcomes] == [Result.CREATED]


def test_a_doubt_that_moves_is_settled_before_anything_is_adopted_at_its_address(tmp_path):
    """The new address has a product of a newer state, and others' products are listed beside it."""
    _, fault = play(tmp_path, "26005:182", ALL)

    assert fault is None
