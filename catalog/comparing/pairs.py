"""Items that two catalogs share: one pair for each family, whatever their tokenizers write."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.modalities.spelling import SPACE

Items = NDArray[np.int64]


@dataclass(frozen=True)
class Shared:
    """The same things shown to both models: row i of each array is one family."""

    a: Items
    """Items of A: int64[n]."""
    b: Items
    """Items of B: int64[n]."""
    by_word: int
    """Pairs that agree only without case and diacritics."""
    how: str
    """How they were found, in one sentence."""

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.a)

    def part(self, rows: NDArray[np.integer]) -> "Shared":
        """Some of the pairs."""
        return Shared(self.a[rows], self.b[rows], self.by_word, self.how)


def of_tokens(a: pd.DataFrame, b: pd.DataFrame) -> Shared:
    """Pairs of tokens: tables `item` of both catalogs (token, text, kind, word, family).

    Leading-space conventions aside: a whole word is a whole word whether its border is written
    ␣cat, ▁cat or by the absence of ##, and a piece is a piece. First equal strings, then, among
    whole words, those that are equal without case and diacritics. Special and unused tokens are
    not compared. Each family of A and of B is in one pair at most; its representative where it can
    be. Vocabularies that are equal are paired id by id.
    """
    if len(a) == len(b) and a["token"].equals(b["token"]) and a["family"].equals(b["family"]):
        items = np.unique(a.loc[a["kind"].isin(["word", "piece"]), "family"].to_numpy(np.int64))
        return Shared(items, items, 0, "Both have the same vocabulary: paired id by id.")
    exact = _merged(_keyed(a), _keyed(b), ["kind", "key"])
    words = _merged(_words(a), _words(b), ["word"])
    exact["by_word"], words["by_word"] = False, True
    every = pd.concat([exact, words], ignore_index=True)
    every["inflected"] = (every["item_a"] != every["family_a"]).astype(int)
    every["inflected"] += (every["item_b"] != every["family_b"]).astype(int)
    every = every.sort_values(["by_word", "inflected", "item_a", "item_b"], kind="stable")
    kept = every.drop_duplicates("family_a").drop_duplicates("family_b").sort_values("item_a")
    return Shared(
        kept["item_a"].to_numpy(np.int64),
        kept["item_b"].to_numpy(np.int64),
        int(kept["by_word"].sum()),
        "Their vocabularies differ: paired by token without leading-space marks, then by word "
        "without case and diacritics.",
    )


def of_files(a: pd.DataFrame, b: pd.DataFrame) -> Shared:
    """Pairs of images or sounds with the same bytes: tables with `item` and `sha256`."""
    both = _merged(
        a.rename(columns={"sha256": "key"}).assign(family=a["item"]),
        b.rename(columns={"sha256": "key"}).assign(family=b["item"]),
        ["key"],
    ).sort_values("item_a")
    return Shared(
        both["item_a"].to_numpy(np.int64),
        both["item_b"].to_numpy(np.int64),
        0,
        "Paired by the bytes of their files.",
    )


def _keyed(items: pd.DataFrame) -> pd.DataFrame:
    """Words and pieces by their text without marks: item, family, kind, key."""
    known = items[items["kind"].isin(["word", "piece"])]
    key = known["text"].str.strip(SPACE)
    continued = key.str.startswith("##") & (key.str.len() > 2) & (known["kind"] == "piece")
    return pd.DataFrame(
        {
            "item": known["item"],
            "family": known["family"],
            "kind": known["kind"],
            "key": key.where(~continued, key.str[2:]),
        }
    )


def _words(items: pd.DataFrame) -> pd.DataFrame:
    """Whole words: item, family, word."""
    known = items[(items["kind"] == "word") & items["word"].notna()]
    return known[["item", "family", "word"]]


def _merged(a: pd.DataFrame, b: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Inner join on `on`, each side's best item for a key: item_a, family_a, item_b, family_b."""
    sides = []
    for side in (a, b):
        order = side.assign(other=side["item"] != side["family"])
        first = order.sort_values(["other", "item"], kind="stable").drop_duplicates(on)
        sides.append(first.drop(columns="other"))
    return sides[0].merge(sides[1], on=on, suffixes=("_a", "_b"))
