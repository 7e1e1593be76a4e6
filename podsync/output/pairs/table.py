"""The pairs of `import --match` as rows: for people to read, for people to fill in, and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, fields

from podsync.output.csv.writer import written
from podsync.output.layout import short_name
from podsync.output.pairs.words import PairLine, summary_of
from podsync.output.wording import counted
from podsync.providers.registry import plugins

_COLUMNS = tuple(each.name for each in fields(PairLine))


def pairs_csv(lines: Sequence[PairLine]) -> Iterator[str]:
    """Yield the lines of the file that a person fills in."""
    yield from written(_COLUMNS, (astuple(line) for line in lines))


def pairs_json(lines: Sequence[PairLine], alone: int) -> str:
    """Return the rows; `alone` documents look like nothing that is listed."""
    rows = [asdict(line) for line in lines]
    return json.dumps(
        {"format_version": "1.0", "pairs": rows, "documents_alone": alone}, indent=1, ensure_ascii=False
    )


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
            rows.append(f'{address} "{short_name(line.name)}"')
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
    return f'{line.id} "{short_name(line.listed_name)}"' + (f" ({', '.join(facts)})" if facts else "")
