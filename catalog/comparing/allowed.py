"""What may be compared between two catalogs, what may not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.errors import SettingRefused


class Place(NamedTuple):
    """One side of a comparison, as catalogs name it."""

    build: Mapping[str, Any]
    """Its row of table build."""
    site: str
    threshold: str
    dims: int


@dataclass(frozen=True)
class Difference:
    """One thing in which two builds differ."""

    what: str
    a: str
    b: str
    means: str
    """What follows, in one sentence."""
    refuses: str = ""
    """What is refused: all, versions, or nothing."""


_TOLD = {
    "reading": "States were read in other contexts: differences may come from the reading.",
    "dtype": "Another number format flips some signs by itself.",
    "attention": "Another implementation of attention flips a few signs by itself.",
    "device": "Another device flips a few signs by itself.",
    "batch_size": "Another batch size flips a few signs by itself.",
}


def differences(a: Place, b: Place, same_items: bool) -> list[Difference]:
    """Everything in which the two sides differ, the gravest first."""
    found = []
    if a.build["modality"] != b.build["modality"]:
        means = "Nothing was shown to both: only the evidence tables stand side by side."
        found.append(_of("modality", a.build["modality"], b.build["modality"], means, "all"))
    elif not same_items:
        means = "Only the items that both have are compared, one a family."
        one, other = (f"{int(side.build['items']):,} items" for side in (a, b))
        what = "vocabulary" if a.build["modality"] == "text" else "items"
        found.append(_of(what, one, other, means, "versions"))
    if a.dims != b.dims:
        means = "Some dimensions of the wider side stay without a partner."
        found.append(_of("width", a.dims, b.dims, means, "versions"))
    if a.threshold != b.threshold:
        means = "Their signs ask different questions: use one threshold on both sides."
        found.append(_of("threshold", a.threshold, b.threshold, means, "versions"))
    if a.build.get("weights_hash") != b.build.get("weights_hash"):
        one, other = (str(side.build["weights_hash"])[:12] for side in (a, b))
        found.append(_of("weights", one, other, "Two models, or two versions of one."))
    for name, means in _TOLD.items():
        one, other = a.build[name], b.build[name]
        if str(one) != str(other):
            refused = "versions" if name == "reading" else ""
            found.append(_of(name, one, other, means, refused))
    return found


def _of(what: str, a: object, b: object, means: str, refuses: str = "") -> Difference:
    return Difference(what, str(a), str(b), means, refuses)


def check(found: list[Difference], purpose: str) -> None:
    """SettingRefused where a difference makes this purpose (such as versions) meaningless."""
    for one in found:
        if one.refuses in ("all", purpose):
            raise SettingRefused(
                f"These are not comparable as {purpose}: their {one.what} differs ({one.a} in A, "
                f"{one.b} in B). {one.means}"
            )
