"""Findings of a model for Home and the tour: each a sentence, figures, a drawing, a live page.

Which findings is fixed here; every figure is read from the catalog when it is shown, so that they
say what the catalog on this machine says, whatever that is.
"""

from typing import NamedTuple

import pandas as pd

from catalog.errors import CatalogError
from catalog.figures import strips, svg
from catalog.figures.svg import Mark
from catalog.figures.text import between, chance
from catalog.store import tour_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, catalogs, parts, workspace
from dashboard.common.answers import Here, Row
from dashboard.evidence import frames as evidence_frames
from dashboard.features import concept_frames, rivals
from dashboard.features import frames as feature_frames
from dashboard.features import parts as feature_parts
from dashboard.media import frames as media_frames

SLUG = "storyteller"
"""The catalog that `dims demo` makes of the model that ships."""
CATEGORY = "animals"
WORDS = (
    "lamp candle lantern torch fire flame moon sun star lightning spark glow beam ray gleam "
    "flash dawn sunshine daylight moonlight"
)
CLAIMS = ("basis", "independence", "discoverable")
"""Claims shown as not holding, the first that does not; else any that does not."""
FLIP = "flips_away"
"""The claim whose figures stand beside the flip."""


class Finding(NamedTuple):
    """One stop of the tour."""

    title: str
    sentence: str
    figures: list[tuple[str, str]]
    """Name and value, as shown."""
    view: str
    """The page that shows it live."""
    place: Here
    link: dict[str, object]
    opens: str
    """What the button says."""
    drawn: str = ""
    """The figure as SVG; empty where there is none to draw."""
    brief: str = ""
    """The sentence beside the drawing; empty where the whole one is short enough."""


def place() -> Here | None:
    """Where the tour looks: the site whose nulls were drawn; None where the catalog is not here."""
    for entry in catalogs.listed():
        if entry.build is not None and entry.catalog.slug == SLUG:
            return _measured(entry.catalog) or Here.start(entry.catalog)
    return None


def _measured(catalog: Catalog) -> Here | None:
    for threshold in catalog.thresholds:
        here = Here(catalog, "", threshold)
        found = feature_frames.features_everywhere(here, catalog.primary.background).frame
        drawn = found[found["null_p95"].notna()]
        named = drawn[drawn["category"] == CATEGORY]
        drawn = drawn if named.empty else named
        own = drawn[drawn["site"] == catalog.primary.site]
        drawn = drawn if own.empty else own
        if not drawn.empty:
            return here._replace(site=str(drawn["site"].iloc[0]))
    return None


def findings(here: Here) -> list[Finding]:
    """The five stops, read from the catalog now."""
    return [pole(here), category(here), concept(here), flip(here), refuted(here)]


def first(catalog: Catalog) -> Here:
    """Where the findings of a catalog stand: the site whose nulls were drawn, else the middle."""
    return _measured(catalog) or Here.start(catalog)


def three(here: Here) -> list[Finding]:
    """What Home shows: a feature against its null, a pole, and a flip or a claim that fails."""
    last = flip(here)
    return [category(here), pole(here), last if last.figures else refuted(here)]


def shown(here: Here) -> str:
    """The category that stands for a model: the usual one, else the strongest feature."""
    usual = feature_frames.feature(here, CATEGORY, here.catalog.primary.background)
    return CATEGORY if usual is not None else feature_frames.strongest(here) or CATEGORY


def pole(here: Here) -> Finding:
    """A dimension whose pole can be read with the naked eye."""
    found = answers.read(
        here.catalog,
        tour_queries.pole(here.site, here.threshold, here.catalog.primary.background),
    )
    title = "A pole that can be read"
    if found.empty:
        return _plain(
            title, here, "dimension", {"dim": 0}, "Both poles of a dimension, side by side."
        )
    row = found.iloc[0]
    if row["dimension"] in workspace.hidden_dimensions(here):
        return _plain(title, here, "queue", {}, "Its dimension waits in your open queue.")
    sign = "+" if row["pole"] == "positive" else "−"
    first = ", ".join(parts.visible(text).strip("␣ ") for text in row["first"])
    name = _name(row["category"])
    items = media_frames.named(here.catalog) if media_frames.is_media(here.catalog) else "items"
    count = f"{row['members']} of its first {row['shown']} {items} are {name}."
    at = f"the {sign} pole of dimension {row['dimension']} of {here.site}"
    stand = f"At {at}: {count}" if items != "items" else f"At {at} stand {first}: {count}"
    return Finding(
        title,
        stand,
        [
            (f"{name} at the {sign} pole", f"{row['members']} of {row['shown']}"),
            ("held-out AUC of its sign", parts.number(row["held_out"])),
            ("q", chance(row["q"])),
        ],
        "dimension",
        here,
        {"dim": row["dimension"]},
        "Open the dimension",
        strips.share(int(row["members"]), int(row["shown"]), svg.POSITIVE if sign == "+"
                     else svg.NEGATIVE),
    )  # fmt: skip


