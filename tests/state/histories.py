"""Random values, and random histories: sequences of events that can have happened."""

from __future__ import annotations

from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, FrozenDict, freeze
from podsync.model.product import Lifecycle
from podsync.state import events as ev
from podsync.state.entries import Entry, Orphan, Refusal
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer

ADDRESSES = [
    Address("designed_product", "cat"),
    Address("designed_product", "dino"),
    Address("customer_product", "tote"),
]

times = st.integers(0, 4_000_000_000_000).map(lambda n: n / 1000)
texts = st.text(max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
json_values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)
mappings = st.dictionaries(texts, json_values, max_size=3).map(freeze)
specs = st.dictionaries(texts, json_values, min_size=1, max_size=3).map(freeze)
labels = st.dictionaries(texts, texts, max_size=2).map(freeze)
lifecycles = st.builds(Lifecycle, st.booleans(), st.booleans())
hosts = st.dictionaries(
    st.sampled_from(["kakaclo", "gelato"]),
    st.fixed_dictionaries({"base_url": texts, "account": texts}),
    max_size=2,
).map(freeze)
addresses = st.sampled_from(ADDRESSES)
ids = st.text("0123456789abc", min_size=1, max_size=6)
names = st.tuples() | st.tuples(texts) | st.tuples(texts, texts)
FIELDS = {
    "address": addresses,
    "source": addresses,
    "at": times,
    "created_at": times,
    "written_at": times,
    "send_before": times,
    "date": st.none() | times,
    "id": st.none() | ids,
    "remote": mappings,
    "spec": specs,
    "body": specs,
    "labels": labels,
    "lifecycle": lifecycles,
    "hosts": hosts,
    "approved": mappings,
    "orphan": st.none() | times,
    "provider": st.just("kakaclo"),
    "account": st.just("default"),
    "attempts": st.integers(1, 9),
    "plan_serial": st.integers(0, 9),
    "hash": texts,
    "message": texts,
    "why": texts,
    "commit": st.none() | texts,
    "actor": st.none() | texts,
    "run_url": st.none() | texts,
    "left": st.booleans(),
    "step": texts,
    "timeline": texts,
    "steps_left": names,
    "takes": mappings,
    "part": mappings,
    "found": st.booleans(),
    "unverified": names,
    "beside": names,
    "asked": st.none() | times,
    "place": texts,
    "op": st.sampled_from(["create", "update"]),
    "origin": st.sampled_from(["adopted", "imported"]),
    "machine": texts,
    "catalog": texts,
    "dates": st.dictionaries(st.sampled_from(["kakaclo", "gelato"]), times, max_size=2).map(freeze),
    "reading": st.none() | st.integers(1, 9),
    "number": st.integers(1, 9),
    "ids": st.lists(ids, max_size=3).map(tuple),
    "provisional": st.booleans(),
    "acknowledged": st.none() | times,
    "answered": st.none() | ids,
    "conflict": st.none() | st.just(True),
    "questioned": st.none() | times,
    "observed": mappings,
    "landmarks": st.lists(mappings, max_size=3).map(tuple),
    "models": st.dictionaries(ids, names, max_size=2).map(freeze),
    "fields": mappings,
    "known_as": mappings,
    "made": st.none() | times,
    "gone": st.booleans(),
    "refusals": st.lists(st.builds(Refusal, texts, texts, mappings, times), max_size=2).map(tuple),
    "released": st.integers(0, 3),
    "refused": st.booleans(),
}
#: How an Intent may end.
RESULTS = (ev.Made, ev.Refused, ev.NotSent, ev.Doubted, ev.Settled)
#: Events of a provider that can happen whatever is known; a reading has a number that grows.
LEARNED = (
    ev.Observed, ev.Landmarked, ev.ModelsSeen, ev.Disowned, ev.Remembered, ev.Contacted, ev.Missed,
    ev.FoundAgain, ev.Emptied, ev.Outdated, ev.Proven,
)  # fmt: skip


