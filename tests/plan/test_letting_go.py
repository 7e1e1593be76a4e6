"""`removed:` and `recreate:`: a document says that a product may go, or is to be made again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podsync.model.frozen import freeze
from podsync.model.product import Catalog, Lifecycle
from podsync.plan import planfile
from podsync.plan.action import Action
from podsync.plan.planner import make_plan
from podsync.state.entries import Absent
from tests.plan.build import HOSTS, PROVIDERS, UNLIMITED, customer, designed, made, only, plan, rules, state

DINO = designed("dino", lifecycle=Lifecycle(prevent_orphan=True, prevent_replace=True))
KNOWN = made(DINO, id="5012")


def gone(known, identity: str = "5012"):
    return replace(known, absent={"kakaclo": {identity: Absent(1.0, gone=True)}})


def test_what_is_removed_on_purpose_goes_whatever_protects_it() -> None:
    assert rules(plan([], state(KNOWN))) == ["prevent-orphan"]
    catalog = Catalog((), lets_go=frozenset({"designed_product.dino"}))
    found = make_plan(catalog, state(KNOWN), PROVIDERS, hosts=HOSTS, limits=UNLIMITED)

    assert (rules(found), only(found).action) == ([], Action.ORPHAN)
    assert found.catalog_digest != plan([], state(KNOWN)).catalog_digest


def test_of_what_is_gone_nothing_stays_on_sale() -> None:
    known = made(designed("dino"), id="5012")

    assert only(plan([], state(known))).risks == ("it stays on sale until a person removes it",)
    assert only(plan([], gone(state(known)))).risks == ()


def test_recreate_plans_a_create_and_is_inert_for_any_other_id() -> None:
    wanted = replace(DINO, history=DINO.history._replace(recreate="5012"))
    found = plan([wanted], state(KNOWN))
    change = only(found)

    assert (change.action, change.makes, change.before, change.recreates) == (
        Action.CREATE,
        True,
        None,
        "5012",
    )
    assert rules(found) == []
    assert planfile.load(planfile.dump(found)).hash == found.hash
    assert not plan([wanted], state(made(DINO, id="5013"))).work


def test_recreate_says_what_it_is_and_whether_the_old_one_may_still_exist() -> None:
    wanted = replace(DINO, history=DINO.history._replace(recreate="5012"))

    assert "in place of KakaClo 5012, which may still exist" in only(plan([wanted], state(KNOWN))).risks[0]
    assert (
        only(plan([wanted], gone(state(KNOWN))))
        .risks[0]
        .endswith("(if it is only hidden there, you have two)")
    )


def test_recreate_makes_the_document_as_it_is_now() -> None:
    wanted = customer("tote", recreate="id-tote", productModelId="model-other")

    assert only(plan([wanted], state(made(customer("tote"))))).action is Action.CREATE


def test_recreate_sends_nothing_incomplete() -> None:
    half = replace(designed("dino", adopt="5012", recreate="5012"), spec=freeze({"enName": "Dino"}))

    assert rules(plan([half], state(made(half, id="5012")))) == ["incomplete-spec"]


@pytest.mark.parametrize("limits", [UNLIMITED._replace(max_creates=0)])
def test_what_is_made_again_counts_as_a_create(limits) -> None:
    wanted = designed("dino", recreate="5012")

    assert rules(plan([wanted], state(made(designed("dino"), id="5012")), limits=limits)) == ["max-creates"]
