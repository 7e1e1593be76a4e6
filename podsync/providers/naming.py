"""What is odd about a name: no API can take it back, and people order by it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from podsync.model import Spec

if TYPE_CHECKING:
    from podsync.ports import Fault

#: Characters that nobody sees, and that turn the direction of what follows. Joiners are not among them:
#: emoji and some scripts need those.
_UNSEEN = "[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
_OPENING, _CLOSING = "\u201c\u201d\u201e\u00ab\u2018", "\u201c\u201d\u00bb\u2019"


def odd_name(field: str, spec: Spec) -> Iterator[Fault]:
    """Yield a warning for each thing that is odd about the name in `field`; most names are plain."""
    name = spec.get(field, "")
    if name.isascii() and name == name.strip():
        return
    from podsync.ports import Fault

    def warning(summary: str, detail: str) -> Fault:
        return Fault("odd-name", (field,), summary, detail, "warning")

    if name != name.strip():
        yield warning("the name begins or ends with a space", "remove it, also inside the quotes")
    unseen = re.search(_UNSEEN, name)
    if unseen is not None:
        called = f"U+{ord(unseen[0]):04X} {unicodedata.name(unseen[0], '').lower()}".rstrip()
        yield warning(f"there is an invisible character in the name: {called}", "type the name anew")
    if name[:1] in _OPENING and name[-1:] in _CLOSING and len(name) > 1:
        yield warning("the curly quotes are part of the name", "YAML knows the straight ones only: \" or '")
