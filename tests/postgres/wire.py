"""A way to the server on which a cable can be cut: after a statement got there, or before."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from tests.postgres.server import Server


class Wire:
    """Listens on loopback and passes everything on to the server's socket; counts what goes through.

    `cut` is "" (nothing happens), "before" (what the client says next is lost) or "after" (it arrives,
    the answer is lost). A cut ends every connection, once; later ones get through.
    """

    def __init__(self, server: Server) -> None:
        self._target = str(Path(server.folder) / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut = ""
        self.sent, self.received, self.requests = 0, 0, 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"postgresql://podsync@127.0.0.1:{self.port}/postgres?sslmode=disable&gssencmode=disable"

    def close(self) -> None:
        self._listener.close()
        self._end()

    def _end(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._open += [client, server]
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                self.sent += len(data)
                self.requests += 1
                if self.cut == "before":
                    self.cut = ""
                    self._end()
                    return
                server.sendall(data)
        self._shut(server)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                self.received += len(data)
                if self.cut == "after":
                    self.cut = ""
                    self._end()
                    return
                client.sendall(data)
        self._shut(client)

    @staticmethod
    def _shut(one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
