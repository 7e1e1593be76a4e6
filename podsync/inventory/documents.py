"""Documents for products without one: listed values, as a person would write them. Pure.

A value that a document must not contain is left out, with a comment that says why. The catalog's own rules
decide that: each text is checked, and refused fields are removed one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from podsync.catalog.parsing import yaml_writer
from podsync.catalog.text_check import as_written, faults_of
from podsync.catalog.validation.nearest import slug
from podsync.catalog.validation.schemas import schema
from podsync.evidence.claims import Judge
from podsync.evidence.situation import documents_of
from podsync.evidence.state_view import Known
from podsync.inventory.audit import AccountAudit
from podsync.inventory.products import ListedProduct, Standing, pictures_of
from podsync.model.address import NAME_LIMIT, Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.digests import short_digest
from podsync.model.frozen import thaw
from podsync.model.product import Product
from podsync.providers.contract import Match
from podsync.providers.knowledge import Provider

#: Names of files that one of the systems keeps for devices.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
#: Each round leaves out a field at least; no spec has so many.
_ROUNDS = 50


class ExportedDocument(NamedTuple):
    """A document to be written. `left_out` maps fields to why they are not in it."""

    address: Address
    id: str
    text: str
    left_out: Mapping[str, str]


@dataclass
class DocumentExport:
    """Makes a document of each listed product.

    `taken` are the names of the provider's kind that are in use, and grows. `above` leads from a document's
    folder to the one with `schemas/`, such as `../../../`. In an `environment` of the settings its documents
    belong to that one: in others nobody has seen these products.
    """

    audit: AccountAudit
    providers: Mapping[str, Provider]
    taken: set[str]
    above: str = ""
    environment: str = ""
    #: Ids of which no text became a valid document, with why.
    unwritable: dict[str, str] = field(default_factory=dict)
    _properties: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self._properties = schema(self.audit.provider.kind)["properties"]["spec"]["properties"]

    def documents(self) -> Iterator[ExportedDocument]:
        """Yield a document for each product that nobody has, the oldest first, whose names stay."""
        for one in self.audit.products:
            if one.standing is Standing.UNMANAGED and (made := self._document(one)) is not None:
                yield made

    def _document(self, one: ListedProduct) -> ExportedDocument | None:
        provider = self.audit.provider
        address = Address(provider.kind, self._name(one))
        listed = thaw(provider.listed_spec(one.row.fields))
        left_out = {
            picture.field: f"{picture.problem}: {picture.url}" if picture.url else picture.problem
            for picture in pictures_of(provider, one.row.fields)
            if picture.problem
        }
        spec = {
            name: value
            for name, rules in self._properties.items()
            if name not in left_out
            and (value := as_written(_fitting(listed.get(name), rules))) not in (None, "", [], {})
        }
        code = one.row.facts.get("code")
        model = provider.model_field
        if model not in spec and code:
            left_out[model] = f"no model of the list has the code {code}"
        for _ in range(_ROUNDS):
            text, places = self._text(address, one, spec, left_out)
            faults = faults_of("document.yaml", text, self.providers)
            refused = {places[f.at.line]: _reason(f) for f in faults if f.at and f.at.line in places}
            if not refused:
                if faults:
                    self.unwritable[one.row.id] = faults[0].summary
                    return None
                break
            spec = {name: value for name, value in spec.items() if name not in refused}
            left_out |= refused
        return ExportedDocument(address, one.row.id, text, left_out)

    # -- its name

    def _name(self, one: ListedProduct) -> str:
        """Return a name made from the title; it ends in the id if it is taken or not valid."""
        row = one.row
        base = _cut(slug(self.audit.provider.name_of(row.fields)), NAME_LIMIT)
        if not base or base in self.taken or base in _DEVICES:
            model = self.audit.models.get(self.audit.model_of(one))
            stem = base or slug(model.name if model else "") or "product"
            ends = (slug(row.id), short_digest([self.audit.provider.name, row.id])[:12])
            names = (f"{_cut(stem, NAME_LIMIT - 1 - len(end))}-{end}" for end in ends if 0 < len(end) < 80)
            base = next(name for name in names if name not in self.taken)
        self.taken.add(base)
        return base

    # -- its text

    def _text(
        self, address: Address, one: ListedProduct, spec: Mapping[str, Any], left_out: Mapping[str, str]
    ) -> tuple[str, dict[int, str]]:
        """Return the document, and which field of the spec each of its lines belongs to."""
        kind = address.kind
        lines = [
            f"# yaml-language-server: $schema={self.above}schemas/{kind}.schema.json",
            f"kind: {kind}",
            f"name: {yaml_writer.scalar(address.name)}",
            *([f"only: [{self.environment}]"] if self.environment else []),
            f"adopt: {json.dumps(one.row.id, ensure_ascii=False)}",
            "spec:" if spec else "spec: {}",
        ]
        places: dict[int, str] = {}
        for name in self._properties:
            if name in left_out:
                lines.append(f"  # {name}: left out: {_comment(left_out[name])}")
            elif name in spec:
                for line in yaml_writer.lines(name, spec[name], "  "):
                    lines.append(line + self._remark(name, line, one))
                    places[len(lines)] = name
        lines += self._unlisted(spec, left_out)
        return "\n".join(lines) + "\n", places

    def _remark(self, name: str, line: str, one: ListedProduct) -> str:
        """Return the model's name as a comment, after a quoted value."""
        known = self.audit.models.get(self.audit.model_of(one))
        if name != self.audit.provider.model_field or known is None or not known.name:
            return ""
        return f"  # {_comment(known.name)}" if line.endswith('"') else ""

    def _unlisted(self, spec: Mapping[str, Any], left_out: Mapping[str, str]) -> list[str]:
        provider = self.audit.provider
        missing = [
            name
            for name in self._properties
            if name in provider.unlisted and name not in spec and name not in left_out
        ]
        if not missing:
            return []
        head = f"  # {provider.title} does not list these. Fill them in when you know them; nothing is sent."
        return [head, *(f"  # {name}:" for name in missing)]


