"""One write, as PROTOCOL step 4 has it: intent, send, sort the answer, result; durable each.

Nothing here looks at a listing: what is in doubt afterwards is the lane's to settle.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from podsync.apply.context import Context, ProviderConnection
from podsync.apply.ledger import Ledger
from podsync.evidence.ages import SEND_SECONDS
from podsync.failpoints import hit
from podsync.model.address import Address
from podsync.model.clock import Clock
from podsync.model.errors import (  # fmt: skip
    ConflictError,
    InDoubtError,
    NotSentError,
    PodsyncError,
    ProviderError,
    RefusedError,
    StoppedError,
    UnauthorizedError,
)
from podsync.model.frozen import EMPTY, Spec
from podsync.model.product import Lifecycle
from podsync.network.request import Request
from podsync.providers.contract import Receipt, Remote
from podsync.state.events import Doubted, Event, Intent, Made, NotSent, Refused, Remembered

#: How often one write is sent within one apply, each time after a doubt that was settled.
SENDS_AN_APPLY = 3
#: So many refusals in a row without a success stop a provider.
REFUSALS_IN_A_ROW = 5


class ProviderTime:
    """The provider's own clock, estimated from its last `Date`. Thread-safe.

    It is kept for later runs, and read where something of an earlier run is judged: never for what this run
    sent.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None

    def saw(self, date: float | None) -> None:
        """Take note of a `Date` that just arrived."""
        if date is not None:
            self._offset = date - self._clock.monotonic()

    def now(self) -> float | None:
        """The current time of the provider's clock; None if it was never reported."""
        return self.at(self._clock.monotonic())

    def at(self, moment: float) -> float | None:
        """The provider's time at a monotonic moment, past or future; None if it was never reported."""
        return None if self._offset is None else self._offset + moment


@dataclass(frozen=True, slots=True)
class Job:
    """A write to be done for one address.

    `step`, `steps_left`, `takes`, `orphan` and `reading` (the number of the reading before it) are those of
    the Intent. `whatever`: it is sent although the run is to begin nothing new. `taken` tells why the id that
    an answer tells cannot be that of a new product, None where it can. `shown` tells whether the product that
    an answer shows has the fields of an update, or what a step adds, as they were sent; `listed`: what counts
    is what a listing shows, since an answer may do no more than repeat what was sent.
    """

    address: Address
    op: Literal["create", "update"]
    request: Request
    body: Spec
    labels: Mapping[str, str]
    lifecycle: Lifecycle
    reading: int | None = None
    place: str = ""
    step: str = ""
    steps_left: tuple[str, ...] = ()
    takes: Spec = EMPTY
    orphan: float | None = None
    whatever: bool = False
    taken: Callable[[Remote], str | None] = lambda _: None
    shown: Callable[[Remote], bool] = lambda _: True
    listed: bool = False


@dataclass(frozen=True, slots=True)
class SendResult:
    """How a write ended: acknowledged (`receipt`), or the error that sorts it.

    `unshown` is whether an update was acknowledged and has to be read back.
    """

    receipt: Receipt | None = None
    error: ProviderError | None = None
    attempts: int = 1
    unshown: bool = False


