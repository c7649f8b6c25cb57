"""Whether the word lists fit a vocabulary: those that ship are English."""

from collections import Counter

from catalog import places
from catalog.features.pools import script
from catalog.store.catalog import Catalog

FEW = 0.1
"""Share of the lists below which those of another script are said not to fit."""


def advice(catalog: Catalog) -> str | None:
    """A sentence where few lists or none could be measured, with what to do; None where enough."""
    lists = catalog.categories
    if catalog.modality != "text" or lists.empty:
        return None
    measured = int((lists["status"] != "skipped").sum())
    main = script_of(catalog)
    foreign = main not in ("LATIN", None)
    if measured >= (FEW * len(lists) if foreign else 1):
        return None
    why = f"its words are {main.title()}" if main and foreign else "it has too few of their words"
    return (
        f"{measured} of {len(lists)} word lists could be measured. Those that ship are English; "
        f"{why}. Give your own with: dims features {catalog.slug} --categories FOLDER (a text file "
        f"for each, one word a line), or put them into {places.data() / 'categories'}."
    )


def script_of(catalog: Catalog) -> str | None:
    """Script of most words and pieces that have a letter, by its Unicode name; None without any."""
    items = catalog.items
    texts = catalog.spelled[items["kind"].isin(("word", "piece"))]
    found = Counter(script(text.strip("␣")) for text in texts if any(c.isalpha() for c in text))
    return found.most_common(1)[0][0] if found else None
