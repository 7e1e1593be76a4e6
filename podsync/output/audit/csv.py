"""An audit as a table, a row a product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from podsync.inventory.audit import AccountAudit
from podsync.output.audit.words import ProductLine, lines_of
from podsync.output.csv.writer import of_provider, records

COLUMNS = (
    "standing", "id", "visible_id", "name", "model", "model_name", "model_listed", "alike", "alike_by",
    "made", "price", "orders", "customers", "open_options", "picture", "back_picture",
    "picture_faults", "address",
)  # fmt: skip


def audit_csv(audits: Sequence[AccountAudit]) -> Iterator[str]:
    """Yield the lines of the table. Products with one number in `alike` are one group of look-alikes."""
    yield from records(COLUMNS, _rows(audits))


def _rows(audits: Sequence[AccountAudit]) -> Iterator[dict[str, str]]:
    number = 0
    for audit in audits:
        alike: dict[str, tuple[str, str]] = {}
        for group in audit.groups:
            number += 1
            for one in group.products:
                identity = of_provider(audit.provider.name, one.row.id)
                alike.setdefault(identity, (str(number), group.resemblance.value))
        for line in lines_of(audit):
            yield _row(line, alike.get(line.id, ("", "")), listed=bool(audit.models))


def _row(line: ProductLine, alike: tuple[str, str], *, listed: bool) -> dict[str, str]:
    pictures = {label: url for label, url, _ in line.pictures}
    problems = [f"{label}: {problem}" for label, _, problem in line.pictures if problem]
    return {
        **asdict(line),
        "model_listed": ("no" if line.left else "yes") if listed else "",
        "alike": alike[0],
        "alike_by": alike[1],
        "open_options": ", ".join(line.open_options),
        "picture": pictures.get("front", ""),
        "back_picture": pictures.get("back", ""),
        "picture_faults": "; ".join([*problems, *line.picture_faults]),
    }
