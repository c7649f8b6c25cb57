"""Further edits beside a flip, a line each: `resid.4 zero birds`, `resid.5 clamp 12+,40- x2`.

KIND is one of: away, toward (signs of the feature), zero, clamp (to the 95th percentile of the
pole that the sign names), add (one standard deviation towards that pole), scale. `xN` is the
strength: times the change, or the factor of scale.
"""

import re

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import source as flip_features
from catalog.flips.controls import Signed
from catalog.flips.source import Source
from catalog.sites import Site
from catalog.store import flip_queries, queries
from catalog.store.catalog import Catalog

KINDS = ("away", "toward", "zero", "clamp", "add", "scale")
MOST = 12
"""Edits beside a flip, at most."""
_LINE = re.compile(r"(\S+)\s+(\S+)\s+(.+?)(?:\s+x\s*(\S+))?")


def parse(catalog: Catalog, text: str, threshold: str | None = None) -> tuple[Edit, ...]:
    """Edits of a catalog's features, one a line (or separated by ;); SettingRefused says which."""
    lines = [line.strip() for line in re.split(r"[\n;]", text) if line.strip()]
    if len(lines) > MOST:
        raise SettingRefused(f"{len(lines)} edits were given; at most {MOST} can be made at once.")
    return tuple(_one(catalog, line, threshold) for line in lines)


def _one(catalog: Catalog, line: str, threshold: str | None) -> Edit:
    match = _LINE.fullmatch(line)
    if match is None or match.group(2) not in KINDS:
        raise SettingRefused(
            f"{line[:60]!r} is no edit. Write SITE KIND FEATURE, such as resid.4 zero birds, "
            f"where KIND is {', '.join(KINDS)}."
        )
    site, kind, what, strength = match.groups()
    chosen = catalog.checked(site, threshold, catalog.primary.background)
    by_hand = re.fullmatch(r"[\d+\-,; ]+", what) is not None
    source = Source("dimensions" if by_hand else "category", what.strip())
    feature = flip_features.signed(catalog, source, site, chosen)
    return made(catalog, Site.parse(site), kind, feature, _strength(strength, line), chosen)


def _strength(text: str | None, line: str) -> float:
    try:
        value = 1.0 if text is None else float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise SettingRefused(f"The strength of {line[:60]!r} is a number after x, such as x0.5.")
    return value


def made(
    catalog: Catalog, site: Site, kind: str, feature: Signed, strength: float, threshold: str
) -> Edit:
    """The edit of one kind on a feature's dimensions."""
    spread = catalog.fetch(flip_queries.spread(str(site)))
    dims = feature.dimensions
    if int(dims.max()) >= len(spread):
        raise SettingRefused(
            f"There is no dimension {int(dims.max())}: {site} has {len(spread)} (from 0)."
        )
    columns = tuple(dims.tolist())
    part = spread.iloc[dims]
    if kind in ("away", "toward"):
        cut = catalog.fetch(queries.threshold_values(str(site), threshold))
        signs = feature.signs if kind == "toward" else -feature.signs
        level = cut["value"].to_numpy(float)[dims]
        return Edit(site, columns, "flip", _tuple(signs), _tuple(level), strength)
    if kind == "clamp":
        pole = np.where(feature.signs > 0, part["q95"], part["q05"])
        return Edit(site, columns, "clamp", _tuple(pole), strength=strength)
    if kind == "add":
        return Edit(site, columns, "add", _tuple(feature.signs * part["std"]), strength=strength)
    return Edit(site, columns, "zero" if kind == "zero" else "scale", strength=strength)


def _tuple(values: NDArray[np.generic]) -> tuple[float, ...]:
    return tuple(np.asarray(values, float).tolist())