def _reason(fault: Diagnostic) -> str:
    """Return the fault without the path of the value: the comment is at that value."""
    return re.sub(r"^spec\.[\w.\[\]]+: ", "", fault.summary)


def _cut(text: str, length: int) -> str:
    return text[: max(length, 0)].strip("-")


def _comment(text: str) -> str:
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return shown if len(shown) <= 300 else f"{shown[:300]}…"


def _fitting(value: Any, rules: Mapping[str, Any]) -> Any:
    """Return as much of a listed value as a schema has places for, numbers as texts where it wants those."""
    kind = rules.get("type")
    if kind == "object" and isinstance(value, Mapping):
        inner = rules.get("properties", {})
        found = {name: _fitting(value.get(name), each) for name, each in inner.items()}
        found = {name: each for name, each in found.items() if each not in (None, "", [], {})}
        return found if set(rules.get("required", ())) <= found.keys() else None
    if kind == "array" and isinstance(value, Sequence) and not isinstance(value, str):
        items = [_fitting(each, rules.get("items", {})) for each in value]
        return [each for each in items if each not in (None, "", [], {})]
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    wanted: tuple[type, ...] = _TYPES.get(str(kind), ())
    return value if isinstance(value, wanted) else None


_TYPES = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


def may_be_documents(known: Known, audit: AccountAudit, wanted: Sequence[Product]) -> dict[str, Address]:
    """Return listed products that nobody has and that may be one of these documents', with whose.

    A second document of one product would make it twice. What names its product wants none. What has an entry
    wants none either, but a document that is the same as it could not be told from it: the catalog would have
    an error. `podsync drift` shows such a twin.
    """
    open_ = [product for product in wanted if product.history.adopt is None]
    rows = [one.row for one in audit.products if one.standing is Standing.UNMANAGED]
    judge = Judge(known.provider, rows, known.habits, documents_of(known, [one.spec for one in open_]))
    return {
        row.id: product.address
        for product in open_
        for row in judge.near(product.spec)
        if judge.match(product.spec, row) is Match.SAME
        or (product.address not in known.state.entries and judge.may_be(product.spec, row))
    }
