"""Flips as a notebook gets them: a run beside its controls, its sweeps, and runs that were kept.

The model is loaded for a call and let go at its end; what it gave is a value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.figures import conditions
from catalog.figures.svg import Drawn
from catalog.flips import flip as flipping
from catalog.flips import report as reporting
from catalog.flips import saved as saving
from catalog.flips.asked import Asked
from catalog.flips.report import Summary
from catalog.flips.run import Flips, Machine
from catalog.notebook.flip_calls import Prompts, Settings, asked
from catalog.notebook.flip_sweeps import Sweep, swept
from catalog.notebook.shown import Shown
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog


@dataclass(frozen=True, eq=False)
class Flip(Shown):
    """One run: away and toward beside their controls, on every prompt."""

    catalog: Catalog
    asked: Asked
    found: Flips = field(repr=False)
    """Arrays of every condition, prompt and token."""
    summary: Summary = field(repr=False)
    text: Mapping[int, str] = field(repr=False)
    """What the numbers of `top` are called: tokens, classes or items."""
    model: str | None = None
    """Where the model lay, if not where the catalog says."""

    @property
    def name(self) -> str:
        """The feature."""
        return self.asked.source.name

    @property
    def verdict(self) -> str:
        """suppresses, non-specific, no effect, or cannot be tested."""
        return self.summary.judged.verdict

    @property
    def reason(self) -> str:
        """What the verdict rests on."""
        return self.summary.judged.reason

    @property
    def sentence(self) -> str:
        """The verdict with away's effect, its 95 % interval and the controls'."""
        return reporting.sentence(self.found, self.summary)

    @property
    def title(self) -> str:
        """The sentence, and where."""
        return f"{self.catalog.slug} › {self.asked.site}: {self.sentence}"

    @property
    def unit(self) -> str:
        """What effects are in: nats, or agreement where a model gives no probabilities."""
        return self.found.setup.readout.unit

    def frame(self) -> pd.DataFrame:
        """A row a condition: its effect, away minus it, and what it changes.

        Columns: condition; effect with its 95 % interval low and high, in `unit`; away_minus with
        its own (missing where nothing is compared); changed (share of signs), delta_norm
        (||delta||), norm_ratio (||x'|| / ||x||); then, by what is read, log_odds and kl (nats),
        raw_logits and centred_logits (change of the concept's logits as they are: the paper's
        procedure; and minus the vocabulary's mean), or neighbours (share of the 10 nearest items
        that change). Random is the mean of the fixed random features: `features`.
        """
        rows = []
        for name, one in self.summary.effects.items():
            changed, delta, ratio = self.found.whole[name]
            gap = self.summary.judged.differences.get(name)
            rows.append(
                {
                    "condition": name,
                    "effect": one.value,
                    "low": one.low,
                    "high": one.high,
                    "away_minus": gap.value if gap else np.nan,
                    "away_minus_low": gap.low if gap else np.nan,
                    "away_minus_high": gap.high if gap else np.nan,
                    "changed": changed,
                    "delta_norm": delta,
                    "norm_ratio": ratio,
                    **{what: values[name].mean() for what, values in self.found.beside.items()},
                }
            )
        return pd.DataFrame(rows)

    def features(self) -> pd.DataFrame:
        """Effect of every fixed random feature, the lowest first: what away is ranked among.

        Columns: feature (in order of drawing), effect in `unit`, reaches (as low as away).
        """
        effects = self.found.features.mean(axis=(1, 2))
        own = self.found.effects["away"].mean()
        frame = pd.DataFrame(
            {"feature": np.arange(len(effects)), "effect": effects, "reaches": effects <= own}
        )
        return frame.sort_values("effect", ignore_index=True)

    def others(self) -> pd.DataFrame:
        """Away's and toward's effect on this category and every other that shares no member.

        Columns: category (class of the head where classes are read), away, toward, this; the
        lowest first.
        """
        names = [self.name, *self.found.setup.readout.names]
        frame = pd.DataFrame({"category": names})
        for name in ("away", "toward"):
            own = self.summary.effects[name].value
            frame[name] = np.concatenate([[own], self.summary.others[name]])
        frame["this"] = frame.index == 0
        return frame.sort_values("away", ignore_index=True)

    def by_kind(self) -> pd.DataFrame:
        """Effects on neutral and on eliciting prompts apart; no rows where none has a kind.

        Columns: prompts (or items): the kind; condition, effect, low, high.
        """
        sample = self.found.setup.readout.sample
        rows = [
            {sample: kind, "condition": name, "effect": one.value, "low": one.low, "high": one.high}
            for kind, effects in self.summary.by_kind.items()
            for name, one in effects.items()
        ]
        return pd.DataFrame(rows, columns=[sample, "condition", "effect", "low", "high"])

    def by_site(self) -> pd.DataFrame:
        """Effects at every later site, where these are read: at, condition, effect, low, high."""
        rows = [
            {"at": at, "condition": name, "effect": one.value, "low": one.low, "high": one.high}
            for at, effects in self.summary.by_column.items()
            for name, one in effects.items()
        ]
        return pd.DataFrame(rows, columns=["at", "condition", "effect", "low", "high"])

    def top(self, prompt: int, after: bool = False) -> pd.DataFrame:
        """What comes first for one prompt (by number), before or `after` away.

        Columns: item (its number), text, member (of the concept), p (probability, or share of equal
        signs); before away also then: what away leaves of p.
        """
        if not 0 <= prompt < len(self.found.seen):
            raise SettingRefused(f"There are prompts 0 to {len(self.found.seen) - 1}.")
        seen = self.found.seen[prompt].top
        items = seen.after if after else seen.before
        frame = pd.DataFrame(
            {
                "item": items,
                "text": [self.text[int(one)] for one in items],
                "member": np.isin(items, self.found.setup.readout.members),
                "p": seen.after_p if after else seen.before_p,
            }
        )
        return frame if after else frame.assign(then=seen.before_then)

    def plot(self) -> Drawn:
        """Every condition with its interval on one axis."""
        return Drawn(conditions.drawn(self.frame(), self.found.setup.readout.kind))

    def sweep(self, kind: str, report: Report = silent) -> Sweep:
        """The same flip by layer, dimensions or scale, each point a run of its own.

        Runs the catalog's model. SettingRefused for another kind.
        """
        machine = flipping.opened(self.catalog, self.model)
        return swept(machine, self.catalog, self.asked, kind, report)

    def beside(self, other: "Flip") -> pd.DataFrame:
        """This run (a) and another (b), a row a condition both have.

        Columns: condition, a, a_low, a_high, b, b_low, b_high, b_minus_a.
        """
        return pd.DataFrame(saving.compared(*({"result": f.as_dict()} for f in (self, other))))

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `dims flip`."""
        return reporting.as_json(self.found, self.summary)

    def as_saved(self) -> dict[str, Any]:
        """The run as the flip lab saves it, with all that repeats it; `Catalog.repeat` does."""
        return saving.body(self.catalog.build, self.found, self.summary)


def flip(
    catalog: Catalog,
    feature: str,
    site: str,
    prompts: Prompts | None,
    report: Report,
    settings: Settings,
) -> Flip:
    """See `notebook.catalog.Catalog.flip`."""
    model = settings.get("model")
    return _once(catalog, asked(feature, site, prompts, settings), model, report)


def repeat(catalog: Catalog, saved: Mapping[str, Any], model: str | None, report: Report) -> Flip:
    """See `notebook.catalog.Catalog.repeat`."""
    again = saving.asked_of(saved)
    saving.same_model(catalog, saved)
    return _once(catalog, again, model, report)


def _once(catalog: Catalog, wanted: Asked, model: str | None, report: Report) -> Flip:
    report("loading the model", 0, 0)
    return run(flipping.opened(catalog, model), catalog, wanted, report, model)


def run(
    machine: Machine,
    catalog: Catalog,
    wanted: Asked,
    report: Report = silent,
    model: str | None = None,
    emit: Callable[[pd.DataFrame, int], None] | None = None,
) -> Flip:
    """Flip on a machine that is there already.

    `emit` gets the effects so far (condition, effect, low, high) and of how many prompts.
    """

    def so_far(found: Flips, done: NDArray[np.bool_]) -> None:
        if emit is not None and done.sum() > 1:
            rows = [(name, one.value, one.low, one.high)
                    for name, one in reporting.so_far(found, done).items()]  # fmt: skip
            frame = pd.DataFrame(rows, columns=["condition", "effect", "low", "high"])
            emit(frame, int(done.sum()))

    found, summary = flipping.judged(
        machine, catalog, wanted, report, None if emit is None else so_far
    )
    tops = [seen.top for seen in found.seen]
    items = sorted({int(one) for top in tops for one in (*top.before, *top.after)})
    text = dict(zip(items, machine.shown(items), strict=True))
    return Flip(catalog, wanted, found, summary, text, model)