def event(cls: type, **fixed: object) -> st.SearchStrategy[ev.Event]:
    """One event of a type, its fields random but for those given."""
    chosen = {name: FIELDS[name] for name in cls.__dataclass_fields__}
    chosen |= {name: st.just(value) for name, value in fixed.items()}
    if cls in {ev.Bound, ev.Identified, ev.Adopted, ev.Remembered}:
        chosen["id"] = ids
    if cls is ev.Adopted:  # a document that names a product by its id need not say anything of it
        chosen["spec"] = specs | st.just(EMPTY)
    return st.builds(cls, **chosen)


any_event = st.sampled_from(ev.Event.__args__).flatmap(event)


def _possible(draft: Reducer, address: Address) -> list[st.SearchStrategy[ev.Event]]:
    """What can happen next to an address."""
    entry = draft.entries.get(address)
    found = [event(ev.Begun), st.sampled_from(LEARNED).flatmap(event), event(ev.Answered, address=address)]
    found.append(event(ev.Looked, number=draft.next_reading("kakaclo")))
    if address in draft.refusals:
        found.append(event(ev.Asked, address=address, orphan=None, refused=True))
    if draft.last_apply is not None:
        found.append(event(ev.Ended))
    for source, created_at in draft.orphans:
        found.append(event(ev.Gone, address=source, created_at=created_at))
        found.append(event(ev.Bound, address=source, orphan=created_at))
        found += _about_id(draft.orphans[source, created_at], address=source, orphan=created_at)
        which = {"address": source, "orphan": created_at}
        if draft.orphans[source, created_at].pending is None:
            found.append(event(ev.Intent, op="update", **which))
        else:
            found += [event(kind, **which) for kind in RESULTS]
        if entry is None or entry.pending is None:
            found.append(event(ev.Restored, address=address, source=source, created_at=created_at))
    if entry is not None:
        found += _about_id(entry, address=address, orphan=None)
        if entry.id is not None:
            found.append(event(ev.EntryGone, address=address))
        if entry.unlisted:
            found.append(event(ev.Identified, address=address))
    if entry is not None and entry.pending is not None:
        return found + [event(kind, address=address, orphan=None) for kind in RESULTS]
    found += [event(ev.Intent, address=address, op="create", orphan=None), event(ev.Adopted, address=address)]
    if entry is not None:
        kinds = (ev.Noted, ev.Orphaned, ev.Forgotten)
        found += [event(kind, address=address) for kind in kinds]
        found.append(event(ev.Bound, address=address, orphan=None))
        found.append(event(ev.Intent, address=address, op="update", orphan=None))
        free = [each for each in ADDRESSES if each not in draft.entries]
        found += [event(ev.Moved, source=address, address=each) for each in free]
    return found


def _about_id(item: Entry | Orphan, **which: object) -> list[st.SearchStrategy[ev.Event]]:
    found = [event(ev.Confirmed, **which)] if item.id is not None else []
    found += [event(ev.Asked, refused=False, **which)] if item.window is not None else []
    return [*found, event(ev.Unbound, **which)] if item.provisional else found


@st.composite
def histories(draw: st.DrawFn, max_size: int = 12) -> list[ev.Event]:
    """Events that can follow one another from the empty state on."""
    draft, history = Reducer(State()), []
    for _ in range(draw(st.integers(0, max_size))):
        each = draw(st.one_of(_possible(draft, draw(addresses))))
        draft.apply(each)
        history.append(each)
    return history


def simple(count: int) -> list[ev.Event]:
    """A short history without chance: intents, some made, one refused, one in doubt."""
    cat, dino, tote = ADDRESSES
    spec = FrozenDict({"modelId": "1", "enName": "Dino Jäger 🦖"})
    history: list[ev.Event] = []
    for number in range(count):
        at = 1_767_323_045.0 + number
        address = (cat, dino, tote)[number % 3]
        intent = ev.Intent(address, "kakaclo", "default", "create", spec, at, at + 30)
        refused = number % 5 == 4
        history += [intent, ev.Refused(address, at + 0.5) if refused else ev.Made(address, at, f"{number}")]
    return history
