"""What can be done about an address, and how each action is shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Action(StrEnum):
    """What apply does about one address, in the order of the summary line."""

    SETTLE = "settle"
    ADOPT = "adopt"
    RESTORE = "restore"
    MOVE = "move"
    NOTE = "note"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ORPHAN = "orphan"
    NOOP = "no-op"


#: How each action looks in the first column, beside its word.
SYMBOLS: Mapping[Action, str] = {
    Action.SETTLE: "?",
    Action.ADOPT: "<-",
    Action.RESTORE: "<-",
    Action.MOVE: "->",
    Action.NOTE: "=",
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "+/.",
    Action.ORPHAN: ".",
    Action.NOOP: "",
}

#: Terraform's `change.actions`, so that policies written for its plans read ours.
TERRAFORM_ACTIONS: Mapping[Action, tuple[str, ...]] = {
    Action.CREATE: ("create",),
    Action.UPDATE: ("update",),
    Action.REPLACE: ("create", "forget"),
    Action.ORPHAN: ("forget",),
    Action.SETTLE: ("create",),
}
