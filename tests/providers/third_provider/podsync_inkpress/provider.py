"""What Inkpress is sent, and by what its products are known again. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from podsync.model.frozen import Json, Spec, freeze
from podsync.providers.knowledge import Provider
from podsync.providers.normalise import folded, present, text
from podsync_inkpress import INFO

if TYPE_CHECKING:
    from podsync.model.settings import ProviderSettings
    from podsync.network.request import Request
    from podsync.providers.contract import Match, ProductStep, Remote, Shown
    from podsync.providers.habits import Habits, Sighting

POSTERS = "/v1/posters"
#: What stands behind a poster's path for the request that releases it.
RELEASE = "release"


def provider(_settings: ProviderSettings) -> Inkpress:
    """Return the knowledge; no setting concerns it."""
    return Inkpress()


@dataclass(frozen=True, slots=True)
class Inkpress(Provider):
    """What Inkpress is."""

    info: ClassVar = INFO

    def request(self, spec: Spec) -> Request:
        """Exactly what a create sends."""
        from podsync.network.request import Request

        return Request("POST", POSTERS, self.first(spec))

    def first(self, spec: Spec) -> Spec:
        """A poster is in no channel before it is released."""
        first: Spec = freeze({field: value for field, value in spec.items() if field != "channels"})
        return first

    def steps(self, before: Spec, after: Spec) -> tuple[ProductStep, ...]:
        """A release into the channels that are new; nothing takes a poster out of one."""
        from podsync.providers.contract import ProductStep

        there, wanted = set(before.get("channels") or ()), set(after.get("channels") or ())
        return (ProductStep("release", freeze({"channels": after["channels"]})),) if there < wanted else ()

    def step_request(self, id: str, step: ProductStep, before: Spec) -> Request:  # noqa: A002
        """Exactly what a release sends: the channels that are new."""
        from urllib.parse import quote

        from podsync.network.request import Request

        there = before.get("channels") or ()
        new = [channel for channel in step.body["channels"] if channel not in there]
        return Request("POST", f"{POSTERS}/{quote(id, safe='')}/{RELEASE}", freeze({"channels": new}))

    def step_shown(self, step: ProductStep, before: Spec, remote: Remote) -> Shown | None:  # noqa: ARG002
        """The channels that the listing shows; it leaves them out of an old poster."""
        from podsync.providers.contract import Shown

        listed = remote.fields.get("channels")
        if listed is None:
            return None
        there = [channel for channel in step.body["channels"] if channel in listed]
        return Shown(freeze({"channels": there}), sure=set(listed) <= set(step.body["channels"]))

    def update_request(self, id: str, fields: Spec) -> Request:  # noqa: A002
        """Exactly what an update sends: just the changed fields."""
        from urllib.parse import quote

        from podsync.network.request import Request

        return Request("PUT", f"{POSTERS}/{quote(id, safe='')}", fields)

    def canonical(self, spec: Spec) -> Json:
        """Shops and channels are sets, colours compare without case; absent and empty are one."""
        fields = present(spec)
        for field in ("shops", "channels"):
            if field in fields:
                fields[field] = sorted(fields[field])
        if "paper" in fields:
            fields["paper"] = str(fields["paper"]).upper()
        return freeze(fields)

    def identity(self, spec: Spec, habits: Habits | None = None) -> Json:  # noqa: ARG002
        """Sheet, headline and art: the listing shows all of them."""
        return (text(spec.get("sheet")), folded(spec.get("headline")), text(spec.get("artUrl")))

    def likeness(self, spec: Spec) -> frozenset[str]:
        """One sheet with the same headline or the same art."""
        return frozenset(f"{spec.get('sheet')} {field} {spec.get(field)}" for field in ("headline", "artUrl"))

    def match(
        self, spec: Spec, remote: Remote, habits: Habits | None = None, documents: Collection[str] = ()
    ) -> Match:
        """Compare sheet, headline and art; a price that differs makes it no other product."""
        from podsync.providers.contract import Match
        from podsync.providers.name_forms import changes

        listed = remote.fields
        if text(listed.get("sheet")) != text(spec.get("sheet")):
            return Match.DIFFERENT
        name = spec.get("headline")
        kinds = changes(name, self.name_of(listed), documents)
        if kinds is not None and habits is not None and habits.rules_out(kinds, len(str(name))):
            kinds = None
        art = text(listed.get("artUrl")) == text(spec.get("artUrl"))
        if kinds == frozenset() and art:
            return Match.SAME
        return Match.MAYBE if art or kinds is not None else Match.DIFFERENT

    def borne_out(self, spec: Spec, remote: Remote, habits: Habits) -> bool:
        """Only the headline may differ, as headlines are known to be changed here."""
        from podsync.providers.name_forms import changes

        kinds = changes(spec.get("headline"), self.name_of(remote.fields))
        alike = all(text(spec.get(field)) == text(remote.fields.get(field)) for field in ("sheet", "artUrl"))
        return kinds is not None and habits.bears_out(kinds) and alike

    def sighting(self, spec: Spec, remote: Remote) -> Sighting:
        """What becomes of headlines."""
        from podsync.providers.habits import sighting

        return sighting(remote.id, spec.get("headline"), self.name_of(remote.fields))
