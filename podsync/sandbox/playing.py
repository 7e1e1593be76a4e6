"""Answers and faults on the socket."""

import os
import socket
import struct
from collections.abc import Callable

from podsync.sandbox.faults import Fault
from podsync.sandbox.wire import Answer, Connection, encode

DRIPS = 20

Pause = Callable[[float], bool]  # waits that many seconds; True if the sandbox stops meanwhile


def play(
    connection: Connection,
    answer: Answer | None,
    fault: Fault | None,
    *,
    date: float | None,
    keep_alive: bool,
    pause: Pause,
) -> bool:
    """Send the answer, or do to the connection what the fault says; whether the connection goes on."""
    kind = fault.kind if fault is not None and fault.on_socket else ""
    seconds = fault.seconds if fault is not None else 0.0
    if kind == "hang":
        pause(seconds)
    if kind == "rst":
        _reset_on_close(connection.sock)
    if answer is None or kind in {"hang", "rst", "fin"}:
        return False
    head, body = encode(answer, date=date, keep_alive=keep_alive)
    if kind == "half":
        connection.send(head + body[: len(body) // 2])
        return False
    if kind == "slow":
        return _drip(connection, head + body, seconds, pause) and keep_alive
    connection.send(head + body)
    return keep_alive


def _drip(connection: Connection, data: bytes, seconds: float, pause: Pause) -> bool:
    step = -(-len(data) // DRIPS)
    for start in range(0, len(data), step):
        connection.send(data[start : start + step])
        if pause(seconds / DRIPS):
            return False
    return True


def _reset_on_close(sock: socket.socket) -> None:
    # struct linger has two ints everywhere but on Windows, where they are shorts.
    layout = "hh" if os.name == "nt" else "ii"
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))
