"""What the tests of flips share: texts, and runs as they are asked for."""

from catalog.flips.asked import Asked
from catalog.flips.prompts import own
from catalog.flips.source import Source

SITE = "resid.1"
CLASSES, DIMS = 4, 128
"""Of the tiny ViT."""
FIRST = Source("category", "first")
TEXT = (
    "The cat sat and\nWe walk, she walked, they\nA city, two cities, one\nI love, you loved, we\n"
)


def asked(site=SITE, source=FIRST, **more):
    """A run on the prompts of TEXT."""
    return Asked(source, site, tuple(own(TEXT)), **more)


def of(name, site=SITE, **more):
    """A run of a category."""
    return Asked(Source("category", name), site, **more)


def written(feature):
    """Signed dimensions as a person writes them."""
    pairs = zip(feature.dimensions.tolist(), feature.signs.tolist(), strict=True)
    return ",".join(f"{d}{'+' if s > 0 else '-'}" for d, s in pairs)
