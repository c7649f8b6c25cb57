"""Values made once from a catalog file, shared by all threads, bounded in number or bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from catalog.store.file import Stamp

Value = TypeVar("Value")
Key = tuple[Hashable, ...]
"""What a value is: the first element is the Stamp of the file it was made from."""


class Memory:
    """Values in order of last use; the least recent ones leave when the limit is reached.

    Values made from a file that has since been replaced leave with the first of the new file. The
    newest value always stays, even where it alone is above the limit.
    """

    def __init__(self, limit: Callable[[], float], cost: Callable[[Any], int]) -> None:
        self._limit, self._cost = limit, cost
        self._kept: OrderedDict[Key, Any] = OrderedDict()
        self._making: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, stamp: Stamp, what: tuple[Hashable, ...], make: Callable[[], Value]) -> Value:
        """The value of `what` at this file, made by one caller while the others wait."""
        key: Key = (stamp, *what)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: Value = self._kept[key]
                return found
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    again: Value = self._kept[key]
                    return again
            value = make()
            with self._lock:
                self._keep(stamp, key, value)
                self._making.pop(key, None)
        return value

    def _keep(self, stamp: Stamp, key: Key, value: object) -> None:
        for old in [k for k in self._kept if _replaced(k, stamp)]:
            del self._kept[old]
        self._kept[key] = value
        while len(self._kept) > 1 and self._total() > self._limit():
            self._kept.popitem(last=False)

    def _total(self) -> int:
        return sum(map(self._cost, self._kept.values()))

    def held(self) -> list[tuple[Key, int]]:
        """What is in memory, least recently used first: (key, cost)."""
        with self._lock:
            return [(key, self._cost(value)) for key, value in self._kept.items()]

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept.clear()


def _replaced(key: Key, stamp: Stamp) -> bool:
    own = key[0]
    return isinstance(own, Stamp) and own.path == stamp.path and own != stamp
