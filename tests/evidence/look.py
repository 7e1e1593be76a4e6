"""A look at one provider, made of values: a state, a listing, what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podsync.evidence.ages import Moment
from podsync.evidence.findings import Findings
from podsync.evidence.judge import judge
from podsync.evidence.listing import Reading
from podsync.evidence.situation import Situation, Times, Want, documents_of
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, FrozenDict, freeze
from podsync.model.product import Product
from podsync.providers.contract import Remote
from podsync.providers.gelato.provider import Gelato
from podsync.providers.kakaclo.provider import KakaClo
from podsync.providers.knowledge import Provider
from podsync.state.entries import Entry, Orphan, Pending, Refusal, Window
from podsync.state.model import State

SETTLE, TIMEOUT = 600.0, 30.0
NOW = 1_760_000_000.0
#: Made long before the last apply that the state knows of, and long after it.
OLD, NEW = NOW - 10 * 86400.0, NOW + 60.0
PROVIDERS: Mapping[str, Provider] = {"kakaclo": KakaClo(), "gelato": Gelato()}
#: Every listing shows it: it tells that the account is the right one.
KEPT = "1"


def address(name: str, provider: str = "kakaclo") -> Address:
    return Address("designed_product" if provider == "kakaclo" else "customer_product", name)


def spec(name: str, provider: str = "kakaclo", **changes: Any) -> Any:
    if provider == "gelato":
        whole = {"name": name, "customerIds": ["anna"], "productModelId": "5", "variantOptions": []}
    else:
        whole = {
            "modelId": "5",
            "enName": name,
            "imageUrl": f"https://cdn.example/{name}/front.png",
            "backImageUrl": f"https://cdn.example/{name}/back.png",
        }
    return freeze({**whole, **changes})


def row(
    identity: str, name: str, provider: str = "kakaclo", *, at: float | None = OLD, **changes: Any
) -> Remote:
    """A listed product: as sent, but for `changes`."""
    return Remote(identity, spec(name, provider, **changes), at)


def rehosted(identity: str, name: str, *, at: float | None = OLD) -> Remote:
    pictures = {
        "imageUrl": f"https://img.example/{identity}",
        "backImageUrl": f"https://img.example/{identity}b",
    }
    return row(identity, name, at=at, **pictures)


def entry(name: str, identity: str | None, provider: str = "kakaclo", **facts: Any) -> Entry:
    facts = {"created_at": OLD, "spec": spec(name, provider), **facts}
    return Entry(address(name, provider), provider, "default", id=identity, **facts)


def orphan(name: str, identity: str | None, **facts: Any) -> Orphan:
    facts = {"created_at": OLD, **facts}
    return Orphan(address(name), "kakaclo", "default", spec(name), id=identity, **facts)


def window(*, reading: int | None = None) -> Window:
    return Window(NOW - 30, NOW, NOW, reading=reading)


def doubt(name: str, provider: str = "kakaclo", *, body: Any = None, **facts: Any) -> Entry:
    """A create in doubt whose sender is known to be done."""
    pending = Pending(
        "create", body or spec(name, provider), NOW - 30, NOW, **{"ended_at": NOW, "ended_date": NOW, **facts}
    )
    return Entry(address(name, provider), provider, "default", None, pending=pending)


def refusal(name: str, provider: str = "kakaclo", **facts: Any) -> Refusal:
    whole = {"body": spec(name, provider), "at": NOW, "date": NOW, "message": "HTTP 400", **facts}
    return Refusal(provider, "default", **whole)


def state(*entries: Entry, provider: str = "kakaclo", known: bool = True, **facts: Any) -> State:
    """A state that knows all that is ours, KEPT too; with `known` False, none that was there before."""
    kept = [entry("kept", KEPT, provider)] if known else []
    last = {"last_apply": freeze({"at": NOW, "dates": {provider: NOW}})} if known else {}
    whole = FrozenDict({each.address: each for each in (*kept, *entries)})
    return State("8f4c", 3, whole, **{**last, **facts})


def want(name: str, provider: str = "kakaclo", **facts: Any) -> Want:
    return Want(address(name, provider), facts.pop("spec", spec(name, provider)), **facts)


def look(
    known: State,
    rows: Sequence[Remote] = (),
    wants: Sequence[Want] = (),
    *,
    provider: str = "kakaclo",
    kept: bool = True,
    settled: bool = True,
    lost: bool = False,
    first_contact: bool = False,
    sent_before: bool = False,
    missed: Mapping[str, float] | None = None,
    named: Mapping[str, tuple[str, str]] = EMPTY,
    wanted: Mapping[Address, Any] = EMPTY,
    recorded: bool = True,
    **reading: Any,
) -> Findings:
    """Judge one look. `kept`: KEPT is listed; `settled`: what was sent was sent long ago.

    `named` maps the name of a document to the id that it adopts and the name that its spec has, `wanted`
    addresses to what their documents say today.
    """
    listed = [*([row(KEPT, "kept", provider)] if kept else []), *rows]
    ids = frozenset(each.id for each in listed)
    whole = {"of_all": True, "sound": True, "twice": True, "read": ids, **reading}
    now = NOW + (SETTLE + TIMEOUT + 10 if settled else 0)
    times = Times(1000.0, 1000.0, Moment(now, now), missed=missed or {})
    part = Known(PROVIDERS[provider], known, "default")
    products = {
        address(name, provider): (
            identity,
            Product(address(name, provider), provider, "default", spec(told, provider)),
        )
        for name, (identity, told) in named.items()
    }
    situation = Situation(
        part,
        times,
        wants,
        documents_of(part, [each.spec for each in wants]),
        lost=lost,
        wanted=wanted,
        recorded=recorded,
        first_contact=first_contact,
        sent_before=sent_before,
        managed=frozenset(identity for identity, _ in named.values()),
        named=products,
        settle_seconds=SETTLE,
        timeout_seconds=TIMEOUT,
    )
    return judge(situation, Reading({each.id: each for each in listed}, 1000.0, **whole))


def events(found: Findings, kind: type) -> list[Any]:
    return [each for each in found.events if isinstance(each, kind)]


def ids(rows: Sequence[Remote]) -> list[str]:
    return [each.id for each in rows]
