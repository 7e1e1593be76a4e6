"""The group `podsync state`, and its commands that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podsync.cli.app import formats
from podsync.cli.app.framework import CommandGroup, command
from podsync.cli.app.options import output_option, sandbox_state_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.commands.render import near
from podsync.cli.environment.stores import open_store
from podsync.cli.workspace import Workspace
from podsync.model.address import Address
from podsync.model.errors import PodsyncError, UsageError

if TYPE_CHECKING:
    from podsync.state.model import State

state = CommandGroup(
    "state",
    table={
        "list": ("commands.state.inspect:list_entries", "List every product in the state."),
        "show": ("commands.state.inspect:show_entry", "Show everything about one product."),
        "orphans": ("commands.state.orphans:list_orphans", "List what a person has to remove by hand."),
        "settle": ("commands.state.repair:settle_doubts", "Say what became of a product in doubt."),
        "mv": ("commands.state.repair:move_entry", "Give a product another address."),
        "rm": ("commands.state.repair:remove_entry", "Forget a product; at the provider nothing changes."),
        "pull": ("commands.state.transfer:pull_state", "Print the state as JSON."),
        "push": ("commands.state.transfer:push_state", "Put a state from a file in its place."),
        "migrate": ("commands.state.transfer:migrate_state", "Move the state to another backend."),
        "check": ("commands.state.repair:check_state", "Say whether the state can be trusted."),
        "unlock": ("commands.state.repair:unlock_state", "Say who holds the state."),
    },
    help="Look at the state: what exists, what is in doubt, what a person has to remove; and repair it.",
    examples=("podsync state list", "podsync state orphans -o json", "podsync state check"),
)


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    try:
        space = Workspace.open(ctx.obj if isinstance(ctx.obj, Session) else Session())
        # Notes must not appear among the words that a shell offers.
        store = open_store(space.state_settings, lambda _note: None)
        known = [str(address) for address in store.load().entries]
    except PodsyncError:
        return []
    return [address for address in known if address.startswith(incomplete)]


@command(
    "list",
    examples=("podsync state list", "podsync state list -o json", "podsync state list -o csv=products.csv"),
)
@output_option("state list")
@sandbox_state_option
def list_entries(session: Session, output: tuple[str, ...]) -> int:
    """List every product that podsync knows, with the provider's id."""
    return _tell(session, output, "list", None)


@command("show", examples=("podsync state show {kind}.dinosaur-tee",))
@click.argument("address", shell_complete=_complete)
@output_option("state show")
@sandbox_state_option
def show_entry(session: Session, address: str, output: tuple[str, ...]) -> int:
    """Show everything that podsync remembers about ADDRESS."""
    return _tell(session, output, "show", address)


def _tell(session: Session, output: tuple[str, ...], what: str, address: str | None) -> int:
    outputs = Outputs.parse(output, f"state {what}")
    space = Workspace.open_for(outputs, session)
    return tell(space, outputs, what, address)


def as_kept(space: Workspace) -> State:
    """Load the state as it is kept; what this folder has known of a newer one is only said.

    Commands that plan or change work with both (`Workspace.load`): what is shown is not all they know.
    """
    copy = space.store.copy
    end = copy.end() if copy is not None else None  # before: the state is no older than what is read after it
    state = space.store.load()
    if copy is not None:
        copy.recall(state, end, space.accounts)
    return state


def tell(space: Workspace, outputs: Outputs, what: str, address: str | None = None) -> int:
    """Write a part of the state in the formats that were asked for; return 0."""
    remembered = as_kept(space)
    wanted = None
    if address is not None:
        known = [str(each) for each in remembered.known_addresses()]
        if address not in known:
            raise UsageError(f"the state knows no {address}", near(address, sorted(known)))
        wanted = Address.parse(address)
    with outputs:
        shown = outputs.write(formats.state_forms(remembered, what, wanted, space.session))
        space.session.console.result(shown, exact=outputs.exact)
    return 0
