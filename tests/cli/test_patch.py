"""The patch of a drift: `git apply` takes it whatever form a file has, and what it says is what is listed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from podsync.catalog.accepting import AcceptedField, CatalogEditor
from podsync.catalog.parsing.yaml_reader import read
from podsync.cli.commands.drift.patch import diff
from podsync.model.address import Address

_PLAIN = "kind: designed_product\nname: tee\nspec:\n  modelId: '1'\n  enName: Tee\n"
_JSON = """{
  "kind": "designed_product",
  "name": "tee",
  "spec": {
    "enName": "Tee"
  }
}"""


def _accepted(folder: Path, raw: bytes, listed: str) -> bool | None:
    """Write a file, take a listed name into it, and apply the patch of that; whether it was taken."""
    file = folder / "tee.yaml"
    file.write_bytes(raw)
    editor = CatalogEditor(folder)
    taken = editor.accept(
        "tee.yaml", Address("designed_product", "tee"), [AcceptedField("enName", "Tee", listed)]
    )
    patch = "".join(map(diff, editor.files()))
    if taken:
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "apply", "-"], cwd=folder, input=patch.encode(), check=True)
    assert bool(patch) == bool(taken)
    return taken


@pytest.mark.parametrize(
    "raw",
    [
        _PLAIN.encode(),
        _PLAIN.replace("\n", "\r\n").encode(),
        _PLAIN.removesuffix("\n").encode(),
        b"\xef\xbb\xbf" + _PLAIN.encode(),
        _JSON.encode(),
    ],
    ids=["plain", "crlf", "no-last-newline", "byte-order-mark", "json"],
)
@pytest.mark.parametrize("listed", ["Rex", "${var.x} and ${y}"])
def test_a_file_of_any_form_says_afterwards_what_is_listed(tmp_path, raw: bytes, listed: str) -> None:
    assert _accepted(tmp_path, raw, listed)

    after = (tmp_path / "tee.yaml").read_bytes()
    (document,) = read("tee.yaml", after).documents
    assert document.data["spec"]["enName"] == listed.replace("${", "$${")
    assert document.data["changed_there"] == {"enName": "Tee"}
    assert after.startswith(raw[:3])
    assert (b"\r\n" in raw) == (after.count(b"\r\n") == after.count(b"\n"))


@pytest.mark.parametrize("listed", ["a\u2028b", "a\x00b"])
def test_what_may_not_stand_in_a_document_is_not_put_there(tmp_path, listed: str) -> None:
    assert _accepted(tmp_path, _PLAIN.encode(), listed) is False
    assert (tmp_path / "tee.yaml").read_bytes() == _PLAIN.encode()
