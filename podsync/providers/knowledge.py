"""What the knowledge of all providers has in common: what their descriptions tell, and what few have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from podsync.model import Path, Spec
from podsync.providers.descriptor import ProviderInfo
from podsync.providers.naming import odd_name, odd_url

if TYPE_CHECKING:
    from podsync.ports import Depiction, Fault, Request

_TOLD = ("name", "title", "kind", "mutable", "unlisted", "replaces", "tells_ids", "telling")


class Knowledge:
    """A `podsync.ports.Provider` but for its requests and comparisons; `info` is its description."""

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

    def __init_subclass__(cls, **facts: Any) -> None:
        super().__init_subclass__(**facts)
        for word in _TOLD:
            setattr(cls, word, getattr(cls.info, word))
        cls.model_field, cls.name_field = cls.info.roles.model, cls.info.roles.name

    def name_of(self, fields: Spec) -> str:
        """The name that people see, of a spec or of what a listing shows."""
        return self.info.roles.name_of(fields)

    def check(self, spec: Spec) -> Iterable[Fault]:
        """What is odd about the name and the addresses of pictures."""
        roles = self.info.roles
        yield from odd_name(roles.name, spec)
        for _, field in roles.pictures:
            yield from odd_url((field,), spec.get(field) or "")
        for index, image in enumerate(spec.get(roles.artwork, ())):
            yield from odd_url((roles.artwork, index, roles.artwork_url), image[roles.artwork_url])

    def depictions(self, spec: Spec) -> Iterable[Depiction]:
        """Every mock-up, and the artwork."""
        from podsync.ports import Depiction, Role

        roles = self.info.roles
        for label, field in roles.pictures:
            if spec.get(field):
                yield Depiction((field,), spec[field], Role(label))
        for index, image in enumerate(spec.get(roles.artwork, ())):
            path = (roles.artwork, index, roles.artwork_url)
            yield Depiction(path, image[roles.artwork_url], Role.ARTWORK, image[roles.artwork_name])

    def update_request(self, id: str, fields: Spec) -> Request:  # noqa: A002
        """Never called where `mutable` is empty."""
        raise NotImplementedError(f"{self.title} cannot update {id}: {sorted(fields)}")

    def unique_name(self, spec: Spec) -> str | None:
        """The name by which orders find it, None where names may repeat."""
        return spec.get(self.name_field) if self.info.unique_names else None

    def clash(self, one: Spec, other: Spec) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def takes(self, before: Spec, after: Spec) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def natural_key(self, path: Path) -> str | None:
        """Artworks are known by their names."""
        roles = self.info.roles
        return roles.artwork_name if roles.artwork and path == (roles.artwork,) else None

    def risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:  # noqa: ARG002
        """None."""
        return ()
