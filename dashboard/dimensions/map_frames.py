"""What the map of items asks: where each stands, and what colours it."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import layout
from catalog.features.measure import agreement_of
from catalog.signs import bits
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here
from dashboard.features import frames as feature_frames
from dashboard.media import frames as media_frames


class Colours(NamedTuple):
    """What colours the points."""

    values: NDArray[np.float32] | None = None
    groups: NDArray[np.bool_] | None = None
    told: str = ""


def points(here: Here) -> Answer | None:
    """item, x, y of every item; None before the map was made."""
    place = (here.catalog, here.site, here.threshold)
    frame = _points(*place, layout.made_at(*place))
    if frame is None:
        return None
    return Answer(frame, answers.python(here.catalog, _CALL.format(here)), "python")


@answers.shared(8)
def _points(catalog: Catalog, site: str, threshold: str, made_at: int) -> pd.DataFrame | None:
    return layout.stored(catalog, site, threshold)


_CALL = "from catalog.browse import layout\n\nlayout.lay_out(c, {0.site!r}, {0.threshold!r})"


def texts(here: Here) -> NDArray[np.object_]:
    """What each item is called when the mouse is over it."""
    if not media_frames.is_media(here.catalog):
        return here.catalog.texts
    return _captions(here.catalog)


@answers.cached()
def _captions(catalog: Catalog) -> NDArray[np.object_]:
    found: NDArray[np.object_] = catalog.items["text"].to_numpy(dtype=object)
    return found


def sign(here: Here, dimension: int) -> Colours:
    """Which items are positive in a dimension."""
    items = int(here.catalog.build["items"])
    packed = here.catalog.by_dimension(here.site, here.threshold)[[dimension]]
    positive = bits.unpack(packed, items)[0]
    told = f"Orange: positive in dimension {dimension} ({positive.mean():.0%}); blue: not."
    return Colours(groups=positive, told=told)


def agreement(here: Here, category: str) -> Colours:
    """How far each item agrees with a feature."""
    background = here.catalog.primary.background
    found = feature_frames.prototype(here, category, background).frame
    signs = here.catalog.signs(here.site, here.threshold)
    share = agreement_of(
        signs.by_dimension,
        signs.items,
        found["dimension"].to_numpy(np.int64),
        found["sign"].to_numpy(np.int64),
    )
    return Colours(values=share, told="Share of the feature's signs that an item has.")


def members(here: Here, category: str) -> Colours:
    """Which items are members of a category."""
    rows = answers.read(here.catalog, feature_queries.members(category))
    mine = np.zeros(int(here.catalog.build["items"]), bool)
    mine[rows["item"].to_numpy(np.int64)] = True
    return Colours(groups=mine, told=f"Gold: its {mine.sum():,} members.")


def words(here: Here, items: list[int]) -> pd.DataFrame:
    """The chosen items: item, text."""
    names = texts(here)
    return pd.DataFrame({"item": items, "text": [names[item] for item in items]})
