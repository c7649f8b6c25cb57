"""Bits added up, compiled: how many of some rows of bits are set in each column.

Rows are added by full adders, 64 columns to a word: binary digits of the sums lie in one word each
("planes"), so that 64 rows of 5,000 bits take some thousand operations. What is asked of the sums
is then read from the planes: the sum of each column, or how many columns have which sum.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from catalog.signs.joint import ones

F = TypeVar("F", bound=Callable[..., object])
Ints = NDArray[np.int64]
Rows = NDArray[np.uint64]
"""Bits as little-endian words: uint64[rows, ceil(columns / 64)]."""

SPAN = 256
"""Words of a row that are added up at a time: the planes of so many stay in a core's cache."""
_DIGITS = 16
"""Planes: sums below 65,536."""
_NONE = np.uint64(0)
_EACH = np.uint64(0x0101010101010101)
_OWN = np.uint64(0x8040201008040201)
_CARRY = np.uint64(0x00406070787C7E7F)


def compiled(function: F) -> F:
    """A function as machine code that holds no lock of the interpreter."""
    return cast(F, njit(cache=True, nogil=True)(function))


@compiled
def room(width: int) -> Rows:
    """Planes for `add`: uint64[digits + 1, width], the last for carries."""
    return np.empty((_DIGITS + 1, width), np.uint64)


@compiled
def add(rows: Rows, chosen: Ints, flips: Rows, start: int, planes: Rows) -> int:
    """Add up the chosen rows' words from `start` on, as many as `planes` are wide.

    Rows are cut to these words first: an index that could be negative would be looked up word by
    word instead of eight in a row (half the speed, measured).

    `flips` is uint64[chosen], all bits set where a row counts as its opposite. Returns how many
    planes hold digits.
    """
    width, count = planes.shape[1], len(chosen)
    digits = 2
    while count >> digits:
        digits += 1
    planes[:digits] = _NONE
    low, next_, carry = planes[0], planes[1], planes[_DIGITS]
    stop = start + width
    done = 0
    while done + 4 <= count:  # four rows at a time: one carry into the third digit
        r0, f0 = rows[chosen[done], start:stop], flips[done]
        r1, f1 = rows[chosen[done + 1], start:stop], flips[done + 1]
        r2, f2 = rows[chosen[done + 2], start:stop], flips[done + 2]
        r3, f3 = rows[chosen[done + 3], start:stop], flips[done + 3]
        for w in range(width):
            x, y, one = r0[w] ^ f0, r1[w] ^ f1, low[w]
            either = x ^ y
            first, one = (x & y) | (either & one), either ^ one
            x, y = r2[w] ^ f2, r3[w] ^ f3
            either = x ^ y
            second, one = (x & y) | (either & one), either ^ one
            low[w] = one
            two = next_[w]
            either = first ^ second
            carry[w] = (first & second) | (either & two)
            next_[w] = either ^ two
        done += 4
        _carry(planes, 2, done)
    while done < count:
        row, flip = rows[chosen[done], start:stop], flips[done]
        for w in range(width):
            carry[w] = row[w] ^ flip
        done += 1
        _carry(planes, 0, done)
    return digits


@compiled
def _carry(planes: Rows, digit: int, added: int) -> None:
    """Add the carries to a digit and those above it, of sums that are at most `added`."""
    carry = planes[_DIGITS]
    while added >> digit:
        plane = planes[digit]
        for w in range(len(carry)):
            word, more = plane[w], carry[w]
            plane[w], carry[w] = word ^ more, word & more
        digit += 1


@compiled
def sums(planes: Rows, digits: int, found: NDArray[np.uint16]) -> None:
    """The sum of each column, written to uint16[64 * width]."""
    width = planes.shape[1]
    for half in range(0, digits, 8):  # a byte holds eight digits
        packed = np.zeros(width * 8, np.uint64)
        for digit in range(half, min(digits, half + 8)):
            eights, shift = planes[digit].view(np.uint8), np.uint64(digit - half)
            for n in range(len(packed)):
                spread = np.uint64(eights[n]) * _EACH & _OWN
                spread = ((spread + _CARRY) >> np.uint64(7)) & _EACH
                packed[n] += spread << shift
        columns = packed.view(np.uint8)
        if half == 0:
            for n in range(len(found)):
                found[n] = columns[n]
        else:
            for n in range(len(found)):
                found[n] += np.uint16(columns[n]) << np.uint16(8)


@compiled
def column_sums(rows: Rows, chosen: Ints, found: NDArray[np.uint16]) -> None:
    """How many of the chosen rows are set in each column, written to uint16[columns]."""
    planes = room(rows.shape[1])
    digits = add(rows, chosen, np.zeros(len(chosen), np.uint64), 0, planes)
    sums(planes, digits, found)


@compiled
def tally(planes: Rows, digits: int, start: int, mask: Rows, found: Ints) -> None:
    """Add how many columns have each sum to int64[1 << digits or more].

    Only columns that are set in `mask`, uint64[words], count; its words from `start` on are those
    of `planes`. The columns are split by one digit after the other, the highest first.
    """
    width = planes.shape[1]
    kept = np.empty((digits + 1, width), np.uint64)
    total, prefix = np.zeros(digits + 1, np.int64), np.zeros(digits + 1, np.int64)
    state = np.zeros(digits + 1, np.int8)
    for w in range(width):
        kept[0, w] = mask[start + w]
        total[0] += np.int64(ones(mask[start + w]))
    if digits == 0:
        found[0] += total[0]
        return
    depth = 0
    while depth >= 0:
        here, plane = kept[depth], planes[digits - 1 - depth]
        bit = np.int64(1) << (digits - 1 - depth)
        if bit == 1:
            high = _NONE
            for w in range(width):
                high += ones(here[w] & plane[w])
            found[prefix[depth] | 1] += np.int64(high)
            found[prefix[depth]] += total[depth] - np.int64(high)
            depth -= 1
        elif state[depth] == 0:  # those with the digit
            below, high = kept[depth + 1], _NONE
            for w in range(width):
                with_ = here[w] & plane[w]
                below[w] = with_
                here[w] ^= with_
                high += ones(with_)
            total[depth] -= np.int64(high)
            state[depth] = 1
            if high > _NONE:
                prefix[depth + 1], total[depth + 1] = prefix[depth] | bit, np.int64(high)
                state[depth + 1] = 0
                depth += 1
        elif state[depth] == 1:  # those without
            state[depth] = 2
            if total[depth] > 0:
                below = kept[depth + 1]
                for w in range(width):
                    below[w] = here[w]
                prefix[depth + 1], total[depth + 1] = prefix[depth], total[depth]
                state[depth + 1] = 0
                depth += 1
        else:
            depth -= 1
