"""What KakaClo is sent, and by what its products are known again. Pure.

Facts: docs.kakaclo.com, "Save POD Designed Product", "Get Custom Designed List", "Get Design Model
List". A create answers `{"data": "", "code": 10000}`: no id; only `code` 10000 is
success, HTTP 200 with another code is a refusal. The listing returns neither `modelId` (it has
`modelCode`; the model list maps them) nor `colorValue` nor `materialImages`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from podsync.model.diagnostic import Rule, SpecFault
from podsync.model.frozen import Json, Spec, freeze
from podsync.model.known_ids import NOTHING_KNOWN, KnownIds
from podsync.model.settings import ProviderSettings
from podsync.providers.kakaclo import INFO
from podsync.providers.knowledge import Provider
from podsync.providers.normalise import folded, number, present, text

if TYPE_CHECKING:
    from podsync.network.request import Request
    from podsync.providers.contract import Match, Remote
    from podsync.providers.habits import Habits, Sighting

ADD = "/v1/product/custom/customDesigned/addProduct"
#: The vendor's withdrawn custom-order page allowed 100 characters; nothing newer is documented.
NAME_ADVICE = 100
#: The mock-ups, which the listing returns; whether with the URLs that were sent is not documented.
PICTURES = ("imageUrl", "backImageUrl")


def provider(settings: ProviderSettings) -> KakaClo:
    """Return the knowledge that fits these settings."""
    return KakaClo(settings.pictures, settings.known)


class KakaClo(Provider):
    """What KakaClo is. `pictures`: what its listing does to picture URLs (a setting: not documented)."""

    __slots__ = ("known", "pictures")

    known: KnownIds

    info: ClassVar = INFO
    own_rules: ClassVar = (
        Rule(
            "long-name",
            "warning",
            "A name may be too long for KakaClo",
            "It may be cut or refused. Shorten it.",
        ),
    )

    def __init__(
        self, pictures: Literal["unknown", "kept", "rehosted"] = "unknown", known: KnownIds = NOTHING_KNOWN
    ) -> None:
        self.pictures = pictures
        self.known = known

    def __repr__(self) -> str:
        """What a cache of read documents is for."""
        return f"KakaClo({self.pictures!r}, {self.known!r})"

    def check(self, spec: Spec) -> Iterable[SpecFault]:
        """Offline rules that a JSON Schema cannot say."""
        found, length = Provider.check(self, spec), len(spec.get("enName", ""))
        if length <= NAME_ADVICE:
            return found
        summary = f"the name has {length} characters; KakaClo may cut or refuse more than {NAME_ADVICE}"
        return [*found, SpecFault("long-name", ("enName",), summary, "shorten it", "warning")]

    def request(self, spec: Spec) -> Request:
        """Exactly what a create sends."""
        from podsync.network.request import Request

        return Request("POST", ADD, spec)

    def canonical(self, spec: Spec) -> Json:
        """Colours compare without case; absent and empty are one."""
        fields = present(spec)
        if "colorValue" in fields:
            fields["colorValue"] = str(fields["colorValue"]).upper()
        return freeze(fields)

    def identity(self, spec: Spec, habits: Habits | None = None) -> Json:
        """Model, name and, as far as the listing shows their URLs as they were sent, both pictures."""
        parts = [number(spec.get("modelId")), folded(spec.get("enName"))]
        for field in PICTURES:
            url = spec.get(field)
            listed = self.pictures != "rehosted" if habits is None else habits.picture(url, field) == "kept"
            parts.append(text(url) if listed else "")
        return tuple(parts)

    def likeness(self, spec: Spec) -> frozenset[str]:
        """One model with the same name or the same front picture."""
        model = spec.get("modelId")
        return frozenset(f"{model} {field} {spec.get(field)}" for field in ("enName", "imageUrl"))

    def risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:
        """Say so when a replace leaves two products that look alike."""
        if before is None or after is None:
            return ()
        one, other = self.canonical(before), self.canonical(after)
        changed = {key for key in {*one, *other} if one.get(key) != other.get(key)}
        if changed and changed <= self.unlisted:
            return ("the old and the new one look alike at KakaClo: change name or picture as well",)
        return ()

    def match(
        self, spec: Spec, remote: Remote, habits: Habits | None = None, documents: Collection[str] = ()
    ) -> Match:
        """Compare by model, name and pictures.

        A picture that differs never makes it another product: whether pictures are re-hosted may change.
        """
        from podsync.providers.contract import Match
        from podsync.providers.name_forms import begins, changes

        model = remote.fields.get("modelId")
        if model is not None and number(model) != number(spec.get("modelId")):
            return Match.DIFFERENT
        name = spec.get("enName")
        kinds = changes(name, self.name_of(remote.fields), documents)
        if kinds is not None and habits is not None and habits.rules_out(kinds, len(str(name))):
            kinds = None
        same = [text(spec.get(field)) == text(remote.fields.get(field)) for field in PICTURES]
        if model is not None and kinds == frozenset() and all(same):
            return Match.SAME
        shared = any(same[index] and spec.get(field) for index, field in enumerate(PICTURES))
        may_be = (
            kinds is not None
            or shared
            or (model is not None and begins(name, self.name_of(remote.fields), documents))
        )
        return Match.MAYBE if may_be else Match.DIFFERENT

    def borne_out(self, spec: Spec, remote: Remote, habits: Habits) -> bool:
        """Compare what came back changed with what is known to be changed here."""
        from podsync.providers.name_forms import changes

        kinds = changes(spec.get("enName"), self.name_of(remote.fields))
        if kinds is None or not habits.bears_out(kinds) or remote.fields.get("modelId") is None:
            return False
        return all(
            text(spec.get(field)) == text(remote.fields.get(field))
            or habits.picture(spec.get(field), field) in ("changed", None)
            for field in PICTURES
        )

    def sighting(self, spec: Spec, remote: Remote) -> Sighting:
        """Each picture that was sent, and the name."""
        from podsync.providers.habits import host_of, sighting

        pictures = {
            (host_of(spec[field]), field): text(spec[field]) == text(remote.fields.get(field))
            for field in PICTURES
            if spec.get(field)
        }
        return sighting(remote.id, spec.get("enName"), self.name_of(remote.fields), pictures=pictures)
