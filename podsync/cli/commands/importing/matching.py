"""`podsync import --match`: pairs documents that have no product with unmanaged products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podsync.apply.context import ProviderConnection
from podsync.apply.lookup.by_id import another_account
from podsync.cli.app.console import Forms
from podsync.cli.app.outputs import Outputs
from podsync.cli.commands.importing.pinning import known_ids, patch_of_ids, say_patch
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.connect import connected, findings_of, with_keys
from podsync.cli.environment.credentials import key_name
from podsync.cli.workspace import Workspace
from podsync.evidence.findings import Findings
from podsync.evidence.pairs import pairs_of
from podsync.evidence.situation import documents_of
from podsync.inventory.pairs import PairedAccount, paired
from podsync.model.address import Address, Selection
from podsync.output.pairs.page import PairsAbout, pairs_page
from podsync.output.pairs.table import pairs_csv, pairs_json, pairs_text
from podsync.output.pairs.words import PairLine, lines_of_pairs
from podsync.output.wording import title
from podsync.plan.action import Action
from podsync.plan.model import Plan
from podsync.providers.registry import plugins
from podsync.state.model import State

_MAKING = (Action.CREATE, Action.REPLACE)


def match_all(space: Workspace, outputs: Outputs, *, pin: bool = False) -> int:
    """Ask the providers that have a key, and write the pairs; the state is not written.

    With `pin`, the patch also has the ids of the state's entries.
    """
    with space.reading() as reading:
        state = space.load()
        plan = space.plan(state, reading, Selection(), {})
    # Without any key, the missing ones are named.
    names = with_keys(space) or frozenset(plan.hosts) or frozenset(space.settings.providers)
    clock = SystemClock()
    with connected(space, names, clock) as connections:
        # A person is asked about everything that may be ours, whatever the state knows.
        looks = findings_of(space, plan, state, connections, clock, doubted=True)
        for name, findings in looks.items():
            if findings.account is False:
                raise another_account(connections[name])
    accounts = [_paired(space, plan, state, connections[name], looks[name]) for name in sorted(looks)]
    lines = lines_of_pairs(accounts)
    for name in sorted({change.provider for change in plan.work} - set(names)):
        variable = key_name(plugins()[name], space.environment)
        space.session.console.say(f"note: {title(name)} was not asked: {variable} is not set")
    alone = _unmatched(plan, names, lines)
    certain = {Address.parse(line.address): line.id.partition(":")[2] for line in lines if line.take == "yes"}
    ids = {**certain, **(known_ids(space) if pin else {})}
    text, left, written = patch_of_ids(space.catalog_read, ids, space.environment)
    forms = {**_forms(space, accounts, lines, alone), "patch": lambda: text}
    space.session.console.result(outputs.write(forms), exact=outputs.exact)
    if any(file.format == "patch" for file in outputs.files):
        say_patch(space, outputs, left, written)
    if space.session.console.hints and lines:
        _say_next(space, outputs, versions=any(line.fits for line in lines))
    return 0


def _paired(
    space: Workspace, plan: Plan, state: State, connection: ProviderConnection, findings: Findings
) -> PairedAccount:
    known, name = connection.known(state), connection.provider.name
    wanted = {
        change.address: change.after
        for change in plan.work
        if change.provider == name and change.after is not None
    }
    specs = [product.spec for product in space.catalog_read if product.provider == name]
    proposed = pairs_of(known, findings, wanted, documents_of(known, specs))
    reading = findings.reading
    return paired(
        known, connection.settings.base_url, proposed, whole=reading.sound, variants=reading.variants
    )


def _unmatched(plan: Plan, names: frozenset[str], lines: Sequence[PairLine]) -> list[str]:
    """Return the documents that resemble no listed product."""
    paired = {line.address for line in lines}
    addresses: list[Address] = [
        change.address for change in plan.work if change.action in _MAKING and change.provider in names
    ]
    return [str(address) for address in addresses if str(address) not in paired]


def _forms(
    space: Workspace, accounts: Sequence[PairedAccount], lines: Sequence[PairLine], alone: Sequence[str]
) -> Forms:
    def page() -> Iterator[str]:
        places = {
            str(product.address): f"{product.declared_at.path}:{product.declared_at.line}"
            for product in space.catalog_read
        }
        return pairs_page(accounts, PairsAbout(space.command_line, places, alone))

    return {
        "text": lambda: pairs_text(lines, len(alone)),
        "csv": lambda: pairs_csv(lines),
        "json": lambda: pairs_json(lines, len(alone)),
        "html": page,
    }


def _say_next(space: Workspace, outputs: Outputs, *, versions: bool) -> None:
    say, written = space.session.console.say, {file.format: str(file.path) for file in outputs.files}
    if outputs.screen == "text" and "html" not in written:
        say(f"With pictures: {space.command_line('import', '--match', '-o', 'html=pairs.html')}")
    if "csv" in written:
        which = "; sent or document: that version of it" if versions else ""
        answers = f"yes: the document's{which}; no: nobody's here; empty: open"
        command = space.command_line("import", written["csv"])
        say(f"Fill in the column take of {written['csv']} ({answers}), then: {command}")
    elif outputs.screen == "text":
        say(f"To answer in bulk: {space.command_line('import', '--match', '-o', 'csv=pairs.csv')}")
