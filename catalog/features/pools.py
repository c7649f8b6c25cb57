"""Pools: a category's members and the items they are told apart from.

Only family representatives are negatives, and no token of a member's family is. Every function
that draws takes a seeded NumPy Generator.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.modalities.backgrounds import Background

PER_MEMBER = 20
"""Items drawn for each member of the `matched` background, where its stratum has as many."""
FEWEST = 5
"""Items of its own stratum below which a member is given some of a wider one."""
STRATA = 13
"""Frequency strata: the first tenth in four, since it spans a 28-fold range, and nine tenths."""
_SPACE = "␣"
_LENGTHS = np.array([2, 4, 6, 9])
"""Length bands in characters: 1, 2-3, 4-5, 6-8, 9 and more."""

Items = NDArray[np.int64]


@dataclass(frozen=True)
class Pool:
    """Background plus members; what is compared, and how it was drawn."""

    background: str
    members: Items
    """One item per family."""
    negatives: Items
    """Background items of no member's family, ascending (for `matched` member by member)."""
    left_out: Items
    """Background items of the members' families: usually the members themselves."""
    stratum: NDArray[np.int64] | None = None
    """For `matched`: the place among `members` each negative was drawn for."""
    widened: int = 0
    """Members that their own stratum had fewer than FEWEST items for."""
    short: int = 0
    """Items short of PER_MEMBER for each member."""

    @property
    def size(self) -> int:
        """Items in the pool."""
        return len(self.members) + len(self.negatives)


@dataclass(frozen=True)
class Traits:
    """What the matched background matches, one value per item."""

    kind: NDArray[np.int64]
    script: NDArray[np.int64]
    spaced: NDArray[np.int64]
    case: NDArray[np.int64]
    length: NDArray[np.int64]
    frequency: NDArray[np.int64]
    """Stratum, 0 the most frequent: four fortieths, then nine tenths."""

    @classmethod
    def of(
        cls,
        text: Sequence[str],
        kind: Sequence[str],
        family: NDArray[np.integer],
        counts: NDArray[np.integer] | None = None,
    ) -> "Traits":
        """Traits from the table `item` (text, kind, family), and corpus counts where known.

        Choices where the method is silent: the kind of token is matched too (a piece is no
        control for a word); the script is that of the first letter, else "digit" or "other"; the
        frequency stratum is the item's among family representatives of its kind, most frequent
        first, by corpus count and then id, or by id alone without counts.
        """
        bare = [t.strip(_SPACE) for t in text]
        kinds = _codes(list(kind))
        return cls(
            kind=kinds,
            script=_codes([script(t) for t in bare]),
            spaced=np.array([t.startswith(_SPACE) for t in text], np.int64),
            case=_codes([letter_case(t) for t in bare]),
            length=np.searchsorted(_LENGTHS, [len(t) for t in bare], side="right"),
            frequency=_frequency(kinds, np.asarray(family, np.int64), counts),
        )


def script(text: str) -> str:
    """Script of the first letter (the first word of its Unicode name), else digit or other."""
    for character in text:
        if character.isalpha():
            return "LATIN" if character.isascii() else unicodedata.name(character, "?").split()[0]
    return "digit" if any(c.isdigit() for c in text) else "other"


def letter_case(text: str) -> str:
    """Whether text is lower, upper, title (first letter only), mixed, or has no case."""
    if text.islower():
        return "lower"
    if text.isupper():
        return "upper" if len(text) > 1 else "title"
    if text == text.lower():
        return "none"
    return "title" if text[:1].isupper() and text[1:] == text[1:].lower() else "mixed"


def _codes(values: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(values, dtype=object).astype(str), return_inverse=True)[1].astype(
        np.int64
    )


