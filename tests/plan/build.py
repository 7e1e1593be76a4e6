"""Small catalogs and states, and the plan between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.position import Position
from podsync.model.product import HISTORY_WORDS, Catalog, History, Product
from podsync.model.settings import Limits
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.plan.planner import make_plan
from podsync.providers.gelato.provider import Gelato
from podsync.providers.kakaclo.provider import KakaClo
from podsync.providers.knowledge import Provider
from podsync.state.entries import Entry, Orphan, Pending
from podsync.state.model import State

PROVIDERS: Mapping[str, Provider] = {"gelato": Gelato(), "kakaclo": KakaClo()}
HOSTS = freeze(
    {
        "gelato": {"base_url": "https://connect.gelatoapis.com", "account": "default"},
        "kakaclo": {"base_url": "https://developer.kakaclo.com/openapi", "account": "default"},
    }
)
UNLIMITED = Limits(None, None, None)
MADE_AT = 1_767_323_045.0
KINDS = {"designed_product": "kakaclo", "customer_product": "gelato"}


def tee(**fields: Any) -> dict[str, Any]:
    """A spec for KakaClo."""
    return {
        "modelId": "1",
        "enName": "Dino",
        "imageUrl": "https://cdn.test/dino-front.png",
        "backImageUrl": "https://cdn.test/dino-back.png",
        "materialImages": [{"imageName": "art", "imageUrl": "https://cdn.test/art.png"}],
        "colorValue": "#A72525",
    } | fields


def option(key: str, name: str = "", *parts: tuple[str, list[str]]) -> dict[str, Any]:
    mapping = [
        {"partModelId": part, "attributeIds": ids} for part, ids in parts or [("fabric", [f"attr-{key}"])]
    ]
    return {"id": key, "name": name or key.title(), "attributesMapping": mapping}


def bag(**fields: Any) -> dict[str, Any]:
    """A spec for Gelato."""
    return {
        "name": "Tote",
        "customerIds": ["anna", "ben"],
        "productModelId": "model-tote",
        "variantOptions": [option("size"), option("color")],
    } | fields


def as_history(facts: Mapping[str, Any], before: History = History()) -> dict[str, Any]:
    """The facts of a product, with the words about its past put together."""
    words = {key: freeze(value) for key, value in facts.items() if key in HISTORY_WORDS}
    others = {key: value for key, value in facts.items() if key not in HISTORY_WORDS}
    return others | {"history": before._replace(**words)}


def rewritten(document: Product, **facts: Any) -> Product:
    """The document, with other facts and other words about its past."""
    return replace(document, **as_history(facts, document.history))


def product(kind: str, name: str, spec: Mapping[str, Any], line: int = 2, **more: Any) -> Product:
    at = Position(f"catalog/{name}.yaml", line)
    spots = {("spec",): (line + 2, 3, line + 9, 1)}
    spots |= {("spec", field): (line + 3 + i, 3, line + 3 + i, 20) for i, field in enumerate(spec)}
    return Product(
        Address(kind, name),
        KINDS[kind],
        "default",
        freeze(spec),
        declared_at=at,
        positions=spots,
        **as_history({key: freeze(value) if key == "labels" else value for key, value in more.items()}),
    )


#: What stands beside the spec in a document.
_BESIDE = ("labels", "lifecycle", *HISTORY_WORDS)


def designed(name: str, /, **more: Any) -> Product:
    facts = {key: more.pop(key) for key in _BESIDE if key in more}
    return product("designed_product", name, tee(**more), **facts)


def customer(name: str, /, **more: Any) -> Product:
    facts = {key: more.pop(key) for key in _BESIDE if key in more}
    return product("customer_product", name, bag(**more), **facts)


def made(wanted: Product, **more: Any) -> Entry:
    """The entry of a product that exists as its document says."""
    facts: dict[str, Any] = {
        "spec": wanted.spec,
        "id": f"id-{wanted.address.name}",
        "labels": wanted.labels,
        "lifecycle": wanted.lifecycle,
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
    }
    return Entry(wanted.address, wanted.provider, wanted.account, **(facts | more))


def in_doubt(wanted: Product, *, spec: Any = None, op: Any = "create", body: Any = None) -> Entry:
    """An entry with a request of which nobody knows the outcome."""
    pending = Pending(op, wanted.spec if body is None else freeze(body), MADE_AT, MADE_AT + 30)
    exists = None if spec is None else freeze(spec)
    facts = {} if exists is None else {"id": "77", "created_at": MADE_AT}
    return Entry(wanted.address, wanted.provider, wanted.account, exists, pending=pending, **facts)


def orphan(wanted: Product, **more: Any) -> Orphan:
    facts: dict[str, Any] = {
        "id": f"id-{wanted.address.name}",
        "created_at": MADE_AT,
        "orphaned_at": MADE_AT + 60,
    }
    return Orphan(wanted.address, wanted.provider, wanted.account, wanted.spec, **(facts | more))


def state(*entries: Entry, orphans: Iterable[Orphan] = (), **more: Any) -> State:
    facts: dict[str, Any] = {"lineage": "8f4c", "serial": 3} | more
    return State(entries=FrozenDict({e.address: e for e in entries}), orphans=tuple(orphans), **facts)


def renamed(wanted: Product, name: str, **more: Any) -> Product:
    return rewritten(wanted, address=Address(wanted.address.kind, name), **more)


def plan(wanted: Iterable[Product], known: State | None = None, **more: Any) -> Plan:
    if any(isinstance(more.get(key), str) for key in ("targets", "excludes")):
        raise TypeError("a tuple of patterns")
    chosen = {key: more.pop(key) for key in ("targets", "excludes", "selectors", "replace") if key in more}
    facts: dict[str, Any] = {"hosts": HOSTS, "limits": UNLIMITED} | more
    providers = facts.pop("providers", PROVIDERS)
    catalog = Catalog(tuple(sorted(wanted, key=lambda p: p.address)), files=1)
    selection = Selection(**chosen)
    return make_plan(catalog, known or state(), providers, selection=selection, **facts)


def actions(made_plan: Plan) -> dict[str, str]:
    """Address -> action, without what does not differ."""
    return {str(change.address): change.action.value for change in made_plan.work}


def only(made_plan: Plan) -> Change:
    (change,) = made_plan.work
    return change


def rules(made_plan: Plan) -> list[str]:
    return [fault.rule for fault in made_plan.diagnostics]


def fault(made_plan: Plan) -> Diagnostic:
    (found,) = made_plan.diagnostics
    return found
