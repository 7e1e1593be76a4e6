"""One plan with every action, made of a catalog and a state; a hostile product is in it."""

from __future__ import annotations

from podsync.model.product import Lifecycle
from podsync.model.settings import Limits
from podsync.plan.model import Plan
from tests.plan.build import customer, designed, in_doubt, made, option, orphan, plan, renamed, state, tee


def _own(name: str, **more: object) -> object:
    return designed(name, **{"enName": name, "imageUrl": f"https://cdn.test/{name}.png"} | more)


def every_action(**more: object) -> Plan:
    doubt, moved, noted = _own("doubt"), _own("former"), _own("noted")
    tote = customer("tote")
    hostile = _own("hostile", enName="<script>\x1b[31m|::error::\u202e\u2028`", materialImages=[])
    wanted = [
        doubt,
        renamed(moved, "latter"),
        renamed(noted, "noted", labels={"season": "spring"}, lifecycle=Lifecycle(prevent_orphan=True)),
        hostile,
        _own("restored"),
        _own("replaced", colorValue="#000000"),
        _own("same"),
        customer("tote", name="Bag", renamed_from="Tote", customerIds=["*"]),
        customer("fresh", name="Fresh", moved=(), variantOptions=[option("size")]),
    ]
    known = state(
        in_doubt(doubt),
        made(moved),
        made(noted),
        made(_own("replaced"), remote={"product": {"spu": "QCUT00911"}}),  # type: ignore[arg-type]
        made(_own("same")),
        made(_own("gone"), id=None),  # type: ignore[arg-type]
        made(tote),
        orphans=[orphan(_own("restored"))],  # type: ignore[arg-type]
    )
    return plan(wanted, known, state_label="podsync.state.json", **more)  # type: ignore[arg-type]


def refused() -> Plan:
    return plan(
        [customer("tote", productModelId="other"), designed("a"), designed("b", enName="B", imageUrl="b")],
        state(
            made(customer("tote")),
            made(designed("x", **tee(enName="X", imageUrl="x")), lifecycle=Lifecycle(False, True)),
        ),
        limits=Limits(max_creates=1),
    )


def narrowed() -> Plan:
    return every_action(targets=("*.tote", "*.hostile"), excludes=("*.fresh",), replace=("*.same",))


PLANS = {
    "every-action": every_action,
    "refused": refused,
    "narrowed": narrowed,
    "nothing": lambda: plan([designed("a")], state(made(designed("a")))),
    "first": lambda: plan([designed("a")], state(lineage="", serial=0)),
}