def _frequency(
    kinds: NDArray[np.int64], family: Items, counts: NDArray[np.integer] | None
) -> NDArray[np.int64]:
    """Stratum of every item by its place among the representatives of its kind: int64[items]."""
    number = np.arange(len(family))
    order = number if counts is None else np.lexsort((number, -np.asarray(counts, np.int64)))
    strata = np.zeros(len(family), np.int64)
    for kind in np.unique(kinds):
        mine = order[kinds[order] == kind]
        standing = np.cumsum(family[mine] == mine)  # representatives up to here
        total = max(1, int(standing[-1]))
        fortieth = np.minimum(np.maximum(standing - 1, 0) * 40 // total, 39)
        strata[mine] = np.where(fortieth < 4, fortieth, 3 + fortieth // 4)
    return strata


class Pools:
    """Backgrounds of one catalog; build once, ask for each category.

    `kind` and `family` are columns of the table `item`; `traits` is needed for `matched` only.
    """

    def __init__(
        self, kind: Sequence[str], family: NDArray[np.integer], traits: Traits | None = None
    ) -> None:
        self.family: Items = np.asarray(family, np.int64)
        own = self.family == np.arange(len(self.family))
        self._all: Items = np.flatnonzero(own)
        self._words: Items = np.flatnonzero(own & (np.asarray(kind, dtype=object) == "word"))
        self._strata = None if traits is None else _Strata(traits, self._all)

    def items(self, background: str) -> Items:
        """Family representatives of `all` or `words`, ascending, whoever the members are."""
        return {"all": self._all, "words": self._words}[background]

    def pool(self, background: Background, members: Items, generator: np.random.Generator) -> Pool:
        """Pool of a category or concept; the generator is used by `matched` only.

        Whole-word tokens that the members are not (pieces, symbols) join the pool all the same.
        """
        members = np.asarray(members, np.int64)
        families = self.family[members]
        if background == "matched":
            if self._strata is None:
                raise ValueError("The matched background needs the traits of the items.")
            return self._strata.draw(members, families, generator)
        items = self.items(background)
        own = np.isin(items, families)
        return Pool(background, members, items[~own], items[own])


class _Strata:
    """Representatives grouped by traits, from the narrowest group to the widest.

    A stratum: equal kind, script, leading space, case, length band and frequency. Its members share
    its items evenly, up to PER_MEMBER each. Only a member left with fewer than FEWEST is given
    more, until it has as many, by widening step by step: frequency by one more stratum on either
    side each time, to any; then any length band; any case; any leading space; any script (of the
    same kind always). Filling up to PER_MEMBER instead makes a random set of words of one frequency
    band stand out from items of others: 24 % of sets of 120 to 160 had p <= 0.05 (measured, of a
    vocabulary of 12,288); so 7 %.
    """

    def __init__(self, traits: Traits, items: Items) -> None:
        t = traits
        self._frequency = t.frequency
        self._keys = [
            np.stack(columns, axis=1)
            for columns in (
                (t.kind, t.script, t.spaced, t.case, t.length),
                (t.kind, t.script, t.spaced, t.case),
                (t.kind, t.script, t.spaced),
                (t.kind, t.script),
                (t.kind,),
            )
        ]
        self._groups = [_grouped(keys, items) for keys in self._keys]

    def draw(self, members: Items, families: Items, generator: np.random.Generator) -> Pool:
        """Items of each member's stratum, none twice; who widens takes turns in random order."""
        taken = np.zeros(len(self._frequency), np.bool_)
        taken[families] = True
        found = self._shared(members, taken, generator)
        widened = 0
        for place in generator.permutation(len(members)):
            if len(found[place]) < FEWEST:
                self._widen(int(members[place]), found[place], taken, generator)
                widened += 1
        drawn = np.concatenate([np.array(own, np.int64) for own in found])
        sizes = [len(own) for own in found]
        return Pool(
            "matched",
            members,
            drawn,
            families[:0],
            np.repeat(np.arange(len(members)), sizes),
            widened,
            PER_MEMBER * len(members) - len(drawn),
        )

    def _shared(
        self, members: Items, taken: NDArray[np.bool_], generator: np.random.Generator
    ) -> list[list[int]]:
        """Each member's share of its own stratum; marks what is taken."""
        strata: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for place, member in enumerate(members):
            strata[*self._keys[0][member].tolist(), int(self._frequency[member])].append(place)
        found: list[list[int]] = [[] for _ in members]
        for (*key, frequency), places in strata.items():
            group = self._groups[0].get(tuple(key), np.empty(0, np.int64))
            free = group[(self._frequency[group] == frequency) & ~taken[group]]
            count = min(len(free), PER_MEMBER * len(places))
            turns = generator.permutation(places)
            for turn, item in enumerate(generator.choice(free, count, replace=False).tolist()):
                found[turns[turn % len(turns)]].append(item)
                taken[item] = True
        return found

    def _widen(
        self,
        member: int,
        chosen: list[int],
        taken: NDArray[np.bool_],
        generator: np.random.Generator,
    ) -> None:
        """Add to a member's items until it has FEWEST, from no wider stratum than is needed."""
        for group, width in self._widths(member):
            near = np.abs(self._frequency[group] - self._frequency[member]) <= width
            free = group[near & ~taken[group]]
            room = FEWEST - len(chosen)
            if len(free) > room:
                free = generator.choice(free, room, replace=False)
            chosen += free.tolist()
            taken[free] = True
            if len(chosen) == FEWEST:
                return

    def _widths(self, member: int) -> list[tuple[Items, int]]:
        """Groups to draw from in turn, with the largest difference of frequency strata."""
        groups = [
            found.get(tuple(keys[member].tolist()), np.empty(0, np.int64))
            for keys, found in zip(self._keys, self._groups, strict=True)
        ]
        narrow = [(groups[0], width) for width in range(STRATA)]
        return narrow + [(group, STRATA) for group in groups[1:]]


def _grouped(keys: NDArray[np.int64], items: Items) -> dict[tuple[int, ...], Items]:
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for item, key in zip(items.tolist(), keys[items].tolist(), strict=True):
        groups[tuple(key)].append(item)
    return {key: np.array(found, np.int64) for key, found in groups.items()}
