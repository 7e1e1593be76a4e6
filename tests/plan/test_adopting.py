"""`adopt: ID`: a document says which existing product is its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podsync.model.frozen import freeze
from podsync.model.product import Product
from podsync.plan import planfile
from podsync.plan.action import Action
from tests.plan.build import customer, designed, made, only, orphan, plan, renamed, rules, state

#: What a listing tells of a product, as a document that takes it over says it.
LISTED = {"modelId": "1", "enName": "Dino", "imageUrl": "https://cdn.test/dino-front.png"}
HALF = replace(designed("dino", adopt="5012"), spec=freeze(LISTED))
WHOLE = designed("dino", adopt="5012")
TAKEN = made(HALF, id="5012", origin="imported")


def without(field: str) -> Product:
    return replace(designed("dino"), spec=freeze({k: v for k, v in WHOLE.spec.items() if k != field}))


def test_the_document_alone_makes_an_adopt_and_nothing_is_missing() -> None:
    found = plan([HALF])
    change = only(found)

    assert (change.action, change.importing, change.makes) == (Action.ADOPT, "5012", False)
    assert not found.errored
    assert planfile.load(planfile.dump(found)).hash == found.hash


def test_another_id_is_another_plan() -> None:
    assert plan([HALF]).hash != plan([designed("dino", adopt="5013")]).hash


def test_it_counts_only_while_the_address_has_no_entry() -> None:
    assert not plan([WHOLE], state(made(WHOLE, id="7"))).work


@pytest.mark.parametrize("id", ["5012", "7"])
def test_an_orphan_is_taken_back_only_where_it_is_that_product(id: str) -> None:  # noqa: A002
    change = only(plan([WHOLE], state(orphans=[replace(orphan(WHOLE), id=id)])))

    assert change.action is (Action.RESTORE if id == "5012" else Action.ADOPT)


def test_who_names_the_product_has_moved_it() -> None:
    """The document was renamed, and tells more by now: the id says that it is the same."""
    change = only(plan([renamed(WHOLE, "rex")], state(TAKEN)))

    assert (change.action, str(change.previous_address)) == (Action.MOVE, "designed_product.dino")
    assert change.changed == ("backImageUrl", "colorValue", "materialImages")


def test_a_document_of_an_unknown_id_that_is_renamed_and_changed_is_not_believed() -> None:
    """No id in the state, and none in the document, are not the same product."""
    known = state(made(designed("dino"), id=None))

    change = only(plan([designed("rex", enName="Rex", moved=("dino",))], known))

    assert change.action is Action.REPLACE


def test_an_equal_spec_moves_no_product_of_another_id() -> None:
    found = plan([renamed(designed("dino"), "rex", adopt="5013")], state(made(designed("dino"), id="5012")))

    assert sorted(change.action for change in found.changes) == [Action.ADOPT, Action.ORPHAN]


def test_what_the_state_does_not_know_is_no_difference() -> None:
    change = only(plan([WHOLE], state(TAKEN)))

    assert (change.action, change.risks) == (Action.NOTE, ())
    assert change.changed == ("backImageUrl", "colorValue", "materialImages")
    # What podsync made itself has no artwork where its document had none.
    plain = without("backImageUrl")
    assert only(plan([WHOLE], state(made(plain)))).action is Action.REPLACE
    # Nor has what was found by its fields: a listing tells of a back.
    assert only(plan([WHOLE], state(made(plain, origin="adopted")))).action is Action.REPLACE
    assert only(plan([WHOLE], state(made(without("materialImages"), origin="adopted")))).action is Action.NOTE


def test_nothing_incomplete_is_ever_sent() -> None:
    edited = replace(HALF, spec=freeze({**LISTED, "enName": "Rex"}))
    found = plan([edited], state(TAKEN))

    assert rules(found) == ["incomplete-spec"]
    assert "a new product needs colorValue" in found.diagnostics[0].summary
    forced = plan([HALF], state(TAKEN), replace=("designed_product.dino",))
    assert rules(forced) == ["incomplete-spec"]


def test_a_customer_product_may_be_incomplete_too() -> None:
    half = replace(customer("tote", adopt="a-b"), spec=freeze({"name": "Tote", "customerIds": ["anna"]}))

    assert not plan([half]).errored
    grown = replace(half, spec=freeze({**half.spec, "productModelId": "model-tote"}))
    assert only(plan([grown], state(made(half, origin="imported")))).action is Action.NOTE


@pytest.mark.parametrize("options", [{}, {"replace": ("customer_product.tote",)}])
def test_what_the_document_said_is_not_taken_away_by_leaving_it_out(options) -> None:
    """No request can: an update that sends nothing was planned, called done, and planned again for ever."""
    said = customer("tote", adopt="a-b")
    silent = replace(said, spec=freeze({k: v for k, v in said.spec.items() if k != "customerIds"}))
    found = plan([silent], state(made(said, origin="imported")), **options)

    assert rules(found) == ["incomplete-spec"]
    assert (
        "the document leaves out customerIds, which no request can take away" in found.diagnostics[0].summary
    )
    # Under another name the document is believed about it, as about all that it says.
    moved = only(plan([renamed(silent, "bag")], state(made(said, id="a-b"))))
    assert (moved.action, moved.changed) == (Action.MOVE, ("customerIds",))


def test_who_names_another_documents_product_and_says_otherwise_replaces_nothing() -> None:
    """What the document says of it is believed, as of any product that is adopted; nothing is made."""
    before, after = designed("dino"), designed("rex", adopt="5012", imageUrl="https://cdn.test/new.png")
    found = plan([after], state(made(before, id="5012")))
    change = only(found)

    assert (change.action, str(change.previous_address)) == (Action.MOVE, "designed_product.dino")
    assert (change.makes, found.errored, change.importing) == (False, False, "5012")
    assert "imageUrl" in change.changed
    assert "the document is believed about" in change.risks[0]
    assert planfile.load(planfile.dump(found)).hash == found.hash
