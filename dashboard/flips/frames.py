"""What the flip lab asks for: the work of a run, and its outcome as frames."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from catalog.flips import extra_edits, flip, prompts, report, sweeps
from catalog.flips import run as flips
from catalog.flips.source import Source
from catalog.store.catalog import Catalog
from dashboard.common import frames
from dashboard.common.answers import Answer, Here
from dashboard.common.parts import visible
from dashboard.media import frames as media_frames

if TYPE_CHECKING:
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel

SOURCES = {"16 + 16": 16, "32 + 32": 32}
"""Shipped prompts: neutral + eliciting."""


class Asked(NamedTuple):
    """Everything a run depends on, as a page asks for it."""

    catalog: Catalog
    content_hash: str
    site: str
    threshold: str
    source: Source
    positions: str
    prompts: str
    """A key of SOURCES, or own prompts, a line each."""
    scale: float
    seed: int
    edits: str = ""
    """Further edits, a line each; see `catalog.flips.extra_edits`."""


@dataclass(frozen=True)
class Made:
    """A run, its figures, and the texts of the tokens it shows."""

    found: flips.Flips
    summary: report.Summary
    text: dict[int, str]
    edits: str = ""
    """The text of the further edits."""

    @property
    def name(self) -> str:
        """The feature."""
        return self.found.setup.name


def work(asked: Asked) -> "Callable[[LoadedModel, Job[Made]], Made]":
    """Work for `running.start`: set up, run, judge."""

    def run(model: "LoadedModel", job: "Job[Made]") -> Made:
        machine = flip.machine(model, asked.catalog)
        wanted = setup(machine, asked, job)
        found = flips.run(machine, wanted, job.report)
        tops = [seen.top for seen in found.seen]
        ids = sorted({int(i) for top in tops for i in (*top.before, *top.after)})
        text = dict(zip(ids, machine.shown(ids), strict=True))
        return Made(found, report.summarize(found), text, asked.edits)

    return run


def setup(machine: flips.Machine, asked: Asked, job: "Job[Any]") -> flips.Setup:
    """The run that was asked for, its feature and tokens read from the catalog."""
    job.report("setting up", 0, 0)
    each = SOURCES.get(asked.prompts)
    return flip.setup(
        machine,
        asked.catalog,
        asked.source,
        asked.site,
        None if each else prompts.own(asked.prompts),
        each or prompts.EACH,
        threshold=asked.threshold,
        positions=asked.positions,
        scale=asked.scale,
        seed=asked.seed,
        extra=extra_edits.parse(asked.catalog, asked.edits, asked.threshold),
    )


def sweep_work(
    asked: Asked, kind: str
) -> "Callable[[LoadedModel, Job[list[sweeps.Point]]], list[sweeps.Point]]":
    """Work for `running.start`: a sweep by layer, dimensions or scale."""
    present = asked.catalog.sites.dropna(subset="dims")
    sites = [str(site) for site in present[present["kind"] == "resid"]["site"]]

    def run(model: "LoadedModel", job: "Job[list[sweeps.Point]]") -> list[sweeps.Point]:
        machine = flip.machine(model, asked.catalog)
        wanted = setup(machine, asked, job)
        if kind == "layer":
            return sweeps.by_layer(machine, asked.catalog, wanted, sites, job.report)
        if kind == "dimensions":
            return sweeps.by_count(machine, wanted, job.report)
        return sweeps.by_scale(machine, wanted, job.report)

    return run


def points(found: list[sweeps.Point]) -> pd.DataFrame:
    """A sweep, a row for each point and condition: at, condition, effect, low, high, verdict, q."""
    rows = [
        {
            "at": point.at,
            "condition": name,
            "effect": one.value,
            "low": one.low,
            "high": one.high,
            "verdict": point.verdict,
            "q": point.q,
        }
        for point in found
        for name, one in point.effects.items()
    ]
    columns = ["at", "condition", "effect", "low", "high", "verdict", "q"]
    return pd.DataFrame(rows, columns=columns)


def conditions(made: Made) -> Answer:
    """A row a condition: effect with interval, difference of away, matching."""
    rows = []
    for name, one in made.summary.effects.items():
        changed, delta, ratio = made.found.measures[name].mean(axis=0)
        gap = made.summary.judged.differences.get(name)
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
                **{what: values[name].mean() for what, values in made.found.beside.items()},
            }
        )
    return Answer(pd.DataFrame(rows), python(made), "python")


def by_kind(made: Made) -> Answer:
    """Effects on neutral and on eliciting prompts (or items) apart."""
    sample = made.found.setup.readout.sample
    rows = [
        {sample: kind, "condition": name, "effect": one.value, "low": one.low, "high": one.high}
        for kind, effects in made.summary.by_kind.items()
        for name, one in effects.items()
    ]
    columns = [sample, "condition", "effect", "low", "high"]
    return Answer(pd.DataFrame(rows, columns=columns), python(made), "python")


def others(made: Made) -> Answer:
    """Away's and toward's effect on this category and every other, lowest first."""
    names = [made.name, *made.found.setup.readout.names]
    frame = pd.DataFrame({"category": names})
    for name in ("away", "toward"):
        own = made.summary.effects[name].value
        frame[name] = np.concatenate([[own], made.summary.others[name]])
    frame["this"] = frame.index == 0
    return Answer(frame.sort_values("away", ignore_index=True), python(made), "python")


def next_tokens(made: Made, number: int, after: bool) -> pd.DataFrame:
    """Top next tokens of one prompt: token, member, before and after (or after alone)."""
    seen = made.found.seen[number].top
    ids = seen.after if after else seen.before
    members = set(made.found.setup.readout.members.tolist())
    frame = pd.DataFrame(
        {
            "token": [visible(made.text[int(i)]) for i in ids],
            "member": ["●" if int(i) in members else "" for i in ids],
        }
    )
    if after:
        return frame.assign(p=seen.after_p * 100)
    return frame.assign(p=seen.before_p * 100, then=seen.before_then * 100)


def python(made: Made) -> str:
    """The same run in Python."""
    setup = made.found.setup
    items = setup.readout.sample == "items"
    texts = "\n".join(one.text for one in setup.prompts)
    shipped = f"prompts.shipped({setup.source.prompted!r}, {max(1, len(setup.prompts) // 2)})"
    listed = f"prompts.own({texts!r})" if items else shipped
    source = setup.source
    named = f"Source({source.kind!r}, {source.name!r}, {source.words!r}, {source.read!r})"
    return "\n".join(
        [
            "from pathlib import Path",
            "from catalog import flip_command, prompts",
            "from catalog.flips.source import Source",
            f"source = {named}",
            f"listed = {listed}",
            "flip_command.measured(",
            f"    Path(CATALOG), source, {str(setup.site)!r}, listed,",
            f"    threshold={setup.threshold!r}, positions={setup.positions!r},",
            f"    scale={setup.scale!r}, seed={setup.seed!r},",
            ")",
        ]
    )


def item_texts(catalog: Catalog, items: list[int]) -> list[str]:
    """What items are called: the token, or the class (else the file) of an image or sound."""
    if media_frames.is_media(catalog):
        return [str(one) for one in media_frames.shown(catalog, items)["caption"]]
    return [str(frames.item(catalog, one)["text"]) for one in items]


def by_site(made: Made) -> pd.DataFrame:
    """Effects at every later site: at, condition, effect, low, high, verdict (empty)."""
    rows = [
        {"at": at, "condition": name, "effect": one.value, "low": one.low, "high": one.high}
        for at, effects in made.summary.by_column.items()
        for name, one in effects.items()
    ]
    return pd.DataFrame(rows).assign(verdict="")


def asked(
    here: Here,
    source: Source,
    positions: str,
    given: str,
    scale: float,
    seed: int,
    edits: str,
) -> Asked:
    """What a run at `here` depends on."""
    stored = str(here.catalog.build["content_hash"])
    return Asked(
        here.catalog,
        stored,
        here.site,
        here.threshold,
        source,
        positions,
        given,
        scale,
        seed,
        edits.strip(),
    )
