"""What is read after a flip: an interface, and its readouts on next tokens and on classes.

A model's output in, contrasts out; NumPy only. A contrast of log p is the same as one of logits
after subtracting their mean: the normaliser cancels. `later_layers` has the third readout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from catalog.sites import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CONTROLS = 20
"""Frequency-matched tokens for each concept token."""
TOP = 20
"""Next tokens, classes or items kept before and after, for each sample."""
CONDITIONS = ("baseline", "away", "toward", "disjoint", "random", "noise", "edits", "together")
"""Conditions that every model can be read under."""


@dataclass(frozen=True)
class Top:
    """What comes first before and after away: numbers and their values, [at most TOP] each."""

    before: Ints
    before_p: Floats
    before_then: Floats
    """What away leaves of the values of `before`."""
    after: Ints
    after_p: Floats


@dataclass(frozen=True)
class Reading:
    """What one sample says under every row of edits; row 0 is the baseline, row 1 away."""

    effects: Floats
    """float64[rows, columns]."""
    others: Floats
    """Effect on every other category: float64[rows, categories]."""
    beside: dict[str, Floats]
    """Further figures, float64[rows] each: kl and log_odds, or neighbours."""
    top: Top


class Readout(Protocol):
    """How the effect of a flip is read from what the model gives out."""

    kind: ClassVar[str]
    """vocabulary, classes or layers."""
    unit: ClassVar[str]
    sample: ClassVar[str]
    """What the model is run on: prompts or items."""
    column: ClassVar[str]
    """What the effect is read on, in the plural."""
    resampled: ClassVar[bool]
    """Whether the columns are a sample of more of their kind, to be resampled too."""
    conditions: ClassVar[tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The other categories."""
        ...

    @property
    def members(self) -> Ints:
        """What belongs to the concept, among the numbers of `Top`."""
        ...

    @property
    def columns(self) -> int:
        """How many tokens, classes or sites the effect is read on."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns; none where they are a sample."""
        ...

    def at(self, site: Site) -> Self:
        """The same readout for a flip at another site."""
        ...

    def read(self, output: NDArray[np.floating], text: str) -> Reading:
        """`output`: float[rows, ...] of the sample named `text`, the baseline first."""
        ...


@dataclass(frozen=True)
class Vocabulary:
    """Tokens of a concept and of every category that shares no member with it.

    The effect is the change of log p of the next token.
    """

    kind: ClassVar[str] = "vocabulary"
    unit: ClassVar[str] = "nats"
    sample: ClassVar[str] = "prompts"
    column: ClassVar[str] = "held-out tokens"
    resampled: ClassVar[bool] = True
    conditions: ClassVar[tuple[str, ...]] = (*CONDITIONS, "direct")

    tokens: Ints
    """Held-out tokens of the concept: int64[h]."""
    controls: Ints
    """Tokens matched to each, of no shared category: int64[h, k]."""
    members: Ints
    """All tokens of the concept, anchors included: its mass."""
    names: tuple[str, ...] = ()
    """The other categories."""
    others: tuple[tuple[Ints, Ints], ...] = ()
    """Tokens and controls of each of them; none of its tokens made the feature."""

    @property
    def columns(self) -> int:
        """Held-out tokens of the concept."""
        return len(self.tokens)

    @property
    def labels(self) -> tuple[str, ...]:
        """Tokens are not told apart."""
        return ()

    def at(self, site: Site) -> Self:
        """The tokens are the same for every site."""
        return self

    def read(self, output: NDArray[np.floating], text: str) -> Reading:
        """Contrasts of log p: float[rows, vocabulary], with KL and the concept's log odds."""
        delta = output - output[0]
        odds = self.log_odds(output)
        before, after = (np.argsort(-output[row], kind="stable")[:TOP] for row in (0, 1))
        p = np.exp(output[:2].astype(np.float64))
        return Reading(
            self.contrasts(delta),
            self.elsewhere(delta),
            {"log_odds": odds - odds[0], "kl": divergence(output, output[0])},
            Top(before, p[0, before], p[1, before], after, p[1, after]),
        )

    def contrasts(self, delta: NDArray[np.floating]) -> Floats:
        """Change of log p of each concept token minus its controls' mean: float64[rows, h].

        `delta` is float[rows, vocabulary]. Their mean over tokens is docs/method.md#flip-effect.
        """
        own = delta[:, self.tokens].astype(np.float64)
        return np.asarray(own - delta[:, self.controls].mean(axis=2, dtype=np.float64))

    def elsewhere(self, delta: NDArray[np.floating]) -> Floats:
        """The same, mean over tokens, for every other category: float64[rows, categories]."""
        if not self.others:
            return np.zeros((len(delta), 0))
        used, weights = self._weights
        return np.asarray((weights @ delta[:, used].T.astype(np.float64)).T)

    @cached_property
    def _weights(self) -> tuple[Ints, Any]:
        from scipy.sparse import coo_array

        rows, columns, values = [], [], []
        for number, (tokens, controls) in enumerate(self.others):
            columns += [tokens, controls.ravel()]
            values += [
                np.full(len(tokens), 1 / len(tokens)),
                np.full(controls.size, -1 / controls.size),
            ]
            rows.append(np.full(len(tokens) + controls.size, number))
        used, place = np.unique(np.concatenate(columns), return_inverse=True)
        matrix = coo_array(
            (np.concatenate(values), (np.concatenate(rows), place)),
            shape=(len(self.others), len(used)),
        )
        return used, matrix.tocsr()

    def log_odds(self, log_p: NDArray[np.floating]) -> Floats:
        """Log odds that the next token is one of the concept's: float64[rows]."""
        mass = np.exp(log_p[:, self.members].astype(np.float64)).sum(axis=1)
        mass = np.clip(mass, 1e-12, 1 - 1e-12)
        return np.asarray(np.log(mass) - np.log1p(-mass))


