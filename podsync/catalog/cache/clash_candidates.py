"""Which products a rule between documents could concern: nearly all share nothing with another.

Every such rule needs two products with something in common: the address, the identity, the picture or the
design (see `traits`), or a former name. The rules are monotonic: a set without faults has no subset with
faults. So if there was no fault, only products that share something with a newly read one are compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from podsync.catalog.validation.fingerprints import adopted_id, former_addresses

#: Each product that was read now is looked for among all; above so many, a look at all takes no longer.
_FEW = 10


class Columns(NamedTuple):
    """The compared columns: `addresses`, `traits` (texts of five words, as in `Traits`), `histories`."""

    addresses: Sequence[str]
    traits: Sequence[str]
    histories: Sequence[str]


def shares_nothing(columns: Columns, news: Sequence[int]) -> bool:
    """Return whether it is plain that these few products share nothing; False does not say that they do."""
    addresses, traits, histories = columns
    if len(news) > _FEW or any(histories) or len(set(addresses)) < len(addresses):
        return False
    everything = " ".join(traits)
    return all(everything.count(word) == 1 for number in news for word in _shared_words(traits[number]))


def _shared_words(text: str) -> list[str]:
    identity, picture, _, design, _ = text.split(" ")
    return [word for word in (identity, picture, design) if word]


def clash_candidates(columns: Columns) -> list[int]:
    """Return the numbers of all products that a rule could have a word about, in order.

    A product that shares nothing with another one, and that no former name is about, needs no row.
    """
    addresses, traits, histories = columns
    identities, pictures, designs = [], [], []
    for text in traits:
        identity, picture, _, design, _ = text.split(" ")
        identities.append(identity)
        pictures.append(picture)
        designs.append(design)
    found: set[int] = set()
    for column in (addresses, identities, pictures, designs):
        if len(set(column)) < len(column):
            counts = Counter(column)
            found.update(number for number, word in enumerate(column) if word and counts[word] > 1)
    former: set[str] = set()
    adopting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, text in enumerate(histories):
        if text and (names := former_addresses(addresses[number], text)):
            former.update(names)
            found.add(number)
        if text and (adopted := adopted_id(text)):
            adopting[addresses[number].partition(".")[0], adopted].append(number)
    if former:
        found.update(number for number, address in enumerate(addresses) if address in former)
    found.update(number for numbers in adopting.values() if len(numbers) > 1 for number in numbers)
    return sorted(found)
