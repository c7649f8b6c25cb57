"""Cut prompts from the held-out passages: `python data/prompts/make_prompts.py`.

Eliciting: the beginning of a sentence whose next word belongs to a category. Neutral: one whose
next word belongs to none. Both take 5 to 14 words of the sentence, at most MOST for each category
and PER_SOURCE from one passage, in an order drawn with a fixed seed; passages and categories are
read as they lie in data/. Nothing is chosen by looking at a model.
"""

import random
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

DATA = Path(__file__).parents[1]
MOST, NEUTRAL, PER_SOURCE = 32, 64, 3
FEWEST_WORDS, MOST_WORDS = 5, 14
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def categories() -> dict[str, set[str]]:
    """Words of each category, lower case; lists of pieces and symbols are left out."""
    found = {}
    for path in sorted((DATA / "categories").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if not any(line.startswith("# kind:") for line in lines):
            words = {line.strip().lower() for line in lines if not line.startswith("# ")}
            found[path.stem] = {word for word in words if word}
    return found


def cuts(sentence: str) -> list[tuple[str, str]]:
    """Every beginning of a sentence with the word that follows it in the text."""
    spots = []
    words = list(_WORD.finditer(sentence))
    for number, match in enumerate(words[FEWEST_WORDS : MOST_WORDS + 1], FEWEST_WORDS):
        between = sentence[words[number - 1].end() : match.start()]
        if between == " ":
            spots.append((sentence[: match.start()].rstrip(), match.group().lower()))
    return spots


def main() -> None:
    """Write eliciting.tsv and neutral.tsv beside this file."""
    lists = categories()
    every = set().union(*lists.values())
    chosen: dict[str, list[tuple[str, str]]] = defaultdict(list)
    used: Counter[tuple[str, str]] = Counter()
    spots = []
    for path in sorted((DATA / "texts").glob("*.txt")):
        body = path.read_text(encoding="utf-8").partition("\n")[2]
        for sentence in _SENTENCE.split(body):
            if "\t" not in sentence and sentence[:1].isupper():
                spots += [(text, word, path.stem, sentence) for text, word in cuts(sentence)]
    random.Random(0).shuffle(spots)
    seen: set[tuple[str, str]] = set()
    for text, word, source, sentence in spots:
        names = [name for name, words in lists.items() if word in words]
        for name in names if word in every else [""]:
            full = len(chosen[name]) >= (MOST if name else NEUTRAL)
            if not full and used[name, source] < PER_SOURCE and (name, sentence) not in seen:
                seen.add((name, sentence))
                used[name, source] += 1
                chosen[name].append((text, source))
    _write("neutral.tsv", {"": chosen.pop("", [])})
    _write("eliciting.tsv", chosen)


def _write(name: str, chosen: dict[str, list[tuple[str, str]]]) -> None:
    lines = ["category\ttext\tsource"]
    lines += [f"{c}\t{text}\t{source}" for c in sorted(chosen) for text, source in chosen[c]]
    (Path(__file__).parent / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
