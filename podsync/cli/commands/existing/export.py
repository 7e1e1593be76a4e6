"""`podsync export`: writes a document for each unmanaged product."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from podsync.cli.app.framework import command
from podsync.cli.app.options import provider_option, sandbox_option
from podsync.cli.app.session import Session
from podsync.cli.commands.existing.accounts import audits_of
from podsync.cli.environment.placement import must_stay_in_tree
from podsync.cli.workspace import Workspace
from podsync.evidence.state_view import Known
from podsync.files.atomic import write_whole
from podsync.files.os_files import OsFiles
from podsync.inventory.audit import AccountAudit
from podsync.inventory.documents import DocumentExport, ExportedDocument, may_be_documents
from podsync.model.errors import PodsyncError
from podsync.model.product import Catalog
from podsync.output.escape import safe
from podsync.output.wording import counted, number, title

#: How many files, products and reasons are named.
_NAMED = 10


@command(
    examples=(
        "podsync export     into catalog/imported/, a folder a provider",
        "podsync export catalog/old --provider {provider}",
    )
)
@click.argument("folder", required=False, metavar="[DIR]")
@provider_option
@sandbox_option
def export(session: Session, folder: str | None, provider: str | None) -> int:
    """Write a document for each product that nobody here manages, below DIR.

    Each names its product by `adopt`, so that the next apply takes it over and sends nothing. What no listing
    tells is left open; what may not stand in a document (a picture with a signed address) is left out. Both
    are comments in the document.

    No file is ever overwritten. A second export writes only what is new: products that no document adopts,
    that the state does not have, and of which nobody has said that they are not ours.
    """
    space = Workspace.open(session)
    space.announce()
    return _export(space, folder, provider)


def _export(space: Workspace, folder: str | None, provider: str | None) -> int:
    # Only a catalog without faults says which ids are adopted.
    catalog = space.catalog()
    accounts, code = audits_of(space, provider)
    written: list[tuple[str, ExportedDocument]] = []
    skipped: list[str] = []
    for known, audit in accounts:
        place = Path(folder) if folder else Path(space.settings.catalog, "imported", known.name)
        must_stay_in_tree("DIR" if folder else "catalog", str(place), space.given)
        documents, alike = _documents(space, known, audit, catalog, place)
        written += [(_write(place, one), one) for one in documents]
        skipped += alike
    space.session.console.result(_summary(written, skipped, [audit for _, audit in accounts]))
    _say_next(space, folder, len(written), bool(skipped))
    return code


def _documents(
    space: Workspace, known: Known, audit: AccountAudit, catalog: Catalog, place: Path
) -> tuple[list[ExportedDocument], list[str]]:
    """Return the documents to write, and a line for each product that is left out."""
    wanted = [product for product in catalog if product.provider == known.name]
    alike = may_be_documents(known, audit, wanted)
    audit = replace(audit, products=tuple(one for one in audit.products if one.row.id not in alike))
    above = os.path.relpath(Path(), place).replace(os.sep, "/")
    writer = DocumentExport(
        audit, space.providers, _taken(known, catalog, place), f"{above}/", space.environment
    )
    documents = list(writer.documents())
    lookalikes = [f"{known.name}:{identity} looks like {address}" for identity, address in alike.items()]
    return documents, [
        *lookalikes,
        *(f"{known.name}:{each}: {why}" for each, why in writer.unwritable.items()),
    ]


def _taken(known: Known, catalog: Catalog, place: Path) -> set[str]:
    """Return the names that no new document may have: current, former and removed ones, and files'."""
    kind = known.provider.kind
    addresses = [product.address for product in catalog]
    addresses += [entry.address for entry in known.entries]
    addresses += [orphan.address for orphan in known.orphans]
    names = {address.name.partition("[")[0] for address in addresses if address.kind == kind}
    names |= {name for product in catalog for name in product.history.moved or ()}
    names |= {str(address).partition(".")[2] for address in catalog.removed}
    if place.is_dir():
        names |= {Path(file).stem.lower() for file in os.listdir(place)}  # noqa: PTH208 (names only)
    return names


def _write(place: Path, document: ExportedDocument) -> str:
    """Write one new file, whole or not at all; raises PodsyncError if that fails."""
    target = place / f"{document.address.name}.yaml"
    try:
        place.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            raise FileExistsError(17, "it is there already")
        write_whole(OsFiles(), target, document.text.encode(), temporary=f".{target.name}")
    except OSError as error:
        raise PodsyncError(
            f"cannot write {target}: {error.strerror or error}",
            "what was written before it is whole; run export again for the rest",
        ) from None
    return target.as_posix()


def _summary(
    written: Sequence[tuple[str, ExportedDocument]], skipped: Sequence[str], audits: Sequence[AccountAudit]
) -> str:
    lines = [safe(path) for path, _ in written[:_NAMED]]
    lines += [f"and {number(len(written) - _NAMED)} more"] if len(written) > _NAMED else []
    reasons = Counter(field for _, one in written for field in one.left_out)
    lines += [
        f"{field} is left out of {counted(count, 'document')}: see the comments there"
        for field, count in sorted(reasons.items())
    ]
    lines += [f"not written: {safe(each)}" for each in skipped[:_NAMED]]
    if len(skipped) > _NAMED:
        lines.append(f"and {number(len(skipped) - _NAMED)} more that look like a document")
    lines += [
        f"{title(each.provider.name)}'s listing changed while it was read: "
        "export again for what it did not show"
        for each in audits
        if not each.whole
    ]
    count_written = counted(len(written), "document")
    return "\n".join([*lines, f"Export: {count_written} written." if written else "Export: nothing is new."])


def _say_next(space: Workspace, folder: str | None, count: int, alike: bool) -> None:
    say = space.session.console.say
    if alike:
        say(f"Which products are whose documents': {space.command_line('import', '--match')}")
    if count and space.session.console.hints:
        where = folder or f"{space.settings.catalog}/imported"
        say(f"Check them: {space.command_line('validate', where)}")
        say(f"What apply would take over: {space.command_line('plan')}")
