"""Fetching each URL once, a few at a time, and fewer per host: places -> facts."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from podsync.images.facts import PictureReader, SeenImage, UnseenImage

Sight: TypeAlias = SeenImage | UnseenImage
#: Pictures on their way at once, and those of one host among them.
PARALLEL = 8
PER_HOST = 4
#: After so many without any answer in a row, a host is asked no more.
PATIENCE = 5

_NOT_ASKED = UnseenImage(
    f"its host was not asked any more: {PATIENCE} others in a row had no answer from it", "try again later"
)


def look_at_all(
    urls: Iterable[str],
    reader: PictureReader,
    known: Mapping[str, SeenImage],
    heard: Callable[[str, Sight], None],
) -> None:
    """Look at every URL once; `heard` gets each result, in the calling thread.

    An exception of `heard`, or an interrupt, ends at once: pending requests are abandoned.
    """
    round_ = _Round(urls)
    results: queue.SimpleQueue[tuple[str, Sight] | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            while (url := round_.take()) is not None:
                sight: Sight = _NOT_ASKED
                if not round_.given_up(url):
                    sight = reader.look(url, known.get(url))
                round_.done(url, sight)
                results.put((url, sight))
        except BaseException as error:  # noqa: BLE001 (a bug; told by the thread that waits)
            results.put(error)

    for number in range(min(PARALLEL, round_.total)):
        threading.Thread(target=work, name=f"podsync-picture-{number}", daemon=True).start()
    try:
        for _ in range(round_.total):
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            heard(*result)
    finally:
        round_.stop()


class _Round:
    """Hands out URLs so that no host serves more than `PER_HOST` at once. Thread-safe."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._waiting: dict[str, deque[str]] = {}
        for url in dict.fromkeys(urls):
            self._waiting.setdefault(_host(url), deque()).append(url)
        self.total = sum(map(len, self._waiting.values()))
        self._ready = deque(self._waiting)
        self._under_way = dict.fromkeys(self._waiting, 0)
        self._silent = dict.fromkeys(self._waiting, 0)
        self._left = self.total
        self._changed = threading.Condition()

    def take(self) -> str | None:
        """Return the next URL as soon as its host has room; None if there is none left."""
        with self._changed:
            while not self._ready and self._left:
                self._changed.wait()
            if not self._left:
                return None
            host = self._ready.popleft()
            url = self._waiting[host].popleft()
            self._left -= 1
            self._under_way[host] += 1
            self._offer(host)
            if not self._left:
                self._changed.notify_all()
            return url

    def done(self, url: str, sight: Sight) -> None:
        """Make room at the host, and remember whether it answered."""
        host = _host(url)
        with self._changed:
            self._under_way[host] -= 1
            if sight is not _NOT_ASKED:
                silent = isinstance(sight, UnseenImage) and sight.silent
                self._silent[host] = self._silent[host] + 1 if silent else 0
            self._offer(host)
            self._changed.notify()

    def given_up(self, url: str) -> bool:
        """Whether the host of `url` has not answered for too often."""
        with self._changed:
            return self._silent[_host(url)] >= PATIENCE

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._changed:
            self._left = 0
            self._changed.notify_all()

    def _offer(self, host: str) -> None:
        room = self._under_way[host] < PER_HOST and self._waiting[host]
        if room and host not in self._ready:
            self._ready.append(host)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