_ONE = {"held-out tokens": "held-out token", "classes of the head": "class of the head"}


def counted(readout: Readout) -> str:
    """What the effect is read on, in words: 24 held-out tokens, 1 class of the head."""
    told = readout.column if readout.columns != 1 else _ONE.get(readout.column, "later site")
    return f"{readout.columns} {told}"


class Classes(Vocabulary):
    """Classes of a head instead of tokens: log p of the concept's against the mean of the others.

    The classes are all there are, so they are not resampled; the items are.
    """

    kind: ClassVar[str] = "classes"
    sample: ClassVar[str] = "items"
    column: ClassVar[str] = "classes of the head"
    resampled: ClassVar[bool] = False
    conditions: ClassVar[tuple[str, ...]] = CONDITIONS

    @classmethod
    def of(cls, own: Sequence[int], names: Sequence[str]) -> "Classes":
        """The classes numbered `own` among all `names` of the head.

        Specificity: every other class against the mean of the rest, the concept's left out.
        """
        mine = np.array(own, np.int64)
        rest = np.setdiff1d(np.arange(len(names)), mine)
        others = [(np.array([one]), rest[rest != one][None]) for one in rest.tolist()]
        others = others if len(rest) > 1 else []
        return cls(
            mine,
            np.repeat(rest[None], len(mine), axis=0),
            mine,
            tuple(names[int(one[0][0])] for one in others),
            tuple(others),
        )


def divergence(log_p: NDArray[np.floating], base: NDArray[np.floating]) -> Floats:
    """KL(base || row) in nats: float64[rows]."""
    wide = base.astype(np.float64)
    return np.asarray((np.exp(wide) * (wide - log_p)).sum(axis=1))


class Matching:
    """Frequency-matched tokens: same kind, leading space and nearest id rank.

    Choice: without corpus counts the id is the frequency rank (byte-pair merges are made most
    frequent first), as for the matched background.
    """

    def __init__(
        self, kind: Sequence[str], text: Sequence[str], categories: Mapping[str, Ints], family: Ints
    ) -> None:
        self._family = family
        self._category = categories
        spaced = np.array([one.startswith("␣") for one in text])
        kinds = np.unique(np.array(list(kind), dtype=str), return_inverse=True)[1]
        self._class = kinds * 2 + spaced
        self._own = family == np.arange(len(family))

    def related(self, members: Ints) -> NDArray[np.bool_]:
        """Items of a family that shares a category with any of `members`: bool[items]."""
        families = np.unique(self._family[members])
        near = np.zeros(len(self._family), np.bool_)
        near[families] = True
        for others in self._category.values():
            theirs = self._family[others]
            if np.isin(theirs, families).any():
                near[theirs] = True
        return np.asarray(near[self._family])

    def controls(self, tokens: Ints, banned: NDArray[np.bool_], most: int = CONTROLS) -> Ints:
        """For each token the nearest ids that are not banned, ties by the lower id.

        int64[tokens, at most `most`].
        """
        pools = {
            code: np.flatnonzero((self._class == code) & self._own & ~banned)
            for code in np.unique(self._class[tokens]).tolist()
        }
        everything = np.flatnonzero(self._own & ~banned)
        count = min(most, len(everything))
        found = np.zeros((len(tokens), count), np.int64)
        for row, token in enumerate(tokens.tolist()):
            pool = pools[int(self._class[token])]
            pool = pool if len(pool) >= count else everything
            place = int(np.searchsorted(pool, token))
            window = pool[max(0, place - count) : place + count]
            order = np.argsort(np.abs(window - token), kind="stable")[:count]
            found[row] = window[order]
        return found
