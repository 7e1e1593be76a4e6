"""`podsync models`: lists the models that providers offer, and saves their ids."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from podsync.apply.context import ProviderConnection
from podsync.catalog.known_file import NAME
from podsync.catalog.parsing.known_text import written
from podsync.catalog.validation.nearest import suggestion
from podsync.cli.app.console import Forms
from podsync.cli.app.framework import command
from podsync.cli.app.options import output_option, provider_option, sandbox_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.commands.existing.accounts import asked_of
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.connect import connected
from podsync.cli.environment.placement import must_stay_in_tree
from podsync.cli.workspace import Workspace
from podsync.files.atomic import write_whole
from podsync.files.os_files import OsFiles
from podsync.inventory.harvest import completing_schemas, from_list, from_products, together
from podsync.model.errors import CatalogError, PodsyncError
from podsync.model.known_ids import AccountIds, KnownModel
from podsync.network.hosts import host_of
from podsync.output.csv.writer import records
from podsync.output.escape import safe
from podsync.output.layout import cells, pad, short_name
from podsync.output.wording import counted, day
from podsync.providers.contract import ModelLister, Query
from podsync.providers.registry import plugins

#: Sizes cost a request for each model: they are asked for if no more are shown.
_FEW = 20
_COLUMNS = ("provider", "id", "code", "name", "category", "price", "sizes", "left")


@command(
    examples=(
        "podsync models",
        "podsync models raglan              with sizes, where few are found",
        "podsync models --save              into _known.yaml and schemas/",
    )
)
@click.argument("word", required=False)
@click.option("--save", is_flag=True, help="Keep them: names in plans, completion in editors.")
@click.option("--sizes", is_flag=True, help="Ask for the sizes of every model shown, a request each.")
@provider_option
@output_option("models")
@sandbox_option
def models(
    session: Session, word: str | None, save: bool, sizes: bool, provider: str | None, output: tuple[str, ...]
) -> int:
    """Show the models that the providers offer, with their ids; with WORD those that have it somewhere.

    Where a provider has no list of its models, those of the products that it lists are shown.

    --save writes all of them, with ids of parts, attributes and customers of existing products, into
    catalog/_known.yaml and into schemas/. Commit both: plans name models then, validate warns of one that is
    not known, editors complete ids by name, and what a supplier changes is a diff.
    """
    outputs = Outputs.parse(output, "models")
    space = Workspace.open_for(outputs, session, anywhere=not save)
    with outputs:
        found = _asked(space, provider, word, sizes)
        shown = [(name, model) for name, ids in found.items() for model in _shown(ids, word)]
        session.console.result(outputs.write(_forms(shown)), exact=outputs.exact)
        if word and not shown:
            session.console.say(_not_found(space, word, found))
        if save:
            _save(space, found)
        elif session.console.hints:
            session.console.say(f"Keep them: {space.command_line('models', '--save')}")
    return 0


def _asked(space: Workspace, provider: str | None, word: str | None, sizes: bool) -> dict[str, AccountIds]:
    """Return the ids of each account, merged with the saved ones."""
    clock = SystemClock()
    with connected(space, asked_of(space, provider), clock) as connections:
        return {
            name: _of_account(space, connections[name], word, sizes, clock.now())
            for name in plugins()
            if name in connections
        }


def _of_account(
    space: Workspace, connection: ProviderConnection, word: str | None, sizes: bool, now: float
) -> AccountIds:
    reader, provider = connection.reader, connection.provider
    if not isinstance(reader, ModelLister):
        return from_products(provider, reader.find(Query()).items)
    listed = reader.models()
    ids = from_list(listed, space.providers[provider.name].known.ids, day(now))
    wanted = {model.id for model in _shown(ids, word) if not model.left}
    if not (sizes or (word and len(wanted) <= _FEW)):
        return ids
    detailed = [reader.details(model) if model.id in wanted else model for model in listed]
    return from_list(detailed, ids, day(now))._replace(listed=True)


def _shown(ids: AccountIds, word: str | None) -> list[KnownModel]:
    wanted = (word or "").casefold()
    return [
        model
        for model in ids.models.values()
        if wanted in f"{model.id} {model.code} {model.name} {model.category}".casefold()
    ]


def _not_found(space: Workspace, word: str, found: Mapping[str, AccountIds]) -> str:
    every = [model for ids in found.values() for model in ids.models.values()]
    words = {part for model in every for part in f"{model.code} {model.name} {model.category}".split()}
    near = suggestion(word, words, f"see all {counted(len(every), 'model')}: {space.command_line('models')}")
    return safe(f'No model has "{word}" in its id, code, name or category; {near}')


def _forms(shown: Sequence[tuple[str, KnownModel]]) -> Forms:
    def rows() -> Iterator[dict[str, str]]:
        for name, model in shown:
            fields = {word: getattr(model, word) for word in _COLUMNS if word not in ("provider", "sizes")}
            yield {"provider": name, **fields, "sizes": ", ".join(model.sizes)}

    return {
        "text": lambda: _text(list(rows())),
        "csv": lambda: records(_COLUMNS, rows()),
        "json": lambda: json.dumps({"format_version": "1.0", "models": list(rows())}, indent=1) + "\n",
    }


def _text(rows: Sequence[Mapping[str, str]]) -> str:
    cell_rows = [
        [short_name(safe(row[word])) for word in _COLUMNS[:-1]]
        + [f"left {row['left']}" if row["left"] else ""]
        for row in rows
    ]
    widths = [max((cells(row[at]) for row in cell_rows), default=0) for at in range(len(_COLUMNS))]
    lines = [
        "  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True) if width).rstrip()
        for row in cell_rows
    ]
    return "\n".join([*lines, f"{counted(len(cell_rows), 'model')}."]) + "\n"


def _save(space: Workspace, found: Mapping[str, AccountIds]) -> None:
    """Write `_known.yaml` and the schemas; saved ids of other accounts stay."""
    accounts, faults = space.known_file.parsed
    if faults:
        raise CatalogError(faults)
    kept = dict(accounts)
    for name, ids in found.items():
        host = space.host(name)
        kept[name, host_of(str(host["base_url"])), str(host["account"])] = ids
    _write(space, Path(space.settings.catalog, NAME), written(kept))
    schemas = completing_schemas(
        {
            info.kind: together([ids for key, ids in sorted(kept.items()) if key[0] == name])
            for name, info in plugins().items()
        }
    )
    for name, made in schemas.items():
        text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
        _write(space, Path("schemas", f"{name}.schema.json"), text)


def _write(space: Workspace, target: Path, text: str) -> None:
    """Write one file, whole or not at all, unless its content is the same."""
    must_stay_in_tree("catalog", str(target), space.given)
    try:
        if target.is_file() and target.read_bytes() == text.encode():
            space.session.console.say(f"{target.as_posix()}: nothing is new")
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        real = Path(os.path.realpath(target))
        write_whole(OsFiles(), real, text.encode(), temporary=f".{target.name}")
    except OSError as error:
        raise PodsyncError(f"cannot write {target}: {error.strerror or error}") from None
    space.session.console.say(f"{target.as_posix()}: written; commit it")
