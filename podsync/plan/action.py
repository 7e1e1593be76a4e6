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


#: Actions that may have to create something.
MAKING = (Action.CREATE, Action.REPLACE, Action.SETTLE, Action.ADOPT)
#: That of a move by which a document takes the product that it names, with what it says of it.
MOVE_NAMED = "move_because_named"
#: The `action_reason` of an adopt that a document asks for by an id: it never becomes a create.
ADOPT_DECLARED = "adopt_because_declared"
#: That of a note by which the state takes over what was changed at the provider, once a look bears it out.
NOTE_ACCEPTED = "note_because_changed_there"
#: That of a replace because fields differ that no update changes.
CANNOT_UPDATE = "replace_because_cannot_update"
#: That of an update that sends a document's values again, whatever is there.
SET_BACK = "update_by_request"
#: That of a create of what the state does not have.
NOT_IN_STATE = "create_because_not_in_state"
#: That of a create in place of a product that is gone: it is sent only once that is certain.
RECREATE = "create_because_gone"
#: That of a note by which the state learns a field of the spec from the document.
NOTE_TOLD = "note_because_told"

#: Why a rename comes first: orders find nothing under the name until then.
SWAP_OPEN = "update_because_swap_open"
#: The same, where the document wants something else by now: the rename ends what was begun, and no more.
SWAP_EDITED = "update_because_swap_open_and_edited"

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
#: What the exchange of names is called among the steps of a product.
SWAP = "swap"
#: What `lifecycle.replace` says to stop before the names are exchanged.
STAGED = "staged"
