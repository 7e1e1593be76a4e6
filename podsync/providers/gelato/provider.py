"""What Gelato Connect is sent, and by what its products are known again. Pure.

Facts: Gelato Connect's pages "Add Customer Product", "List Customer Products", "Update Customer
Product". A create answers with the whole product; its id is `cp-<uuid>` there and a bare uuid in the
listing. PATCH changes `name` and `customerIds` only. Orders find a product by its exact name. `values` has
what a second request adds to the options.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from podsync.model.diagnostic import Rule, SpecFault
from podsync.model.digests import canonical_json
from podsync.model.frozen import FrozenDict, Json, Path, Spec, freeze
from podsync.model.known_ids import NOTHING_KNOWN, KnownIds
from podsync.model.settings import ProviderSettings
from podsync.providers.gelato import INFO, values
from podsync.providers.knowledge import Provider
from podsync.providers.normalise import folded, present, text, unmarked

if TYPE_CHECKING:
    from podsync.network.request import Request
    from podsync.providers.contract import Match, ProductStep, Remote, Shown
    from podsync.providers.habits import Habits, Sighting

ADD = "/product/v1/customer-product"
LIST = "/product/v1/customer-products"
#: What stands behind a product's path for the request that adds values to it.
VALUES = "variant-values"
EVERYBODY = INFO.roles.everybody
NO_VALUES = "it cannot be ordered until its options have values (write them into the document)"
#: What the server adds to the options: attributes that are the same for every variant.
BASE = "base_attributes"


def provider(settings: ProviderSettings) -> Gelato:
    """Return the knowledge that fits these settings."""
    return Gelato(settings.known)


class Gelato(Provider):
    """What Gelato Connect is."""

    __slots__ = ("known",)

    known: KnownIds

    info: ClassVar = INFO
    own_rules: ClassVar = (
        Rule(
            "repeated-id", "error", "An id stands twice in a list of one product",
            "Orders could not say which one is meant. Give each option an id of its own, and each part once.",
        ),
        *values.RULES,
    )  # fmt: skip

    def __init__(self, known: KnownIds = NOTHING_KNOWN) -> None:
        self.known = known

    def __repr__(self) -> str:
        """What a cache of read documents is for."""
        return f"Gelato({self.known!r})"

    def check(self, spec: Spec) -> Iterable[SpecFault]:
        """Option ids must differ, and so must the parts of `partQuantities`."""
        options, parts = spec.get("variantOptions", ()), spec.get("partQuantities", ())
        return [
            *Provider.check(self, spec),
            *_repeated("variantOptions", "id", options, "option ids must differ inside a product"),
            *_repeated("partQuantities", "partModelId", parts, "say each part's quantity once"),
            *values.check(spec),
        ]

    def request(self, spec: Spec) -> Request:
        """Exactly what a create sends: options without their values."""
        from podsync.network.request import Request

        return Request("POST", ADD, values.without(spec))

    def first(self, spec: Spec) -> Spec:
        """The options without their values."""
        return values.without(spec)

    def steps(self, before: Spec, after: Spec) -> tuple[ProductStep, ...]:
        """The values that are new, where nothing else differs in the options."""
        if before is after:
            return ()
        grown = values.grown(before, after) if self._same_options(before, after) else None
        return () if grown is None else _adds(grown)

    def past_steps(self, spec: Spec) -> tuple[ProductStep, ...]:
        """All values, also those that do not say what they stand for: of what exists nobody need know."""
        bare = self.first(spec) is spec
        return () if bare else _adds(FrozenDict({values.OPTIONS: spec[values.OPTIONS]}))

    def unreachable(self, before: Spec, after: Spec) -> Iterable[SpecFault]:
        """Values that would have to go or to change, where nothing else differs in the options."""
        return (
            values.faults(before, after) if before is not after and self._same_options(before, after) else ()
        )

    def _same_options(self, before: Spec, after: Spec) -> bool:
        one, other = (list(map(_option, spec.get("variantOptions") or ())) for spec in (before, after))
        return one == other

    def completed(self, spec: Spec, by: Spec) -> Spec:
        """A value that exists need not say what it stands for."""
        return values.completed(spec, by)

    def step_request(self, id: str, step: ProductStep, before: Spec) -> Request:  # noqa: A002
        """Exactly what adds values: those that are new, by option."""
        from urllib.parse import quote

        from podsync.network.request import Request

        return Request("POST", f"{LIST}/{quote(id, safe='')}/{VALUES}", values.sent(before, step.body))

    def step_told(self, step: ProductStep, before: Spec) -> tuple[str, ...]:
        """The new values, by option."""
        return values.described(before, step.body)

    def step_shown(self, step: ProductStep, before: Spec, remote: Remote) -> Shown | None:
        """Which of these values the listing shows."""
        return values.shown(before, step.body, remote.fields)

    def said_to_exist(self, spec: Spec, remote: Remote) -> Spec:
        """The values without `attributeValues`: those may be left out of what exists only."""
        return values.said_to_exist(spec, remote.fields)

    def listed_spec(self, fields: Spec) -> Spec:
        """Without the option of the server's own; values are listed as texts, and sent as mappings."""
        options = fields.get("variantOptions")
        if not options:
            return fields
        own = [dict(option) for option in options if option.get("id") != BASE]
        for option in own:
            option["values"] = [{"value": value} for value in option.get("values") or ()]
        listed: Spec = freeze({**fields, "variantOptions": own})
        return listed

    def open_options(self, fields: Spec) -> tuple[str, ...]:
        """An option whose list of values is empty; where no list is shown, nobody can say."""
        options = fields.get("variantOptions") or ()
        return tuple(
            text(option.get("name")) or text(option.get("id"))
            for option in options
            if option.get("values") == () and option.get("id") != BASE
        )

    def update_request(self, id: str, fields: Spec) -> Request:  # noqa: A002
        """Exactly what an update sends: just the changed ones of `name` and `customerIds`."""
        from urllib.parse import quote

        from podsync.network.request import Request

        return Request("PATCH", f"{LIST}/{quote(id, safe='')}", fields)

    def canonical(self, spec: Spec) -> Json:
        """`customerIds` and `attributeIds` are sets, mappings are known by their part; empty = absent."""
        fields = present(spec)
        if "customerIds" in fields:
            fields["customerIds"] = sorted(fields["customerIds"])
        if "variantOptions" in fields:
            fields["variantOptions"] = [
                {**_option(option), **({"values": given} if (given := values.canonical(option)) else {})}
                for option in fields["variantOptions"]
            ]
        if "partQuantities" in fields:
            fields["partQuantities"] = sorted(fields["partQuantities"], key=canonical_json)
        return freeze(fields)

    def identity(self, spec: Spec, habits: Habits | None = None) -> Json:  # noqa: ARG002
        """The name, as people see it: what differs in an invisible character only is one name to them."""
        return (folded(spec.get("name")),)

    def likeness(self, spec: Spec) -> frozenset[str]:
        """The same name, or one model with the same options."""
        options = canonical_json(list(map(_option, spec.get("variantOptions") or ())))
        return frozenset({f"name {spec.get('name')}", f"{spec.get('productModelId')} {options}"})

    def clash(self, one: Spec, other: Spec) -> bool:
        """One name for a shared customer."""
        return folded(one.get("name")) == folded(other.get("name")) and _shared(one, other)

    def takes(self, before: Spec, after: Spec) -> bool:
        """Another name, or another customer."""
        had, has = set(before.get("customerIds") or ()), set(after.get("customerIds") or ())
        return before.get("name") != after.get("name") or not (EVERYBODY in had or has <= had)

    def natural_key(self, path: Path) -> str | None:
        """Options by id, values by themselves, parts by their model."""
        if path == ("variantOptions",):
            return "id"
        if path[-1] == "values":
            return "value"
        return (
            "partModelId" if path[-1] in ("partQuantities", "attributesMapping", "attributeValues") else None
        )

    def risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:
        """Renames, lost and general access, and that a new product cannot be ordered yet."""
        if after is None:
            return ()
        if before is None:
            bare = any(not option.get("values") for option in after.get("variantOptions") or ())
            return (NO_VALUES,) if bare else ()
        found = []
        had, has = set(before.get("customerIds", ())), set(after.get("customerIds", ()))
        if before.get("name") != after.get("name"):
            who = "every customer" if EVERYBODY in had else " and ".join(sorted(had))
            old = canonical_json(before.get("name"))
            found.append(f"{who} may order it by name: {old} is unknown from that moment")
        if EVERYBODY in has and EVERYBODY not in had:
            found.append("it opens to every customer")
        elif EVERYBODY in had and EVERYBODY not in has:
            found.append(f"every customer but {', '.join(sorted(has))} loses access")
        elif had - has:
            lost = sorted(had - has)
            found.append(f"{', '.join(lost)} {'loses' if len(lost) == 1 else 'lose'} access")
        return tuple(found)

    def match(
        self, spec: Spec, remote: Remote, habits: Habits | None = None, documents: Collection[str] = ()
    ) -> Match:
        """Compare everything that the listing returned; what the server added is ignored."""
        from podsync.providers.contract import Match
        from podsync.providers.name_forms import begins, changes

        listed, name, called = remote.fields, spec.get("name"), self.name_of(remote.fields)
        model = listed.get("productModelId")
        if model is not None and text(spec.get("productModelId")) != text(model):
            return Match.DIFFERENT
        kinds = changes(name, called, documents)
        if kinds is not None and habits is not None and habits.rules_out(kinds, len(str(name))):
            kinds = None
        if kinds is None and unmarked(called) == name and self._equal_but_for_name(spec, listed):
            return Match.MAYBE  # a new product before it takes over this name, or an old one after that
        if kinds is None and not (begins(name, called, documents) and self._equal_but_for_name(spec, listed)):
            return Match.DIFFERENT
        kept = habits is not None and habits.customers == "kept"
        if kept and listed.get("customerIds") and not _shared(spec, listed):
            return Match.DIFFERENT
        if model is None or kinds != frozenset() or not self._equal_but_for_name(spec, listed):
            return Match.MAYBE
        if not values.agree(spec, listed):
            return Match.MAYBE
        return Match.SAME

    def shows(self, field: str, value: Json, listed: Json) -> bool:
        """Customers are a set. Options that the server added are ignored, and what it does not tell."""
        if field == "customerIds":
            return sorted(map(text, value or ())) == sorted(map(text, listed or ()))
        if field == "variantOptions":
            options = {text(o.get("id")): _option(o) for o in listed or ()}
            same = all(options.get(text(option["id"])) == _option(option) for option in value or ())
            return same and not values.differences({field: value}, {field: listed})
        if field == "partQuantities":
            return not listed or Provider.shows(self, field, value, listed)
        return Provider.shows(self, field, value, listed)

    def _equal_but_for_name(self, spec: Spec, listed: Spec) -> bool:
        """Whether all but the name and the values agree: a product gets its values later."""
        spec, listed = self.first(spec), self.first(listed)
        fields = ("customerIds", "variantOptions", "partQuantities")
        return all(self.shows(field, spec.get(field), listed.get(field)) for field in fields)

    def borne_out(self, spec: Spec, remote: Remote, habits: Habits) -> bool:
        """The name was changed as names are here, or the customers were; nothing else may differ."""
        from podsync.providers.name_forms import changes

        kinds = changes(spec.get("name"), self.name_of(remote.fields))
        if kinds is None or not habits.bears_out(kinds) or remote.fields.get("productModelId") is None:
            return False
        listed = dict(remote.fields)
        if habits.customers in ("changed", None):
            listed["customerIds"] = spec.get("customerIds")
        return self._equal_but_for_name(spec, listed)

    def sighting(self, spec: Spec, remote: Remote) -> Sighting:
        """The name, and whether the customers came back as they were sent; who is for everybody has none."""
        from podsync.providers.habits import sighting

        listed = remote.fields.get("customerIds")
        sent = sorted(map(text, spec.get("customerIds") or ()))
        same = None if listed is None or sent == [EVERYBODY] else sorted(map(text, listed)) == sent
        return sighting(remote.id, spec.get("name"), self.name_of(remote.fields), customers=same)


