"""Sections of the report that are tables: features, dimensions, flips, nulls, what is missing."""

from typing import Any

import pandas as pd

from catalog.figures import summaries
from catalog.figures.text import between, chance, number
from catalog.sharing import page, summary
from catalog.sharing.page import paragraph, section, table, text
from catalog.store.catalog import Catalog

FEATURES, FLIPS = 25, 12
"""Rows of each table."""


def features(catalog: Catalog) -> str:
    """Categories read best, site by site and one by one."""
    found = summary.features(catalog)
    if found.empty:
        said = f"No categories were measured yet: dims features {catalog.slug}"
        return section("Strongest features", [paragraph(said)], "features")
    shown = found.head(FEATURES)
    rows = pd.DataFrame(
        {
            "category": shown["category"].map(named),
            "held-out AUC [95 %]": [
                between(*one)
                for one in shown[["auc", "auc_low", "auc_high"]].itertuples(index=False)
            ],
            "null p95": shown["null_p95"],
            "q": [chance(one) for one in shown["q"]],
            "most confusable": [
                "–"
                if pd.isna(row.confusable)
                else f"{named(row.confusable)} {number(row.confusable_auc)}"
                for row in shown.itertuples()
            ],
            "v all others": shown["coherence"],
            "reliability": shown["reliability"],
            "dimensions": [
                f"{row.dimensions}{' (fallback)' if row.fallback else ''}"
                for row in shown.itertuples()
            ],
            "families": shown["anchors"] + shown["held_out"],
        }
    )
    intro = (
        f"The {len(shown)} categories read best at {catalog.primary.site} of {len(found)}. "
        "A feature is a set of dimensions with one expected sign each, registered on anchor "
        "families and scored on families that were held out; 20 splits. Null: random sets of as "
        "many families, matched to the members; most confusable: AUC against the members of that "
        "category."
    )
    layers = summary.by_site(catalog)
    drawn = page.figure(
        summaries.by_layer(layers, catalog.primary.site),
        "All categories with 40 families or more, site by site; the site of verdicts in bold.",
    )
    return section(
        "Strongest features",
        [paragraph(intro), drawn, table(rows), page.repeat("features", "layers")],
        "features",
    )


def dimensions(catalog: Catalog) -> str:
    """Single dimensions that tell a category, with both poles."""
    found = summary.dimensions(catalog)
    if found.empty:
        return section("Strongest dimensions", [paragraph("No single dimension tells a category "
                       "with q < 0.05 on held-out families.")], "dimensions")  # fmt: skip
    rows = pd.DataFrame(
        {
            "dimension": found["dimension"],
            "values": range(len(found)),
            "tells": [
                f"{'–' if pd.isna(row.sign) else '−+'[row.sign > 0]} {named(row.category)}"
                for row in found.itertuples()
            ],
            "held-out AUC": found["held_out"],
            "in sample": found["in_sample"],
            "q": [chance(one) for one in found["q"]],
            "+ pole": found["positive"],
            "− pole": found["negative"],
        }
    )
    bars = [
        summaries.histogram(list(row.histogram), float(row.low), float(row.high), float(row.value))
        for row in found.itertuples()
    ]
    intro = (
        "Dimensions whose sign alone tells a category, chosen on anchors and scored on held-out "
        "families; beside it the in-sample figure, which flatters. Both poles count alike: the "
        "first items at each."
    )
    cells = {"values": lambda place: bars[place], "+ pole": _words, "− pole": _words}
    return section(
        "Strongest dimensions",
        [paragraph(intro), table(rows, cells), page.repeat("dimensions")],
        "dimensions",
    )


def _words(texts: Any) -> str:
    return page.element("span", text(" · ".join(str(one) for one in texts)), "mono")


