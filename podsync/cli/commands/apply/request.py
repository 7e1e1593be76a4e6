"""The options of an apply, and the commands that continue it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from podsync.apply.report import Report
from podsync.cli.app.options import choosing_words
from podsync.cli.environment.credentials import key_name, renewal
from podsync.cli.environment.github_actions import hex_of
from podsync.cli.workspace import Workspace
from podsync.model.address import Selection
from podsync.model.frozen import Json
from podsync.output.wording import listed, number, title
from podsync.plan.approval import is_rest_of
from podsync.providers.registry import plugins

#: From here on the questions are answered from a file: a report shows no more of them than so many.
_AT_ONCE = 20


@dataclass(frozen=True)
class ApplyRequest:
    """The options of an apply."""

    plan: str | None = None
    auto_approve: bool = False
    expect: str | None = None
    selection: Selection = Selection()  # noqa: RUF009 (frozen)
    allow: tuple[tuple[str, int], ...] = ()
    first_contact: bool = False
    limit: int | None = None
    max_failures: int | None = None
    lock_timeout: float = 0.0
    no_wait: bool = False
    older_catalog: bool = False
    compared: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether a person has to say yes."""
        return not self.auto_approve and self.expect is None

    def words(self, selection: Selection, saved: str | None = None) -> tuple[str, ...]:
        """Return the words of a command line that chooses and allows the same."""
        first = (saved,) if saved is not None else ()
        contact = ("--first-contact",) if self.first_contact else ()
        older = ("--older-catalog",) if self.older_catalog else ()
        compared = (word for name in self.compared for word in ("--compared", name))
        return (*first, *choosing_words(selection, self.allow), *contact, *older, *compared)

    def whole_words(self) -> tuple[str, ...]:
        """Return the words of this very command line."""
        limit = ("--limit", str(self.limit)) if self.limit is not None else ()
        failures = ("--max-failures", str(self.max_failures)) if self.max_failures is not None else ()
        no_wait = ("--no-wait",) if self.no_wait else ()
        return (*self.words(self.selection, self.plan), *limit, *failures, *no_wait)

    def approval(self, report: Report, last: Mapping[str, Json] | None) -> tuple[str, ...]:
        """Return the words under which what is left may be done; none where it has to be asked for.

        A run that had nothing to write down left the approval of the one before, `last`; what a person
        answers makes another plan of it.
        """
        approved = self.expect or hex_of(report.plan.hash)[:12]
        if not report.begun and self.expect is None and report.asked:
            if last is None or not is_rest_of(report.plan, last):
                return ()
            approved = hex_of(str(last["hash"]))[:12]
        return ("--expect", approved)


def first_of_all(space: Workspace, request: ApplyRequest, report: Report, again: str) -> Iterator[str]:
    """Yield what keeps a provider from going on: a key, or a word of consent that nothing else can be.

    Where there are more questions than are shown, it is said how all of them are answered.
    `again` is the command that goes on with what is left.
    """
    for plugin in (plugins()[name] for name in report.keys_refused):
        yield renewal(plugin, space.environment)
    for name in report.other_accounts:
        yield f"none of the products that the state knows is visible at {title(name)}:"
        variable = key_name(plugins()[name], space.environment)
        key = f"set {variable} to that of the account that this state belongs to"
        yield f"a) the key is of another account: {key}, then: {again}"
        emptied = f"podsync state check --emptied {name}, then: podsync apply"
        yield f"b) it is the right one, and what this state has there was removed by hand: {emptied}"
    for name in report.unread:
        yield f"does {title(name)}'s web page show any of what is to be made? Its listing does not tell:"
        yield "a) it shows some of it: podsync import ADDRESS ID, for each; then: podsync apply"
        words = (*request.words(report.plan.selection), "--expect", hex_of(report.plan.hash)[:12])
        yield f"b) it shows none of it: {space.command_line('apply', *words, '--compared', name)}"
    if report.first_contacts:
        names = listed([title(name) for name in report.first_contacts])
        yield f"whose are the products that {names} lists already?"
        yield (
            "a) some are of this catalog: podsync import --match -o csv=pairs.csv, fill in its column take, "
            "then: podsync import pairs.csv"
        )
        approval = ("--expect", hex_of(report.plan.hash)[:12]) if request.compared else ()
        words = (*request.words(report.plan.selection), *approval)
        consent = space.command_line("apply", *words, "--first-contact")
        yield f"b) nobody here manages any of them: {consent}"
    questions = sum(any(line.endswith("--not-created") for line in one.next) for one in report.outcomes)
    if questions > _AT_ONCE:
        answers = "podsync state settle --from FILE, with a line ADDRESS ID, or ADDRESS not-created, for each"
        yield f"{number(questions)} questions, which can be answered at once: {answers}"
