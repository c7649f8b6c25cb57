"""BM25, for comparison: the usual ranking of texts by the words that a query shares with them."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping

from catalog.browse.search import plain

K1, B = 1.5, 0.75


def bm25(texts: Mapping[str, str]) -> Callable[[str], list[str]]:
    """A function that ranks texts by a query: names of those that share a word, the best first.

    Robertson and Zaragoza 2009, with idf = log(1 + (N - n + 1/2) / (n + 1/2)) as in Lucene.
    """
    counts = {name: Counter(_words(text)) for name, text in texts.items()}
    having = Counter(word for count in counts.values() for word in count)
    length = {name: count.total() for name, count in counts.items()}
    mean = sum(length.values()) / max(1, len(length))
    rarity = {w: math.log(1 + (len(counts) - n + 0.5) / (n + 0.5)) for w, n in having.items()}

    def score(name: str, asked: list[str]) -> float:
        norm = K1 * (1 - B + B * length[name] / mean)
        held = [(counts[name][word], rarity[word]) for word in asked if counts[name][word]]
        return sum(idf * many * (K1 + 1) / (many + norm) for many, idf in held)

    def rank(query: str) -> list[str]:
        scores = {name: score(name, _words(query)) for name in counts}
        return sorted((n for n, value in scores.items() if value > 0), key=lambda n: -scores[n])

    return rank


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", plain(text))
