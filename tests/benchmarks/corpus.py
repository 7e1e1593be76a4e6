"""Corpora of any size: a catalog like a seller's with many designs, and a state that knows all of it.

python -m tests.benchmarks.corpus FOLDER COUNT [--state]

The same count gives the same bytes: half designed, half customer products, one file each of about
700 bytes, 500 files a folder. No two products look alike to a provider's listing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.frozen import freeze
from podsync.providers.registry import default_settings, kinds
from podsync.state.entries import Entry
from podsync.state.formats import statefile
from podsync.state.model import Host, State

SETTINGS = "version: 1\nlimits: {max_creates: null, max_replaces: null, max_orphans: null}\n"
STATE = "podsync.state.json"
_IN_FOLDER = 500
#: When the state's products were made, UTC seconds since the epoch; each a second after the other.
_MADE = 1_767_000_000.0
_PICTURES = "https://oss-public.example.com/images/common/custom/images/20240325"
_SIZES = ("small", "medium", "large")


def write_catalog(folder: Path, count: int) -> None:
    """Write `podsync.yaml` and a catalog of `count` products into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "podsync.yaml").write_text(SETTINGS, encoding="utf-8")
    for number, document in enumerate(documents(count)):
        path = file_of(folder, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_yaml(document), encoding="utf-8")


def file_of(folder: Path, number: int) -> Path:
    """Where product `number` stands."""
    return folder / "catalog" / f"{number // _IN_FOLDER:04d}" / f"{name_of(number)}.yaml"


def name_of(number: int) -> str:
    """What product `number` is called."""
    return f"{'design' if number % 2 == 0 else 'custom'}-{number:06d}"


def documents(count: int) -> Iterator[dict[str, Any]]:
    """The first `count` documents, as data."""
    for number in range(count):
        yield _designed(number) if number % 2 == 0 else _custom(number)


def _designed(number: int) -> dict[str, Any]:
    unique = f"{number:08x}-96ce-4940-86d2-b345f4897ad0"
    spec = {
        "modelId": str(1 + number % 40),
        "enName": f"Dinosaur Round Neck Short Sleeve T-Shirt, Children's Clothing, No. {number}",
        "imageUrl": f"{_PICTURES}/{unique}-front.png",
        "backImageUrl": f"{_PICTURES}/{unique}-back.png",
        "materialImages": [{"imageName": f"artwork-{number}", "imageUrl": f"{_PICTURES}/{unique}-art.png"}],
        "colorValue": f"#{number * 2654435761 % 0xFFFFFF:06X}",
    }
    return {"kind": "designed_product", "name": name_of(number), "labels": _labels(number), "spec": spec}


def _custom(number: int) -> dict[str, Any]:
    fabric = [{"partModelId": "fabric", "attributeIds": [f"attr-size-{size}" for size in _SIZES]}]
    colours = [{"partModelId": "fabric", "attributeIds": ["attr-color-red", f"attr-color-{number}"]}]
    spec = {
        "name": f"Premium Cotton T-Shirt, No. {number}",
        "customerIds": [f"customer-{number % 97}", f"customer-{100 + number % 89}"],
        "productModelId": f"model-tshirt-{number % 400:03d}",
        "variantOptions": [
            {"id": "size", "name": "Size", "attributesMapping": fabric},
            {"id": "color", "name": "Color", "attributesMapping": colours},
        ],
        "partQuantities": [{"partModelId": "fabric-cotton-premium", "quantity": 2}],
    }
    return {"kind": "customer_product", "name": name_of(number), "labels": _labels(number), "spec": spec}


def _labels(number: int) -> dict[str, str]:
    return {"season": ("spring", "summer", "autumn", "winter")[number // 2 % 4]}


# -- the state


def write_state(folder: Path, count: int) -> None:
    """Write the state of an account where all `count` products were made."""
    (folder / STATE).write_bytes(statefile.dumps(state_of(count)))


def state_of(count: int) -> State:
    """The state that an apply of the whole catalog leaves behind."""
    entries = {}
    for number, document in enumerate(documents(count)):
        address = Address(document["kind"], document["name"])
        entries[address] = _entry(number, address, document)
    hosts = {
        name: Host(default_settings()[name].base_url, DEFAULT_ACCOUNT)
        for name in sorted({entry.provider for entry in entries.values()})
    }
    last: Mapping[str, Any] = {"at": _MADE, "ended_at": _MADE + count}
    return State(
        lineage="00000000-0000-4000-8000-000000000000",
        serial=2 * count,
        entries=dict(sorted(entries.items())),
        hosts=freeze(hosts),
        last_apply=freeze(last),
        extra=freeze({"checkpoint": {"id": "0" * 32}}),
    )


def _entry(number: int, address: Address, document: dict[str, Any]) -> Entry:
    shown = {"spu": f"KC{number:08d}"} if address.kind == "designed_product" else {}
    return Entry(
        address,
        kinds()[address.kind],
        DEFAULT_ACCOUNT,
        freeze(document["spec"]),
        id=f"{number:08x}-1d56-4c1e-9c8e-2f6f6c1f3a00",
        labels=freeze(document["labels"]),
        remote=freeze({"product": shown} if shown else {}),
        created_at=_MADE + number,
        updated_at=_MADE + number,
    )


# -- YAML as people write it


def as_yaml(document: Mapping[str, Any]) -> str:
    """A document in block style, short lists in brackets."""
    return "# yaml-language-server: $schema=../../schemas/catalog.schema.json\n" + "".join(
        _lines(document, "")
    )


def _lines(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:\n"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and isinstance(value[0], dict):
            yield f"{indent}{key}:\n"
            for item in value:
                first, *rest = _lines(item, indent + "    ")
                yield f"{indent}  - {first.lstrip()}"
                yield from rest
        elif isinstance(value, list):
            yield f"{indent}{key}: [{', '.join(value)}]\n"
        else:
            plain = isinstance(value, int) or not (value.isdigit() or value.startswith("#"))
            yield f"{indent}{key}: {value if plain else json.dumps(value)}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--state", action="store_true", help="also a state in which nothing is left to do")
    told = parser.parse_args()
    write_catalog(told.folder, told.count)
    if told.state:
        write_state(told.folder, told.count)


if __name__ == "__main__":
    main()
