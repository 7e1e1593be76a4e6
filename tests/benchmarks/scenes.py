"""The same products for each tool: what it reads, and the record in which all of them are made.

    python -m tests.benchmarks.scenes podsync|octodns|terraform-FORM FOLDER COUNT

All three get the documents of `corpus`. Terraform reads the same files, a block each, 500 blocks a
file, as `terraform_data` of its built-in provider, and has the state that it would have written itself
(an apply that makes 10,000 takes it most of an hour). One block with `for_each` over the folder would
be shorter and takes quadratic time: it is not used. octoDNS gets a TXT record each, 500 a zone, whose
one value holds the texts of a product: the fewest YAML nodes that can carry them; its YAML provider is
source and target.

The record lies in `made/`: `tools` puts it in place for the cases in which nothing or one thing changed.
"""

from __future__ import annotations

import argparse
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus

#: Where the record of what is made waits until a case needs it.
MADE = "made"
#: So many products stand in a file (Terraform) or a zone (octoDNS).
TOGETHER = 500
_TERRAFORM = 'provider["terraform.io/builtin/terraform"]'
_BLOCK = 'resource "terraform_data" "{name}" {{\n  input = {input}\n}}\n'
_CONFIG = """\
manager: {{max_workers: 1}}
providers:
  source: {{class: octodns.provider.yaml.YamlProvider, directory: ./source, escaped_semicolons: false}}
  target: {{class: octodns.provider.yaml.YamlProvider, directory: ./target, escaped_semicolons: false}}
zones:
{zones}"""


def podsync(folder: Path, count: int) -> None:
    """Write a catalog and its state."""
    corpus.write_catalog(folder, count)
    (folder / MADE).mkdir()
    corpus.write_state(folder, count)
    (folder / corpus.STATE).rename(folder / MADE / corpus.STATE)


def _lots(count: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    documents, number = corpus.documents(count), 0
    while lot := list(islice(documents, TOGETHER)):
        yield number, lot
        number += 1


# -- Terraform


_DECODED = 'yamldecode(file("{path}"))'
#: What a block makes of a file: an attribute for each field, nested ones as JSON; all of it as JSON;
#: or data as deep as the document's, which costs Terraform most.
FORMS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {
    "fields": (
        f"{{{{ for name, value in {_DECODED}.spec : name => try(tostring(value), jsonencode(value)) }}}}",
        lambda document: {name: _text(value) for name, value in document["spec"].items()},
    ),
    "text": (f"jsonencode({_DECODED})", lambda document: _text(document)),  # noqa: PLW0108 (comes later)
    "nested": (_DECODED, dict),
}


def terraform(folder: Path, count: int, form: str = "fields") -> None:
    """Write a configuration, the files that it reads, and its state."""
    expression, taken = FORMS[form]
    (folder / MADE).mkdir(parents=True)
    resources: list[dict[str, Any]] = []
    for number, lot in _lots(count):
        blocks = []
        for place, document in enumerate(lot, start=number * TOGETHER):
            path = corpus.file_of(folder, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(corpus.as_yaml(document), encoding="utf-8")
            taken_in = expression.format(path=path.relative_to(folder).as_posix())
            blocks.append(_BLOCK.format(name=document["name"], input=taken_in))
            resources.append(_resource(document["name"], taken(document)))
        (folder / f"products-{number:04d}.tf").write_text("\n".join(blocks), encoding="utf-8")
    state = {
        "version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": str(uuid.UUID(int=1)),
        "outputs": {}, "resources": resources, "check_results": None,
    }  # fmt: skip
    with (folder / MADE / "terraform.tfstate").open("w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)


def _text(value: Any) -> str:
    """Return `try(tostring(value), jsonencode(value))`."""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _resource(name: str, value: Any) -> dict[str, Any]:
    dynamic = {"value": value, "type": hcl_type(value)}
    attributes = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "input": dynamic,
        "output": dynamic,
        "triggers_replace": None,
    }
    instance = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
    return {
        "mode": "managed", "type": "terraform_data", "name": name, "provider": _TERRAFORM,
        "instances": [instance],
    }  # fmt: skip


def hcl_type(value: Any) -> Any:
    """Return the type that Terraform writes beside a value of any type."""
    if isinstance(value, dict):
        return ["object", {key: hcl_type(each) for key, each in value.items()}]
    if isinstance(value, list):
        return ["tuple", [hcl_type(each) for each in value]]
    return "string" if isinstance(value, str) else "number"


# -- octoDNS


def octodns(folder: Path, count: int) -> None:
    """Write zones, and the same zones as they are at the target."""
    for part in ("source", "target", f"{MADE}/target"):
        (folder / part).mkdir(parents=True)
    zones = []
    for number, lot in _lots(count):
        zone = f"lot-{number:04d}.example."
        zones.append(f"  {zone}: {{sources: [source], targets: [target]}}\n")
        records = sorted(lot, key=lambda document: str(document["name"]))
        text = "---\n" + "".join(map(_record, records))
        for part in ("source", f"{MADE}/target"):
            (folder / part / f"{zone}yaml").write_text(text, encoding="utf-8")
    (folder / "sync.yaml").write_text(_CONFIG.format(zones="".join(zones)), encoding="utf-8")


def _record(document: Mapping[str, Any]) -> str:
    value = " ".join(_texts({key: each for key, each in document.items() if key != "name"}))
    return f"{document['name']}:\n  ttl: 300\n  type: TXT\n  value: {json.dumps(value)}\n"


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, name)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for each in value:
            yield from _texts(each, key)
    else:
        yield f"{key}={','.join(value) if isinstance(value, list) else value}"


def main() -> None:
    makers = {"podsync": podsync, "octodns": octodns}
    makers |= {f"terraform-{form}": partial(terraform, form=form) for form in FORMS}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tool", choices=makers)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    told = parser.parse_args()
    makers[told.tool](told.folder, told.count)


if __name__ == "__main__":
    main()
