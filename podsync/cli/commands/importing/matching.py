"""`podsync import --match`: documents that the state does not have beside products that nobody owns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

from podsync.apply.context import Lost
from podsync.apply.lookup.by_id import another_account
from podsync.apply.lookup.preview import preview
from podsync.cli.commands.importing.pinning import known_ids, patch_of_ids, say_patch
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.connect import connected, keys_for, with_keys
from podsync.cli.environment.credentials import key_name
from podsync.evidence.pairs import PairVerdict, ProposedPair, pairs_of
from podsync.evidence.situation import documents_of
from podsync.model.address import Address, Selection
from podsync.model.product import seen_ids
from podsync.output.csv import writer
from podsync.output.escape import safe
from podsync.output.text import pairs as pair_lines
from podsync.output.text.pairs import PairLine
from podsync.output.wording import minute, title
from podsync.plan.action import Action
from podsync.providers.contract import Role
from podsync.providers.knowledge import Provider
from podsync.providers.registry import plugins

if TYPE_CHECKING:
    from podsync.apply.context import ProviderConnection
    from podsync.cli.app.console import Forms
    from podsync.cli.app.outputs import Outputs
    from podsync.cli.workspace import Workspace
    from podsync.evidence.findings import Findings
    from podsync.model.frozen import Spec
    from podsync.plan.model import Plan
    from podsync.state.model import State

_MAKING = (Action.CREATE, Action.REPLACE)


def match_all(space: Workspace, outputs: Outputs, *, pin: bool = False) -> int:
    """Ask the providers for which there is a key, and write the pairs; changes nothing.

    With `pin`, a patch has the ids of the state's entries as well.
    """
    with space.reading() as reading:
        state = space.load()
        plan = space.plan(state, reading, Selection(), {})
    # Without any key, those that are missing are named.
    names = with_keys(space) or frozenset(plan.hosts) or frozenset(space.settings.providers)
    keys = keys_for(space, names)
    clock = SystemClock()
    with connected(space, names, keys, clock) as connections:
        # Whatever the state knows: a person is asked about everything that may be ours.
        looks = preview(plan, state, space.catalog_read, connections, clock=clock, lost=Lost())
        for name, look in looks.items():
            if look.account is False:
                raise another_account(connections[name])
    found = (_lines(space, plan, state, connections[name], looks[name]) for name in sorted(looks))
    lines = sorted((line for each in found for line in each), key=lambda line: not line.address)
    for name in sorted({change.provider for change in plan.work} - set(names)):
        variable = key_name(plugins()[name], space.environment)
        space.session.console.say(f"note: {title(name)} was not asked: {variable} is not set")
    alone = _unmatched(plan, names, lines)
    certain = {Address.parse(line.address): line.id.partition(":")[2] for line in lines if line.take == "yes"}
    text, left, written = patch_of_ids(space.catalog_read, {**certain, **(known_ids(space) if pin else {})})
    forms = {**_forms(lines, alone), "patch": lambda: text}
    space.session.console.result(outputs.write(forms), exact=outputs.exact)
    if any(file.format == "patch" for file in outputs.files):
        say_patch(space, outputs, left, written)
    if space.session.console.hints and lines:
        _say_next(space, outputs)
    return 0


def _lines(
    space: Workspace, plan: Plan, state: State, connection: ProviderConnection, look: Findings
) -> list[PairLine]:
    """Return the rows of one provider, as they are written and shown."""
    known, name = connection.known(state), connection.provider.name
    wanted = {
        change.address: change.after
        for change in plan.work
        if change.provider == name and change.after is not None
    }
    specs = [product.spec for product in space.catalog_read if product.provider == name]
    pairs = pairs_of(known, look, wanted, documents_of(known, specs))
    return [_line(connection.provider, pair) for pair in pairs]


def _line(provider: Provider, pair: ProposedPair) -> PairLine:
    row, spec = pair.row, pair.spec
    model = row.fields.get(provider.model_field)
    seen = seen_ids(row.shown).get(provider.info.visible_id[1])
    return PairLine(
        take="yes" if pair.verdict is PairVerdict.SAME else "",
        verdict=pair.verdict.value,
        address="" if pair.address is None else str(pair.address),
        id=f"{provider.name}:{row.id}",
        model="" if model is None else safe(str(model)),
        name=safe(provider.name_of(spec)),
        listed_name=safe(provider.name_of(row.fields)),
        picture=_front(provider, spec),
        listed_picture=_front(provider, row.fields),
        spu="" if seen is None else safe(str(seen)),
        made="" if row.created_at is None else minute(row.created_at),
    )


def _front(provider: Provider, spec: Spec) -> str:
    """Return the URL of the front picture, "" where there is none."""
    told = {name: value for name, value in spec.items() if name not in provider.unlisted}
    return next((safe(str(one.url)) for one in provider.depictions(told) if one.role is Role.FRONT), "")


def _unmatched(plan: Plan, names: frozenset[str], lines: Sequence[PairLine]) -> int:
    """Return how many documents look like nothing that is listed."""
    paired = {line.address for line in lines}
    addresses: list[Address] = [
        change.address for change in plan.work if change.action in _MAKING and change.provider in names
    ]
    return sum(str(address) not in paired for address in addresses)


def _forms(lines: Sequence[PairLine], alone: int) -> Forms:
    header = [each.name for each in fields(PairLine)]
    plain: list[Mapping[str, str]] = [dict(zip(header, astuple(line), strict=True)) for line in lines]
    return {
        "text": lambda: pair_lines.pairs_text(lines, alone),
        "csv": lambda: writer.written(header, (astuple(line) for line in lines)),
        "json": lambda: json.dumps(
            {"format_version": "1.0", "pairs": plain, "documents_alone": alone}, indent=1, ensure_ascii=False
        ),
    }


def _say_next(space: Workspace, outputs: Outputs) -> None:
    written = next((str(file.path) for file in outputs.files if file.format == "csv"), None)
    if written is None:
        if outputs.screen == "text":
            command = space.command_line("import", "--match", "-o", "csv=pairs.csv")
            space.session.console.say(f"To answer in bulk: {command}")
        return
    space.session.console.say(
        f"Fill in the column take of {written} (yes: the document's; no: nobody's here; empty: open), then: "
        + space.command_line("import", written)
    )
