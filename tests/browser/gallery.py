"""Pictures that need no network, and a plan as a season brings it: 42 changes to approve by eye."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from podsync.plan.action import Action
from podsync.plan.change import Change, FieldChange
from podsync.plan.model import Plan
from tests.output import samples

CDN = "https://cdn.example.com"
#: A picture whose address says so is not there.
GONE = "fornt"
COLOURS = {
    "Ash": "#c8c8c8", "Crimson": "#dc143c", "Forest": "#0b4a22", "Lime": "#a4de02", "Moss": "#6b6b1f",
    "Navy": "#10204a", "Oak": "#7b4a24", "Plum": "#7d2a9c", "Rust": "#b7410e", "Sand": "#e1d3b0",
    "Teal": "#117a7a", "White": "#ffffff",
}  # fmt: skip
DESIGNS = {"Dino": "#ffcc00", "Fox": "#ff8800", "Whale": "#5ab4f0"}
_SHIRT = (
    "M200 120 L250 90 Q300 130 350 90 L400 120 L480 200 L430 250 L400 225 L400 520 L200 520 L200 225 "
    "L170 250 L120 200 Z"
)


def svg(url: str) -> str:
    """Draw what an address asks for: `…/tee/300x400/dc143c/ffcc00/front.png`, else a plain square."""
    told = re.search(r"/(tee|poster|art)/(\d+)x(\d+)/([0-9a-f]{6})/([0-9a-f]{6})/", url)
    kind, wide, high, one, two = told.groups() if told else ("plain", "600", "600", "8899aa", "ffffff")
    body = {
        "tee": '<rect x="-900" y="-900" width="2400" height="2400" fill="#eef0f2"/>'
        f'<path d="{_SHIRT}" fill="#{one}" stroke="#0003" stroke-width="3"/>'
        f"{_print(two) if 'front' in url else ''}",
        "poster": f'<rect width="600" height="600" fill="#{one}"/><rect x="18" y="18" width="564" '
        f'height="564" fill="none" stroke="#{two}" stroke-width="10"/>{_print(two)}',
        "art": _print(two),
        "plain": f'<rect width="600" height="600" fill="#{one}"/>',
    }[kind]
    stretched = 'preserveAspectRatio="none"' if kind == "poster" else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 600 600" '
        f"{stretched}>{body}</svg>"
    )


def _print(colour: str) -> str:
    return (
        f'<g fill="#{colour}"><circle cx="300" cy="290" r="62"/><path d="M250 330 L300 420 L350 330 Z"/></g>'
        '<g fill="#fff"><circle cx="280" cy="275" r="12"/><circle cx="320" cy="275" r="12"/></g>'
    )


def tee(design: str, colour: str, size: str = "600x600", front: str = "front") -> dict[str, Any]:
    cloth, ink = COLOURS[colour], DESIGNS[design][1:]
    where = f"{CDN}/tee/{size}/{cloth[1:]}/{ink}"
    return {
        "modelId": "73",
        "enName": f"{design} Raglan Tee - {colour}",
        "imageUrl": f"{where}/{front}.png",
        "backImageUrl": f"{where}/rear.png",
        "materialImages": [{"imageName": design, "imageUrl": f"{CDN}/art/600x600/000000/{ink}/{design}.png"}],
        "colorValue": cloth,
    }


def season() -> Plan:
    """12 variants of 3 designs, 2 replaces, an orphan, 3 Gelato products; one picture does not load."""
    changes = [*_replaced(), _orphan(), *_gelato(), *_new()]
    return samples.plan(changes, documents=812, files=140)


def variants(count: int = 37) -> Plan:
    """So many new variants, nothing else: what a phone has to show."""
    names = list(_new(13))[:count]
    return samples.plan(names, documents=812, files=140)


def _new(each: int = 12) -> Iterator[Change]:
    for design in DESIGNS:
        for at, colour in enumerate([*COLOURS, "Ash"][:each]):
            size = {"Fox": "450x600", "Whale": "600x400"}.get(design, "600x600")
            front = "fornt" if (design, colour) == ("Fox", "Oak") else "front"
            name = f"{design}-{colour}-{at}".lower()
            yield samples.create(
                name, tee(design, colour, size, front), f"catalog/designed/{design.lower()}.yaml", 2 + at * 11
            )


def _replaced() -> Iterator[Change]:
    for colour, spu in (("Crimson", "QCUT00911"), ("Teal", "QCUT00912")):
        old, new = tee("Dino", colour, "600x800"), tee("Dino", colour, "600x800")
        new["imageUrl"] = new["imageUrl"].replace("/ffcc00/", "/ff4fa3/")
        yield samples.change(
            f"dino-long-{colour.lower()}", Action.REPLACE, reason="KakaClo cannot change it",
            before={**old, "enName": f"Dino Long Sleeve - {colour}"},
            after={**new, "enName": f"Dino Long Sleeve - {colour}"},
            shown={"product": {"spu": spu}}, made_at=samples.STATE_AT - 17 * samples.DAY,
            fields=(FieldChange("imageUrl", old["imageUrl"], new["imageUrl"], True),),
            risks=(samples.STAYS,), source=samples.at("catalog/designed/dino-long.yaml", 9),
        )  # fmt: skip


def _orphan() -> Change:
    return samples.change(
        "whale-sand", Action.ORPHAN, reason="its document is gone",
        before={**tee("Whale", "Sand"), "materialImages": []}, shown={"product": {"spu": "QCUT00915"}},
        made_at=samples.STATE_AT - 30 * samples.DAY, source=samples.at("catalog/designed/whale.yaml", 14),
    )  # fmt: skip


def _gelato() -> Iterator[Change]:
    tall = f"{CDN}/poster/200x800/1b3a4b/ffee00/tall.png"
    wide = f"{CDN}/poster/1600x400/3a2a8c/ffd2b0/wide.png"
    for name, spec, picture in (
        ("framed-poster", samples.POSTER, tall), ("tote-bag", samples.TOTE, wide),
    ):  # fmt: skip
        yield samples.create(name, {**spec, "imageUrl": picture}, f"catalog/gelato/{name}.yaml")
    after = {**samples.COTTON, "name": "Premium Cotton T-Shirt, Satin Print"}
    rename = FieldChange("name", samples.COTTON["name"], after["name"])
    yield samples.change(
        "cotton-tshirt", Action.UPDATE, provider="gelato", before=samples.COTTON, after=after,
        fields=(rename,), source=samples.at("catalog/gelato/cotton-tshirt.yaml", 4),
        risks=('customer-123 and customer-456 order it by name: "Premium Cotton T-Shirt" is unknown then',),
    )  # fmt: skip
