"""A shop that people have worked in for years, made from a seed after the vendors' pages.

Exact doubles, one name and other pictures, one picture under several names, `http:` and signed pictures,
pictures on other hosts, models that the supplier has taken off the list, names in many scripts, empty
and hostile ones, options without values, one name for several customers, ids as numbers.
"""

from __future__ import annotations

import random
from typing import Any

from tests.apply.vendor_server import VendorServer

MODELS = {
    "1": "Round Neck Short Sleeve T-Shirt", "2": "Women's V-Neck Tee", "3": "Pullover Hoodie",
    "37": "Raglan Tee", "73": "Long Sleeve Raglan", "74": "Kids' Round Neck Tee", "105": "Canvas Tote Bag",
}  # fmt: skip
#: On no list any more.
GONE = "990"
_THINGS = (
    "Dinosaur",
    "Northern Fox",
    "Кит",
    "猫",
    "Ça va",
    "Straße",
    "🦖 Rex",
    "Olive & Oak",
    "Moon",
    "Fern",
    "Ñandú",
)
_STYLES = ("Crimson", "Teal", "Ash", "Moss", "Lime", "Navy", "Sand")
_ODD_NAMES = (
    "=HYPERLINK(\"https://evil.example\")", "<script>alert(1)</script>", "name: - #5 {x}", "yes", "1_000",
    " ",
    "'quoted' \"twice\"", "null", "::error::hi", "back\\slash", "| pipe", "A" * 160, "tail  two   spaces ",
    "bidi \u202eevil", "12:30", "@channel", "2024-01-01",
)  # fmt: skip
_HOSTS = ("cdn.example.com/pod", "oss-pubilc.kakaclo.com/20240325", "images.some-agency.example/mockups")


def fill(server: VendorServer, seed: int = 16, *, designed: int = 1000, customer: int = 200) -> None:
    """Make so many products, by hand and long ago."""
    rng = random.Random(seed)
    server.model_names = dict(MODELS)
    for number in range(designed):
        server.by_hand("kakaclo", _designed(rng, number, server), age=400 * 86400 - number * 60)
    for number in range(customer):
        server.by_hand("gelato", _customer(rng, number, server), age=300 * 86400 - number * 60)


def _designed(rng: random.Random, number: int, server: VendorServer) -> dict[str, Any]:
    before = server.products("kakaclo")
    if before and rng.random() < 0.03:  # pressed Save twice
        return dict(rng.choice(before[-5:])["spec"])
    host = rng.choice(_HOSTS)
    name = f"{rng.choice(_THINGS)} {rng.choice(_STYLES)} {number}"
    if rng.random() < 0.03:
        name = rng.choice(_ODD_NAMES)
    model = GONE if rng.random() < 0.02 else rng.choice(list(MODELS))
    spec = {
        "modelId": model,
        "enName": name,
        "imageUrl": f"https://{host}/{number}-front.png",
        "backImageUrl": f"https://{host}/{number}-back.png",
        "colorValue": "#A72525",
    }
    chance = rng.random()
    if before and chance < 0.02:
        spec |= {"enName": before[-1]["spec"]["enName"], "modelId": before[-1]["spec"]["modelId"]}
    elif before and chance < 0.04:
        spec |= {"imageUrl": before[-1]["spec"]["imageUrl"], "modelId": before[-1]["spec"]["modelId"]}
    elif chance < 0.06:
        spec["imageUrl"] = f"http://old.example.com/{number}.jpg"
    elif chance < 0.08:
        spec["imageUrl"] = f"https://bucket.example.com/{number}.png?X-Amz-Signature=abc&X-Amz-Expires=60"
    elif chance < 0.1:
        spec["backImageUrl"] = ""
    elif chance < 0.12:
        spec["backImageUrl"] = None
    elif chance < 0.13:
        spec["imageUrl"] = f"https://{host}/mit leerzeichen {number}.png"
    return spec


def _customer(rng: random.Random, number: int, server: VendorServer) -> dict[str, Any]:
    before = server.products("gelato")
    if before and rng.random() < 0.02:
        return dict(before[-1]["spec"])
    everybody = rng.random() < 0.1
    name = f"{rng.choice(_THINGS)} Poster {number % 150}"
    if rng.random() < 0.04:
        name = rng.choice(_ODD_NAMES)
    options = [
        {
            "id": "size",
            "name": "Size",
            "values": [] if rng.random() < 0.05 else [{"value": "30x40"}, {"value": "50x70"}],
            "defaultValue": "30x40",
            "attributesMapping": [{"partModelId": "poster-paper", "attributeIds": ["width", "height"]}],
        }
    ]
    if rng.random() < 0.3:
        frame = {"partModelId": "frame", "attributeIds": ["attr-colour"]}
        options.append(
            {
                "id": "frame-colour",
                "name": "Frame Colour",
                "values": [{"value": "oak"}],
                "attributesMapping": [frame],
            }
        )
    return {
        "name": name,
        "customerIds": ["*"]
        if everybody
        else sorted(rng.sample([f"customer-{n}" for n in range(12)], rng.randint(1, 3))),
        "productModelId": rng.choice(["demo_poster", "framed-poster-001", "4711"]),
        "variantOptions": options,
    }
