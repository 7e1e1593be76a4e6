"""Reads the file in which a person decides which listed product belongs to which document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from podsync.catalog.parsing import csv_reader
from podsync.catalog.parsing.csv_reader import Cell, CsvTable
from podsync.evidence.listing import Version
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic, in_file_order
from podsync.model.errors import DecisionError, PodsyncError, UsageError
from podsync.providers.registry import bare_id, kinds, plugins

#: The columns that are read; the others are for people.
READ = ("take", "address", "id")
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision: the product `id` belongs to `address`, or to nobody here (None).

    `place` is its cell in a file, None for a typed decision. `version` says which one of its document.
    """

    provider: str
    id: str
    address: Address | None
    place: tuple[CsvTable, Cell] | None = None
    version: Version | None = None

    def fault(self, error: PodsyncError) -> Diagnostic:
        """Return an error of this decision as a diagnostic at its place."""
        if self.place is None:
            return Diagnostic("error", "not-believed", error.message, None, error.remedy, self.address)
        table, cell = self.place
        return table.fault(cell, "not-believed", error.message, error.remedy)


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of a file.

    `open` counts the rows without an answer. `unsure` are ids that one row rejects and another leaves open.
    """

    taken: tuple[Decision, ...]
    left_out: tuple[Decision, ...]
    open: int = 0
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _DecisionRow:
    take: str
    decision: Decision

    @property
    def taken(self) -> bool:
        """Whether the product is the document's."""
        return self.take not in ("no", "")


def version_of(text: str | None) -> Version | None:
    """Return the version that `--as` names; raises UsageError for what is none."""
    version = parsed_version(text or "")
    if version is None and text is not None:
        raise UsageError(f"{text!r} is no version of a document", "--as sent, or --as document")
    return version


def parsed_version(text: str) -> Version | None:
    """Return the version that a word names, None where it names none."""
    try:
        return Version.parse(text)
    except ValueError:
        return None


def read_decisions(path: str) -> Decisions:
    """Read a file. Raises UsageError if it cannot be read, DecisionError with every fault in it."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(csv_reader.LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError(
            f"{path} cannot be read: {reason}", "to have one written: podsync import --match -o csv=pairs.csv"
        ) from None
    table = csv_reader.read(path, data, READ)
    faults, rows = list(table.faults), []
    for cells in table.rows:
        read = _row(table, cells)
        if isinstance(read, Diagnostic):
            faults.append(read)
        else:
            rows.append(read)
    faults += _contradictions(table, [row.decision for row in rows if row.taken])
    if faults:
        raise DecisionError(in_file_order(faults))
    return _sorted_out(rows)


def _row(table: CsvTable, cells: Mapping[str, Cell]) -> _DecisionRow | Diagnostic:
    take = cells["take"].value.casefold()
    version = parsed_version(take)
    if version is None and take not in ("yes", "no", ""):
        words = f"{cells['take'].value!r} is neither yes nor no, nor a version: sent or document"
        return table.fault(cells["take"], "take", words, "leave it empty to decide later")
    if take == "" and not cells["id"].value:
        return _DecisionRow(take, Decision("", "", None))
    identified = _identified(cells["id"].value)
    if isinstance(identified, str):
        return table.fault(cells["id"], "id", identified, f"ids are written as {next(iter(plugins()))}:5012")
    address, provider = None, identified[0]
    if take not in ("no", "") or cells["address"].value:
        try:
            address = Address.parse(cells["address"].value)
        except ValueError as error:
            remedy = "name the document whose product it is"
            return table.fault(cells["address"], "address", str(error), remedy)
        if kinds().get(address.kind) != provider:
            words = f"a {address.kind} is not a product of {provider}"
            return table.fault(cells["id"], "id", words, "look at the address, or at the id")
    return _DecisionRow(take, Decision(*identified, address, (table, cells["id"]), version))


def _identified(text: str) -> tuple[str, str] | str:
    """Return provider and id of `provider:5012`, or the fault as text."""
    provider, colon, identity = text.partition(":")
    if not colon or provider not in plugins():
        return f"{text!r} does not say whose id it is" if text else "an id is missing"
    try:
        return provider, checked_id(provider, identity)
    except UsageError as error:
        return error.message


def checked_id(provider: str, typed: str) -> str:
    """Return the id as listings have it; raises UsageError for a text that is no id."""
    plain = bare_id(provider, typed.strip().removeprefix(f"{provider}:"))
    if not plain or len(plain) > _LONGEST_ID or not plain.isprintable() or " " in plain or "," in plain:
        raise UsageError(f"{typed!r} is not an id", "the ids: podsync import --match")
    return plain


def _contradictions(table: CsvTable, taken: Iterable[Decision]) -> list[Diagnostic]:
    """Return a fault for two products of one address, and for two addresses of one product."""
    lines: dict[object, int] = {}
    faults = []
    for decision in taken:
        _, cell = decision.place or (table, Cell("", 1, 1))
        for key, what in (
            (decision.address, decision.address),
            ((decision.provider, decision.id), cell.value),
        ):
            first = lines.setdefault(key, cell.line)
            if first != cell.line:
                words = f"{what} is taken in line {first} already"
                faults.append(table.fault(cell, "twice", words, "one product has one address"))
    return faults


def _sorted_out(rows: Iterable[_DecisionRow]) -> Decisions:
    """Sort the rows. A no rejects a pair: the product is nobody's unless another row takes it or is open."""
    rows = list(rows)
    taken = tuple(row.decision for row in rows if row.taken)
    ours = {(each.provider, each.id) for each in taken}
    undecided = {(row.decision.provider, row.decision.id) for row in rows if row.take == ""}
    left_out = {(row.decision.provider, row.decision.id): row.decision for row in rows if row.take == "no"}
    unsure = tuple(f"{key[0]}:{key[1]}" for key in left_out if key in undecided - ours)
    return Decisions(
        taken,
        tuple(each for key, each in left_out.items() if key not in ours | undecided),
        sum(row.take == "" for row in rows),
        unsure,
    )
