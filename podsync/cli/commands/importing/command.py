"""`podsync import`: says which existing product belongs to which document."""

from __future__ import annotations

from pathlib import Path

import click

from podsync.cli.app.framework import command
from podsync.cli.app.options import address_of, output_option, sandbox_option, version_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.commands.importing.claiming import claim
from podsync.cli.commands.importing.decisions import Decision, checked_id, read_decisions, version_of
from podsync.cli.commands.importing.matching import match_all
from podsync.cli.commands.importing.pinning import pin_all
from podsync.cli.workspace import Workspace
from podsync.evidence.listing import Version
from podsync.model.address import Address
from podsync.model.errors import UsageError
from podsync.output.wording import counted
from podsync.providers.registry import kinds, plugins

_FORMS = ("podsync import --match -o csv=FILE", "podsync import FILE", "podsync import ADDRESS ID")


@command(
    "import",
    examples=(
        "podsync import --match                     what looks like what",
        "podsync import --match -o html=pairs.html  with pictures, side by side",
        "podsync import --match -o csv=pairs.csv    the same, to be filled in",
        "podsync import pairs.csv                   take its answers",
        "podsync import --match -o patch=FILE       certain pairs, into the documents",
        "podsync import --pin -o patch=FILE         all that the state knows",
        "podsync import {kind}.dino 5012",
        "podsync import --not-ours {provider} 4990     nobody here manages it",
    ),
)
@click.argument("words", nargs=-1, metavar="[FILE | ADDRESS ID | ID …]")
@click.option("--match", is_flag=True, help="Pair documents with listed products; nothing is changed.")
@click.option("--pin", is_flag=True, help="Write the ids of the state into documents, as a patch.")
@click.option("--not-ours", metavar="PROVIDER", help="The products of these IDs are managed by nobody here.")
@version_option
@output_option("import")
@sandbox_option
def import_products(
    session: Session,
    words: tuple[str, ...],
    match: bool,
    pin: bool,
    not_ours: str | None,
    of_version: str | None,
    output: tuple[str, ...],
) -> int:
    """Say which product that exists already is which document's. Nothing is sent to a provider.

    --match writes a row for each document that the state does not have and each product that may be it. In
    the column `take`, yes says that the product is the document's, no that nobody here manages it, and an
    empty cell leaves it open. Rows of verdict none look like no document; write an address and yes to take
    one. Each id is looked up, its model must agree, and nobody may own it; one fault, and nothing is taken.

    Where the document has changed since something was sent for it, and the listing does not tell which of the
    two a product is, --as (in a file: the column `take`) says it: sent, or document.

    -o patch=FILE writes what is certain into documents, as `adopt`. --pin does so with the ids of all that
    the state has, and asks nobody: a state that is lost costs nothing then.
    """
    said = version_of(of_version)
    if said is not None and (match or pin or not_ours is not None or len(words) != 2):
        raise UsageError("--as belongs to ADDRESS ID", f"{_FORMS[2]} --as sent")
    if match or pin:
        if words or not_ours is not None:
            raise UsageError("--match and --pin take no words", _FORMS[0])
        outputs = Outputs.parse(output, "import")
        space = Workspace.open_for(outputs, session)
        with outputs:
            return match_all(space, outputs, pin=pin) if match else pin_all(space, outputs)
    if output:
        raise UsageError("-o belongs to --match", _FORMS[0])
    return _claim(session, words, not_ours, said)


def _claim(session: Session, words: tuple[str, ...], not_ours: str | None, said: Version | None) -> int:
    space = Workspace.open(session)
    space.announce()
    if not_ours is not None:
        return claim(space, (), _not_ours(not_ours, words))
    if len(words) == 2:
        return claim(space, (_one(*words, said),), ())
    if len(words) == 1 and not Path(words[0]).exists() and _is_address(words[0]):
        raise UsageError(
            f"which product is that of {words[0]}?",
            f"{_FORMS[2]}; what looks like what: podsync import --match",
        )
    if len(words) != 1:
        raise UsageError("import takes a FILE, or an ADDRESS and an ID", "\n".join(_FORMS))
    decisions = read_decisions(words[0])
    more = [f"{each}: left open, a row of it has no answer" for each in decisions.unsure]
    if decisions.open:
        more.append(f"left open, and asked about by apply: {counted(decisions.open, 'row')}")
    return claim(space, decisions.taken, decisions.left_out, more)


def _is_address(word: str) -> bool:
    try:
        return Address.parse(word).kind in kinds()
    except ValueError:
        return False


def _one(address: str, identity: str, said: Version | None) -> Decision:
    known = address_of(address)
    try:
        provider = kinds()[known.kind]
    except KeyError:
        raise UsageError(f"{address}: there are documents of {' and '.join(kinds())} only") from None
    return Decision(provider, checked_id(provider, identity), known, version=said)


def _not_ours(provider: str, ids: tuple[str, ...]) -> tuple[Decision, ...]:
    if provider not in plugins():
        raise UsageError(f"{provider} is not a provider", f"--not-ours takes one of: {', '.join(plugins())}")
    if not ids:
        raise UsageError("--not-ours needs ids", f"podsync import --not-ours {provider} ID [ID …]")
    found = dict.fromkeys(checked_id(provider, each) for each in ids)
    return tuple(Decision(provider, each, None) for each in found)
