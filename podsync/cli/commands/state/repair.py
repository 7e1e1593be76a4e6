"""`podsync state mv`, `rm`, `settle`, `check`, `unlock`: manual repairs.

Each change is made under the lock, keeps a backup, and prints how to undo it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import click

from podsync.cli.app.framework import command
from podsync.cli.app.options import address_of, sandbox_state_option, version_option
from podsync.cli.app.session import Session
from podsync.cli.commands.importing.claiming import LEFT_OPEN, UNLISTED, can_look_up, looked_up
from podsync.cli.commands.importing.decisions import parsed_version, version_of
from podsync.cli.commands.state.changing import StateChange, change_state
from podsync.cli.commands.state.inspect import as_kept
from podsync.cli.workspace import CACHE, Workspace
from podsync.evidence.listing import Version
from podsync.model.address import Address
from podsync.model.errors import UsageError
from podsync.output.wording import counted, title
from podsync.providers.registry import bare_id
from podsync.state.entries import Entry
from podsync.state.events import Adopted, Event, Identified, Unbound
from podsync.state.model import State
from podsync.state.operations import SettleAnswer, emptied, entries_at, move, remove, settle, steps_of_others
from podsync.state.reducer.reducer import replay
from podsync.state.run_history import RunHistory

#: So many products are named of an answer for many.
_NAMED = 10
#: Makes the events of a change.
_Make: TypeAlias = Callable[[State, Workspace], Sequence[Event]]


def _write(
    space: Workspace,
    name: str,
    make: _Make,
    done: Callable[[State, Sequence[Event]], str],
    *,
    undo: str = "",
    check: _Make | None = None,
) -> int:
    """Change the state by the events of `make`, and print what `done` says of them.

    `check` raises what `make` would raise, as far as the state alone shows it; `make` itself by default.
    """
    space.tell_environment()

    def change(state: State) -> StateChange:
        events = make(state, space)
        return StateChange(events, done(state, events), undo)

    return change_state(space, f"state {name}", change, lambda state: (check or make)(state, space))


@command("mv", examples=("podsync state mv {kind}.dino {kind}.dinosaur-tee",))
@click.argument("source")
@click.argument("target")
@sandbox_state_option
def move_entry(session: Session, source: str, target: str) -> int:
    """Know the product at SOURCE as TARGET. `moved:` in the document does the same with review."""
    old, new = address_of(source), address_of(target)
    return _write(
        Workspace.open(session),
        "mv",
        lambda state, _: move(state, old, new, time.time()),
        lambda *_: f"{old} is {new} now",
        undo=f"state mv {new} {old}",
    )


@command("rm", examples=("podsync state rm {kind}.dinosaur-tee",))
@click.argument("address")
@sandbox_state_option
def remove_entry(session: Session, address: str) -> int:
    """Stop managing the product at ADDRESS. It stays on sale until a person removes it."""
    known, space = address_of(address), Workspace.open(session)

    def done(state: State, _: Sequence[Event]) -> str:
        history = RunHistory(CACHE, space.store.identity)
        warning = history.forgets(
            state.entries[known].provider, timeline=state.timeline, serial=state.serial, at=time.time()
        )
        if warning is not None:
            session.console.say(f"note: {warning}")
        return f"{known} is forgotten; the product stays on sale until a person removes it"

    return _write(space, "rm", lambda state, _: remove(state, known, time.time(), space.waits), done)


@command(
    "settle",
    examples=(
        "podsync state settle {kind}.dino --adopt 5012",
        "podsync state settle {kind}.dino --not-created",
        "podsync state settle {kind}.dino --step values --made",
        "podsync state settle '{kind}.*' --step values --made",
        "podsync state settle --from answers.txt",
    ),
)
@click.argument("address", required=False, metavar="[ADDRESS | PATTERN]")
@click.option("--adopt", metavar="ID", help="It was made (or changed): this is its id.")
@version_option
@click.option("--not-created", is_flag=True, help="Nothing was made (or changed); apply may send it.")
@click.option("--step", metavar="NAME", help="The step that is in doubt: with --made or --not-made.")
@click.option("--made/--not-made", "made", default=None, help="Whether the step was done.")
@click.option(
    "--from",
    "answers",
    metavar="FILE",
    help="Many at once: ADDRESS ID [sent | document] or ADDRESS not-created a line.",
)
@sandbox_state_option
def settle_doubts(
    session: Session,
    address: str | None,
    adopt: str | None,
    of_version: str | None,
    not_created: bool,
    step: str | None,
    made: bool | None,
    answers: str | None,
) -> int:
    """Answer the question that apply could not: whether the product at ADDRESS was made, and which it is.

    The ID is looked up, which takes the provider's key. Where no listing shows it yet, apply takes it once
    one does. Where an update is in doubt: --adopt with its
    own id says that it took effect, --not-created that not. Of a step of a product that exists, --made says
    that it was done. Of a create that was refused, --not-created says that it hid no product,
    --adopt which one it hid.

    What others may have done to products that podsync did not make is answered for all of them at once: a
    PATTERN with * and ? in place of ADDRESS, and --step.

    Where the document has changed since, and the listing does not tell whether the product is the one that
    was sent or the one of today, --as says it.
    """
    options_given = (adopt is not None) + not_created + (step is not None)
    if (step is None) != (made is None):
        raise UsageError(
            "--step NAME takes --made or --not-made", "podsync state settle ADDRESS --step values --made"
        )
    one = address is not None and options_given == 1
    if (answers is not None) == one or (answers is not None and (address or options_given)):
        raise UsageError(
            "settle takes ADDRESS with --adopt ID or --not-created, or --from FILE",
            "podsync state settle ADDRESS --adopt ID",
        )
    if of_version is not None and adopt is None:
        raise UsageError("--as belongs to --adopt ID", "podsync state settle ADDRESS --adopt ID --as sent")
    said: dict[Address, Version] = {}
    if answers is not None:
        given, said = _read_answers(answers)
        return _settle(Workspace.open(session), lambda _: given, said)
    text, named, done = address or "", step or "", bool(made)
    if step is not None and ("*" in text or "?" in text):
        return _settle(
            Workspace.open(session), lambda state: steps_of_others(state, text, named, made=done), said
        )
    answer = SettleAnswer(address_of(text), adopt, named, done)
    if (version := version_of(of_version)) is not None:
        said[answer.address] = version
    return _settle(Workspace.open(session), lambda _: [answer], said)


def _settle(
    space: Workspace, answers: Callable[[State], Sequence[SettleAnswer]], said: Mapping[Address, Version]
) -> int:
    """Settle as a person says; `answers` returns what is said of a state, `said` which versions those are."""

    def settled(state: State, space: Workspace) -> list[Event]:
        return settle(state, answers(state), time.time(), space.waits, bare_id)

    def answerable(state: State, space: Workspace) -> list[Event]:
        can_look_up(space, state, events := settled(state, space))
        return events

    def done(state: State, events: Sequence[Event]) -> str:
        given = answers(state)
        lines = [_said(state.entries.get(each.address), each, events) for each in given[:_NAMED]]
        if len(given) > _NAMED:
            lines.append(f"and {counted(len(given) - _NAMED, 'more answer')}")
        lines += [f"the id of {each.address} is open again" for each in events if isinstance(each, Unbound)]
        return "\n".join(lines)

    return _write(
        space,
        "settle",
        lambda state, space: looked_up(space, state, settled(state, space), said),
        done,
        check=answerable,
    )


def _said(entry: Entry | None, answer: SettleAnswer, events: Sequence[Event]) -> str:
    adopt = answer.adopt
    if any(isinstance(each, Identified) and each.address == answer.address for each in events):
        return f"{answer.address}: it is {adopt}, {UNLISTED}"
    if entry is None or entry.pending is None:
        if adopt is not None:
            return f"{answer.address}: it is {adopt}"
        return f"{answer.address}: nothing was made by what was refused"
    if any(isinstance(each, Adopted) and each.address == answer.address for each in events):
        return f"{answer.address}: it is {adopt}, as its document says; {LEFT_OPEN}"
    if answer.step:
        return f"{entry.address}: {answer.step} were {'' if answer.made else 'not '}added"
    if entry.pending.op == "update":
        return f"{entry.address}: it was {'not ' if adopt is None else ''}changed"
    return f"{entry.address}: " + ("nothing was made" if adopt is None else f"it is {adopt}")


def _read_answers(file: str) -> tuple[list[SettleAnswer], dict[Address, Version]]:
    """Read one answer a line, with its version; blank lines and those that begin with # are skipped."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    found, said = [], {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        says_which = len(words) == 3 and words[1] != "not-created"
        version = parsed_version(words[2]) if says_which else None
        if len(words) not in (2, 3) or (len(words) == 3 and version is None):
            raise UsageError(f"{file}:{number}: expected ADDRESS ID [sent | document] or ADDRESS not-created")
        found.append(SettleAnswer(address_of(words[0]), None if words[1] == "not-created" else words[1]))
        if version is not None:
            said[found[-1].address] = version
    if not found:
        raise UsageError(f"{file} holds no answer")
    return found, said


