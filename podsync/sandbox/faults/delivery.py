"""Sends answers, and does to their bytes and the connection what a fault says."""

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from podsync.sandbox.wire import ClientConnection, HttpResponse, encode

DRIPS = 20
# An answer without an end shows a byte so often: no limit on silence ever runs out.
DRIP_SECONDS = 0.2

Pause = Callable[[float], bool]  # waits that many seconds; True if the sandbox stops meanwhile


@dataclass(frozen=True, slots=True)
class Delivery:
    """One answer about to go out. No answer: none is to be given."""

    connection: ClientConnection
    answer: HttpResponse | None
    seconds: float
    date: float | None
    keep_alive: bool
    pause: Pause

    def encoded(self, answer: HttpResponse) -> tuple[bytes, bytes]:
        """Head and body as they go out."""
        return encode(answer, date=self.date, keep_alive=self.keep_alive)


# How an answer is delivered; returns whether the connection goes on.
Deliver = Callable[[Delivery], bool]


def deliver(what: Delivery, kind: str = "") -> bool:
    """Send the answer, or do to the connection what that kind of fault does; whether it goes on."""
    how = DELIVERIES.get(kind)
    if how is not None:
        return how(what)
    if what.answer is None:
        return False
    what.connection.send(b"".join(what.encoded(what.answer)))
    return what.keep_alive


def _reset(what: Delivery) -> bool:
    # struct linger has two ints everywhere but on Windows, where they are shorts.
    layout = "hh" if os.name == "nt" else "ii"
    what.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))
    return False


def _half(what: Delivery) -> bool:
    if what.answer is not None:
        head, body = what.encoded(what.answer)
        what.connection.send(head + body[: len(body) // 2])
    return False


def _slow(what: Delivery) -> bool:
    if what.answer is None:
        return False
    data = b"".join(what.encoded(what.answer))
    step = -(-len(data) // DRIPS)
    for start in range(0, len(data), step):
        what.connection.send(data[start : start + step])
        if what.pause(what.seconds / DRIPS):
            return False
    return what.keep_alive


def _endless(first: bytes, piece: bytes) -> Deliver:
    def how(what: Delivery) -> bool:
        with contextlib.suppress(OSError):  # the client has had enough
            what.connection.send(first)
            for _ in range(max(1, int(what.seconds / DRIP_SECONDS))):
                what.connection.send(piece)
                if what.pause(DRIP_SECONDS):
                    break
        return False

    return how


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

DELIVERIES: Mapping[str, Deliver] = {
    "fin": lambda _: False,
    "commit-then-cut": lambda _: False,
    "rst": _reset,
    "half": _half,
    "hang": lambda what: what.pause(what.seconds) and False,
    "slow": _slow,
    "drip-head": _endless(_HEAD, b"X-Drip: 1\r\n"),
    "drip-body": _endless(_HEAD + b'Content-Length: 1000000\r\n\r\n{"message": "', b"a"),
    "continue": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}

#: Those after which no answer arrived.
UNANSWERED = frozenset(DELIVERIES) - {"half", "slow"}