def category(here: Here) -> Finding:
    """A category's prototype beside random sets and its most confusable rival."""
    background, named = here.catalog.primary.background, shown(here)
    row = feature_frames.feature(here, named, background)
    title = "A category against its null"
    items = "words" if here.catalog.modality == "text" else media_frames.named(here.catalog)
    link: dict[str, object] = {"category": named, "background": background}
    if row is None:
        return _plain(title, here, "features", {}, "The categories have not been measured yet.")
    tested = row["q"] if pd.notna(row["q"]) else row["p"]
    row = rivals.shown(here.catalog, row.to_frame().T).iloc[0]
    against = "" if pd.isna(row["null_p95"]) else (
        f" Random sets of as many {items}, drawn to match, stay below "
        f"{parts.number(row['null_p95'])} in 95 %."
    )  # fmt: skip
    return Finding(
        title,
        f"The signs of {row['dimensions']} dimensions tell {_name(named)} that were held out "
        f"from other {items} with AUC {_auc(row)}.{against}{_rival(row)}",
        [
            ("AUC", _auc(row)),
            ("null p95", parts.number(row["null_p95"])),
            (f"v {_name(row['confusable'] or 'rival')}", parts.number(row["confusable_auc"])),
            ("q" if pd.notna(row["q"]) else "p", chance(tested)),
        ],
        "feature",
        here,
        link,
        "Open the feature",
        feature_parts.strip(row),
        f"{row['dimensions']} signed dimensions tell {_name(named)} from other {items}, held out.",
    )


def concept(here: Here) -> Finding:
    """A concept of words nobody has measured before, made while one looks."""
    title = "A concept made live"
    background = here.catalog.primary.background
    link: dict[str, object] = {"words": WORDS, "background": background}
    try:
        asked = concept_frames.asked(here, tuple(WORDS.split()), (), background)
        made = concept_frames.concept(asked).live.concept
    except CatalogError as error:
        return _plain(title, here, "concept", link, str(error))
    small = " Fewer than 20 words: no verdict." if made.small else ""
    return Finding(
        title,
        f"{made.members} words that have to do with light make a feature at once: "
        f"{len(made.dimensions)} signed dimensions, held-out AUC "
        f"{between(made.auc, made.low, made.high)}.{small} Its null is one click "
        "away; so are words of your own.",
        [
            ("words", str(made.members)),
            ("held-out AUC", between(made.auc, made.low, made.high)),
            ("dimensions", str(len(made.dimensions))),
        ],
        "concept",
        here,
        link,
        "Open the builder",
    )


def flip(here: Here) -> Finding:
    """Signs changed while the model runs, beside what else could have done it."""
    title = "A flip with its controls"
    named = shown(here)
    link: dict[str, object] = {"category": named, "run": 1}
    claims = evidence_frames.table(here.catalog).claims
    rows = [one for one in claims if one.key == FLIP]
    sentence = (
        f"Change the signs of {_name(named)} while the model runs, and watch its words fade or "
        "not, beside random dimensions, noise of the same size and another category's dimensions."
    )
    if not rows or pd.isna(rows[0].row["value"]):
        return _plain(title, here, "flip_lab", link, sentence + " Run it live.", "Run it now")
    row, values = rows[0].row, rows[0].controls.set_index("control")["value"]
    figures = [(str(row["measure"]), _interval(row))]
    if row["strongest"] in values:
        figures.append((str(row["strongest"]), parts.number(values[row["strongest"]])))
    told = f"{sentence} Over the categories tried: {row['statement']} Verdict: {row['verdict']}."
    return Finding(
        title, told, figures, "flip_lab", here, link, "Run it now", _beside(row, values),
        f"{row['statement']} Over the categories tried: {row['verdict']}.",
    )  # fmt: skip


def refuted(here: Here) -> Finding:
    """A claim that this model does not bear out."""
    title = "A claim that does not hold"
    claims = evidence_frames.table(here.catalog).claims
    failing = {
        str(one.row["claim"]): one for one in claims if one.row["verdict"] == "does not hold"
    }
    names = [*(name for name in CLAIMS if name in failing), *failing]
    if not names:
        told = "The claims have not been tested on this model yet." if not claims else (
            "No claim fails on this model: see how each was tested."
        )  # fmt: skip
        return _plain(title, here, "evidence", {}, told)
    one = failing[names[0]]
    row, values = one.row, one.controls.set_index("control")["value"]
    figures = [(str(row["measure"]), _interval(row)), ("verdict", str(row["verdict"]))]
    if row["strongest"] in values:
        figures.insert(1, (str(row["strongest"]), parts.number(values[row["strongest"]])))
    told = f"{row['statement']} On this model: {row['verdict']}. {row['reason']}"
    return Finding(
        title, told, figures, "evidence", here, {}, "Open the evidence", _beside(row, values),
        f"{row['statement']} On this model: {row['verdict']}.",
    )  # fmt: skip


def _beside(row: "pd.Series[object]", values: "pd.Series[float]") -> str:
    """A figure of the evidence table with its strongest control and the others, drawn."""
    marks = [
        Mark(str(name), float(value))
        for name, value in values.items()
        if name == row["strongest"] or len(values) <= 3
    ] or [Mark("nothing", 0.0)]
    value, low, high = (float(str(row[name])) for name in ("value", "low", "high"))
    return strips.interval(value, low, high, marks)


def _interval(row: "pd.Series[object]") -> str:
    value, low, high = (parts.number(row[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _auc(row: Row) -> str:
    return between(row["auc"], row["auc_low"], row["auc_high"])


def _rival(row: Row) -> str:
    if not row["confusable"]:
        return f" No rival is shown, {row['besides']}." if row["besides"] else ""
    return (
        f" Against {_name(row['confusable'])}, its most confusable rival, it is "
        f"{parts.number(row['confusable_auc'])}: the weak null is not the whole story."
    )


def _name(category: object) -> str:
    return parts.visible(category).replace("_", " ")


def _plain(
    title: str,
    here: Here,
    view: str,
    link: dict[str, object],
    sentence: str,
    opens: str = "Open it",
) -> Finding:
    return Finding(title, sentence, [], view, here, link, opens)
