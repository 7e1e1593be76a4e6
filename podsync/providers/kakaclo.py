"""KakaClo: designed products. They can be made and listed, not changed and not deleted.

Facts: docs.kakaclo.com, "Save POD Designed Product", "Get Custom Designed List", "Get Design Model
List", "Rate limits". A create answers `{"data": "", "code": 10000}`: no id; only `code` 10000 is
success, HTTP 200 with another code is a refusal. The listing returns neither `modelId` (it has
`modelCode`; the model list maps them) nor `colorValue` nor `materialImages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from podsync.model import Json, Path, Spec, freeze
from podsync.providers.compare import cut_alike, present, text
from podsync.providers.naming import odd_name, odd_url
from podsync.providers.registry import Plugin

if TYPE_CHECKING:
    from podsync.ports import Clock, Depiction, Fault, Match, Pace, Reader, Remote, Request, Writer
    from podsync.settings import ProviderSettings

ADD = "/v1/product/custom/customDesigned/addProduct"
#: The vendor's withdrawn custom-order page allowed 100 characters; nothing newer is documented.
NAME_ADVICE = 100


@dataclass(frozen=True, slots=True)
class KakaClo:
    """What KakaClo is. `pictures`: what its listing does to picture URLs (a setting: not documented)."""

    pictures: Literal["unknown", "kept", "rehosted"] = "unknown"

    name = "kakaclo"
    title = "KakaClo"
    kind = "designed_product"
    mutable: frozenset[str] = frozenset()
    unlisted = frozenset({"colorValue", "materialImages"})
    replaces = True
    model_field = "modelId"
    name_field = "enName"
    telling = ("enName", "imageUrl")

    def check(self, spec: Spec) -> Iterable[Fault]:
        """Offline rules that a JSON Schema cannot say."""
        yield from odd_name(self.name_field, spec)
        for field in ("imageUrl", "backImageUrl"):
            yield from odd_url((field,), spec.get(field) or "")
        for index, image in enumerate(spec.get("materialImages", ())):
            yield from odd_url(("materialImages", index, "imageUrl"), image["imageUrl"])
        length = len(spec.get("enName", ""))
        if length > NAME_ADVICE:
            from podsync.ports import Fault

            summary = f"the name has {length} characters; KakaClo may cut or refuse more than {NAME_ADVICE}"
            yield Fault("long-name", ("enName",), summary, "shorten it", "warning")

    def depictions(self, spec: Spec) -> Iterable[Depiction]:
        """Both mock-ups, and the artwork."""
        from podsync.ports import Depiction, Role

        for field, role in (("imageUrl", Role.FRONT), ("backImageUrl", Role.BACK)):
            if spec.get(field):
                yield Depiction((field,), spec[field], role)
        for index, image in enumerate(spec.get("materialImages", ())):
            path = ("materialImages", index, "imageUrl")
            yield Depiction(path, image["imageUrl"], Role.ARTWORK, image["imageName"])

    def request(self, spec: Spec) -> Request:
        """Exactly what a create sends."""
        from podsync.ports import Request

        return Request("POST", ADD, spec)

    def update_request(self, id: str, fields: Spec) -> Request:  # noqa: A002
        """Never called: `mutable` is empty."""
        raise NotImplementedError(f"KakaClo cannot update {id}: {sorted(fields)}")

    def canonical(self, spec: Spec) -> Json:
        """Colours compare without case; absent and empty are one."""
        fields = present(spec)
        if "colorValue" in fields:
            fields["colorValue"] = str(fields["colorValue"]).upper()
        return freeze(fields)

    def identity(self, spec: Spec) -> Json:
        """Model, name and, unless the listing shows other URLs, both pictures."""
        fields = ("modelId", "enName")
        if self.pictures != "rehosted":
            fields += ("imageUrl", "backImageUrl")  # type: ignore[assignment]
        return tuple(text(spec.get(field)) for field in fields)

    def likeness(self, spec: Spec) -> frozenset[str]:
        """One model with the same name or the same front picture."""
        model = spec.get("modelId")
        return frozenset(f"{model} {field} {spec.get(field)}" for field in ("enName", "imageUrl"))

    def unique_name(self, spec: Spec) -> str | None:  # noqa: ARG002
        """Names may repeat: nothing at KakaClo is found by its name."""
        return None

    def clash(self, one: Spec, other: Spec) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def takes(self, before: Spec, after: Spec) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def natural_key(self, path: Path) -> str | None:
        """Artworks are known by their names."""
        return "imageName" if path == ("materialImages",) else None

    def risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:
        """Say so when a replace leaves two products that look alike."""
        if before is None or after is None:
            return ()
        one, other = self.canonical(before), self.canonical(after)
        changed = {key for key in {*one, *other} if one.get(key) != other.get(key)}
        if changed and changed <= self.unlisted:
            return ("the old and the new one look alike at KakaClo: change name or picture as well",)
        return ()

    def match(self, spec: Spec, remote: Remote) -> Match:
        """Compare by model, name and pictures; see PROTOCOL, "Identity"."""
        from podsync.ports import Match

        model = remote.fields.get("modelId")
        if model is not None and text(model) != text(spec.get("modelId")):
            return Match.DIFFERENT
        names_equal = text(spec.get("enName")) == text(remote.name)
        front, back = (text(spec.get(f)) == text(remote.fields.get(f)) for f in ("imageUrl", "backImageUrl"))
        if model is not None and names_equal and ((front and back) or self.pictures == "rehosted"):
            return Match.SAME
        if names_equal and not (front and back) and self.pictures == "kept":
            return Match.DIFFERENT
        if front or cut_alike(str(spec.get("enName", "")), remote.name):
            return Match.MAYBE
        return Match.DIFFERENT


def _connect(
    settings: ProviderSettings, key: str, clock: Clock, pace: Pace, proxies: Mapping[str, str]
) -> tuple[Reader, Writer]:
    from podsync.providers.http import Http
    from podsync.providers.kakaclo_api import KakaCloReader, KakaCloWriter

    headers = {"Authorization": f"Bearer {key}"}
    http = Http("KakaClo", settings, headers, clock=clock, pace=pace, proxies=proxies)
    return KakaCloReader(http), KakaCloWriter(http)


PLUGIN = Plugin(
    key_variable="KAKACLO_ACCESS_TOKEN",
    url_variable="KAKACLO_BASE_URL",
    renew="https://kakaclo.com/personal-center/api-setting",
    provider=lambda settings: KakaClo(settings.pictures),
    connect=_connect,
)