@command("check", examples=("podsync state check", "podsync state check --emptied {provider}"))
@click.option(
    "--emptied",
    metavar="PROVIDER",
    help="It is the right account, and all that the state has there was removed by hand.",
)
@click.option(
    "--yes-entries", type=int, metavar="N", help="Say without a question how many entries that are."
)
@sandbox_state_option
def check_state(session: Session, emptied: str | None, yes_entries: int | None) -> int:
    """Read snapshot and journal whole. Changes nothing; exit 1 where something is damaged.

    With --emptied it lets go of all that the account of PROVIDER held: their documents become creates.
    """
    if emptied is not None:
        return _let_go(session, emptied, yes_entries)
    if yes_entries is not None:
        raise UsageError("--yes-entries belongs to --emptied PROVIDER")
    space = Workspace.open(session)
    space.tell_environment()
    state = as_kept(space)
    doubts = sum(entry.pending is not None for entry in state.entries.values())
    unbound = sum(entry.unbound for entry in state.entries.values())
    session.console.result(
        f"{space.state_label}: good. serial {state.serial}, lineage {state.lineage or 'none yet'}\n"
        f"{counted(len(state.entries), 'entry', 'entries')}, {counted(len(state.orphans), 'orphan')}, "
        f"{doubts} in doubt, "
        f"{unbound} without an id yet\n"
    )
    return 0


