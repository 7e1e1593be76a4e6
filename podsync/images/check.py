"""Fetching each URL once, a few at a time, and fewer per host: places -> facts."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from podsync.images.facts import SeenImage, UnseenImage

Sight: TypeAlias = SeenImage | UnseenImage
#: Pictures on their way at once, and those of one host among them.
PARALLEL = 8
PER_HOST = 4
#: After so many without any answer in a row, a host is asked no more.
PATIENCE = 5

_NOT_ASKED: Sight = UnseenImage(
    f"its host was not asked any more: {PATIENCE} others in a row had no answer from it", "try again later"
)


def look_at_all(
    urls: Iterable[str],
    look: Callable[[str, SeenImage | None], Sight],
    known: Mapping[str, SeenImage],
    heard: Callable[[str, Sight], None],
) -> None:
    """Look at every URL once, in several threads; `heard` gets each result, in the calling one.

    An exception of `heard`, or an interrupt, ends at once: pending requests are abandoned.
    """
    waiting: dict[str, deque[str]] = {}
    for url in dict.fromkeys(urls):
        waiting.setdefault(_host(url), deque()).append(url)
    total = sum(map(len, waiting.values()))
    silent, lock = dict.fromkeys(waiting, 0), threading.Lock()
    results: queue.SimpleQueue[tuple[str, Sight] | BaseException] = queue.SimpleQueue()
    # A host has so many turns that no more than `PER_HOST` requests to it are ever on their way.
    turns: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for host in [*waiting] * PER_HOST:
        turns.put(host)

    def work() -> None:
        try:
            while (host := turns.get()) is not None:
                with lock:
                    if not (left := waiting.get(host)):
                        continue
                    url, sight = left.popleft(), _NOT_ASKED
                    given_up = silent[host] >= PATIENCE
                if not given_up:
                    sight = look(url, known.get(url))
                    unheard = isinstance(sight, UnseenImage) and sight.silent
                    with lock:
                        silent[host] = silent[host] + 1 if unheard else 0
                turns.put(host)
                results.put((url, sight))
        except BaseException as error:  # noqa: BLE001 (a bug; told by the thread that waits)
            results.put(error)

    for number in range(PARALLEL):
        threading.Thread(target=work, name=f"podsync-picture-{number}", daemon=True).start()
    try:
        for _ in range(total):
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            heard(*result)
    finally:
        waiting.clear()
        for _ in range(PARALLEL):
            turns.put(None)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
