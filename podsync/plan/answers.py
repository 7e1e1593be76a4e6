"""The answers a person may give about listed products, with the commands for them. Pure.

`plan --refresh` and apply ask in the same words. Each answer names the facts that distinguish its product;
the last one says that it is none of them, where that is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from podsync.model.address import Address
from podsync.model.digests import canonical_json
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.model.product import TOLD, seen_ids
from podsync.providers.knowledge import Provider

if TYPE_CHECKING:
    from podsync.evidence.findings import Findings, Question
    from podsync.evidence.listing import Versions
    from podsync.providers.contract import Remote
    from podsync.state.entries import Entry, Orphan

#: The remedy for an incomplete spec while the product exists.
COMPLETE = "fill in the fields, all of which a new product needs"
#: The remedy where a document leaves out what the state knows.
PUT_BACK = "put back what the document said, or say what is wanted instead"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: So many candidates are named; the rest can be seen at the provider.
NAMED = 10
#: So many characters of a value that was sent are shown.
_LONGEST = 120
#: The rule of `is_it_so`.
NOT_SEEN = "not-seen"


class OpenQuestion(NamedTuple):
    """What a person is asked about one address, and what may be answered, with the commands for it."""

    why: str
    answers: tuple[str, ...]


def what_became_of(
    findings: Findings, entry: Entry, rows: Sequence[Remote], why: str = "", *, young: bool = False
) -> OpenQuestion:
    """Ask about a create in doubt; `why` is said where there is nothing to choose from."""
    provider, versions = findings.known.provider, findings.versions(entry)
    words = f"one of these may be it: {named_rows(provider, rows)}" if rows else why
    again = bool(findings.known.state.released.get(entry.address))
    facts = findings.facts(entry, rows)
    answers = of_doubt(
        provider, entry.address, rows, young=young, versions=versions, again=again, facts=facts
    )
    return OpenQuestion(_with_versions(words, versions) + _refused_besides(findings, entry, rows), answers)


def where_it_is(findings: Findings, entry: Entry, rows: Sequence[Remote]) -> OpenQuestion:
    """Ask which product is what was acknowledged and should be listed by now.

    Where the account is another one nothing is answered; where the listing is in question, that it is not
    there counts only if a person has removed it.
    """
    provider, versions, address = findings.known.provider, findings.versions(entry), entry.address
    named = entry.window.named if entry.window is not None else None
    elsewhere = named in findings.reading.rows
    if rows:
        several = "several products that may be it" if len(rows) > 1 else "one product that may be it"
        why = f"{provider.title} acknowledged it, and lists {several}: {named_rows(provider, rows)}"
        unlisted = None if elsewhere or any(row.id == named for row in rows) else named
        facts = findings.facts(entry, rows)
        answers = of_wanted(provider, address, rows, versions, unlisted, facts)
    else:
        why = f"{provider.title} acknowledged it and does not list it"
        if elsewhere:
            why += f" ({named}, which was told to be it, is listed as another product)"
            named = None
        sure = findings.reading.sound and findings.reading.fresh
        if not sure:
            why += ", and what it lists is not whole"
        answers = (
            of_unlisted(provider, address, versions, named, sure=sure)
            if findings.account is not False or sure
            else ()
        )
    return OpenQuestion(_with_versions(why, versions) + _refused_besides(findings, entry, rows), answers)


def _refused_besides(findings: Findings, entry: Entry, rows: Sequence[Remote]) -> str:
    """Say what else may have made one of these: another version that was refused at this address."""
    refused = findings.versions(entry.address, rows)
    sent = findings.known.provider.first(entry.pending.body if entry.pending else entry.spec or EMPTY)
    others = refused.but(sent) if refused is not None else None
    why = ". A create was refused besides, and may have made one of these."
    return "" if others is None else f"{why} {what_was_sent(others)}"


def is_it_so(
    provider: Provider, address: Address, entry: Entry | None, known: Entry | Orphan, fields: Sequence[str]
) -> OpenQuestion:
    """Ask whether what a look took is as the document says, in `fields` that no listing shows.

    It is the `entry` of the document, or an orphan of it.
    """
    noun, key = provider.info.visible_id
    seen = seen_ids(known.remote).get(key) if key else None
    what, named = f"{known.id} ({noun} {seen})" if seen else f"{known.id}", " and ".join(fields)
    of = f"it is {what}," if known is entry else f"its orphan {what} was"
    why = f"{of} taken as it is listed, and no listing shows {named}: it may be as the document says"
    so = f"podsync import {address.word} {known.id}"
    otherwise = f"{so} --as sent" if entry is None else f'podsync apply --replace "{address}"'
    so = so if known is entry else f"{so} --as document"
    answers = (f"a) {_page(provider)} shows {named} so: {so}", f"b) it shows another: {otherwise}")
    return OpenQuestion(why, answers)


def took_effect(provider: Provider, address: Address, identity: str, sent: Spec) -> OpenQuestion:
    """Ask whether an acknowledged update was done, where no listing shows its product."""
    settle = f"podsync state settle {address.word}"
    named = ", ".join(f"{field} {_cut(canonical_json(value), 0)}" for field, value in sent.items())
    why = f"{provider.title} acknowledged the update ({named}) and does not list it: nobody can tell yet"
    so = f"a) {_page(provider)} shows it so: {settle} --adopt {identity}"
    otherwise = f"b) it shows it otherwise: {settle} --not-created"
    return OpenQuestion(why, (so, otherwise, f"c) {if_removed(address, '--not-created')}"))


def whose_it_is(findings: Findings, address: Address, question: Question, named: str) -> OpenQuestion:
    """Ask what listed products are that an address may have been refused, or may want; `named` names them."""
    versions = findings.versions(address, question.rows)
    why = _with_versions(f"{question.why}: {named}", versions)
    provider, after = findings.known.provider, question.after
    return OpenQuestion(why, of_wanted(provider, address, question.rows, versions) if after is None else ())


def where_the_orphan_is(
    provider: Provider, orphan: Orphan, rows: Sequence[Remote], *, alike: int
) -> OpenQuestion:
    """Ask which product is an orphan whose id should be known by now; `alike`: see `of_open_orphan`."""
    may_be = f"one of these may be it: {named_rows(provider, rows)}" if rows else ""
    words = may_be or f"{provider.title} does not list it"
    why = f"it is an orphan, and its id is not known: {words}"
    return OpenQuestion(why, of_open_orphan(provider, orphan.address, rows, alike=alike))


def named_rows(provider: Provider, rows: Sequence[Remote]) -> str:
    """Name products for a person: id and name."""
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    gone = {row.id: " (not listed now)" for row in rows if row.last_listed is not None}
    named = (f'{row.id} "{provider.name_of(row.fields)}"{gone.get(row.id, "")}' for row in rows[:NAMED])
    return ", ".join(named) + more


def _with_versions(why: str, versions: Versions | None) -> str:
    return why if versions is None else f"{why}. {what_was_sent(versions)}"


def what_was_sent(versions: Versions) -> str:
    """Say what was sent, and when, beside what its document says today."""
    name_of, wanted = versions.provider.name_of, versions.wanted
    several, sentences = len(versions.sent) > 1, []
    for one in versions.sent:
        differing = ", ".join(_beside(each, one.spec.get(each), wanted.get(each)) for each in one.fields)
        when = f"{since(one.at, seconds=True)} ({one.version.value})" if several else since(one.at)
        sentences.append(f"It was sent {when} as {canonical_json(name_of(one.spec))}, with {differing}")
    return ". ".join(sentences)


def _beside(field: str, sent: Json, wanted: Json) -> str:
    """Show both values of a field, long ones from where they differ."""
    one, other = (canonical_json(value) if value is not None else "nothing" for value in (sent, wanted))
    if max(len(one), len(other)) > _LONGEST:
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
        same = max(0, alike - _LONGEST // 3)
        one, other = _cut(one, same), _cut(other, same)
    return f"{field} {one} (its document says {other} today)"


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST]
    return f"{'…' * (start > 0)}{shown}{'…' * (start + _LONGEST < len(text))}"


def of_doubt(
    provider: Provider,
    address: Address,
    candidates: Sequence[Remote],
    *,
    young: bool = False,
    versions: Versions | None = None,
    again: bool = False,
    facts: Mapping[str, str] = EMPTY,
) -> tuple[str, ...]:
    """Return the possible outcomes of a create in doubt; `facts` are known of candidates by their ids.

    While it is `young`, "nothing was made" is not offered: it is too early to know. An account that lists
    nothing may be the wrong one: only its own web page can show that. `versions`: the document has changed
    since, and each row is offered as what it may be. `again`: nothing came of it before, so that sending the
    same once more may end the same way.
    """
    settle = f"podsync state settle {address.word}"
    if not candidates:
        shown = _shown_there(provider, f"{settle} --adopt ID", versions)
        none = f"{settle} --not-created"
        answers = (*shown, f"{_letter(len(shown))}) it does not: {none}")
        taken = "it shows another one of that name, or this question came before"
        other = f"change {provider.name_field} in the document, then: {none}"
        return (*answers, f"{_letter(len(answers))}) {taken}: {other}") if again else answers
    rows = _lettered(provider, candidates, f"{settle} --adopt", versions, facts)
    if all(facts.get(row.id) == TOLD and row.last_listed is not None for row in candidates):
        rows += (f"{_letter(len(rows))}) {_page(provider)} shows it under another id: {settle} --adopt ID",)
    none = (
        f"{_letter(len(rows))}) {_none_of(candidates, facts)}, and {provider.title}'s web page has no other"
    )
    return rows if young else (*rows, f"{none}: {settle} --not-created")


def of_step(address: Address, step: str) -> tuple[str, ...]:
    """Return the possible outcomes of a step that the listing does not show."""
    settle = f"podsync state settle {address.word} --step {step}"
    return (
        f"a) all of them are there: {settle} --made",
        f"b) none of them is there: {settle} --not-made",
        f"c) some are there: add the others on the web page, then: {settle} --made",
    )


def of_steps(kind: str, step: str) -> tuple[str, ...]:
    """Return the possible outcomes of a step that others may have done to many products, for all of them."""
    settle = f'podsync state settle "{kind}.*" --step {step}'
    return (
        f"a) all of them are there, at each of these: {settle} --made",
        f"b) none of them is there, at any of these: {settle} --not-made",
        f"c) it differs: podsync state settle ADDRESS --step {step} --made, or --not-made, for each",
    )


def if_removed(address: Address, doubt: str = "", *, replaces: bool = False) -> str:
    """Return the remedy for a product that a person has removed; `doubt` answers its open doubt.

    `replaces`: the product before it still has the name, and is restored first.
    """
    settle = f"podsync state settle {address.word} {doubt}, then: " if doubt else ""
    then = f"{'put the former spec back, and: ' * replaces}podsync apply{'; then change it again' * replaces}"
    return f"if a person removed it: {settle}podsync state rm {address.word}, then: {then}"


def perhaps_added(what: str) -> str:
    """Return why a step is in doubt that this state has not sent; `what` is what it adds."""
    return f"others may have added {what}"


def not_told(provider: Provider, step: str, count: int) -> str:
    """Say of how many products that a person named no listing tells whether they have what a step adds."""
    products = f"{count} products" if count > 1 else "1 product"
    what = provider.info.steps.get(step, step)
    return f"{what}: no listing tells them of {products}; the next apply asks whether they are there"


def step_in_doubt(what: str, additions: Sequence[str], *, sent: bool) -> str:
    """Return the question about a step; `additions` are what it adds, in the words of the web page."""
    others = ". What its document does not say may be there, too, and is on sale until a person removes it"
    why, more = (f"{what} were sent", "") if sent else (perhaps_added(what), others)
    named = f": {'; '.join(additions)}" if additions else ""
    return f"{why}, and the listing does not tell whether these are there{named}{more}"


def quoted(text: str) -> str:
    """Quote for YAML: double quotes, with the two characters that matter escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def again_risk(provider: Provider, entry: Entry, *, gone: bool) -> str:
    """Return the risk of making a product again: the product that it replaces, and what is known of that."""
    noun, key = provider.info.visible_id
    seen = seen_ids(entry.remote).get(key) if key else None
    what = f"{noun} {seen}" if seen else f"{provider.title} {entry.id}"
    known = (
        "is gone: two whole readings missed it (if it is only hidden there, you have two)"
        if gone
        else "may still exist: apply makes nothing before two whole readings missed it"
    )
    return f"made again in place of {what}, which {known}"


