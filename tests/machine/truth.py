"""What the shops were truly sent, and whether the state and a report agree with it.

A shop may keep a name or a picture otherwise than it was sent; what a product is, its request says.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from podsync.apply.report import Outcome, Report, Result
from podsync.plan.action import SWAP_EDITED
from podsync.sandbox import Sandbox
from podsync.state.entries import Orphan

if TYPE_CHECKING:
    from tests.machine.floor import Floor

PROVIDERS = ("kakaclo", "gelato")


class Truth:
    """Notes at the sandbox's own door which request made which product, and what changed it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sent: dict[tuple[str, str], dict[str, Any]] = {}
        #: As each was made, the oldest first.
        self._made: dict[tuple[str, str], dict[str, Any]] = {}
        #: When each was made and last changed, in one order of both.
        self._born: dict[tuple[str, str], int] = {}
        self._changed: dict[tuple[str, str], int] = {}
        self._numbers = count()
        self._now = threading.local()
        service = sandbox
        handle = service.handle

        def handled(request: Any, pause: Any) -> Any:
            self._now.body = request.body
            try:
                return handle(request, pause)
            finally:
                self._now.body = None

        service.handle = handled  # type: ignore[method-assign]
        for provider in PROVIDERS:
            self._watch(provider, sandbox.shop(provider))

    def _watch(self, provider: str, shop: Any) -> None:
        add, change = shop.add, shop.change

        def added(build: Any, at: float) -> Any:
            body = add(build, at)
            self.keep(provider, str(body["id"]), self._told())
            self._made[provider, str(body["id"])] = dict(self._told())
            self._born[provider, str(body["id"])] = next(self._numbers)
            return body

        def changed(key: str, fields: Any, at: float) -> Any:
            body = change(key, fields, at)
            if body is not None:
                self.keep(provider, key, self._told())
            return body

        shop.add, shop.change = added, changed

    def _told(self) -> Mapping[str, Any]:
        body = getattr(self._now, "body", None)
        told = json.loads(body) if body else {}
        return told if isinstance(told, dict) else {}

    def keep(self, provider: str, identity: str, fields: Mapping[str, Any]) -> None:
        """Values that this product was sent."""
        before = self._sent.get((provider, identity), {})
        self._sent[provider, identity] = {**before, **fields}
        if self._sent[provider, identity] != before:
            self._changed[provider, identity] = next(self._numbers)

    def made_last(self, provider: str, ids: Collection[str], body: str, floor: Floor) -> bool:
        """Whether the youngest of these was made as this body, and beside one that was so already."""
        youngest = max(ids, key=[each for name, each in self._made if name == provider].index)
        made_so = floor.body(provider, self._made[provider, youngest]) == body
        others = (self._changed[provider, each] for each in ids if each != youngest)
        return made_so and min(others) < self._born[provider, youngest]

    def made_as(self, provider: str, identity: str) -> Mapping[str, Any]:
        """What the request said that made it; nothing of what a person made."""
        return self._made.get((provider, identity), {})

    def of(self, provider: str, product: Mapping[str, Any]) -> dict[str, Any]:
        """The product with its values as they were sent."""
        return {**product, **self._sent.get((provider, str(product["id"])), {}), "id": product["id"]}


def wanted_values(spec: Mapping[str, Any]) -> dict[str, set[str]]:
    """The values that a document wants, by option."""
    return {o["id"]: {v["value"] for v in o.get("values", ())} for o in spec.get("variantOptions", ())}


def values_there(floor: Floor, identity: str) -> dict[str, set[str]]:
    """The values that a product truly has, by option."""
    for each in floor.sandbox.products("gelato"):
        if str(each["id"]) == identity:
            options = [o for o in each["variantOptions"] if o["id"] != "base_attributes"]
            return {o["id"]: set(o.get("values", ())) for o in options}
    return {}


def add_by_hand(floor: Floor, identity: str, wanted: Mapping[str, set[str]]) -> None:
    """A person adds the values on the web page that a product lacks."""
    shop = floor.sandbox.shop("gelato")
    options = [
        {
            **o,
            "values": [*o.get("values", ()), *sorted(wanted.get(o["id"], set()) - set(o.get("values", ())))],
        }
        for o in shop.get(identity)["variantOptions"]
    ]
    shop.change(identity, {"variantOptions": options}, floor.clock.true())


def remove_by_hand(floor: Floor, identity: str, wanted: Mapping[str, set[str]]) -> None:
    """A person removes the values that no document says, as a question tells them to."""
    shop = floor.sandbox.shop("gelato")
    options = [
        {**o, "values": [each for each in o.get("values", ()) if each in wanted[o["id"]]]}
        if o["id"] in wanted and "values" in o
        else o
        for o in shop.get(identity)["variantOptions"]
    ]
    shop.change(identity, {"variantOptions": options}, floor.clock.true())


