"""A state file in which a merge was not finished: which side of it knows more."""

from __future__ import annotations

from podsync.files import strict_json
from podsync.files.foreign import Conflict

_LEFT = "the file was left as it is"
_KEEP = (
    "keep the side with the higher serial as a whole (git checkout --ours FILE, or --theirs), "
    f"then git add it; {_LEFT}"
)


def unmerged(name: str, found: Conflict) -> tuple[str, str]:
    """Return the fault and its remedy; what one side has made is not undone by choosing the other."""
    message = f"{name} holds an unresolved merge conflict, from line {found.line} on"
    ours, theirs = _serial(found.ours), _serial(found.theirs)
    if ours is None or theirs is None:
        return message, _KEEP
    if ours == theirs:
        return f"{message}: both sides have serial {ours}", _KEEP
    serials = f"{found.names[0] or 'ours'} has serial {ours}, {found.names[1] or 'theirs'} serial {theirs}"
    side = "ours" if ours > theirs else "theirs"
    remedy = f"keep the side with the higher serial: git checkout --{side} {name}, then git add {name}"
    return f"{message}: {serials}", f"{remedy}, and look: podsync plan --refresh; {_LEFT}"


def _serial(side: str) -> int | None:
    try:
        serial = strict_json.loads(side.encode("utf-8", "surrogatepass"))["serial"]
    except (strict_json.NotStrictError, KeyError, TypeError):
        return None
    return serial if type(serial) is int else None