def of_wanted(
    provider: Provider,
    address: Address,
    candidates: Sequence[Remote],
    versions: Versions | None = None,
    unlisted: str | None = None,
    facts: Mapping[str, str] = EMPTY,
) -> tuple[str, ...]:
    """Return what products may be that look like one which is to be created, or which was.

    `unlisted` is an id, told by an answer or a person, that is not listed; `facts`: see `of_doubt`.
    """
    rows = _lettered(provider, candidates, f"podsync import {address.word}", versions, facts)
    if unlisted is not None:
        version = "" if versions is None or not versions.apart else " --as sent"
        there = f"{_page(provider)} shows it as {unlisted}, which is not listed"
        rows += (f"{_letter(len(rows))}) {there}: podsync import {address.word} {unlisted}{version}",)
    ids = " ".join(row.id for row in candidates[:NAMED])
    none = f"{_letter(len(rows))}) {_none_of(candidates, facts)}"
    return (*rows, f"{none}: podsync import --not-ours {provider.name} {ids}")


def of_unlisted(
    provider: Provider, address: Address, versions: Versions | None, named: str | None, *, sure: bool = True
) -> tuple[str, ...]:
    """Return the possible outcomes of a create that was acknowledged and is not listed; `named` is its id."""
    shown = _shown_there(provider, f"podsync import {address.word} {named or 'ID'}", versions)
    absent = "it does not" if sure else "somebody has removed it there"
    return (*shown, f"{_letter(len(shown))}) {absent}: podsync state rm {address.word}, then: podsync apply")


