"""Which action a document and an entry end in, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from podsync.model.address import Address
from podsync.model.errors import StateError
from podsync.model.frozen import freeze
from podsync.model.product import Lifecycle, Product
from podsync.plan.action import Action
from podsync.plan.model import Plan, summary_line
from podsync.state.model import Host
from tests.plan.build import (
    MADE_AT,
    actions,
    bag,
    customer,
    designed,
    fault,
    in_doubt,
    made,
    only,
    orphan,
    plan,
    renamed,
    rules,
    state,
    tee,
)

DINO = designed("dino")
TOTE = customer("tote")
PROTECTED = Lifecycle(prevent_replace=True, prevent_orphan=True)

#: what happens -> the plan, and the one action of it with its code
ACTIONS: dict[str, tuple[Callable[[], Plan], str, str]] = {
    "in the catalog only": (lambda: plan([DINO]), "create", "create_because_not_in_state"),
    "a create in doubt": (
        lambda: plan([DINO], state(in_doubt(DINO))),
        "settle",
        "settle_because_in_doubt",
    ),
    "a create in doubt, its document edited": (
        lambda: plan([designed("dino", enName="Dino 2")], state(in_doubt(DINO))),
        "settle",
        "settle_because_in_doubt",
    ),
    "a create in doubt, its document gone": (
        lambda: plan([], state(in_doubt(DINO))),
        "settle",
        "settle_because_in_doubt",
    ),
    "a replace in doubt, reverted": (
        lambda: plan([DINO], state(in_doubt(DINO, spec=tee(), body=tee(enName="New")))),
        "settle",
        "settle_because_in_doubt",
    ),
    "an orphan that is wanted again": (
        lambda: plan([DINO], state(orphans=[orphan(DINO)])),
        "restore",
        "restore_because_wanted_again",
    ),
    "a replace reverted": (
        lambda: plan([DINO], state(made(designed("dino", enName="New")), orphans=[orphan(DINO)])),
        "restore",
        "restore_because_reverted",
    ),
    "a document renamed": (
        lambda: plan([renamed(DINO, "rex")], state(made(DINO))),
        "move",
        "move_because_equal_spec",
    ),
    "a document renamed, and it says so": (
        lambda: plan([renamed(DINO, "rex", moved=("dino",))], state(made(DINO))),
        "move",
        "move_because_declared",
    ),
    "an orphan of another address": (
        lambda: plan([renamed(DINO, "rex")], state(orphans=[orphan(DINO)])),
        "move",
        "move_because_equal_spec",
    ),
    "labels changed": (
        lambda: plan([designed("dino", labels={"season": "spring"})], state(made(DINO))),
        "note",
        "note_because_labels",
    ),
    "lifecycle changed": (
        lambda: plan([designed("dino", lifecycle=PROTECTED)], state(made(DINO))),
        "note",
        "note_because_labels",
    ),
    "customers changed": (
        lambda: plan([customer("tote", customerIds=["anna"])], state(made(TOTE))),
        "update",
        "update_because_mutable",
    ),
    "an update in doubt, reverted": (
        lambda: plan([TOTE], state(in_doubt(TOTE, spec=bag(), op="update", body={"customerIds": ["x"]}))),
        "update",
        "update_because_mutable",
    ),
    "any field of KakaClo changed": (
        lambda: plan([designed("dino", colorValue="#000000")], state(made(DINO))),
        "replace",
        "replace_because_cannot_update",
    ),
    "asked for": (
        lambda: plan([DINO], state(made(DINO)), replace=("designed_product.dino",)),
        "replace",
        "replace_by_request",
    ),
    "the document is gone": (lambda: plan([], state(made(DINO))), "orphan", "orphan_because_no_document"),
}


@pytest.mark.parametrize("case", ACTIONS)
def test_each_action(case: str) -> None:
    make, action, code = ACTIONS[case]

    made_plan = make()

    assert (only(made_plan).action.value, only(made_plan).action_reason) == (action, code)
    assert made_plan.applyable


@pytest.mark.parametrize(
    "spec",
    [
        tee(colorValue="#a72525"),
        tee(backImageUrl="https://cdn.test/dino-back.png", materialImages=tee()["materialImages"]),
    ],
    ids=["colour in small letters", "nothing at all"],
)
def test_what_means_the_same_is_no_change(spec: dict[str, object]) -> None:
    known = made(DINO, spec=freeze(spec))

    made_plan = plan([DINO], state(known))

    assert (actions(made_plan), made_plan.applyable, made_plan.errored) == ({}, False, False)
    assert summary_line(made_plan.summary) == "No changes. The catalog matches the state."


def test_order_of_customers_and_attributes_is_no_change() -> None:
    mapping = [{"partModelId": "p", "attributeIds": ["b", "a"]}]
    swapped = [{"partModelId": "p", "attributeIds": ["a", "b"]}]
    wanted = customer(
        "tote",
        customerIds=["ben", "anna"],
        variantOptions=[{"id": "o", "name": "O", "attributesMapping": mapping}],
    )
    known = customer("tote", variantOptions=[{"id": "o", "name": "O", "attributesMapping": swapped}])

    assert actions(plan([wanted], state(made(known)))) == {}


def _refused(made_plan: Plan) -> tuple[str, bool, bool]:
    return fault(made_plan).rule, made_plan.errored, made_plan.applyable


REFUSALS: dict[str, tuple[Callable[[], Plan], str, str]] = {
    "prevent_replace in the document": (
        lambda: plan([designed("dino", enName="N", lifecycle=PROTECTED)], state(made(DINO))),
        "prevent-replace",
        "remove prevent_replace in a change of its own",
    ),
    "prevent_replace against --replace": (
        lambda: plan(
            [designed("dino", lifecycle=PROTECTED)],
            state(made(DINO, lifecycle=PROTECTED)),
            replace=("designed_product.dino",),
        ),
        "prevent-replace",
        "undo the change",
    ),
    "prevent_orphan in the state": (
        lambda: plan([], state(made(DINO, lifecycle=PROTECTED))),
        "prevent-orphan",
        "write `removed: [designed_product.dino]` as a document of its own",
    ),
    "an option changed at Gelato": (
        lambda: plan([customer("tote", productModelId="other")], state(made(TOTE))),
        "gelato-replace",
        "a new document with a name of its own",
    ),
    "name and option changed at Gelato": (
        lambda: plan(
            [customer("tote", productModelId="other", name="New", renamed_from="Tote")], state(made(TOTE))
        ),
        "gelato-replace",
        "orders find a product by its exact name",
    ),
    "a rename at Gelato": (
        lambda: plan([customer("tote", name="Bag")], state(made(TOTE))),
        "gelato-rename",
        'put `renamed_from: "Tote"` into the document',
    ),
    "a rename at Gelato from another name": (
        lambda: plan([customer("tote", name="Bag", renamed_from="Sack")], state(made(TOTE))),
        "gelato-rename",
        'put `renamed_from: "Tote"` into the document',
    ),
    "a look-alike": (
        lambda: plan([designed("rex", colorValue="#000000")], state(made(DINO))),
        "looks-like-a-rename",
        "put `moved: [dino]` into the new document",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal(case: str) -> None:
    make, rule, remedy = REFUSALS[case]

    made_plan = make()

    assert _refused(made_plan) == (rule, True, False)
    assert remedy in fault(made_plan).detail
    assert fault(made_plan).address in {change.address for change in made_plan.work}


def test_the_remedy_of_a_rename_can_be_pasted() -> None:
    known = customer("tote", name='The "big" \\ bag')

    made_plan = plan([customer("tote", name="Bag")], state(made(known)))

    assert r'`renamed_from: "The \"big\" \\ bag"`' in fault(made_plan).detail


def test_a_rename_that_is_declared_is_an_update_of_the_name_alone() -> None:
    change = only(plan([customer("tote", name="Bag", renamed_from="Tote")], state(made(TOTE))))

    assert (change.action, change.changed) == (Action.UPDATE, ("name",))


def test_the_document_counts_for_prevent_replace_and_the_state_for_prevent_orphan() -> None:
    lifted = plan([designed("dino", enName="N")], state(made(DINO, lifecycle=PROTECTED)))

    assert (actions(lifted), rules(lifted)) == ({"designed_product.dino": "replace"}, [])


def test_settle_says_what_happened_to_the_document() -> None:
    gone = only(plan([], state(in_doubt(DINO))))
    edited = only(plan([designed("dino", enName="Dino 2")], state(in_doubt(DINO))))
    same = only(plan([DINO], state(in_doubt(DINO))))

    assert "its document is gone" in gone.reason
    assert "edited since" in edited.reason
    assert same.reason == "sent earlier, outcome not known"


def test_an_update_in_doubt_has_no_known_old_value() -> None:
    doubt = in_doubt(TOTE, spec=bag(), op="update", body={"name": "Bag"})

    change = only(plan([TOTE], state(doubt)))

    assert [(f.path, repr(f.before), f.after) for f in change.fields] == [("name", "unknown", "Tote")]
    assert change.reason == "an update is in doubt and is sent again"


def test_restore_wins_over_replace_but_not_over_a_request() -> None:
    known = state(made(designed("dino", enName="New")), orphans=[orphan(DINO)])

    forced = only(plan([DINO], known, replace=("designed_product.dino",)))

    assert forced.action is Action.REPLACE


def test_a_restore_names_the_orphan_it_takes() -> None:
    change = only(plan([DINO], state(orphans=[orphan(DINO, id="5012")])))

    assert (change.orphan_created_at, change.importing, change.entry_digest) == (MADE_AT, "5012", None)


def test_a_protected_product_may_be_restored_when_its_replace_is_reverted() -> None:
    protected = designed("dino", lifecycle=PROTECTED)

    made_plan = plan([protected], state(made(designed("dino", enName="N")), orphans=[orphan(DINO)]))

    assert (only(made_plan).action, rules(made_plan)) == (Action.RESTORE, [])


def test_source_is_the_line_of_the_changed_value_and_of_the_document_for_a_create() -> None:
    replaced = only(plan([designed("dino", enName="N")], state(made(DINO))))
    created = only(plan([DINO]))
    gone = only(plan([], state(made(DINO))))

    assert str(replaced.source) == "catalog/dino.yaml:6:3"
    assert str(created.source) == "catalog/dino.yaml:2:1"
    assert gone.source is None


RISKS: dict[str, tuple[Product, Product | None, list[str]]] = {
    "access lost": (customer("tote", customerIds=["anna"]), TOTE, ["ben loses access"]),
    "opens": (customer("tote", customerIds=["*"]), TOTE, ["it opens to every customer"]),
    "new at Gelato": (
        TOTE,
        None,
        ["it cannot be ordered until its options have values (write them into the document)"],
    ),
    "only the colour": (
        designed("dino", colorValue="#000000"),
        DINO,
        [
            "the old product stays on sale beside the new one until a person removes it",
            "the old and the new one look alike at KakaClo: change name or picture as well",
        ],
    ),
    "name and colour": (
        designed("dino", colorValue="#000000", enName="Black Dino"),
        DINO,
        ["the old product stays on sale beside the new one until a person removes it"],
    ),
    "new at KakaClo": (DINO, None, []),
}


@pytest.mark.parametrize("case", RISKS)
def test_what_is_said_as_a_risk(case: str) -> None:
    wanted, known, risks = RISKS[case]

    made_plan = plan([wanted], state(*([made(known)] if known else [])))

    assert list(only(made_plan).risks) == risks


def test_an_orphan_says_that_it_stays_on_sale() -> None:
    assert only(plan([], state(made(DINO)))).risks == ("it stays on sale until a person removes it",)


def test_another_host_or_account_than_the_states_is_refused() -> None:
    moved_host = state(hosts=freeze({}) | {"kakaclo": Host("https://other.test", "default")})
    other_shop = state(hosts={"gelato": Host("https://connect.gelatoapis.com/", "my-shop")})

    with pytest.raises(StateError, match=r"belongs to https://other\.test, but kakaclo is set to"):
        plan([DINO], moved_host)
    with pytest.raises(StateError, match="belongs to the gelato account 'my-shop', not 'default'"):
        plan([TOTE], other_shop)


def test_a_slash_at_the_end_of_a_host_means_nothing() -> None:
    known = state(hosts={"gelato": Host("https://connect.gelatoapis.com/", "default")})

    assert actions(plan([TOTE], known)) == {"customer_product.tote": "create"}


def test_changes_are_ordered_by_address_and_each_address_has_one() -> None:
    wanted = [designed("b", enName="B"), designed("a", enName="A"), customer("c")]

    made_plan = plan(wanted, state(made(designed("z", enName="Z"))))

    assert [str(c.address) for c in made_plan.changes] == [
        "customer_product.c",
        "designed_product.a",
        "designed_product.b",
        "designed_product.z",
    ]


def test_what_the_state_tells_is_in_the_plan() -> None:
    unbound = made(DINO, id=None)
    known = state(unbound, last_apply=freeze({"at": 5.0, "run_url": "https://ci.test/1"}))

    made_plan = plan([DINO], known, state_label="podsync.state.json")

    assert (made_plan.unbound["kakaclo"], made_plan.state_at, made_plan.state_run) == (
        1,
        5.0,
        "https://ci.test/1",
    )
    assert (made_plan.lineage, made_plan.serial, made_plan.state_label) == ("8f4c", 3, "podsync.state.json")


def test_an_address_is_compared_per_account() -> None:
    elsewhere = replace(DINO, account="second", address=Address("designed_product", "rex"))

    assert actions(plan([elsewhere], state(made(DINO)))) == {
        "designed_product.dino": "orphan",
        "designed_product.rex": "create",
    }
