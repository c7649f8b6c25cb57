"""The verdict of a flip: rank among fixed random features, and intervals of paired differences.

Intervals: paired bootstrap over prompts, clustered by source text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.signs.resampling import DRAWS, Interval

Verdict = Literal["suppresses", "non-specific", "no effect", "cannot be tested"]
CONTROLS = ("random", "noise", "disjoint", "toward")
FEWEST_PROMPTS = 32
"""Below this many prompts no verdict is given."""
FEWEST_TOKENS = 20
"""Nor below this many held-out tokens."""
LEVEL = 0.05
_WORDS = {
    "random": "the mean of random features of the same size",
    "noise": "noise of the same size",
    "disjoint": "other categories' features",
    "toward": "the same signs set the other way",
}


class Bootstrap:
    """Resamples of prompts (whole sources) and held-out tokens, the same for every condition.

    Values are float[prompts, tokens]; the second factor is resampled independently, so both have
    to be many for an interval to be narrow (crossed bootstrap). Not `resampled`: the columns are
    all there are (classes of a head, later sites), and only the rows are drawn again.
    """

    def __init__(
        self,
        sources: NDArray[np.integer],
        tokens: int,
        generator: np.random.Generator,
        draws: int = DRAWS,
        resampled: bool = True,
    ) -> None:
        self.resampled = resampled
        _, self._place = np.unique(sources, return_inverse=True)
        groups = int(self._place.max()) + 1
        self._sizes = np.bincount(self._place)
        self._left = generator.multinomial(groups, np.full(groups, 1 / groups), draws)
        fixed = np.full(tokens, 1 / tokens)
        drawn = generator.multinomial(tokens, fixed, draws) / tokens
        self._right = drawn if resampled else np.tile(fixed, (draws, 1))

    def means(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Mean of each resample: float64[draws]."""
        totals = np.zeros((len(self._sizes), values.shape[1]))
        np.add.at(totals, self._place, values)
        sums = ((self._left @ totals) * self._right).sum(axis=1)
        return np.asarray(sums / (self._left @ self._sizes))

    def interval(self, values: NDArray[np.floating]) -> Interval:
        """Mean over prompts and tokens with its 95 % percentile interval."""
        low, high = np.percentile(self.means(values), (2.5, 97.5))
        return Interval(float(values.mean()), float(low), float(high))


@dataclass(frozen=True)
class Rank:
    """Away's place among fixed random features, by mean effect over prompts and tokens."""

    reached: int
    """Random features that lower the concept as far as away, or further."""
    drawn: int
    """Random features in all."""

    @property
    def p(self) -> float:
        """(1 + reached) / (1 + drawn): valid however many there are (Phipson & Smyth 2010)."""
        return (1 + self.reached) / (1 + self.drawn)

    def told(self) -> str:
        """In words."""
        return (
            f"{self.reached} of {self.drawn} random features lower it as far as away "
            f"(p = {self.p:.2g})"
        )


@dataclass(frozen=True)
class Judged:
    """A verdict with what it was made from."""

    verdict: Verdict
    reason: str
    differences: dict[str, Interval]
    """Away minus each control, paired by prompt and token."""
    rank: Rank

    @property
    def p(self) -> float:
        """Of the rank; for BH."""
        return self.rank.p

    @property
    def clear(self) -> bool:
        """Whether the intervals of away minus every control lie below 0."""
        return all(one.high < 0 for one in self.differences.values())


def judge(
    effects: Mapping[str, NDArray[np.floating]],
    rank: Rank,
    bootstrap: Bootstrap,
    sample: str = "prompts",
) -> Judged:
    """docs/method.md#verdict-of-a-flip, on float[prompts, tokens] of away and each control.

    Suppresses: fewer than LEVEL of the fixed random features lower the concept as far (p of the
    rank), and the intervals of away minus random (their mean), noise, disjoint and toward all lie
    below 0. Non-specific: away's own interval lies below 0, but not all of that holds. Else no
    effect. A control that could not be made (no disjoint feature) is left out and named in the
    reason.
    """
    made = [name for name in CONTROLS if name in effects]
    differences = {name: bootstrap.interval(effects["away"] - effects[name]) for name in made}
    failed = [_WORDS[name] for name in made if differences[name].high >= 0]
    away = bootstrap.interval(effects["away"])
    absent = [name for name in CONTROLS if name not in made]
    tail = f" Without the control {', '.join(absent)}." if absent else ""
    prompts, tokens = effects["away"].shape
    if prompts < FEWEST_PROMPTS or (bootstrap.resampled and tokens < FEWEST_TOKENS):
        counted, needed = f"{prompts} {sample}", f"{FEWEST_PROMPTS}"
        if bootstrap.resampled:
            counted += f" and {tokens} held-out tokens"
            needed += f" and {FEWEST_TOKENS}"
        reason = f"No verdict from {counted}: {needed} are needed."
        return Judged("cannot be tested", reason, differences, rank)
    if rank.p >= LEVEL:
        failed.insert(0, "single random features")
    if not failed:
        own = "" if away.high < 0 else " Away's own interval includes 0: only relative to them."
        reason = (
            f"Away lowers the concept more than {_listed([_WORDS[name] for name in made])} do; "
        )
        return Judged("suppresses", f"{reason}{rank.told()}.{own}{tail}", differences, rank)
    if away.high < 0:
        reason = f"Away lowers the concept, but not clearly more than {_listed(failed)}; "
        return Judged("non-specific", f"{reason}{rank.told()}.{tail}", differences, rank)
    reason = (
        f"Away does not clearly lower the concept: its interval includes 0; {rank.told()}.{tail}"
    )
    return Judged("no effect", reason, differences, rank)


def _listed(names: list[str]) -> str:
    """one, two and three."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])
