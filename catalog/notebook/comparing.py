"""Two catalogs as a notebook compares them: dimensions matched, categories paired, versions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from catalog.comparing import allowed, cached_pairs, cached_versions, sides
from catalog.comparing import compare as comparing
from catalog.comparing.sides import Side
from catalog.errors import SettingRefused
from catalog.notebook.layers import Layers
from catalog.notebook.shown import Shown
from catalog.progress import Report, silent
from catalog.store import catalog as store
from catalog.store.cache import Result
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Comparison(Shown):
    """Two catalogs, each at one site and threshold. What is computed is kept in the cache."""

    a: Side
    b: Side
    with_model: bool = False
    """Whether models may be run for what needs them."""
    report: Report = field(default=silent, repr=False, compare=False)

    @property
    def title(self) -> str:
        """What is compared, and the verdict."""
        one, other = (f"{s.slug} at {s.site} (threshold {s.threshold})" for s in (self.a, self.b))
        return f"A {one}, B {other}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """What the matched dimensions say, in one sentence."""
        return str(self._matched().summary["sentence"])

    def frame(self) -> pd.DataFrame:
        """Matched dimensions, the strongest first; seconds to minutes the first time.

        The assignment is chosen on half of the shared families, the rest is of the other half.
        Columns: a, b (numbers of dimensions), polarity (+1, or -1 where one is the other turned
        round), phi (|phi|), phi_max (the most that the two shares positive allow), phi_chosen (on
        the first half), p and q against permuted items, rotation_p and rotation_q against random
        rotations of B (missing where B's model was not run).
        """
        return self._matched().tables["pairs"]

    def histogram(self) -> pd.DataFrame:
        """Share of matches by |phi|: low, high, observed, and a column for each null."""
        return self._matched().tables["histogram"]

    def plot(self) -> "go.Figure":
        """|phi| of the matches beside the same of the nulls."""
        from catalog.figures import comparing as figures  # Plotly takes a third of a second

        return figures.phi(self.histogram())

    def differences(self) -> pd.DataFrame:
        """In what the two builds differ, the gravest first: what, a, b, means, refuses."""
        same = sides.same_items(self.a.catalog, self.b.catalog)
        found = allowed.differences(self.a.place, self.b.place, same)
        columns = ["what", "a", "b", "means", "refuses"]
        return pd.DataFrame([asdict(one) for one in found], columns=columns)

    def categories(self) -> "Categories":
        """Every shared category in both models; about a minute the first time."""
        found = cached_pairs.categories(self.a, self.b, self.report)
        return Categories(self.a, self.b, found.summary, found.tables["categories"])

    def layers(self) -> Layers:
        """The sites of A against each other."""
        return Layers(self.a.catalog, self.a.threshold, self.report)

    def versions(self, rebuilt: Catalog | str | Path | None = None) -> "Versions":
        """Which signs changed from A to B beyond what rebuilding A changes.

        `rebuilt` is another build of A's weights, by default the first that there is.
        SettingRefused with the reason where these are no two versions of one model, or where there
        is no such build.
        """
        cached_versions.check(self.a, self.b)
        named = None if rebuilt is None else _found(rebuilt, self.a.catalog)
        again = cached_versions.rebuild_of(self.a, named)
        found = comparing.changes(self.a, self.b, again, self._opener(), self.report)
        return Versions(self.a, self.b, again, found.summary, found.tables)

    def _matched(self) -> Result:
        return comparing.matches(self.a, self.b, self._opener(), report=self.report)

    def _opener(self) -> comparing.Opener:
        if not self.with_model:
            return comparing.no_states
        from catalog.comparing import states

        return states.opener()


@dataclass(frozen=True)
class Categories(Shown):
    """Shared categories: the same members, negatives and splits in both models."""

    a: Side
    b: Side
    summary: Mapping[str, Any] = field(repr=False, compare=False)
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How many differ, and how."""
        known = self.summary
        return (
            f"{known['judged']} of {known['categories']} shared categories judged: "
            f"{known['a_better']} read better in A ({self.a.slug}), {known['b_better']} in B "
            f"({self.b.slug}); {known['vanished']} vanished in B, {known['appeared']} appeared"
        )

    def frame(self) -> pd.DataFrame:
        """A row a category, by name; see `catalog.comparing.side_by_side.paired`.

        Columns: name, families, small (too small for a verdict); of a and of b: the AUC, its 95 %
        interval low and high, null_p95, p, dimensions, fallback; difference (A - B) with low, high,
        p (sign-flip test), q; a_q, b_q; change (vanished, appeared or empty).
        """
        return self.rows.copy()

    def changed(self) -> pd.DataFrame:
        """Those that can be read in one of the two alone: the same columns."""
        return self.rows[self.rows["change"] != ""].reset_index(drop=True)

    def plot(self, category: str = "") -> "go.Figure":
        """AUC in A against AUC in B with 95 % intervals; `category` is ringed."""
        from catalog.figures import comparing as figures

        return figures.scatter(self.rows, category)


@dataclass(frozen=True)
class Versions(Shown):
    """Signs that changed from A to B, beside those that changed by rebuilding A."""

    a: Side
    b: Side
    rebuilt: Catalog
    """The second build of A, whose changes are the null."""
    summary: Mapping[str, Any] = field(repr=False, compare=False)
    tables: Mapping[str, pd.DataFrame] = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How many signs changed, and how many beyond the null."""
        known = self.summary
        return (
            f"{self.a.slug} to {self.b.slug} at {self.a.site}: {known['rate']:.2%} of signs "
            f"changed, {known['null_rate']:.2%} by rebuilding ({self.rebuilt.slug}); "
            f"{known['dimensions_beyond']} of {len(self.tables['dimensions'])} dimensions beyond it"
        )

    def frame(self) -> pd.DataFrame:
        """A row a dimension, those beyond the null first.

        Columns: those of `catalog.comparing.versions.by_dimension` (changed, rate, null_changed,
        null_rate, p, q, up, down, directed_p, directed_q), and its mean_abs, std, share_positive.
        """
        return self.tables["dimensions"].copy()

    def items(self) -> pd.DataFrame:
        """A row a family: changed, rate, null_changed, null_rate, p, q (an order), item, text."""
        return self.tables["items"].copy()

    def sites(self) -> pd.DataFrame:
        """A row a site: site, dims, rate, null_rate, kappa, beyond and directed (dimensions)."""
        return self.tables["sites"].copy()

    def magnitude(self) -> pd.DataFrame:
        """Changes by how far A's state lies from its threshold: band, low, high, rate, null_rate.

        low and high in standard deviations of the dimension. SettingRefused where A's model was
        not run.
        """
        if "magnitude" not in self.tables:
            raise SettingRefused(
                "The curve by magnitude needs the model of A: compare with with_model=True."
            )
        return self.tables["magnitude"].copy()

    def plot(self, what: Literal["dimensions", "sites", "magnitude"] = "dimensions") -> "go.Figure":
        """Changes beside those by rebuilding: by dimension, by site or by magnitude."""
        from catalog.figures import comparing as figures

        if what == "sites":
            return figures.two_rates(self.sites(), "site", "site")
        if what == "magnitude":
            return figures.two_rates(self.magnitude(), "band", figures.BAND)
        return figures.changes(self.frame())


def compare(
    a: Catalog,
    other: Catalog | str | Path,
    sites_asked: tuple[str | None, str | None],
    thresholds: tuple[str | None, str | None],
    with_model: bool,
    report: Report,
) -> Comparison:
    """See `notebook.catalog.Catalog.compare`."""
    b = _found(other, a)
    sides.shared(a, b)
    one, two = sides.settled(a, b, *sites_asked, *thresholds)
    return Comparison(one, two, with_model, report)


def _found(named: Catalog | str | Path, beside: Catalog) -> Catalog:
    """A catalog of the kind of the one it is compared with; CatalogMissing where there is none."""
    path = named.path if isinstance(named, Catalog) else store.find(named).path
    return replace(beside, path=path)