def _let_go(session: Session, provider: str, number: int | None) -> int:
    space = Workspace.open(session)
    count = _number_of_entries(space, provider) if number is None else number
    if count is None:
        return 1
    return _write(
        space,
        "check",
        lambda state, _: emptied(state, provider, count, time.time()),
        lambda state, events: _let_go_text(replay(state, events), provider, count),
    )


#: How many times the number is asked for.
_QUESTIONS = 2


def _number_of_entries(space: Workspace, provider: str) -> int | None:
    """Have a person type how many entries are let go; None if they did not.

    Raises UsageError, with the command to use, if nobody can answer.
    """
    if provider not in space.settings.providers:
        known = ", ".join(space.settings.providers)
        raise UsageError(f"{provider} is not a provider", f"--emptied takes one of: {known}")
    state = space.load()
    count = entries_at(state, provider)
    emptied(state, provider, count, time.time())  # raises before anybody is asked
    console = space.session.console
    command = space.command_line("state", "check", "--emptied", provider, "--yes-entries", str(count))
    if not console.can_ask:
        raise UsageError(
            f"{counted(count, 'entry', 'entries')} at {title(provider)} would be let go, and there is no"
            " terminal to ask on",
            f"if the account is the right one, and what this state has there was removed by hand: {command}",
        )
    console.say(_answer_text(state, provider, count))
    for _ in range(_QUESTIONS):
        if console.ask(f"Type {count} to go on: ") == str(count):
            return count
    console.say("Cancelled. Nothing was changed.")
    return None


def _answer_text(state: State, provider: str, count: int) -> str:
    there = [each for each in state.orphans if each.provider == provider]
    orphans = sum(each.id is not None or each.identified for each in there)
    return (
        f"{title(provider)}: is it the right account, and was all that this state has there removed by hand?"
        f" {counted(count, 'entry', 'entries')} and {counted(orphans, 'orphan')} are let go;"
        " the next plan makes the products of their documents anew."
    )


def _let_go_text(after: State, provider: str, number: int) -> str:
    kept = entries_at(after, provider)
    text = f"{title(provider)}: {counted(number - kept, 'entry', 'entries')} let go"
    if not kept:
        return text
    stay = "stays" if kept == 1 else "stay"
    return f"{text}; {counted(kept, 'entry', 'entries')} without a known id {stay}"


@command("unlock", examples=("podsync state unlock", "podsync state unlock 4f0c9c1e2b7d4c55a9d1f0c3b2a19e77"))
@click.argument("lock_id", required=False)
@sandbox_state_option
def unlock_state(session: Session, lock_id: str | None) -> int:
    """Name the holder of the lock; with its LOCK_ID, let go of a lock whose holder is gone.

    A local lock ends with its process, one in a database with its session: the server lets go within
    a minute of losing it. Whoever lost the lock sends nothing more.
    """
    space = Workspace.open(session)
    space.tell_environment()
    holder = space.store.holder()
    if lock_id is not None and (holder is None or holder.id != lock_id):
        named = f"the last holder was {holder}, id {holder.id}" if holder else "nobody is named in the lock"
        raise UsageError(f"{lock_id} is not the id of the lock: {named}")
    if lock_id is None or holder is None:
        # If the lock can be taken, nobody holds it; else the error names the holder.
        with space.store.lock("state unlock", 0):
            session.console.result("Nobody holds the state; there is nothing to unlock.\n")
        return 0
    space.store.unlock(lock_id)
    session.console.result(f"{holder} holds {space.state_label} no longer.\n")
    return 0
