"""What a provider is to the rest of podsync: pure knowledge, no network, no clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from podsync.model.diagnostic import Rule, SpecFault
from podsync.model.frozen import EMPTY, Json, Path, Spec
from podsync.model.known_ids import NOTHING_KNOWN, KnownIds
from podsync.providers.descriptor import ProviderInfo
from podsync.providers.known_models import unknown_model
from podsync.providers.name_checks import odd_name, odd_url
from podsync.providers.normalise import number, text

if TYPE_CHECKING:
    from podsync.network.request import Request
    from podsync.providers.contract import Depiction, Match, ProductStep, Remote, Shown
    from podsync.providers.habits import Habits, Sighting

_TOLD = ("name", "title", "kind", "mutable", "unlisted", "replaces", "tells_ids", "telling")


class Provider(ABC):
    """A provider says what it is in `info`, and here what nobody could say for it.

    What stands in a description can be asked of it by the same name.
    """

    __slots__ = ()

    info: ClassVar[ProviderInfo]
    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[str]
    mutable: ClassVar[frozenset[str]]
    unlisted: ClassVar[frozenset[str]]
    replaces: ClassVar[bool]
    tells_ids: ClassVar[bool]
    telling: ClassVar[tuple[str, ...]]
    model_field: ClassVar[str]
    name_field: ClassVar[str]
    #: The rules of `check` that not all providers have.
    own_rules: ClassVar[tuple[Rule, ...]] = ()

    def __init_subclass__(cls, **facts: Any) -> None:
        super().__init_subclass__(**facts)
        for word in _TOLD:
            setattr(cls, word, getattr(cls.info, word))
        cls.model_field, cls.name_field = cls.info.roles.model, cls.info.roles.name

    def name_of(self, fields: Spec) -> str:
        """The name that people see, of a spec or of what a listing shows."""
        return self.info.roles.name_of(fields)

    # -- offline

    def check(self, spec: Spec) -> Iterable[SpecFault]:
        """Offline rules that a JSON Schema cannot say: what is odd about the name and the pictures' URLs."""
        roles = self.info.roles
        found = [*odd_name(roles.name, spec)]
        if self.known.digest:
            model = spec.get(roles.model)
            found += unknown_model(self.known, self.title, roles.model, model, self.name_of(spec))
        for _, field in roles.pictures:
            if url := spec.get(field):
                found += odd_url((field,), url)
        for index, image in enumerate(spec.get(roles.artwork, ())):
            found += odd_url((roles.artwork, index, roles.artwork_url), image[roles.artwork_url])
        return found

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that only this provider has: those of its `check`, and what it cannot change."""
        yield from self.own_rules
        if self.info.unique_names:
            title = f"A product of {self.title} is renamed, and orders may still say its old name"
            remedy = "Write `renamed_from: OLD NAME` into the document if it is meant."
            yield Rule(f"{self.name}-rename", "error", title, remedy)
        if not self.replaces:
            title = f"{self.title} cannot change a field, and no product is made anew for it"
            remedy = self.info.replace_remedy
            yield Rule(f"{self.name}-replace", "error", title, f"{remedy[:1].upper()}{remedy[1:]}.")

    def depictions(self, spec: Spec) -> Iterable[Depiction]:
        """Every picture that the spec names: mock-ups and artwork."""
        from podsync.providers.contract import Depiction, Role

        roles = self.info.roles
        for label, field in roles.pictures:
            if spec.get(field):
                yield Depiction((field,), spec[field], Role(label))
        for index, image in enumerate(spec.get(roles.artwork, ())):
            path = (roles.artwork, index, roles.artwork_url)
            yield Depiction(path, image[roles.artwork_url], Role.ARTWORK, image[roles.artwork_name])

    def natural_key(self, path: Path) -> str | None:
        """The field by which the mappings of the list at `path` are distinguished, None: by position."""
        roles = self.info.roles
        return roles.artwork_name if roles.artwork and path == (roles.artwork,) else None

    def risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:  # noqa: ARG002
        """What a person should know before this change, one sentence each."""
        return ()

    def missing(self, spec: Spec) -> tuple[str, ...]:
        """Fields that a new product needs and this spec does not have: under `adopt` it may be incomplete."""
        return tuple(field for field in self.info.required if field not in spec)

    # -- what is listed

    @property
    def known(self) -> KnownIds:
        """The ids that this account was seen to have."""
        return NOTHING_KNOWN

    def listed_spec(self, fields: Spec) -> Spec:
        """What a document could say of a listed product: without what the provider adds by itself."""
        return fields

    def open_options(self, fields: Spec) -> tuple[str, ...]:  # noqa: ARG002
        """Names of the options for which nothing can be chosen yet, as far as a listing tells it."""
        return ()

    # -- requests

    @abstractmethod
    def request(self, spec: Spec) -> Request:
        """Exactly what a create sends."""

    def update_request(self, id: str, fields: Spec) -> Request:  # noqa: A002 (the field's own name)
        """Exactly what an update sends; never asked where nothing is `mutable`."""
        raise NotImplementedError(f"{self.title} cannot update {id}: {sorted(fields)}")

    # -- steps: what is added to a product that exists, a request each

    def first(self, spec: Spec) -> Spec:
        """What the create itself sends, without what steps add to it."""
        return spec

    def steps(self, before: Spec, after: Spec) -> tuple[ProductStep, ...]:  # noqa: ARG002
        """The steps that lead from what exists to `after`, in the fields that they are about."""
        return ()

    def past_steps(self, spec: Spec) -> tuple[ProductStep, ...]:
        """The steps that may have made a product that exists; `spec` may say too little to send them."""
        return self.steps(self.first(spec), spec)

    def unreachable(self, before: Spec, after: Spec) -> Iterable[SpecFault]:  # noqa: ARG002
        """What of `after` no step can make of what exists, where a step is about it."""
        return ()

    def completed(self, spec: Spec, by: Spec) -> Spec:  # noqa: ARG002
        """The spec with what `by` says of the same thing, where it may leave that out."""
        return spec

    def step_request(self, id: str, step: ProductStep, before: Spec) -> Request:  # noqa: A002
        """Exactly what a step sends for the product that is `before` now."""
        raise NotImplementedError(f"{self.title} has no step {step.name} for {id}: {sorted(before)}")

    def step_told(self, step: ProductStep, before: Spec) -> tuple[str, ...]:  # noqa: ARG002
        """What a step adds, in the words of the provider's web page; nothing where its name says it all."""
        return ()

    def step_shown(self, step: ProductStep, before: Spec, remote: Remote) -> Shown | None:  # noqa: ARG002
        """What a listed product shows of a step that was sent; None where the listing tells nothing of it."""
        return None

    def said_to_exist(self, spec: Spec, remote: Remote) -> Spec:  # noqa: ARG002
        """What of a product that exists a document says to be there, where the listing tells nothing of it.

        A document says so of what it says too little of to send it.
        """
        return EMPTY

    # -- names that orders use

    def unique_name(self, spec: Spec) -> str | None:
        """The name by which orders find it, None where names may repeat."""
        return spec.get(self.name_field) if self.info.unique_names else None

    def clash(self, one: Spec, other: Spec) -> bool:  # noqa: ARG002
        """Whether orders could not tell these two apart: one unique name, a shared customer."""
        return False

    def takes(self, before: Spec, after: Spec) -> bool:  # noqa: ARG002
        """Whether this update takes a unique name for a customer who could not order it by that before."""
        return False

    # -- comparing

    @abstractmethod
    def canonical(self, spec: Spec) -> Json:
        """The form in which two specs are compared: sets sorted, colours folded, empties dropped."""

    @abstractmethod
    def identity(self, spec: Spec, habits: Habits | None = None) -> Json:
        """What the listing shows of a spec: it cannot distinguish two specs with equal identities.

        Without `habits` all that it may show counts; with them only what it is known to show.
        """

    def differing(self, before: Spec, after: Spec) -> tuple[str, ...]:
        """The top-level fields whose canonical values differ, sorted, apart from omitted optional ones."""
        if before == after:
            return ()
        one = self.canonical(self.completed(before, after))
        other = self.canonical(self.completed(after, before))
        return tuple(sorted(k for k in {*one, *other} if one.get(k) != other.get(k)))

    def fixed(self, before: Spec, after: Spec) -> tuple[str, ...]:
        """Those of them that no update changes."""
        return tuple(name for name in self.differing(before, after) if name not in self.mutable)

    @abstractmethod
    def likeness(self, spec: Spec) -> frozenset[str]:
        """Keys of resemblance: specs that share one may be one product renamed or edited."""

    @abstractmethod
    def match(
        self, spec: Spec, remote: Remote, habits: Habits | None = None, documents: Collection[str] = ()
    ) -> Match:
        """Compare a spec with a listed product.

        `habits` is what is known of what this account does to values; `documents` are the exact names of all
        documents: what one of them is called is no cut form of another.
        """

    def shows(self, field: str, value: Json, listed: Json) -> bool:
        """Whether a listed value is that of a spec's field, normalised as values are compared."""
        if isinstance(value, str) and isinstance(listed, str):
            normalised = number if field == self.model_field else text
            return normalised(value) == normalised(listed)
        return bool(self.canonical({field: value}) == self.canonical({field: listed}))

    @abstractmethod
    def borne_out(self, spec: Spec, remote: Remote, habits: Habits) -> bool:
        """Whether what differs was changed only as values are known to be changed here, or may be."""

    @abstractmethod
    def sighting(self, spec: Spec, remote: Remote) -> Sighting:
        """How a product of our own came back: what it teaches about what becomes of values."""
