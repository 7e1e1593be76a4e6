"""What a person may do to a state by hand, as events: `state mv`, `rm`, `settle`, `check --emptied`. Pure.

Each function returns the events; whoever calls it holds the lock and writes them. Raises UsageError
for what does not fit the state, ProtectedError for what would lose a product, or make one twice.

`waits` are seconds by provider, `timeout_seconds + settle_seconds`: for so long after a request ended, no
listing can be expected to show what it made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from podsync.model.address import Address, Selection
from podsync.model.errors import ProtectedError, UsageError
from podsync.model.product import seen_ids
from podsync.state.entries import Entry, Orphan, Pending, Refusal, Window
from podsync.state.events import Answered, Emptied, Event, Forgotten, Gone, Moved, Settled
from podsync.state.formats.times import time_to_text
from podsync.state.model import State

#: From a provider's name and an id as a person has it to the id that listings tell.
BareId = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class SettleAnswer:
    """A person's answer to a doubt: the id of what was made, or None for "nothing was made".

    Of a `step` it says whether it was `made`.
    """

    address: Address
    adopt: str | None = None
    step: str = ""
    made: bool = False


def move(state: State, source: Address, target: Address, now: float) -> list[Event]:
    """The entry at `source` is known as `target` from now on."""
    entry = _entry(state, source)
    if target in state.entries:
        raise UsageError(f"{target} is in the state already", "choose an address that is not taken")
    if target.kind != source.kind:
        raise UsageError(f"{entry.address} is a {source.kind} and cannot become a {target.kind}")
    return [Moved(source, target, now)]


def remove(state: State, address: Address, now: float, waits: Mapping[str, float]) -> list[Event]:
    """Podsync no longer manages the product; at the provider nothing changes."""
    entry = _entry(state, address)
    if entry.pending is not None:
        raise ProtectedError(
            f"{address} is in doubt: forgetting it now could make it twice",
            "\n".join(_settling(state, entry, entry.pending, now, _wait(waits, entry.provider))),
        )
    _not_in_question(state, entry.provider)
    when = _shown_at(entry.window, _wait(waits, entry.provider))
    if now < when:
        raise ProtectedError(
            f"{address} was made, and no listing has shown it yet: forgetting it now could make it twice",
            f"run apply, which looks for it; from {time_to_text(when)} on it can be forgotten",
        )
    return [Forgotten(address, now)]


def _settling(state: State, entry: Entry, pending: Pending, now: float, wait: float) -> Iterator[str]:
    settle, when = f"podsync state settle {entry.address.word}", settled_at(pending, wait)
    if pending.step:
        step = f"{settle} --step {pending.step}"
        yield f"a) it was done: {step} --made"
        if not in_question(state, entry.provider):
            from_when = "" if now >= when else f", which can be said from {time_to_text(when)} on"
            yield f"b) it was not{from_when}: {step} --not-made"
        return
    what = "changed" if pending.op == "update" else "made"
    yield f"a) it was {what}: {settle} --adopt {entry.id or 'ID'}"
    if in_question(state, entry.provider):
        return
    if now >= when:
        yield f"b) it was not: {settle} --not-created"
    else:
        yield f"b) that it was not can be said from {time_to_text(when)} on; until then: podsync apply"


def removed(state: State, words: Sequence[str], now: float, waits: Mapping[str, float]) -> list[Event]:
    """A person has removed these orphans, each named by its address or by an id of its own.

    Several of one address that have no id cannot be distinguished: all of them are meant.
    """
    events: list[Event] = []
    for word in words:
        found = [each for each in state.orphans if word in {str(each.address), each.id, *_seen(each)}]
        if not found:
            raise UsageError(f"no orphan is called {word}", "to see them: podsync state orphans")
        if len(found) > 1:
            # Only what has no id can be called by nothing but its address.
            found = [each for each in found if each.id is None] or found
        if len(found) > 1 and found[0].id is not None:
            ids = ", ".join(" ".join(_seen(each)) or str(each.id) for each in found)
            raise UsageError(f"{word} has {len(found)} orphans", f"say which one by its id: {ids}")
        if any(now < _shown_at(each.window, _wait(waits, each.provider)) for each in found):
            raise ProtectedError(
                f"the id of the orphan {word} is not known yet: forgetting it now could make it twice",
                "run apply, which looks for it",
            )
        events += [Gone(each.address, each.created_at, now) for each in found]
    return list(dict.fromkeys(events))


def _seen(orphan: Orphan) -> list[str]:
    return [str(each) for each in seen_ids(orphan.remote).values()]


def settled_at(pending: Pending, wait: float) -> float:
    """Return from when on, by our clock, it can be said that nothing was made.

    A run that asked has waited by its own clock, whatever this one says by now.
    """
    if pending.asked is not None:
        return 0.0
    return (pending.send_before if pending.ended_at is None else pending.ended_at) + wait


def _shown_at(window: Window | None, wait: float) -> float:
    """Return from when on, by our clock, a listing would have shown what was made in this window."""
    return 0.0 if window is None or window.asked is not None else window.until + wait


def _refusal_shown_at(refusal: Refusal, waits: Mapping[str, float]) -> float:
    """Return from when on, by our clock, a listing would have shown what was made though it was refused."""
    return 0.0 if refusal.asked is not None else refusal.at + _wait(waits, refusal.provider)


def _wait(waits: Mapping[str, float], provider: str) -> float:
    """Return how long to wait; of a provider that nobody set, as long as for the slowest."""
    return waits.get(provider, max(waits.values()))


def in_question(state: State, provider: str) -> bool:
    """Whether the last reading showed nothing that is known there: the account may be another one."""
    absent = state.absent.get(provider, {})
    known = [absent.get(each) for each in state.owned(provider)]
    left = [each for each in known if each is None or not each.gone]
    return bool(left) and all(each is not None and each.questioned is not None for each in left)


def _not_in_question(state: State, provider: str) -> None:
    if in_question(state, provider):
        raise ProtectedError(
            f"{provider} listed none of the known products when it was read last: the key may be of another"
            " account",
            "a) whether it is shows: podsync plan --refresh\n"
            f"b) it is the right one, and what this state has there was removed by hand: "
            f"podsync state check --emptied {provider}",
        )


def emptied(state: State, provider: str, number: int, now: float) -> list[Event]:
    """The account is the right one, and all that was in it was removed by hand.

    `number` is how many entries a person says that there are.
    """
    count = entries_at(state, provider)
    orphaned = any(each.provider == provider for each in state.orphans)
    if not (count or orphaned or state.landmarks.get(provider)):
        raise UsageError(f"the state knows no product at {provider}", "what it knows: podsync state list")
    if number != count:
        raise UsageError(
            f"the number of entries that the state has at {provider} is {count}, not {number}",
            "nothing was changed",
        )
    return [Emptied(provider, now)]


def entries_at(state: State, provider: str) -> int:
    """Return how many entries are at a provider."""
    return sum(entry.provider == provider for entry in state.entries.values())


def settle(
    state: State, answers: Sequence[SettleAnswer], now: float, waits: Mapping[str, float], bare_id: BareId
) -> list[Event]:
    """Doubts end as a person says; an id that another address holds is refused, unless it is a guess.

    Whoever calls it looks a guess up, and has it given up. Of an update, the product's own id says that it
    took effect. That nothing was made is believed only once a listing would show it, and of an account that
    is not in question.
    """
    events: list[Event] = []
    held: dict[tuple[str, str], Address] = {}
    for answer in answers:
        known = state.entries.get(answer.address)
        if (known is None or known.pending is None) and answer.address in state.refusals:
            events.append(_settle_refused(state, answer, now, waits, bare_id))
            continue
        entry = _entry(state, answer.address)
        if entry.pending is None:
            raise UsageError(f"{answer.address} is not in doubt", "what is: podsync state list")
        _answers_the_doubt(entry, entry.pending, answer)
        if answer.adopt is None and not answer.made:
            when = settled_at(entry.pending, _wait(waits, entry.provider))
            _can_be_none(state, entry.address, entry.provider, when, now)
        if answer.step:
            known_as = entry.id if answer.made else None
            events.append(Settled(answer.address, now, found=answer.made, id=known_as))
            continue
        if entry.pending.op == "update":
            events += _settle_update(entry, entry.pending, answer, now, bare_id)
            continue
        if answer.adopt is None:
            events.append(Settled(answer.address, now, found=False))
            continue
        bare = bare_id(entry.provider, answer.adopt)
        holder = _sure_of(state, entry, bare) or held.get((entry.provider, bare))
        if holder is not None:
            raise UsageError(f"{answer.adopt} belongs to {holder} already", "one product has one address")
        held[entry.provider, bare] = answer.address
        sent = tuple(sorted(entry.pending.body))
        events.append(Settled(answer.address, now, found=True, id=bare, unverified=sent))
    return events


def steps_of_others(state: State, pattern: str, step: str, *, made: bool) -> list[SettleAnswer]:
    """Return one answer for every product that a pattern means, of a step that nobody here has sent.

    What was sent and is in doubt is answered by its own address: others have not done that one.
    """
    chosen = Selection(targets=(pattern,))
    found = [
        SettleAnswer(entry.address, step=step, made=made)
        for entry in state.entries.values()
        if entry.pending is not None
        and (entry.pending.step, entry.pending.attempts) == (step, 0)
        and chosen.targeted(entry.address)
    ]
    if not found:
        raise UsageError(
            f"of no product that {pattern} means is it open whether others have done this step: {step}",
            "what is in doubt: podsync state list",
        )
    return found


def _settle_refused(
    state: State, answer: SettleAnswer, now: float, waits: Mapping[str, float], bare_id: BareId
) -> Answered | Settled:
    """A refusal may have hidden a success: an account that lists nothing leaves that to a person.

    That it was made is no event yet: whoever calls it looks up what the product is.
    """
    refusals = state.refusals[answer.address]
    if answer.step:
        settle = f"podsync state settle {answer.address.word}"
        raise UsageError(
            f"{answer.address} was refused, and no step of it is in doubt",
            f"it was made all the same: {settle} --adopt ID\nnothing was made: {settle} --not-created",
        )
    if answer.adopt is not None:
        return Settled(answer.address, now, found=True, id=bare_id(refusals[0].provider, answer.adopt))
    for refusal in refusals:
        when = _refusal_shown_at(refusal, waits)
        _can_be_none(state, answer.address, refusal.provider, when, now)
    return Answered(answer.address, now)


def nothing_was_made(state: State, address: Address, now: float, waits: Mapping[str, float]) -> bool:
    """Whether a person may say of the refused creates of an address that nothing was made by them."""
    return all(
        now >= _refusal_shown_at(each, waits) and not in_question(state, each.provider)
        for each in state.refusals[address]
    )


def _sure_of(state: State, doubted: Entry, identity: str) -> Address | None:
    """Return the address that holds this id, None also where it is no more than a guess of another one."""
    holder = state.owned(doubted.provider).get(identity)
    other = state.entries.get(holder) if holder is not None and holder != doubted.address else None
    return None if other is not None and other.id == identity and other.guessed else holder


def _answers_the_doubt(entry: Entry, pending: Pending, answer: SettleAnswer) -> None:
    """Refuse an answer about a step where something else is in doubt, and the other way round."""
    if pending.step == answer.step:
        return
    settle = f"podsync state settle {entry.address.word}"
    if pending.step:
        raise UsageError(
            f"{entry.address}: a step is in doubt, {pending.step}: the product itself is not",
            f"{settle} --step {pending.step} --made, or --not-made",
        )
    raise UsageError(f"{entry.address}: no step is in doubt", f"{settle} --adopt ID, or --not-created")


def _can_be_none(state: State, address: Address, provider: str, when: float, now: float) -> None:
    if now < when:
        raise ProtectedError(
            f"{address}: what was sent may still show up; that nothing came of it can be said from"
            f" {time_to_text(when)} on",
            "until then apply looks for it: podsync apply",
        )
    _not_in_question(state, provider)


def _settle_update(
    entry: Entry, pending: Pending, answer: SettleAnswer, now: float, bare_id: BareId
) -> list[Event]:
    """The answer holds for the updates before it as well, whose outcome is not known either."""
    found = answer.adopt is not None
    if answer.adopt is not None and bare_id(entry.provider, answer.adopt) != entry.id:
        raise UsageError(
            f"{answer.adopt} is not the product of {entry.address}: an update of {entry.id} is in doubt",
            f"--adopt {entry.id} says that it took effect, --not-created that it did not",
        )
    before = set(pending.earlier) - set(pending.body) if found else set(pending.earlier)
    return [Settled(entry.address, now, found=found, id=entry.id if found else None)] * (1 + bool(before))


def _entry(state: State, address: Address) -> Entry:
    entry = state.entries.get(address)
    if entry is None:
        near = get_close_matches(str(address), [str(a) for a in state.entries], 3)
        hint = f"nearest: {', '.join(near)}" if near else "the addresses: podsync state list"
        raise UsageError(f"the state knows no {address}", hint)
    return entry
