from __future__ import annotations

from pathlib import Path

import pytest

from podsync.catalog.loader import Loaded
from podsync.model.diagnostic import SpecFault
from podsync.providers.registry import plugins
from tests.catalog.loading import load

DESIGNED = """\
kind: designed_product
name: dino
spec:
  modelId: "1"
  enName: Dino
  imageUrl: https://cdn.test/a.png
  colorValue: "#A72525"
"""
CUSTOMER = """\
kind: customer_product
name: poster
spec:
  name: Poster
  customerIds: [a, b]
  productModelId: m
  variantOptions:
    - id: size
      name: Size
      attributesMapping:
        - partModelId: p
          attributeIds: [x]
  partQuantities:
    - partModelId: p
      quantity: 2
"""


class Designs:
    """The least that the catalog asks of a provider whose names may repeat."""

    name, title, kind, name_field = "kakaclo", "KakaClo", "designed_product", "enName"
    info = plugins()["kakaclo"]

    def check(self, spec):
        if spec.get("enName") == "Refused":
            yield SpecFault("refused-name", ("enName",), "this name is refused", "choose another")
        if spec.get("enName") == "Odd":
            yield SpecFault("odd-name", ("enName",), "this name is odd", "sure?", "warning")

    def identity(self, spec):
        return [spec.get(field) for field in ("modelId", "enName", "imageUrl", "backImageUrl")]

    def unique_name(self, _spec):
        return None

    def clash(self, _one, _other):
        return False


class Customers:
    """The least that the catalog asks of a provider that finds products by name."""

    name, title, kind, name_field = "gelato", "Gelato", "customer_product", "name"
    info = plugins()["gelato"]

    def check(self, _spec):
        return ()

    def identity(self, spec):
        return [spec["name"]]

    def unique_name(self, spec):
        return spec["name"]

    def clash(self, one, other):
        mine, theirs = set(one["customerIds"]), set(other["customerIds"])
        return one["name"] == other["name"] and ("*" in mine | theirs or bool(mine & theirs))


class Shop:
    """A folder with a catalog."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalog = root / "catalog"
        self.catalog.mkdir()
        self.providers = {"kakaclo": Designs(), "gelato": Customers()}

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.catalog / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self, *paths: str) -> Loaded:
        return load(self.root, "catalog", self.providers, paths)

    def faults(self, *paths: str) -> list[str]:
        """`line:column rule: summary` of each fault; the file is named where it is not f.yaml."""
        return [line(d) for d in self.load(*paths).diagnostics]

    def check(self, content: str | bytes) -> list[str]:
        self.write("f.yaml", content)
        return self.faults()

    def hints(self, content: str | bytes) -> list[str]:
        self.write("f.yaml", content)
        return [d.detail for d in self.load().diagnostics]


def line(diagnostic) -> str:
    place = str(diagnostic.at).removeprefix("catalog/").removeprefix("f.yaml:")
    return f"{place} {diagnostic.rule}: {diagnostic.summary}"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def designed() -> str:
    return DESIGNED


@pytest.fixture
def customer() -> str:
    return CUSTOMER
