"""What a machine will be asked, told before it begins; and what came of it, counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

SECONDS = 3.0
"""Seconds that an answer is taken for before the first one of a machine is known."""


@dataclass(frozen=True)
class Plan:
    """The cost of a run, before anything is asked."""

    requests: int
    """Questions that have not been answered yet."""
    done: int
    """Questions that this machine has answered already: they are not asked again."""
    tokens_in: int
    """Tokens of all prompts, about."""
    tokens_out: int
    """Tokens of all answers at most."""
    seconds: float
    """Time of all questions, about."""
    measured: bool
    """Whether the time is that of earlier answers of this machine, else of SECONDS."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What cannot be asked, by its reason."""


def seconds(requests: int, pace: float | None, per_minute: float) -> float:
    """Time of so many questions at a pace (seconds each), no more often than allowed."""
    return requests * max(SECONDS if pace is None else pace, 60.0 / per_minute)


@dataclass
class Tally:
    """What came of a run. Every question is one of these."""

    answered: int = 0
    no_answer: Counter[str] = field(default_factory=Counter)
    """Texts that hold no answer, by reason: stored, and not asked again."""
    failed: Counter[str] = field(default_factory=Counter)
    """Questions without any answer, by reason: stored, and asked again by the next run."""
    left: int = 0
    """Questions not asked, since the endpoint failed too often in a row."""

    @property
    def asked(self) -> int:
        """Questions asked."""
        return self.answered + self.no_answer.total() + self.failed.total()
