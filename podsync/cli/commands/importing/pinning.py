"""Patches that write ids into documents as `adopt`: of certain pairs, or of the whole state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from podsync.catalog.accepting import CatalogEditor
from podsync.cli.app.console import Forms
from podsync.cli.app.outputs import Outputs
from podsync.cli.commands.drift.patch import diff
from podsync.cli.workspace import Workspace
from podsync.model.address import Address
from podsync.model.product import Product
from podsync.output.wording import counted


def patch_of_ids(
    products: Iterable[Product], ids: Mapping[Address, str], environment: str
) -> tuple[str, list[Address], int]:
    """Return the patch, the addresses to edit by hand, and the number of ids that it writes.

    The ids belong to `environment`; it is "" for settings without environments.
    """
    editor, left, written = CatalogEditor(Path()), [], 0
    for product in products:
        identity = ids.get(product.address)
        if identity is None or product.history.adopt is not None:
            continue
        if editor.adopt(product.declared_at.path, product.address, identity, environment):
            written += 1
        else:
            left.append(product.address)
    return "".join(map(diff, editor.files())), left, written


def known_ids(space: Workspace) -> dict[Address, str]:
    """Return the certain ids of the state's entries, by address."""
    entries = space.load().entries
    return {a: e.id for a, e in entries.items() if e.id is not None and not e.provisional}


def pin_all(space: Workspace, outputs: Outputs) -> int:
    """Write the ids of all entries as a patch; no provider is asked."""
    products = list(space.catalog())
    text, left, written = patch_of_ids(products, known_ids(space), space.environment)
    forms: Forms = {
        "text": lambda: text or "Nothing to pin: every document whose product is known names it.",
        "patch": lambda: text,
    }
    space.session.console.result(outputs.write(forms), exact=outputs.exact)
    say_patch(space, outputs, left, written)
    return 0


def say_patch(space: Workspace, outputs: Outputs, left: Iterable[Address], written: int) -> None:
    """Print how to apply a patch, and which documents a person has to edit."""
    say = space.session.console.say
    for address in left:
        say(f"note: {address}: write its adopt by hand")
    for file in outputs.files:
        if file.format == "patch" and written:
            say(f"{counted(written, 'id')} in {file.path}: git apply it in this folder, look, commit")