class Sender:
    """Sends writes to one provider. Thread-safe: several workers share it.

    At most `parallelism` requests are on their way at once. There may be more workers than that: while
    one writes down a result, another one's request takes its place, so that the rate does not suffer
    from the disk. Where the store says that a write is dear, `ahead` Intents are written before their
    requests' turns: no more than `parallelism`, since what was announced can go wrong when a machine is
    paused, and no more than leave in a third of the time that they have. `going` is whether anything
    new may be begun, asked again when there is a place.
    """

    def __init__(
        self, connection: ProviderConnection, ledger: Ledger, context: Context, going: Callable[[], bool]
    ) -> None:
        self._connection = connection
        self._ledger = ledger
        self._context = context
        self._going = going
        settings = connection.settings
        in_time = int(settings.rate_limit.per_second * SEND_SECONDS / 3)
        self.ahead = max(1, min(context.ahead, settings.parallelism, in_time))
        self._places = threading.BoundedSemaphore(connection.settings.parallelism)
        self._lock = threading.Lock()
        self._refusals = 0
        self._announced = False
        self.time = ProviderTime(context.clock)
        self.last_made = context.clock.monotonic()

    def send(self, job: Job) -> SendResult:
        """Send until there is an answer that says something; "not sent" is tried again, bounded."""
        clock = self._context.clock
        give_up = clock.monotonic() + self._connection.settings.retry_seconds
        attempts = 0
        while True:
            attempts += 1
            try:
                receipt = self._once(job, attempts)
            except NotSentError as error:
                wait = error.retry_after or min(2.0 ** (attempts - 1), 30.0)
                if error.lasting or clock.monotonic() + wait > give_up or self._context.halted:
                    return SendResult(error=error, attempts=attempts)
                clock.sleep(wait)
            except ProviderError as error:
                return SendResult(error=error, attempts=attempts)
            else:
                unshown = job.listed or not _shows(job, receipt)
                return SendResult(receipt, attempts=attempts, unshown=unshown)

    def _once(self, job: Job, attempts: int) -> Receipt:
        """One Intent, one request, one result.

        An update that was acknowledged without being shown stays in doubt: it is read back.
        """
        self._announce()
        clock = self._context.clock
        answer = self._in_turn(job, attempts) if self.ahead == 1 else self._written_ahead(job, attempts)
        if isinstance(answer, ProviderError):
            self._sort(job, answer)
            raise answer
        receipt = answer
        hit("sender.answered")
        self.time.saw(receipt.date)
        now = clock.now()
        if shown := _shows(job, receipt):
            with self._lock:
                self._refusals = 0
        if job.listed or not shown:
            why = "the listing does not show it yet" if shown else "the answer does not show what was sent"
            ended = self.time.now()
            self._ledger.record(Doubted(job.address, now, ended, why, orphan=job.orphan, acknowledged=now))
            return receipt
        remote = receipt.remote
        with self._lock:
            # Two workers may get the same id: the second one must see the first one's.
            why_not = job.taken(remote) if remote is not None and job.op == "create" else None
            if why_not is None:
                self._ledger.record(
                    Made(
                        job.address,
                        now,
                        id=remote.id if remote is not None else None,
                        remote=remote.shown if remote is not None else {},
                        date=self.time.now(),
                        orphan=job.orphan,
                    )
                )
        if why_not is not None:
            error = InDoubtError(
                why_not, acknowledged=True, status=receipt.status, code=receipt.code, date=receipt.date
            )
            self._sort(job, error)
            raise error
        with self._lock:
            self._refusals = 0
            self.last_made = clock.monotonic()
        return receipt

    def _in_turn(self, job: Job, attempts: int) -> Receipt | ProviderError:
        """Write the Intent when its request's turn has come: as little as can be is ever in doubt."""
        with self._places:
            self._must_go_on(job)
            self._connection.pace.take()
            self._must_go_on(job)  # the pace may have taken its time
            send_before = self._context.clock.monotonic() + SEND_SECONDS
            self._ledger.record(self._intent(job, attempts))
            hit("sender.unsent")
            return self._answer(job.request, send_before)

    def _written_ahead(self, job: Job, attempts: int) -> Receipt | ProviderError:
        """Write the Intent before the turn comes, so that many share what a write costs.

        What is not sent then, because the run has to stop or its time is over, is written down too.
        """
        self._must_go_on(job)
        send_before = self._context.clock.monotonic() + SEND_SECONDS
        self._ledger.record(self._intent(job, attempts))
        hit("sender.unsent")
        with self._places:
            try:
                self._must_go_on(job)
                self._connection.pace.take()
                self._must_go_on(job)
            except StoppedError:
                self._ledger.record(NotSent(job.address, self._context.clock.now(), job.orphan))
                raise
            return self._answer(job.request, send_before)

    def _must_go_on(self, job: Job) -> None:
        if self._ledger.broken or not (job.whatever or self._going()):
            raise StoppedError("nothing new is begun")

    def _intent(self, job: Job, attempts: int) -> Intent:
        settings, written = self._connection.settings, self._context.clock.now()
        return Intent(
            job.address,
            self._connection.provider.name,
            settings.account,
            job.op,
            job.body,
            written,
            written + SEND_SECONDS,
            self.time.now(),
            attempts,
            job.labels,
            job.lifecycle,
            place=job.place,
            reading=job.reading,
            step=job.step,
            steps_left=job.steps_left,
            takes=job.takes,
            orphan=job.orphan,
        )

    def _answer(self, request: Request, send_before: float) -> Receipt | ProviderError:
        """Send it, once."""
        try:
            return self._connection.writer.send(request, send_before)
        except ProviderError as error:
            return error
        except PodsyncError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it was, the request may have left)
            unknown = InDoubtError(f"{type(error).__name__} while the request was on its way")
            unknown.__cause__ = error
            return unknown

    def _sort(self, job: Job, error: ProviderError) -> None:
        """Record what the answer means. A refused step may have been done, so it is in doubt."""
        hit("sender.failed")
        now = self._context.clock.now()
        self.time.saw(error.date)
        if isinstance(error, NotSentError | UnauthorizedError):
            self._ledger.record(NotSent(job.address, now, job.orphan))
            return
        refused = isinstance(error, RefusedError) and not isinstance(error, ConflictError)
        if refused:
            with self._lock:
                self._refusals += 1
        facts = (job.address, now, self.time.now(), error.message)
        shown: Remote | None = error.shown
        with self._lock:
            unowned = job.op == "create" and shown is not None and job.taken(shown) is None
            ended: Event = Refused(*facts, orphan=job.orphan)
            if not refused or job.step:
                acknowledged = now if isinstance(error, InDoubtError) and error.acknowledged else None
                answered = shown.id if shown is not None and unowned else None
                ended = Doubted(
                    *facts, orphan=job.orphan, acknowledged=acknowledged, answered=answered,
                    conflict=isinstance(error, ConflictError) or None,
                )  # fmt: skip
            events = [ended]
            if shown is not None and unowned:
                # The answer told an id that is nobody's: nothing is made beside it until it is known.
                name, seen = self._connection.provider.name, (shown.id, shown.fields, shown.created_at)
                events.append(Remembered(job.address, now, name, *seen, shown.shown))
            self._ledger.record(*events)

    def ended_at(self) -> float | None:
        """The provider's clock now, when the last request is known to have ended."""
        return self.time.now()

    @property
    def refused_too_often(self) -> bool:
        """Whether five requests in a row were refused."""
        with self._lock:
            return self._refusals >= REFUSALS_IN_A_ROW

    def _announce(self) -> None:
        """Record in `.podsync/`, before the first request, that requests leave."""
        with self._lock:
            if not self._announced:
                self._ledger.begin()
                self._context.memory.sending(self._connection.provider.name, self._ledger.serial)
                self._announced = True
                hit("sender.announced")


def _shows(job: Job, receipt: Receipt) -> bool:
    """Whether the answer to an update or a step shows that it was done; a create is judged by its adapter."""
    if job.op == "create":
        return True
    return receipt.remote is not None and job.shown(receipt.remote)
