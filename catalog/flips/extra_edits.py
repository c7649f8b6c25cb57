"""Further edits beside a flip, a line each: `resid.4 zero birds`, `resid.5 clamp 12+,40- x2`.

KIND is one of: away, toward (signs of the feature), zero, clamp (to the 95th percentile of the
pole that the sign names), add (one standard deviation towards that pole), scale. `xN` is the
strength: times the change, or the factor of scale.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import facts
from catalog.flips import source as flip_features
from catalog.flips.controls import Signed
from catalog.flips.source import Source
from catalog.sites import Site
from catalog.store.catalog import Catalog

KINDS = ("away", "toward", "zero", "clamp", "add", "scale")
MOST = 12
"""Edits beside a flip, at most."""
_LINE = re.compile(r"(\S+)\s+(\S+)\s+(.+?)(?:\s+x\s*(\S+))?")


@dataclass(frozen=True)
class Line:
    """One further edit, as it was written."""

    site: str
    kind: str
    what: str
    """A category, or dimensions such as 12+,40-."""
    strength: float


def lines(text: str) -> tuple[Line, ...]:
    """Edits, one a line (or separated by ;); SettingRefused says which is none."""
    found = [line.strip() for line in re.split(r"[\n;]", text) if line.strip()]
    if len(found) > MOST:
        raise SettingRefused(f"{len(found)} edits were given; at most {MOST} can be made at once.")
    return tuple(_read(line) for line in found)


def _read(line: str) -> Line:
    match = _LINE.fullmatch(line)
    if match is None or match.group(2) not in KINDS:
        raise SettingRefused(
            f"{line[:60]!r} is no edit. Write SITE KIND FEATURE, such as resid.4 zero birds, "
            f"where KIND is {', '.join(KINDS)}."
        )
    site, kind, what, strength = match.groups()
    return Line(site, kind, what.strip(), _strength(strength, line))


def _strength(text: str | None, line: str) -> float:
    try:
        value = 1.0 if text is None else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SettingRefused(f"The strength of {line[:60]!r} is a number after x, such as x0.5.")
    return value


def parse(catalog: Catalog, text: str, threshold: str | None = None) -> tuple[Edit, ...]:
    """Edits of a catalog's features, one a line (or separated by ;); SettingRefused says which.

    NotInCatalog for a site or feature that the catalog does not have.
    """
    return tuple(_one(catalog, line, threshold) for line in lines(text))


def _one(catalog: Catalog, line: Line, threshold: str | None) -> Edit:
    chosen = catalog.checked(line.site, threshold)
    by_hand = re.fullmatch(r"[\d+\-,; ]+", line.what) is not None
    source = Source("dimensions" if by_hand else "category", line.what)
    feature = flip_features.signed(catalog, source, line.site, chosen)
    return _made(catalog, line, feature, chosen)


def _made(catalog: Catalog, line: Line, feature: Signed, threshold: str) -> Edit:
    """The edit of one kind on a feature's dimensions."""
    spread = facts.spread(catalog, line.site)
    site, kind, dims = Site.parse(line.site), line.kind, feature.dimensions
    if int(dims.max()) >= len(spread):
        raise SettingRefused(
            f"There is no dimension {int(dims.max())}: {site} has {len(spread)} (from 0)."
        )
    columns = tuple(dims.tolist())
    part = spread.iloc[dims]
    if kind in ("away", "toward"):
        signs = feature.signs if kind == "toward" else -feature.signs
        level = facts.cuts(catalog, line.site, threshold)[dims]
        return Edit(site, columns, "flip", _tuple(signs), _tuple(level), line.strength)
    if kind == "clamp":
        pole = np.where(feature.signs > 0, part["q95"], part["q05"])
        return Edit(site, columns, "clamp", _tuple(pole), strength=line.strength)
    if kind == "add":
        towards = _tuple(feature.signs * part["std"])
        return Edit(site, columns, "add", towards, strength=line.strength)
    return Edit(site, columns, "zero" if kind == "zero" else "scale", strength=line.strength)


def _tuple(values: NDArray[np.generic]) -> tuple[float, ...]:
    return tuple(np.asarray(values, float).tolist())
