"""What is read after a flip: an interface, and its readouts on next tokens and on classes.

A model's output in, contrasts out; NumPy only. A contrast of log p is the same as one of logits:
the normaliser cancels, so the effect needs the logits of a few tokens only. `later_layers` has the
third readout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from catalog.flips import contrasts
from catalog.sites import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
TOP = 20
"""Next tokens, classes or items kept before and after, for each sample."""
CONDITIONS = (
    "baseline",
    "away",
    "toward",
    "disjoint",
    "largest",
    "random",
    "noise",
    "edits",
    "together",
)
"""Conditions that every model can be read under."""
SPECIFIC = 3
"""Rows whose effect on other categories is read: baseline, away, toward."""


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
    """What one sample says beside the effect; row 0 is the baseline, row 1 away, 2 toward."""

    others: Floats
    """Effect on every other category, of the first SPECIFIC rows: float64[rows, categories]."""
    beside: dict[str, Floats]
    """Further figures, float64[rows] each: log_odds, kl and logits, or neighbours."""
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

    @property
    def needed(self) -> Ints | None:
        """The tokens or classes whose logits the effect needs; None for all that there is."""
        ...

    def at(self, site: Site) -> Self:
        """The same readout for a flip at another site."""
        ...

    def effects(self, output: NDArray[np.floating]) -> Floats:
        """Effect of each row, float64[rows, columns], from `needed` of one sample.

        float[rows, ...]; the baseline comes first.
        """
        ...

    def read(self, output: NDArray[np.floating], text: str) -> Reading:
        """The rest, from the whole output of the sample named `text`, the baseline first."""
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

    @property
    def needed(self) -> Ints:
        """The concept's held-out tokens and those matched to them, ascending."""
        return self._contrast[0]

    def effects(self, output: NDArray[np.floating]) -> Floats:
        """Change of log p of each held-out token minus its matched ones' mean: float64[rows, h].

        `output` is the logits of `needed`, float[rows, tokens]. Their mean over held-out tokens is
        docs/method.md#flip-effect.
        """
        delta = (output - output[0]).astype(np.float64)
        return np.ascontiguousarray((self._contrast[1] @ delta.T).T)

    def read(self, output: NDArray[np.floating], text: str) -> Reading:
        """Specificity, collateral damage and the paper's raw logits: float[rows, vocabulary] in.

        raw_logits: change of the logits of the concept's held-out tokens as they are (the paper's
        procedure, which any damage moves too); centred_logits: the same minus the change of the
        whole vocabulary's mean logit.
        """
        log_p = contrasts.normalised(output)
        odds = self.log_odds(log_p)
        change = output - output[0]
        raw = change[:, self.tokens].mean(axis=1, dtype=np.float64)
        before, after = (contrasts.first(log_p[row], TOP) for row in (0, 1))
        p = np.exp(log_p[:2].astype(np.float64))
        return Reading(
            self.elsewhere(change[:SPECIFIC]),
            {
                "log_odds": odds - odds[0],
                "kl": contrasts.divergence(log_p, log_p[0]),
                "raw_logits": raw,
                "centred_logits": raw - change.mean(axis=1, dtype=np.float64),
            },
            Top(before, p[0, before], p[1, before], after, p[1, after]),
        )

    def elsewhere(self, delta: NDArray[np.floating]) -> Floats:
        """The same, mean over tokens, for every other category: float64[rows, categories]."""
        if not self.others:
            return np.zeros((len(delta), 0))
        used, weights = self._weights
        return np.asarray((weights @ delta[:, used].T.astype(np.float64)).T)

    @cached_property
    def _contrast(self) -> tuple[Ints, Any]:
        """Tokens that the effect needs, and its weights on them: sparse float64[h, tokens]."""
        each = [(self.tokens[n : n + 1], self.controls[n]) for n in range(self.columns)]
        return contrasts.contrasts(each)

    @cached_property
    def _weights(self) -> tuple[Ints, Any]:
        return contrasts.contrasts(self.others)

    def log_odds(self, log_p: NDArray[np.floating]) -> Floats:
        """Log odds that the next token is one of the concept's: float64[rows]."""
        mass = np.exp(log_p[:, self.members].astype(np.float64)).sum(axis=1)
        mass = np.clip(mass, 1e-12, 1 - 1e-12)
        return np.asarray(np.log(mass) - np.log1p(-mass))


_ONE = {"held-out tokens": "held-out token", "classes of the head": "class of the head"}


def counted(readout: Readout) -> str:
    """What the effect is read on, in words: 24 held-out tokens, 1 class of the head."""
    summed = len(readout.members) if isinstance(readout, Classes) else 1
    if summed > 1:
        return f"{summed} {readout.column} together"
    told = readout.column if readout.columns != 1 else _ONE.get(readout.column, "later site")
    return f"{readout.columns} {told}"


class Classes(Vocabulary):
    """Classes of a head instead of tokens: log p of the concept's against the mean of the others.

    Several classes, such as those of a superclass, are read as their summed probability: log of the
    sum. The classes are all there are, so they are not resampled; the items are.
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

    @property
    def columns(self) -> int:
        """One: the concept's classes are read together."""
        return 1

    @property
    def needed(self) -> Ints:
        """Every class."""
        return np.union1d(self.tokens, self.controls[0])

    def effects(self, output: NDArray[np.floating]) -> Floats:
        """Change of log of the classes' summed p, minus the mean change of the others' log p.

        `output` is the logits of all classes, float[rows, classes]; float64[rows, 1]. Both sides
        lack the same normaliser, which cancels.
        """
        logits = output.astype(np.float64)
        mine = np.logaddexp.reduce(logits[:, self.tokens], axis=1)
        apart = mine - logits[:, self.controls[0]].mean(axis=1)
        return np.ascontiguousarray((apart - apart[0])[:, None])
