"""The catalogs that the crash tests apply, as data.

`BEFORE` and then `WITHOUT` are applied in peace; carrying out `WANTED` afterwards takes every action
that there is. `MANY` is nothing but creates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.products import document, poster_spec, tee_spec

Document = dict[str, Any]


def tee(name: str, model: int, title: str = "", **beside: Any) -> Document:
    spec = tee_spec(name, modelId=str(model), enName=title or f"Tee {name}")
    return document("kakaclo", name, spec, **beside)


def poster(name: str, title: str = "", customers: Iterable[str] = ("c-1",), **beside: Any) -> Document:
    model = f"model-{beside.pop('model', name)}"
    title = title or f"Poster {name}"
    spec = poster_spec(name, name=title, customerIds=list(customers), productModelId=model)
    return document("gelato", name, spec, **beside)


#: Documents that no run touches, and those whose turn as orphans comes.
_KEPT = [tee("kept", 11), poster("kept")]
_DROPPED = [tee("dropped", 12), poster("dropped")]
_BACK = [tee("back", 13), poster("back"), tee("vanished", 14)]
_BEFORE_CHANGE = [tee("other", 15), tee("noted", 16), poster("named"), tee("here", 17), poster("here")]

BEFORE = [*_KEPT, *_DROPPED, *_BACK, *_BEFORE_CHANGE]
WITHOUT = [*_KEPT, *_DROPPED, *_BEFORE_CHANGE]
NEW = [tee("new-1", 21), tee("new-2", 22), poster("new-1"), poster("new-2")]
ADOPTED = [tee("found", 23), poster("found")]
CHANGED = [
    tee("other", 15, "Tee another"),
    tee("noted", 16, labels={"season": "spring"}),
    poster("named", "Poster anew", ["c-1", "c-2"], renamed_from="Poster named"),
    tee("there", 17, "Tee here", moved=["here"]) | {"spec": tee("here", 17)["spec"]},
    poster("there", "Poster here", model="here", moved=["here"]),
]
WANTED = [*_KEPT, *_BACK, *CHANGED, *NEW, *ADOPTED]

#: What the two shops hold once WANTED is carried out, by name: all of it once, the replaced one too.
THERE = {
    "kakaclo": sorted(
        ["Tee kept", "Tee dropped", "Tee back", "Tee vanished", "Tee other", "Tee another", "Tee noted",
         "Tee here", "Tee new-1", "Tee new-2", "Tee found"]
    ),
    "gelato": sorted(
        ["Poster kept", "Poster dropped", "Poster back", "Poster anew", "Poster here", "Poster new-1",
         "Poster new-2", "Poster found"]
    ),
}  # fmt: skip
#: Orphans afterwards: what was dropped, and what was replaced.
LEFT = ["customer_product.dropped", "designed_product.dropped", "designed_product.other"]


def many(count: int) -> list[Document]:
    """So many documents, half of each kind."""
    half = [tee(f"t{n}", 1 + n % 30) for n in range(count // 2)]
    return half + [poster(f"p{n}") for n in range(count - count // 2)]


def titles(documents: Iterable[Document]) -> dict[str, list[str]]:
    """The names under which the shops list these documents, each once."""
    found: dict[str, list[str]] = {"kakaclo": [], "gelato": []}
    for each in documents:
        spec = each["spec"]
        found["kakaclo" if "enName" in spec else "gelato"].append(spec.get("enName") or spec["name"])
    return {provider: sorted(names) for provider, names in found.items()}


def addresses(documents: Iterable[Document]) -> list[str]:
    return sorted(f"{document['kind']}.{document['name']}" for document in documents)


def to_yaml(documents: Iterable[Document]) -> str:
    return "\n---\n".join(json.dumps(document, indent=1) for document in documents) + "\n"