def of_open_orphan(
    provider: Provider, address: Address, rows: Sequence[Remote], *, alike: int = 1
) -> tuple[str, ...]:
    """Return the possible outcomes of an orphan whose id no listing has confirmed.

    `alike` is the number of orphans at its address: only the address names them, so one answer means all of
    them.
    """
    done, page = f"podsync state orphans --done {address.word}", f"{provider.title}'s web page"
    all_ = f", once all {alike} orphans of this address without an id are gone" if alike > 1 else ""
    if not rows:
        return (
            f"a) {_page(provider)} shows it: remove it there, then{all_}: {done}",
            f"b) it does not{all_}: {done}",
        )
    if len(rows) == 1:
        return (
            f"a) it is {rows[0].id}: remove it on {page}, then{all_}: {done}",
            f"b) it is not: podsync import --not-ours {provider.name} {rows[0].id}",
        )
    named, not_ours = rows[:NAMED], f"podsync import --not-ours {provider.name}"
    which = (
        f"{_letter(index)}) it is {_identifying(provider, row)}: {not_ours} "
        f"{' '.join(each.id for each in named if each is not row)}"
        for index, row in enumerate(named)
    )
    return (*which, f"{_letter(len(named))}) it was removed on {page}{all_}: {done}")


def of_unwanted(provider: Provider, address: Address, candidates: Sequence[Remote]) -> tuple[str, ...]:
    """Return what a refused create may have made that no document wants; no listing shows it for certain."""
    ids, page = " ".join(row.id for row in candidates[:NAMED]) or "ID", f"{provider.title}'s web page"
    none = f"podsync state settle {address.word} --not-created"
    stays = f"may stay there, nobody here manages it: podsync import --not-ours {provider.name} {ids}"
    if not candidates:
        first = [f"{_page(provider)} does not show it: {none}", f"not for sale: remove it, then: {none}"]
    elif any(row.last_listed is None for row in candidates):
        first = [f"it is not to be sold: remove it on {page}", f"it {stays}"]
    else:
        first = [f"it was removed on {page}, or {stays}"]
    wanted = f"it is wanted: write its document again, then: podsync import {address.word} {ids.split()[0]}"
    return tuple(f"{_letter(at)}) {each}" for at, each in enumerate((*first, wanted)))


