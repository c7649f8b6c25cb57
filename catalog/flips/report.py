"""What a run of flips says: intervals, verdict, specificity; as plain JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.flips.fixed import TOLERANCE
from catalog.flips.readouts import counted
from catalog.flips.run import Flips, Setup
from catalog.flips.verdicts import Bootstrap, Judged, judge
from catalog.signs.resampling import DRAWS, Interval

ASKED = (
    "name",
    "kind",
    "read",
    "site",
    "threshold",
    "dimensions",
    "positions",
    "scale",
    "seed",
    "draws",
)
"""What the JSON of a run says of what was asked for."""
SHOWN = (
    "away",
    "toward",
    "disjoint",
    "largest",
    "random",
    "noise",
    "direct",
    "edits",
    "together",
)


FEW = 300
"""Resamples of intervals that are shown while a run goes on."""


@dataclass(frozen=True)
class Summary:
    """A run in figures."""

    effects: dict[str, Interval]
    """Nats, mean over prompts and held-out tokens."""
    judged: Judged
    by_kind: dict[str, dict[str, Interval]]
    """The same for neutral and for eliciting prompts apart."""
    others: dict[str, NDArray[np.float64]]
    """Mean effect on every other category, of away and toward."""
    warnings: tuple[str, ...]
    by_column: dict[str, dict[str, Interval]]
    """Intervals at each later site, where the readout tells its columns apart."""


def summarize(found: Flips, draws: int = DRAWS) -> Summary:
    """Intervals and verdict; the bootstrap's seed is the run's."""
    every = np.ones(len(found.setup.prompts), np.bool_)
    resampled = bootstrap(found, every, draws)
    kinds = {"neutral": found.kind("neutral"), "eliciting": found.kind("eliciting")}
    return Summary(
        _intervals(found, every, resampled),
        judge(found.effects, found.rank, resampled, found.setup.readout.sample),
        {
            kind: _intervals(found, rows, bootstrap(found, rows, draws))
            for kind, rows in kinds.items()
            if rows.sum() > 1
        },
        {name: found.others[name].mean(axis=0) for name in SHOWN if name in found.others},
        tuple(_warnings(found)),
        _by_column(found, draws),
    )


def bootstrap(found: Flips, rows: NDArray[np.bool_] | None = None, draws: int = DRAWS) -> Bootstrap:
    """Resamples of (some of) a run's prompts and of its held-out tokens, from the run's seed."""
    generator = np.random.default_rng(found.setup.seed)
    sources = found.sources if rows is None else found.sources[rows]
    readout = found.setup.readout
    return Bootstrap(sources, readout.columns, generator, draws, readout.resampled)


def so_far(found: Flips, done: NDArray[np.bool_]) -> dict[str, Interval]:
    """Effects over the prompts that were run, bool[prompts]: no verdict, and few resamples."""
    return _intervals(found, done, bootstrap(found, done, FEW))


def _by_column(found: Flips, draws: int) -> dict[str, dict[str, Interval]]:
    generator = np.random.default_rng(found.setup.seed)
    alone = Bootstrap(found.sources, 1, generator, draws, resampled=False)
    return {
        label: {
            name: alone.interval(found.effects[name][:, n : n + 1])
            for name in SHOWN
            if name in found.effects
        }
        for n, label in enumerate(found.setup.readout.labels)
    }


def _intervals(found: Flips, rows: NDArray[np.bool_], resampled: Bootstrap) -> dict[str, Interval]:
    names = [name for name in SHOWN if name in found.effects]
    return {name: resampled.interval(found.effects[name][rows]) for name in names}


def _warnings(found: Flips) -> list[str]:
    said = []
    if not found.kind("neutral").any() or not found.kind("eliciting").any():
        said.append(f"The {found.setup.readout.sample} are not half neutral, half of the concept.")
    return said


def sentence(found: Flips, summary: Summary) -> str:
    """The verdict as a person reads it."""
    effect, name = summary.effects, found.setup.name
    away = effect["away"]
    words = {
        "suppresses": f"suppresses {name}",
        "non-specific": f"lowers {name}, but not specifically",
        "no effect": f"no effect on {name}",
        "cannot be tested": f"too few {found.setup.readout.sample} for a verdict on {name}",
    }[summary.judged.verdict]
    beside = ", ".join(
        f"{one} {effect[one].value:+.2f}"
        for one in ("random", "noise", "disjoint", "toward", "largest")
        if one in effect
    )
    unit = found.setup.readout.unit
    return f"{words}: {away.value:+.2f} {unit} [{away.low:+.2f}, {away.high:+.2f}]; {beside}"


def asked(setup: Setup) -> dict[str, Any]:
    """All that repeats a run on the same catalog, as plain JSON; see `catalog.flips.saved`."""
    return {
        "kind": setup.source.kind,
        "name": setup.name,
        "words": list(setup.source.words),
        "read": setup.source.read,
        "site": str(setup.site),
        "threshold": setup.threshold,
        "dimensions": len(setup.feature.dimensions),
        "positions": setup.positions,
        "scale": setup.scale,
        "seed": setup.seed,
        "draws": setup.draws,
        "edits": setup.edits,
        "prompts": [[one.text, one.source, one.kind] for one in setup.prompts],
    }


def as_json(found: Flips, summary: Summary) -> dict[str, Any]:
    """What a run gave, as plain JSON: conditions, specificity, kl, verdict, beside what was asked.

    `saved.body` keeps it whole, with the prompts and the words, which are only counted here.
    """
    setup = found.setup
    told = asked(setup)
    return {
        **{name: told[name] for name in ASKED},
        "prompts": len(setup.prompts),
        "sources": len(set(found.sources.tolist())),
        "tokens": setup.readout.columns,
        "readout": {
            "read_on": counted(setup.readout),
            **{name: getattr(setup.readout, name) for name in ("kind", "unit", "sample")},
        },
        "disjoint_features": list(setup.disjoint_names),
        "conditions": {name: _condition(found, summary, name) for name in summary.effects},
        "by_kind": {
            kind: {name: vars(one) for name, one in rows.items()}
            for kind, rows in summary.by_kind.items()
        },
        "by_column": {
            label: {name: vars(one) for name, one in rows.items()}
            for label, rows in summary.by_column.items()
        },
        "differences": {name: vars(one) for name, one in summary.judged.differences.items()},
        "specificity": specificity(found, summary),
        "kl": {name: float(one.mean()) for name, one in found.kl.items() if name != "baseline"},
        "matching": {
            "worst": found.worst_match,
            "tolerance": TOLERANCE,
            "worst_prompt": found.worst_prompt,
        },
        "random_features": {"reached": found.rank.reached, "drawn": found.rank.drawn},
        "p": summary.judged.p,
        "verdict": summary.judged.verdict,
        "reason": summary.judged.reason,
        "sentence": sentence(found, summary),
        "warnings": list(summary.warnings),
    }


def _condition(found: Flips, summary: Summary, name: str) -> dict[str, Any]:
    one, measures = summary.effects[name], found.whole[name]
    return {
        "mean": one.value,
        "low": one.low,
        "high": one.high,
        "changed": float(measures[0]),
        "delta_norm": float(measures[1]),
        "norm_ratio": float(measures[2]),
        **{what: float(values[name].mean()) for what, values in found.beside.items()},
    }


def specificity(found: Flips, summary: Summary) -> dict[str, Any]:
    """Away's effect on the other categories: their spread, and how many move as far down."""
    names, away = found.setup.readout.names, summary.others["away"]
    own = summary.effects["away"].value
    order = np.argsort(away, kind="stable")
    return {
        "own": own,
        "categories": len(names),
        "others_mean": float(away.mean()) if len(away) else None,
        "others_sd": float(away.std(ddof=1)) if len(away) > 1 else None,
        "as_low": int((away <= own).sum()),
        "effects": [{"category": names[n], "mean": float(away[n])} for n in order],
    }
