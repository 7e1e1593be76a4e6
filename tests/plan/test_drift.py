"""What a look at everything shows of what people changed, value by value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsync.evidence.findings import Findings
from podsync.evidence.listing import Reading
from podsync.evidence.state_view import Known
from podsync.model.frozen import freeze
from podsync.plan import planfile
from podsync.plan.action import Action
from podsync.plan.change import WHATEVER
from podsync.plan.drift.compare import compare
from podsync.plan.drift.seen import seen_by
from podsync.plan.drift.values import DriftKind
from podsync.plan.model import last_line
from podsync.plan.refresh import refreshed
from podsync.providers.contract import Remote
from podsync.providers.habits import Habits
from podsync.state.entries import Absent
from tests.plan.build import PROVIDERS, customer, designed, made, only, plan, rules, state

TEE, TOTE = designed("dino"), customer("tote")
_LISTED = {
    "kakaclo": ("modelId", "enName", "imageUrl", "backImageUrl"),
    "gelato": ("name", "customerIds", "productModelId", "variantOptions"),
}


def look(provider: str, *rows: Remote, habits: Any = None, **facts: Any) -> Findings:
    reading = Reading({row.id: row for row in rows}, 0.0, frozenset(row.id for row in rows), of_all=True)
    known = Known(PROVIDERS[provider], state(), "default")
    return Findings(reading, known, habits=habits or Habits(), **facts)


def row(wanted: Any, identity: str = "", /, **fields: Any) -> Remote:
    listed = {field: wanted.spec.get(field) for field in _LISTED[wanted.provider]}
    return Remote(identity or f"id-{wanted.address.name}", freeze(listed | fields))


def drift(wanted: Any, *rows: Remote, **facts: Any) -> Any:
    known = Known(PROVIDERS[wanted.provider], facts.pop("state", state(made(wanted))), "default")
    return compare(known, look(wanted.provider, *rows, **facts))


def kept(field: str) -> Habits:
    host = "cdn.test"
    return Habits(freeze({"pictures": {field: {host: {"is": "kept", "proof": "x"}}}}), "kept")


def test_what_is_listed_as_it_is_known_is_no_drift_and_what_is_not_listed_is_said() -> None:
    found, compared = drift(TEE, row(TEE))

    assert found == ()
    assert (compared.products, dict(compared.fields)) == (1, {"colorValue": 1, "materialImages": 1})


@pytest.mark.parametrize(
    ("wanted", "fields", "changed"),
    [
        (TEE, {"enName": "Rex"}, ["enName"]),
        (TEE, {"enName": " Dino "}, []),
        (TEE, {"modelId": "01"}, []),
        (TEE, {"modelId": "2"}, ["modelId"]),
        (TOTE, {"customerIds": ["ben", "anna"]}, []),
        (TOTE, {"customerIds": ["ben"]}, ["customerIds"]),
        (TOTE, {"variantOptions": [*TOTE.spec["variantOptions"], {"id": "more"}]}, []),
        (TOTE, {"variantOptions": []}, ["variantOptions"]),
    ],
)
def test_fields_are_compared_as_values(wanted: Any, fields: Any, changed: list[str]) -> None:
    found, _ = drift(wanted, row(wanted, **fields))

    assert [each.field for drifted in found for each in drifted.fields] == changed


def test_a_picture_is_compared_only_where_the_listing_is_known_to_keep_it() -> None:
    other = row(TEE, imageUrl="https://cdn.test/other.png")
    found, compared = drift(TEE, other)
    assert (found, compared.fields["imageUrl"]) == ((), 1)
    found, compared = drift(TEE, other, habits=Habits(setting="kept"))
    assert [each.field for each in found[0].fields] == ["imageUrl"]
    assert "imageUrl" not in compared.fields


def test_a_name_that_is_known_to_come_back_changed_is_no_drift() -> None:
    upper = row(TEE, enName="DINO")
    observed = freeze({"names": {"case": {"is": "changed", "proof": "x"}}})

    assert drift(TEE, upper)[0] != ()
    assert drift(TEE, upper, habits=Habits(observed))[0] == ()


def test_missing_gone_and_twin() -> None:
    other = row(designed("twin"), "9")
    twin = designed("twin")
    known = state(made(TEE), made(twin), made(designed("away")))
    found, compared = drift(
        TEE, row(twin), other, state=known, unowned=(other,), missed=frozenset({"id-dino", "id-away"}),
        gone=frozenset({"id-away"}),
    )  # fmt: skip

    assert [(each.address.name, each.kind) for each in found] == [
        ("away", DriftKind.GONE), ("dino", DriftKind.MISSING), ("twin", DriftKind.TWIN),
    ]  # fmt: skip
    assert found[2].twins == ("9",)
    assert (compared.products, compared.unlisted) == (1, 0)


def test_what_was_gone_and_comes_back_stands_beside_what_was_made_instead() -> None:
    back = {"kakaclo": {"5": Absent(1.0, gone=True)}}
    known = state(made(TEE), absent=back)

    (found,), _ = drift(TEE, row(TEE), row(TEE, "5"), state=known, managed=frozenset({"5"}))
    assert (found.kind, found.twins) == (DriftKind.TWIN, ("5",))
    foreign = state(made(TEE), absent=back, foreign={"kakaclo": ("5",)})
    assert drift(TEE, row(TEE), row(TEE, "5"), state=foreign)[0] == ()


def test_three_sides_are_told_apart_and_a_saved_plan_holds_them() -> None:
    edited = replace(TEE, spec=freeze({**TEE.spec, "enName": "Rex"}))
    known = state(made(TEE))
    looks = {"kakaclo": look("kakaclo", row(TEE, enName="Tri"))}
    knowns = {"kakaclo": Known(PROVIDERS["kakaclo"], known, "default")}
    seen = refreshed(plan([edited], known), PROVIDERS, looks, knowns, lambda _: edited)

    ((field,),) = (each.fields for each in seen.drift)
    assert (field.known, field.wanted, field.listed, field.both) == ("Dino", "Rex", "Tri", True)
    assert field.at == edited.at(("spec", "enName"))
    read = planfile.load(planfile.dump(seen))
    assert (read.hash, read.drift[0].kind) == (seen.hash, DriftKind.CHANGED)
    assert read.drift[0].fields[0][:4] == field[:4]
    assert "not as podsync left" in last_line(replace(seen, changes=()))


def test_what_is_accepted_is_a_note_while_the_state_holds_the_old_value() -> None:
    wanted = designed("dino", enName="Dino 2", changed_there=freeze({"enName": "Dino"}))
    change = only(plan([wanted], state(made(TEE))))

    assert (change.action, change.accepts, change.changed) == (Action.NOTE, True, ("enName",))
    # Inert once the state holds another value: it is what it says, a change that makes a new product.
    assert only(plan([wanted], state(made(designed("dino", enName="Old"))))).action is Action.REPLACE
    assert not plan([wanted], state(made(designed("dino", enName="Dino 2")))).work
    seen, _ = seen_by(
        {"kakaclo": look("kakaclo", row(TEE, enName="Dino 2"))},
        {"kakaclo": Known(PROVIDERS["kakaclo"], state(made(TEE)), "default")},
        lambda _: wanted,
    )
    assert seen == ()


def test_an_accepted_name_needs_no_permission_and_is_not_sent_with_other_fields() -> None:
    facts = {"name": "Bag", "changed_there": freeze({"name": "Tote"})}
    assert only(plan([customer("tote", **facts)], state(made(TOTE)))).accepts
    found = plan([customer("tote", customerIds=["*"], **facts)], state(made(TOTE)))

    assert rules(found) == []
    assert (only(found).action, only(found).changed) == (Action.UPDATE, ("customerIds",))


def test_what_an_update_can_set_is_set_back_by_request() -> None:
    change = only(plan([TOTE], state(made(TOTE)), replace=("customer_product.tote",)))

    assert (change.action, change.changed) == (Action.UPDATE, ("customerIds", "name"))
    assert all(field.before is WHATEVER for field in change.fields)


def test_of_what_was_taken_over_it_is_said_what_no_document_and_no_listing_tells() -> None:
    half = replace(TEE, spec=freeze({"enName": "Dino", "modelId": "1"}))
    found, compared = drift(half, row(TEE), state=state(made(half, origin="imported")))

    assert found == ()
    assert dict(compared.fields) == {"colorValue": 1, "materialImages": 1}
    assert dict(compared.unknown) == {"backImageUrl": 1, "imageUrl": 1}
