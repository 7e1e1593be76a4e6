"""What the shops hold: every version of every product, who sees which, and the way to disk."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Any

from podsync.sandbox.datafile import DataFile, JsonObject, SandboxDataError

# Where numbers begin: so far apart that two sandboxes hardly ever meet, and short enough to be read.
BLOCK, BLOCKS = 1000, 10**7

Builder = Callable[[int], tuple[str, JsonObject]]


class Shop:
    """The products of one account, oldest first. Keys are the ids as text, in the form of listings.

    `indexed` are fields that a lookup goes through; only those that no update changes may narrow a lagging
    listing. A body is never changed in place, so what a method hands out may be read without the lock. `lock`
    is for those who look first and then change, in one go.
    """

    def __init__(self, name: str, store: "Store", indexed: Iterable[str]) -> None:
        self.name = name
        self.lock = RLock()
        self._store = store
        self._current: dict[str, JsonObject] = {}
        # Every version with its time; None stands for "removed".
        self._versions: dict[str, list[tuple[float, JsonObject | None]]] = {}
        self._index: dict[str, dict[Any, dict[str, None]]] = {field: {} for field in indexed}
        #: The moment of the youngest version: one that is acknowledged already, but not in force yet.
        self.latest = float("-inf")

    def add(self, build: Builder, at: float) -> JsonObject:
        """Commit a new product; `build` gets a number that was never given before."""
        with self.lock:
            number = self._store.next_number(self.name)
            key, body = build(number)
            self._commit(key, body, at, n=number)
            return body

    def change(self, key: str, fields: JsonObject, at: float) -> JsonObject | None:
        """Commit new values of some fields; None if there is no such product."""
        with self.lock:
            old = self._current.get(key)
            if old is None:
                return None
            body = {**old, **fields}
            self._commit(key, body, at)
            return body

    def remove(self, key: str, at: float) -> bool:
        """Commit that a person removed the product; whether there was one."""
        with self.lock:
            if key not in self._current:
                return False
            self._commit(key, None, at)
            return True

    def get(self, key: str) -> JsonObject | None:
        """The product as committed."""
        return self._current.get(key)

    def committed(self) -> list[JsonObject]:
        """All that is truly there, whatever a listing shows."""
        with self.lock:
            return list(self._current.values())

    def having(self, field: str, value: object) -> list[JsonObject]:
        """The committed products with this value in an indexed field."""
        with self.lock:
            found = (self._current.get(key) for key in self._index[field].get(value, ()))
            return [body for body in found if body is not None and body.get(field) == value]

    def visible(self, seen_until: float | None, keys: Iterable[str] | None = None) -> list[JsonObject]:
        """What a listing shows: each product's last version of `seen_until` (None: now) or before."""
        with self.lock:
            if seen_until is None:
                if keys is None:
                    return list(self._current.values())
                return [self._current[key] for key in keys if key in self._current]
            found = (self._seen(key, seen_until) for key in (self._versions if keys is None else keys))
            return [body for body in found if body is not None]

    def keys_having(self, field: str, values: Iterable[object]) -> list[str]:
        """Keys of products that ever had one of these values, oldest first within each value."""
        with self.lock:
            return [key for value in dict.fromkeys(values) for key in self._index[field].get(value, ())]

    def values_of(self, field: str) -> list[Any]:
        """The values that an indexed field has, or once had."""
        with self.lock:
            return list(self._index[field])

    def restore(self, key: str, body: JsonObject | None, at: float) -> None:
        """Take a version into memory only."""
        self._versions.setdefault(key, []).append((at, body))
        self.latest = max(self.latest, at)
        if body is None:
            self._current.pop(key, None)
            return
        self._current[key] = body
        for field in self._index:
            if field in body:
                self._index[field].setdefault(body[field], {})[key] = None

    def _commit(self, key: str, body: JsonObject | None, at: float, **more: int) -> None:
        self._store.write({"shop": self.name, **more, "key": key, "at": at, "body": body})
        self.restore(key, body, at)

    def _seen(self, key: str, until: float) -> JsonObject | None:
        for at, body in reversed(self._versions.get(key, ())):
            if at <= until:
                return body
        return None


class Store:
    """All shops, in memory or also in a folder. Raises SandboxDataError and SandboxBusyError.

    first: the number of the first product. Without it the numbers begin somewhere: a fresh sandbox must
    not give an id that an earlier one gave, which somebody's state may still hold. `indexed`: see Shop, by
    provider.
    """

    def __init__(
        self, indexed: Mapping[str, Sequence[str]], folder: Path | None = None, first: int | None = None
    ) -> None:
        self._indexed = indexed
        self._first = 1 + BLOCK * secrets.randbelow(BLOCKS) if first is None else first
        self._lock = RLock()
        self._shops: dict[str, Shop] = {}
        self._numbers: dict[str, int] = {}
        self._file = DataFile(folder) if folder is not None else None
        if self._file is not None:
            try:
                self._reload(self._file)
            except SandboxDataError:
                self.close()
                raise

    def shop(self, name: str) -> Shop:
        """The shop of that name: a provider's, or one of its further keys, `provider#2`."""
        with self._lock:
            if name not in self._shops:
                self._shops[name] = Shop(name, self, self._indexed.get(name.partition("#")[0], ()))
            return self._shops[name]

    def committed(self) -> dict[str, list[JsonObject]]:
        """All that is truly there, by the shop's name."""
        with self._lock:
            shops = dict(self._shops)
        return {name: shop.committed() for name, shop in sorted(shops.items())}

    def next_number(self, shop: str) -> int:
        """Each is one more than the last: shared by a provider's shops, whose ids are unique there."""
        provider = shop.partition("#")[0]
        with self._lock:
            self._numbers[provider] = self._numbers.get(provider, self._first - 1) + 1
            return self._numbers[provider]

    def write(self, line: JsonObject) -> None:
        """Make a change durable, if there is a folder."""
        if self._file is not None:
            with self._lock:
                self._file.append(line)

    def tell_url(self, url: str) -> None:
        """Leave the address in the folder for others who want it."""
        if self._file is not None:
            self._file.tell_url(url)

    def close(self) -> None:
        """Let go of the folder."""
        if self._file is not None:
            self._file.close()

    def _reload(self, file: DataFile) -> None:
        for line in file.load():
            try:
                name, key, at, body = line["shop"], line["key"], line["at"], line["body"]
            except KeyError as error:
                raise SandboxDataError(f"a line of the sandbox data has no {error}") from error
            self.shop(name).restore(key, body, at)
            provider = name.partition("#")[0]
            self._numbers[provider] = max(self._numbers.get(provider, 0), line.get("n", 0))
