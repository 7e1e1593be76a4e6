"""The plan after a look at the providers: adopted products, open questions, refusals. Pure.

The verdicts are `evidence.findings`; apply acts on the same ones. A stop of one product is a warning here,
since the rest goes on; a stop of a whole provider is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from podsync.evidence.account import Knows
from podsync.evidence.findings import Findings
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic, in_file_order
from podsync.model.frozen import EMPTY, freeze
from podsync.model.position import Severity
from podsync.model.product import Product, seen_ids
from podsync.plan.action import SET_BACK, Action
from podsync.plan.answers import (
    NOT_SEEN,
    of_step,
    of_unwanted,
    step_in_doubt,
    took_effect,
    unknown_products,
    unproven_account,
    what_became_of,
    where_it_is,
    where_the_orphan_is,
    whose_account,
    whose_it_is,
)
from podsync.plan.change import Change
from podsync.plan.drift.compare import renamed_there
from podsync.plan.drift.seen import seen_by
from podsync.plan.drift.values import Drift
from podsync.plan.model import Plan
from podsync.providers.contract import Remote
from podsync.providers.knowledge import Provider
from podsync.state.entries import Orphan

#: So many products are named; the rest can be seen at the provider.
NAMED = 5
#: What apply does about a step that nobody was asked about yet.
NOT_BEFORE = "apply asks, and sends none of them before a person has answered"
_RENAMED = "renamed-there"
_UNREAD = "unread-listing"
_REFUSED_CREATE = "refused-create"
_MAKING = (Action.CREATE, Action.REPLACE)
_ANOTHER_ACCOUNT, _IN_DOUBT, _REFUSED, _LEFT = 9, 8, 5, 4


def refreshed(
    plan: Plan,
    providers: Mapping[str, Provider],
    looks: Mapping[str, Findings],
    knowns: Mapping[str, Known] = EMPTY,
    document: Callable[[Address], Product | None] = lambda _: None,
    by_hand: Collection[str] = (),
) -> Plan:
    """Return the plan with the findings of these looks.

    `knowns` is the state's view of each provider, if everything was compared; `document` returns the wanted
    product of an address. The web pages of the providers in `by_hand` were looked at by a person.
    """
    changes: list[Change] = []
    found: list[Diagnostic] = []
    for change in plan.changes:
        findings = looks.get(change.provider)
        if findings is None:
            changes.append(change)
            continue
        changes.append(_seen(change, findings))
        found += _about(change, providers[change.provider], findings)
    for name, findings in sorted(looks.items()):
        makes = _makes(changes, name)
        found += _about_all(providers[name], findings, makes=makes)
        if makes and name not in by_hand:
            found += _about_unread(providers[name], findings)
        found += _about_unlisted(findings) if name in knowns else []
        found += _about_unwanted(providers[name], findings)
    asked = {address for findings in looks.values() for address in findings.unwanted}
    kept = [one for one in plan.diagnostics if one.rule != _REFUSED_CREATE or one.address not in asked]
    drift, compared = seen_by(looks, knowns, document, plan.changes) if knowns else ((), ())
    found += _about_renamed(providers, changes, drift)
    return replace(
        plan,
        changes=tuple(changes),
        diagnostics=in_file_order([*kept, *found]),
        refreshed=True,
        unmanaged={name: unmanaged(findings) for name, findings in sorted(looks.items())},
        drift=drift,
        compared=compared,
    )


def exit_code(plan: Plan, looks: Mapping[str, Findings]) -> int:
    """Return how an apply would end for what these looks have found; 0 where nothing stops it."""
    if any(findings.account is False for findings in looks.values()):
        return _ANOTHER_ACCOUNT
    if plan.errored:
        return _REFUSED
    if any(
        findings.asks
        or findings.overdue
        or findings.unwanted
        or findings.unsearched
        or findings.steps
        or findings.unseen
        for findings in looks.values()
    ):
        return _IN_DOUBT
    left = any(one.rule in {_RENAMED, NOT_SEEN, _UNREAD} for one in plan.diagnostics)
    open_questions = any(
        findings.questions or findings.taken or findings.misnamed for findings in looks.values()
    )
    return _LEFT if left or open_questions else 0


def _about_renamed(
    providers: Mapping[str, Provider], changes: Sequence[Change], drift: Sequence[Drift]
) -> Iterator[Diagnostic]:
    """What is not set back: orders may say the name that somebody gave it there."""
    listed = {each.address: {field.field: field.listed for field in each.fields} for each in drift}
    for change in changes:
        if change.action_reason != SET_BACK or change.address not in listed:
            continue
        provider = providers[change.provider]
        answers = renamed_there(provider, change, provider.unique_name(freeze(listed[change.address])))
        if answers:
            yield _diagnostic(change, "warning", _RENAMED, f"{change.address}: {answers[0]}", *answers[1:])


def _makes(changes: Sequence[Change], provider: str) -> bool:
    return any(change.provider == provider and change.action in _MAKING for change in changes)


def unmanaged(findings: Findings) -> int:
    """Return the number of listed products that nothing here owns or wants."""
    spoken = {remote.id for remote in (*findings.adopted.values(), *findings.found.values())}
    return len({row.id for row in findings.unowned} - spoken - findings.managed)


def _seen(change: Change, findings: Findings) -> Change:
    """Return the change as it is once existing products are known."""
    if change.action is Action.SETTLE and change.address in findings.found:
        row = findings.found[change.address]
        shown = seen_ids(row.shown)
        return change._replace(reason=f"{change.reason}; the listing shows it now ({row.id})", shown=shown)
    if change.address in findings.named:
        row = findings.named[change.address]
        return change._replace(shown=seen_ids(row.shown), made_at=row.created_at)
    remote = findings.adopted.get(change.address)
    # A new product that is to take over a name is called otherwise at first: requests follow.
    if remote is None or change.action not in _MAKING or change.temporary:
        return change
    noun, key = findings.known.provider.info.visible_id
    old = f"{noun} {change.shown[key]}" if key in change.shown else "the product before it"
    left = (f"{old} stays on sale until a person removes it",) if change.action is Action.REPLACE else ()
    return change._replace(
        action=Action.ADOPT,
        action_reason="adopt_because_it_exists",
        reason="the same product exists already and nobody owns it",
        importing=remote.id,
        shown=seen_ids(remote.shown),
        made_at=remote.created_at,
        fields=(),
        risks=left,
    )


def _about(change: Change, provider: Provider, findings: Findings) -> list[Diagnostic]:
    """Return what keeps apply from making this product, or should be known before."""
    address = change.address
    if address in findings.asks:
        rows, why = findings.asks[address], findings.why.get(address, "")
        entry = findings.known.state.entries[address]
        asked = what_became_of(findings, entry, rows, why, young=address in findings.young)
        words = f"{address} is in doubt: {asked.why}"
        return [_diagnostic(change, "warning", "in-doubt", words, *asked.answers)]
    if address in findings.steps:
        question = findings.steps[address]
        what = provider.info.steps.get(question.step, question.step)
        words = f"{address}: {step_in_doubt(what, question.additions, sent=question.sent)}"
        answers = of_step(address, question.step) if question.recorded else (NOT_BEFORE,)
        return [_diagnostic(change, "warning", "in-doubt", words, *answers)]
    if address in findings.unseen:
        asked = took_effect(provider, address, *findings.unseen[address])
        return [_diagnostic(change, "warning", "in-doubt", f"{address}: {asked.why}", *asked.answers)]
    if address in findings.misnamed:
        error = findings.misnamed[address]
        words = f"{address} is not adopted: {error.message}"
        return [_diagnostic(change, "warning", "not-adopted", words, error.remedy)]
    if address in findings.questions:
        open_ = findings.questions[address]
        asked = whose_it_is(findings, address, open_, _listed(open_.rows))
        many = ["many at once: podsync import --match -o csv=pairs.csv"] if asked.answers else []
        words = f"{address} is not created: {asked.why}"
        return [_diagnostic(change, "warning", "may-be-ours", words, *asked.answers, *many)]
    if address in findings.taken:
        rows = findings.taken[address]
        words = (
            f"{address}: {provider.title} has a product of this name for a shared customer ({_listed(rows)})"
        )
        answer = "apply leaves it out; choose another name, or rename the other one by hand"
        return [_diagnostic(change, "warning", "name-taken", words, answer)]
    if address in findings.namesakes:
        words = f"{address}: {provider.title} lists a namesake ({_listed(findings.namesakes[address])})"
        return [_diagnostic(change, "warning", "namesake", words, "it is not ours; apply creates beside it")]
    return []


def _about_all(provider: Provider, findings: Findings, *, makes: bool) -> list[Diagnostic]:
    """Return what keeps apply from sending anything to a provider."""
    if findings.account is False:
        words = f"none of the products that the state knows is visible at {provider.title}: another account?"
        return [Diagnostic("error", "another-account", words, None, "\n".join(whose_account(provider)))]
    if findings.first_contact and makes:
        words = (
            f"first contact: {provider.title} lists {unknown_products(len(findings.first_contact))} "
            f"({_listed(findings.first_contact)})"
        )
        remedies = (
            "a) some are of this catalog: podsync import --match -o csv=pairs.csv",
            "b) nobody here manages any of them: podsync apply --first-contact",
        )
        return [Diagnostic("error", "first-contact", words, None, "\n".join(remedies))]
    if findings.unproven_account is not None and makes:
        first = (
            "nothing is created" if findings.unproven_account else "apply waits before it creates anything"
        )
        words = f"{first}: {unproven_account(provider, needs_person=findings.unproven_account)}"
        answers = whose_account(provider) if findings.perhaps_emptied else ()
        return [Diagnostic("warning", "unproven-account", words, None, "\n".join(answers))]
    return []


def _about_unread(provider: Provider, findings: Findings) -> list[Diagnostic]:
    """Return why nothing is made where the state does not know all that is ours, and no listing tells it."""
    reading = findings.reading
    if findings.account is False or findings.knows is Knows.ALL or reading.is_whole:
        return []
    why = f"the state is {findings.knows.value}, and the listing could not be read whole: {reading.flaw}"
    answer = "apply reads it again, and asks what the web page shows"
    return [Diagnostic("warning", _UNREAD, f"nothing is made at {provider.title}: {why}", None, answer)]


def _about_unlisted(findings: Findings) -> list[Diagnostic]:
    """Return questions about created products whose ids should be known by now; apply asks them, too."""
    known, found = findings.known, []
    for item in (*known.unbound, *known.provisional):
        rows = findings.overdue.get((item.address, item.created_at))
        if rows is None:
            continue
        if isinstance(item, Orphan):
            alike = sum(isinstance(o, Orphan) and o.address == item.address for o in known.unbound)
            asked = where_the_orphan_is(known.provider, item, rows, alike=alike)
        else:
            asked = where_it_is(findings, item, rows)
        words = f"{item.address}: {asked.why}"
        found.append(Diagnostic("warning", "not-listed", words, None, "\n".join(asked.answers), item.address))
    return found


def _about_unwanted(provider: Provider, findings: Findings) -> list[Diagnostic]:
    """Return questions about products that refused creates may have made and no document wants."""
    return [
        Diagnostic(
            "warning",
            "may-be-ours",
            f"{address}: no document wants it. {question.why}: {_listed(question.rows)}",
            None,
            "\n".join(of_unwanted(provider, address, question.rows)),
            address,
        )
        for address, question in sorted(findings.unwanted.items())
    ]


def _diagnostic(change: Change, severity: Severity, rule: str, summary: str, *remedies: str) -> Diagnostic:
    address: Address = change.address
    return Diagnostic(severity, rule, summary, change.source, "\n".join(remedies), address)


def _listed(rows: Sequence[Remote]) -> str:
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return ", ".join(row.id + (" (not listed now)" if row.last_listed else "") for row in rows[:NAMED]) + more
