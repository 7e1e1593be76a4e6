"""The pairs of `import --match` for people: which document looks like which product, and why."""

from __future__ import annotations

from collections.abc import Sequence

from podsync.output.pairs.words import PairLine, summary_of
from podsync.output.wording import counted
from podsync.providers.registry import plugins

#: So many products that look like no document are named.
_NAMED = 10


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
            rows += [f"  {line.sent}"] if line.sent else []
        fits = f" fits: {line.fits}" if line.fits else ""
        rows.append(f"  {line.verdict:<10} {_product(line)}{fits}")
    strangers = [line for line in lines if not line.address]
    if strangers:
        rows.append(f"{counted(len(strangers), 'product')} like no document:")
        rows += [f"  {_product(line)}" for line in strangers[:_NAMED]]
        if len(strangers) > _NAMED:
            rows.append(f"  and {len(strangers) - _NAMED} more")
    return "\n".join([*rows, summary_of([line.verdict for line in lines], alone)]) + "\n"


def _product(line: PairLine) -> str:
    info = plugins().get(line.id.partition(":")[0])
    facts = [f"{info.visible_id[0]} {line.spu}"] if line.spu and info is not None else []
    facts += [f"model {line.model}"] if line.model else []
    facts += [f"made {line.made}"] if line.made else []
    return f'{line.id} "{line.listed_name}"' + (f" ({', '.join(facts)})" if facts else "")
