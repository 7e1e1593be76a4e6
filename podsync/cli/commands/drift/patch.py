"""Makes the patch that accepts drift, for `git apply` in the folder that podsync works in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from podsync.catalog.accepting import AcceptedField, CatalogEditor, EditedFile
from podsync.model.frozen import is_flat
from podsync.plan.drift.values import Drift, DriftKind

#: The file beside the products that lists what is let go.
_REMOVED = "removed.yaml"


def patch_of(
    drift: Sequence[Drift], root: Path, catalog: str, settings: str, environment: str
) -> tuple[str, list[str]]:
    """Return the patch that accepts all of this drift, and what a person has to do instead.

    `catalog` and `settings` are paths below `root`. A changed value goes into its document, a product that is
    gone loses its document, and twins are ignored from now on. With an `environment`, documents stay: other
    environments may want them.
    """
    editor = CatalogEditor(root)
    left: list[str] = []
    for each in drift:
        if each.kind is DriftKind.CHANGED:
            left += _change(editor, each)
        elif each.kind is DriftKind.GONE and environment:
            left.append(f"{each.address}: it is gone in {environment}; limit its document with `only`")
        elif each.kind is DriftKind.GONE and each.source is not None:
            editor.remove(each.source.path, each.address)
            editor.list_more(f"{catalog}/{_REMOVED}", ("removed",), [str(each.address)])
        elif each.kind is DriftKind.TWIN:
            editor.list_more(settings, ("ignore", each.provider), each.twins)
    return "".join(map(diff, editor.files())), left


def _change(editor: CatalogEditor, drift: Drift) -> list[str]:
    """Accept a changed product; return what a person has to do."""
    fields = [AcceptedField(f.field, f.known, f.listed) for f in drift.fields if not f.has_taken_over]
    done = len(fields) < len(drift.fields)
    by_hand = [f"{drift.address}: write `lifecycle: {{replace: swap}}` by hand"] if done else []
    written = [each for each in fields if is_flat(each.listed)]
    taken: bool | None = None if drift.source is None else True
    if drift.source is not None and written:
        taken = editor.accept(drift.source.path, drift.address, written)
    if taken is None:
        return [f"{drift.address}: it has no document"]
    by_hand += [
        f"{drift.address}: write {each.field} by hand" for each in fields if not taken or each not in written
    ]
    return by_hand


def diff(file: EditedFile) -> str:
    """Return a unified diff that `git apply` takes in the folder of the path."""
    tab = "\t" if " " in file.path else ""
    old = f"a/{file.path}{tab}" if file.before else "/dev/null"
    new = f"b/{file.path}{tab}" if file.after else "/dev/null"
    before, after = _lines(file.before), _lines(file.after)
    unended = "\n\\ No newline at end of file\n"
    return "".join(
        line if line.endswith("\n") else line + unended for line in unified_diff(before, after, old, new)
    )


def _lines(text: str) -> list[str]:
    """Return the lines as Git counts them: only LF ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
