"""The sandbox as a server on loopback: a thread for accepting, one for each connection."""

import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Self

from podsync.sandbox.control import PREFIX, control_answer
from podsync.sandbox.faults.delivery import Delivery, deliver
from podsync.sandbox.faults.schedule import AllRules, Fault
from podsync.sandbox.rules import Rules
from podsync.sandbox.service import Recorded, Reply, Service
from podsync.sandbox.sides import base_urls, sides
from podsync.sandbox.store import Store
from podsync.sandbox.wire import BadRequestError, ClientConnection, HttpRequest, encode, json_answer

__all__ = ["Recorded", "Sandbox"]


class Sandbox(Service):
    """All providers on one port of 127.0.0.1, from `start` (or `with`) to `stop`.

    data: a folder that keeps the products; None keeps them as long as this object lives.
    port: 0 takes a free one, and the same again after a stop.
    clock: epoch seconds; lag, buckets, faults that last, dates and the Date header go by it.
    first_id: the number that ids begin at; without it somewhere, so that a fresh sandbox does not give
    ids that an earlier one gave.
    record: how many requests `requests` remembers; None for all, 0 for none.

    Raises SandboxBusyError and SandboxDataError from `start`, OSError if the port is taken.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        data: Path | None = None,
        port: int = 0,
        faults: Sequence[Fault] = (),
        *,
        clock: Callable[[], float] = time.time,
        record: int | None = 20_000,
        first_id: int | None = None,
    ) -> None:
        super().__init__(Store(_indexed(), first=first_id), rules or AllRules(), faults, clock, record)
        self._data, self._port, self._first_id = data, port, first_id
        self._listener: socket.socket | None = None
        self._closing = Event()
        self._open: dict[ClientConnection, Thread] = {}
        self._acceptor: Thread | None = None

    # -- life

    def start(self) -> Self:
        """Read the data and serve. Does nothing if it is running."""
        if self._listener is not None:
            return self
        if self._data is not None:
            self.store = Store(_indexed(), self._data, self._first_id)
        try:
            listener = socket.create_server(("127.0.0.1", self._port), backlog=512)
        except OSError:
            self.store.close()
            raise
        # Where closing a listener does not wake its accept, this bounds how long `stop` takes.
        listener.settimeout(0.2)
        self._listener = listener
        self._port = listener.getsockname()[1]
        self._closing = Event()
        self.store.tell_url(self.url)
        self._acceptor = Thread(target=self._accept, args=(listener,), name="sandbox", daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close every connection, whatever it is doing, and let go of port and data."""
        if self._listener is None:
            return
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._acceptor is not None:
            self._acceptor.join(5)
        self._listener.close()
        self._listener = None
        with self._lock:
            still_open = list(self._open.items())
        for connection, _thread in still_open:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        for _connection, thread in still_open:
            thread.join(5)
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    # -- where it is

    @property
    def url(self) -> str:
        """The root of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    def url_of(self, provider: str) -> str:
        """What a client of a provider takes as its base URL."""
        return base_urls(self.url)[provider]

    # -- connections

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                sock, _address = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            connection = ClientConnection(sock)
            thread = Thread(target=self._serve, args=(connection,), name="sandbox-client", daemon=True)
            with self._lock:
                self._open[connection] = thread
            thread.start()

    def _serve(self, connection: ClientConnection) -> None:
        try:
            while not self._closing.is_set() and self._serve_one(connection):
                pass
        except OSError:
            pass  # the client went away, or the data's disk is full: either way it gets no answer
        finally:
            with self._lock:
                self._open.pop(connection, None)
            connection.sock.close()

    def _serve_one(self, connection: ClientConnection) -> bool:
        """One request; whether the connection goes on."""
        try:
            request = connection.read_request()
        except BadRequestError as error:
            answer = json_answer(400, {"message": str(error)})
            connection.send(b"".join(encode(answer, date=None, keep_alive=False)))
            return False
        if request is None:
            return False
        reply = self._reply(request)
        kind, seconds = ("", 0.0) if reply.fault is None else (reply.fault.word, reply.fault.seconds)
        what = Delivery(connection, reply.answer, seconds, reply.date, request.keep_alive, self._closing.wait)
        return deliver(what, kind)

    def _reply(self, request: HttpRequest) -> Reply:
        if request.path.startswith(PREFIX):
            return Reply(control_answer(request, self), date=self.clock())
        return self.handle(request, self._closing.wait)


def _indexed() -> dict[str, Sequence[str]]:
    return {name: side.INDEXED for name, side in sides().items()}