def unknown_products(count: int) -> str:
    """Count products that a first contact has found."""
    return f"{count} product{'' if count == 1 else 's'} that the state knows nothing of"


def unproven_account(provider: Provider, *, needs_person: bool) -> str:
    """Return why nothing is created in an unproven account; `needs_person`: no later look can prove it."""
    known = "is known for certain yet, so that"
    if needs_person:
        known = "is known by its id: until a person has said what they are,"
    right = "nobody can tell whether this is the right account"
    return f"none of the products that were made at {provider.title} {known} {right}"


def whose_account(provider: Provider) -> tuple[str, str]:
    """Return what an account is that shows nothing of what is known there."""
    emptied = f"podsync state check --emptied {provider.name}"
    return (
        "a) the key is of another account: set that of the account that this state belongs to",
        f"b) it is the right one, and what this state has there was removed by hand: {emptied}",
    )


def _none_of(candidates: Sequence[Remote], facts: Mapping[str, str] = EMPTY) -> str:
    """Return the answer that it is none of these; a hidden product declared removed is made a second time."""
    named = [row.id for row in candidates if facts.get(row.id) == TOLD]
    none = f"none of them, nor {named[0]} under another name" if named else "none of them"
    if all(row.last_listed is None for row in candidates):
        return none
    return f"{none}, or it was removed (one that is only hidden there is then made twice)"


