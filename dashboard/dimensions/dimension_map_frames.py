"""What the map of dimensions asks: where each stands, and what colours and names it."""

from collections import Counter
from typing import NamedTuple

from catalog.browse import layout
from catalog.figures import maps
from catalog.signs.between import APART
from dashboard.common import answers, frames, parts
from dashboard.common.answers import Answer, Here
from dashboard.dimensions import frames as dimension_frames
from dashboard.features import frames as feature_frames
from dashboard.labels import words

_CALL = (
    "from catalog.browse import layout\n\nlayout.lay_out_dimensions(c, {0.site!r}, {0.threshold!r})"
)


class Kinds(NamedTuple):
    """What colours the points, and what stands beside the mouse."""

    of: list[str]
    """The kind of each dimension."""
    named: list[str]
    """Kinds that have a colour, the largest first."""
    texts: list[str]
    told: str


def points(here: Here) -> Answer | None:
    """dimension, x, y of every dimension; None before the map was made."""
    frame = layout.stored_dimensions(here.catalog, here.site, here.threshold)
    if frame is None:
        return None
    return Answer(frame, answers.python(here.catalog, _CALL.format(here)), "python")


def ways(here: Here) -> dict[str, str]:
    """What may colour the points of this catalog."""
    found = {"category": "best category"} if here.catalog.measured else {}
    found["label"] = "label"
    if here.catalog.modality == "text":
        found["frequency"] = "frequency and length"
    return found


def kinds(here: Here, by: str) -> Kinds:
    """The kind of every dimension by one of `ways`, and its words."""
    scatter = frames.scatter(here).frame
    numbers = [int(one) for one in scatter["dimension"]]
    ends = dimension_frames.ends(here, numbers)
    said = words.of(here, numbers)
    texts = []
    for number, row in zip(numbers, ends.itertuples(), strict=True):
        lines = [f"dimension {number}"]
        lines += [f"+ {row.positive}", f"− {row.negative}"] if row.positive else []
        lines += [f"tells best: {row.tells}"] if row.tells else []
        texts.append("\n".join([*lines, *([said[str(number)]] if str(number) in said else [])]))
    if by == "category":
        of, told = _groups(here, list(ends["tells"])), "Colour: the group of the best category."
    elif by == "label":
        of = [_labelled(said.get(str(number))) for number in numbers]
        told = f"{len(said):,} of {len(numbers):,} are labelled."
    else:
        far = (scatter[["frequency_auc", "length_auc"]].astype(float) - 0.5).abs() > APART
        of = [_explained(*row) for row in far.itertuples(index=False)]
        told = f"Colour: the sign alone tells it with an AUC more than {APART} from 0.5."
    counted = Counter(one for one in of if one)
    named = [name for name, _ in counted.most_common(len(maps.KINDS))]
    return Kinds(of, named, texts, told)


def _groups(here: Here, tells: list[str]) -> list[str]:
    """Group of the category that each dimension tells best; empty where none is registered."""
    listed = feature_frames.categories(here.catalog).frame
    group = {
        parts.spaced(row.category): str(row.group)
        for row in listed.itertuples()
        if isinstance(row.group, str)
    }
    return [group.get(one[2:], "") for one in tells]  # without the sign


def _labelled(said: str | None) -> str:
    if said is None:
        return ""
    return "settled" if said.startswith("✓") else "labelled"


def _explained(frequency: bool, length: bool) -> str:
    if frequency and length:
        return "frequency and length"
    return "frequency" if frequency else "length" if length else ""
