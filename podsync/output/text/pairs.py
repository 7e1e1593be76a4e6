"""The pairs of `import --match` for people: which document looks like which product, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from podsync.output.wording import counted
from podsync.providers.registry import plugins

#: So many products that look like no document are named.
_NAMED = 10


@dataclass(frozen=True, slots=True)
class PairLine:
    """A document beside a listed product, in words that are safe to show; the columns of the file.

    `take` is `yes`, `no` or "" (open). `id` is `provider:5012`. Names and pictures of the document and,
    `listed_`, of the product. `spu` is the id that people see, whatever its provider calls it.
    Without an address: it looks like no document.
    """

    take: str
    verdict: str
    address: str
    id: str
    model: str
    name: str
    listed_name: str
    picture: str
    listed_picture: str
    spu: str
    made: str


def pairs_text(lines: Sequence[PairLine], alone: int) -> str:
    """Return the pairs by address, then what looks like no document; `alone` documents look like nothing."""
    rows: list[str] = []
    address = None
    for line in lines:
        if not line.address:
            continue
        if line.address != address:
            address = line.address
            rows.append(f'{address} "{line.name}"')
        rows.append(f"  {line.verdict:<10} {_product(line)}")
    strangers = [line for line in lines if not line.address]
    if strangers:
        rows.append(f"{counted(len(strangers), 'product')} like no document:")
        rows += [f"  {_product(line)}" for line in strangers[:_NAMED]]
        if len(strangers) > _NAMED:
            rows.append(f"  and {len(strangers) - _NAMED} more")
    return "\n".join([*rows, _summary(lines, alone)]) + "\n"


def _product(line: PairLine) -> str:
    info = plugins().get(line.id.partition(":")[0])
    facts = [f"{info.visible_id[0]} {line.spu}"] if line.spu and info is not None else []
    facts += [f"model {line.model}"] if line.model else []
    facts += [f"made {line.made}"] if line.made else []
    return f'{line.id} "{line.listed_name}"' + (f" ({', '.join(facts)})" if facts else "")


def _summary(lines: Sequence[PairLine], alone: int) -> str:
    counts = Counter(line.verdict for line in lines)
    words = [f"{counts[word]} {word}" for word in ("same", "several", "look-alike", "none") if counts[word]]
    pairs = ", ".join(words) if words else "nothing is listed that nobody here owns"
    documents = "1 document looks" if alone == 1 else f"{alone} documents look"
    return f"Pairs: {pairs}." + (f" {documents} like nothing that is listed." if alone else "")