def since(moment: float, *, seconds: bool = False) -> str:
    """Return a moment as people read it here, to the minute."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M{':%S' if seconds else ''}} UTC"


def _page(provider: Provider) -> str:
    return f"{provider.title}'s web page, in the account of this key,"


def _letter(index: int) -> str:
    """Return a to z, then aa and so on."""
    return _LETTERS[index // 26 - 1] * (index > 25) + _LETTERS[index % 26]


def _lettered(
    provider: Provider,
    candidates: Sequence[Remote],
    command: str,
    versions: Versions | None = None,
    facts: Mapping[str, str] = EMPTY,
) -> tuple[str, ...]:
    """Return an answer for each row, and where it may be either version, one for each of them."""
    choices = []
    for row in candidates[:NAMED]:
        words, typed = f"it is {_identifying(provider, row, facts.get(row.id, ''))}", f"{command} {row.id}"
        if versions is None or not versions.apart:
            choices.append(f"{words}: {typed}")
        else:
            possible = versions.possible(row)
            choices += [f"{words}, {versions.words(each)}: {typed} --as {each.value}" for each in possible]
    return tuple(f"{_letter(index)}) {choice}" for index, choice in enumerate(choices))


def _shown_there(provider: Provider, command: str, versions: Versions | None) -> tuple[str, ...]:
    """Return what to do where only the web page shows it, for each version that it may be."""
    if versions is None or not versions.apart:
        return (f"a) {_page(provider)} shows it: {command}",)
    *sent, today = versions.known
    answers = (
        f"{_letter(index)}) {_page(provider)} shows it {versions.words(one)}: {command} --as {one.value}"
        for index, one in enumerate(sent)
    )
    of_today = f"{_letter(len(sent))}) that page shows it {versions.words(today)}"
    return (*answers, f"{of_today}: it can be taken once it is listed")


def _identifying(provider: Provider, row: Remote, fact: str = "") -> str:
    """Return a product's id with the facts that distinguish it, for a person."""
    noun, key = provider.info.visible_id
    seen = seen_ids(row.shown).get(key)
    facts = [f"{noun} {seen}"] if seen else []
    if row.created_at is not None:
        facts.append(f"made {since(row.created_at)}")
    facts += [fact] if fact else []
    if row.last_listed is not None:  # which of an answered id is only when that answer came
        facts.append("not listed now" if fact == TOLD else f"listed {since(row.last_listed)}, and not now")
    return f"{row.id} ({', '.join(facts)})" if facts else row.id