#: The id of a product, that of an option, and a value of it.
Value = tuple[str, str, str]


def values_twice(floor: Floor) -> set[Value]:
    """Values that an option has twice: nobody can take one away."""
    return {
        (str(each["id"]), option["id"], value)
        for each in floor.sandbox.products("gelato")
        for option in each["variantOptions"]
        for value, times in Counter(option.get("values", ())).items()
        if times > 1
    }


def values_unknown(floor: Floor) -> set[Value]:
    """Values that are there, and that the state knows nothing of."""
    known = {
        (item.id or "", option, value)
        for item in [*floor.state.entries.values(), *floor.state.orphans]
        for option, values in wanted_values(item.spec or {}).items()
        for value in values
    }
    there = {
        (identity, option, value)
        for identity in floor.there("gelato")
        for option, values in values_there(floor, identity).items()
        for value in values
    }
    return there - known


#: What no update changes: by it a product is known for certain.
_LASTING = {
    "kakaclo": ("modelId", "enName", "imageUrl", "backImageUrl", "colorValue", "materialImages"),
    "gelato": ("productModelId", "variantOptions"),
}


def doubled(floor: Floor, provider: str, excused: Collection[str]) -> list[str]:
    """Bodies of which a second one was made; an update that makes two alike made none.

    Of what a person has said that nobody manages it, the document's own may be made; so may that of a
    product which another document has named, and holds.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    named, documents = floor.model.named, floor.documents
    held = {
        e.id: a for a, e in floor.state.entries.items() if a in documents and a in named.get(e.id or "", ())
    }
    for identity, each in floor.made(provider).items():
        body = floor.body(provider, each)
        claimed = identity in held and floor.body(provider, documents[held[identity]].spec) != body
        if identity not in floor.model.disowned and not claimed:
            alike[body].append(identity)
    return [
        body
        for body, ids in alike.items()
        if len(ids) > 1 and body not in excused and floor.truth.made_last(provider, ids, body, floor)
    ]


def misbound(floor: Floor) -> Iterator[str]:
    """Ids that belong to a product which was sent for something else."""
    state = floor.state
    for item in [*state.entries.values(), *state.orphans]:
        made = floor.made(item.provider)
        if item.id is None or item.provisional or item.spec is None or item.id not in made:
            continue
        if item.address in floor.model.named.get(item.id, ()):
            continue  # the document is believed about it
        unsure = isinstance(item, Orphan) or item.unverified or item.id in floor.model.forgotten
        same, fields = floor.told if unsure else floor.body, _LASTING[item.provider]
        true, thought = ({f: each[f] for f in fields if f in each} for each in (made[item.id], item.spec))
        if same(item.provider, true) != same(item.provider, thought):
            yield f"{item.address} holds {item.id}, which is {true}, not {thought}"


def untrue(floor: Floor, report: Report) -> Iterator[str]:
    """What a report says is done, and is not so at the shop."""
    #: A name is given first whatever the document says by then, and the report says that more is left.
    names = {c.address: c.after for c in report.plan.changes if c.action_reason == SWAP_EDITED}
    for outcome in report.outcomes:
        why = _untrue(floor, outcome, names.get(outcome.address))
        if why:
            yield f"{outcome.address} {outcome.result}: {why}"


def _untrue(floor: Floor, outcome: Outcome, ended: Mapping[str, Any] | None) -> str:
    document, entry = floor.documents.get(outcome.address), floor.state.entries.get(outcome.address)
    if document is None or outcome.result not in _CLAIMS:
        return ""
    if entry is None:
        return "the state has no entry"
    there = floor.there(outcome.provider)
    # What is only staged has a name of its own until it takes the one that the document says.
    wished = ended or (document.spec if entry.swap is None else entry.spec or {})
    if outcome.result in (Result.CREATED, Result.REPLACED):
        # Under which id is not certain before a listing has shown it.
        bodies = {floor.body(outcome.provider, each) for each in there.values()} | floor.model.taken
        # What staff have made just like it, and a listing shows late, is taken as it is listed.
        hand = {floor.told(outcome.provider, there[i]) for i in floor.model.hand & there.keys()}
        alike = entry.unverified and floor.told(outcome.provider, wished) in hand
        return "" if alike or floor.body(outcome.provider, wished) in bodies else "nothing like it is there"
    if outcome.id is not None and outcome.id not in there:
        return "" if outcome.id in floor.model.removed else f"{outcome.id} is not there"
    if outcome.id in floor.model.outdated:
        return ""
    if outcome.id is None:
        return ""
    told = floor.told(outcome.provider, there[outcome.id])
    wanted = floor.told(outcome.provider, wished)
    return "" if told == wanted else f"{told} is there, not {wanted}"


_CLAIMS = {Result.CREATED, Result.REPLACED, Result.UPDATED, Result.ADOPTED}