def flips(catalog: Catalog) -> str:
    """What flipping signs in the running model did, beside its controls."""
    found = summary.flips(catalog)
    if found.empty:
        said = "No signs were flipped: the model predicts no next token, or the claims were not "
        return section("Flips", [paragraph(f"{said}tested yet.")], "flips")
    frame = found
    verdicts = frame.groupby(["layer", "site"])["verdict"].value_counts().unstack(fill_value=0)
    last = frame[frame["site"] == _site_of_flips(catalog, frame)]
    shown = last.sort_values("away_effect").head(FLIPS)
    drawn = [
        page.element("article", page.element("h3", text(
            f"{named(row['category'])} at {row['site']}: {row['verdict']}, q {chance(row['q'])}"))
            + page.figure(summaries.effects(_effects(row))))
        for row in shown.to_dict("records")
    ]  # fmt: skip
    intro = (
        "Signs of a feature's dimensions flipped in the live forward pass. Effect: change of log p "
        "of held-out tokens of the category minus that of frequency-matched tokens, in nats. away "
        "is judged by its rank among fixed random features of the same size; noise turns the state "
        "as far; toward sets the expected signs; disjoint flips other categories' features."
    )
    return section(
        "Flips",
        [paragraph(intro), table(verdicts.reset_index().drop(columns="layer")),
         page.element("div", "".join(drawn), "two"), page.repeat("flips")],
        "flips",
    )  # fmt: skip


def _site_of_flips(catalog: Catalog, frame: pd.DataFrame) -> str:
    """The primary site where flips were made there, else the one where they do most."""
    own = catalog.primary.site
    if own in set(frame["site"]):
        return own
    return str(frame.groupby("site")["away_effect"].mean().idxmin())


def _effects(row: dict[Any, Any]) -> dict[str, tuple[float, float, float]]:
    found = {}
    for name in summary.CONDITIONS:
        one = tuple(
            float(row.get(f"{name}_{end}", float("nan"))) for end in ("effect", "low", "high")
        )
        if not pd.isna(one[0]):
            found[name] = (one[0], one[1], one[2])
    return found


def nulls(catalog: Catalog) -> str:
    """What the same procedures give where there is nothing to find."""
    layers, searches = summary.by_site(catalog), summary.searches(catalog)
    parts = []
    if len(layers):
        rows = layers.drop(columns="position").rename(
            columns={"auc_q25": "AUC, 25 %", "auc": "median", "auc_q75": "75 %", "null_p95":
                     "null p95, median", "best_held_out": "best single dimension, mean", "above":
                     "share above the null, q < 0.05"}
        )  # fmt: skip
        parts += [paragraph("Every category against random sets of families, site by site. – where "
                            "no null was drawn."), table(rows), page.repeat("layers")]  # fmt: skip
    if len(searches):
        names = ["site", "seeds", "yield", "auc", "null_p95", "gaussian_yield", "gaussian_auc",
                 "kept", "paper_yield", "paper_coin_yield"]  # fmt: skip
        parts += [
            paragraph(
                "Features searched for without categories, beside the same search on signs of a "
                "Gaussian with the same correlations and on permuted signs; paper_coin_yield is "
                "what the paper's own procedure yields on coin flips."
            ),
            table(searches[names]),
            page.repeat("searches"),
        ]
    return section("Nulls and controls", parts, "nulls") if parts else ""


def untested(catalog: Catalog) -> str:
    """Everything that has no figure, with its reason."""
    parts = []
    for name, frame in summary.untested(catalog).items():
        parts.append(page.element("h3", text(name)))
        if "families" in frame:  # many, and all for one reason
            listed = [f"{named(row.category)} ({row.families})" for row in frame.itertuples()]
            parts.append(paragraph(", ".join(listed), "soft"))
        else:
            parts.append(table(frame))
    if not parts:
        parts = [paragraph("Everything could be tested.")]
    return section("What could not be tested", parts, "untested")


def named(category: object) -> str:
    """A category's name as it is read: spaces for underscores."""
    return str(category).replace("_", " ")