def _adds(body: Spec) -> tuple[ProductStep, ...]:
    from podsync.providers.contract import ProductStep

    return (ProductStep("values", body),)


def _repeated(field: str, key: str, items: Iterable[Mapping[str, Any]], detail: str) -> Iterable[SpecFault]:
    ids = [str(item.get(key)) for item in items]
    if len(ids) < 2 or len(set(ids)) == len(ids):
        return ()
    return [
        SpecFault("repeated-id", (field, index, key), f"{key} {value!r} appears twice", detail)
        for index, value in enumerate(ids)
        if value in ids[:index]
    ]


def _option(option: Mapping[str, Any]) -> Json:
    """The comparable form of an option: what a client sends of it, and nothing that a server adds."""
    mappings = [
        {
            "partModelId": text(m.get("partModelId")),
            "attributeIds": sorted(map(text, m.get("attributeIds") or ())),
        }
        for m in option.get("attributesMapping") or ()
    ]
    parts = sorted(mappings, key=canonical_json)
    return freeze(
        {"id": text(option.get("id")), "name": text(option.get("name")), "attributesMapping": parts}
    )


def _shared(one: Spec, other: Spec) -> bool:
    first = {text(c) for c in one.get("customerIds") or ()}
    second = {text(c) for c in other.get("customerIds") or ()}
    return EVERYBODY in first | second or bool(first & second)
