"""The exceptions: faults of the world around podsync, one tree.

PodsyncError                 exit 1; anything below it has one clear sentence and a remedy
├── UsageError               64  wrong usage
├── CatalogError             3   the catalog or the settings are invalid (carries diagnostics)
├── StateError               1   the state is damaged, foreign, or from a newer version
├── LockedError              6   somebody else holds the state
├── StaleError               7   not the plan that was approved, or an older catalog
├── ProtectedError           5   a limit or a protection was hit; nothing was sent
├── CredentialsError         9   a key is missing or was refused
└── ProviderError            what a provider's answer means
├── NotSentError         the request surely did not arrive; it may be sent again
├── RefusedError         the provider said no to this request
│   └── ConflictError    409: look first
├── UnauthorizedError    the key was refused; stops the provider
├── InDoubtError         the request may have taken effect
└── UnreadableError      a read failed or was not understood; nothing was written by it
    └── UnreachableError no connection came about at all
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from podsync.model.diagnostic import Diagnostic


class PodsyncError(Exception):
    """Something outside podsync is wrong. `remedy` says what to do about it."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


class UsageError(PodsyncError):
    """The command is not valid as typed."""

    exit_code = 64


class CatalogError(PodsyncError):
    """The catalog or the settings are invalid; the diagnostics say where."""

    exit_code = 3

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(diagnostics)} faults")
        self.diagnostics = tuple(diagnostics)


class DecisionError(CatalogError):
    """Decisions about existing products are not valid; none of them was applied."""

    exit_code = 1


class StateError(PodsyncError):
    """The state cannot be trusted; it is left untouched."""


class LockedError(PodsyncError):
    """Another process holds the state."""

    exit_code = 6


class StaleError(PodsyncError):
    """The plan that would be applied is not the approved one."""

    exit_code = 7


class ProtectedError(PodsyncError):
    """A limit, a protection or a first contact stopped the run before anything was sent."""

    exit_code = 5


class CredentialsError(PodsyncError):
    """A key is missing or was refused."""

    exit_code = 9


class StoppedError(PodsyncError):
    """The run was asked to stop while it waited; nothing was lost by it."""

    exit_code = 130


class _Facts(TypedDict, total=False):
    status: int | None
    code: int | None
    date: float | None
    retry_after: float | None
    body: Any


class ProviderError(PodsyncError):
    """What the answer of a provider means. `status` is the HTTP status, if there was an answer.

    `code` is the provider's own code (in an envelope), `date` the provider's `Date` header as
    seconds since the epoch. `body` is what the answer holds, None where it is no JSON. `shown` is the
    product in the answer to a create (`providers.contract.Remote`) that does not tell that it was made:
    its id may be the new one.
    """

    def __init__(self, message: str, remedy: str = "", **facts: Unpack[_Facts]) -> None:
        super().__init__(message, remedy)
        self.status, self.code = facts.get("status"), facts.get("code")
        self.date, self.retry_after = facts.get("date"), facts.get("retry_after")
        self.body = facts.get("body")
        self.shown: Any = None


class NotSentError(ProviderError):
    """The request surely took no effect: no byte of it left, or the answer was 429.

    `lasting`: the cause does not pass by itself (a certificate, a proxy that refuses), so retrying is
    useless.
    """

    def __init__(
        self, message: str, remedy: str = "", *, lasting: bool = False, **facts: Unpack[_Facts]
    ) -> None:
        super().__init__(message, remedy, **facts)
        self.lasting = lasting


class RefusedError(ProviderError):
    """The provider answered that it does not want this request."""


class ConflictError(RefusedError):
    """409: something like it exists already; look before saying anything."""


class UnauthorizedError(ProviderError):
    """401 or 403: the key was refused; nothing else is sent to this provider."""

    exit_code = 9


class InDoubtError(ProviderError):
    """The request may have taken effect: cut, timeout, 5xx, half or unreadable answer.

    `stops`: the answer was no HTTP error, but its body said that the key was refused. The doubt
    stays, and nothing else may be sent to this provider. `acknowledged`: the answer says that it was carried
    out, or taken on, and not what was made.
    """

    exit_code = 8

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        stops: bool = False,
        acknowledged: bool = False,
        **facts: Unpack[_Facts],
    ) -> None:
        super().__init__(message, remedy, **facts)
        self.stops = stops
        self.acknowledged = acknowledged


class UnreadableError(ProviderError):
    """A listing could not be read or understood.

    `rows` are the products that it showed before it broke off (`providers.contract.Remote`): they were there.
    """

    rows: tuple[Any, ...] = ()


class UnreachableError(UnreadableError):
    """Nothing could be asked: no connection, no tunnel, or no TLS came about."""
