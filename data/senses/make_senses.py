"""Cut labelled contexts of words with two senses from a folder of public-domain books.

    python data/senses/make_senses.py --books BOOKS --out data/senses

BOOKS holds .txt files with one paragraph a line and SOURCES.csv (file, title, author, ...). A
sentence is taken for a sense where it holds the word once and one of that sense's patterns, which
leave a reader no doubt ("left hand", "had left the"), and none of the other sense's; at most five
sentences of a book and sense, in a seeded order. REJECTED lists the beginnings of sentences that a
reader called otherwise.
"""

# ruff: noqa: E501 (a pattern is read in one line)
from __future__ import annotations

import argparse
import csv
import random
import re
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from train_storyteller import has_blocked, is_delicate

WANTED = 30
"""Sentences of a sense that are kept at most."""
OF_BOOK = 5
LENGTH = (40, 260)
"""Characters of a sentence."""

SENSES = {
    "left": (
        ("side", r"left (hand|arm|foot|eye|leg|side|wing|shoulder|ear|cheek)"),
        ("went away", r"(had|has|have|having) left (the|his|her|him|them|me|home|us|my)"),
    ),
    "kind": (
        ("gentle", r"(very|so|how|too) kind (to|and|of)|kind (heart|words|friend|face|master|old)"),
        ("sort", r"(this|that|what|every|some|any|another|same) kind of"),
    ),
    "light": (
        ("not heavy", r"light (as a feather|breeze|wind|load|step|weight|steps|heart)"),
        (
            "brightness",
            r"(candle|lamp|day|sun|moon|gas)[- ]light|light of (the )?(day|sun|moon|lamp|fire|candle)",
        ),
    ),
    "mean": (
        ("intend", r"(I|you) mean|(do|did)(n't| not)? you mean|mean to"),
        (
            "base",
            r"(a|so|too|very) mean (man|trick|fellow|thing|little|old|and)|mean (trick|fellow|spirit)|so mean",
        ),
    ),
    "saw": (
        ("perceived", r"(I|he|she|they|we) saw (the|a|that|him|her|them)"),
        (
            "tool",
            r"(hand|rip|buck|circular|compass|band|back|hack)[- ]saw|the saw (is|cut|and|with|should)|with (a|the) saw",
        ),
    ),
    "well": (
        (
            "for water",
            r"(down|into|from|in|of) (the|a) well(?!-| (known|made|off|bred|nigh))|(deep|old|draw)[- ]well(?!-)",
        ),
        ("fairly", r"(very|quite|pretty|so) well(?!-)"),
    ),
    "can": (
        ("able", r"(I|you|we|he|she|they) can (see|do|be|go|tell|get|make|only)"),
        (
            "tin",
            r"(a|the|tin|milk|oil|tomato|watering)[- ]can (of|and|with|for|in|on)|(tin|oil|watering)[- ]can(?=[,.; ])",
        ),
    ),
    "rose": (
        (
            "flower",
            r"(a|the|red|white|wild|moss|damask)[- ]rose[- ](bush|tree|leaf|leaves|garden|petals|and|in|of)|(red|white|wild|moss) rose",
        ),
        ("got up", r"(he|she|they|I|sun|moon|who|king|wind) rose (from|and|to|up|in|at|early)"),
    ),
    "bear": (
        (
            "animal",
            r"(polar|brown|white|black|grizzly|big|old) bear(?!(ing| in mind| the| it| with))",
        ),
        (
            "endure",
            r"(could|cannot|can|can't|couldn't|to) (not )?bear (it|the sight|the thought|the pain|the cold|the heat|to|this|with)",
        ),
    ),
    "lie": (
        ("recline", r"(to|and|would|will|can) lie (down|still|on|in|there|upon)"),
        ("untruth", r"(a|that) lie(?! (of|on|in|down))(?=[,.;!?\"])|(told|tell|telling) a lie"),
    ),
    "ring": (
        ("jewel", r"(gold|diamond|wedding|signet|magic|her|his) ring(?! (at|of the bell))"),
        ("sound", r"(bell|bells|to|will|did) ring (the|for|out|and|in|a)|ring the bell"),
    ),
    "fall": (
        ("drop", r"(to|would|will|might|may|did|should) fall (down|on|into|from|upon|off|to)"),
        (
            "autumn",
            r"(spring|summer) (and|or|to) fall|fall (of the year|and winter|or spring|plowing)|in (the|early|late) fall(?! of (?!the year))",
        ),
    ),
    "spring": (
        ("season", r"(in|early|late|last|next|this) (the )?spring(?! (of water|of steel|water))"),
        (
            "source",
            r"(hot|mineral|cold|clear|boiling|warm|salt) spring(?=[,.;]| (of|at|in|that|which|and))|spring of (clear |fresh |pure |cold )?water|spring[- ]water",
        ),
    ),
    "train": (
        (
            "railway",
            r"(express|railway|freight|passenger|special|next|night) train|(by|in|the) train (was|for|to|from|at)",
        ),
        ("teach", r"to train (the|a|him|them|up|your|her|his|my|for)"),
    ),
    "watch": (
        (
            "clock",
            r"(my|gold|his|silver) watch (and|was|from|chain|out|in|to)|looked at (his|her|my) watch",
        ),
        ("look at", r"(to|would|will|could) watch (the|him|her|them|it|for|over)"),
    ),
    "board": (
        ("plank", r"(thin|flat|inch|wide|floured|bread|drawing|moulding|molding|ironing)[- ]board"),
        ("ship", r"on board (the|a|of|his|her|this)"),
    ),
    "square": (
        ("measure", r"square (feet|inches|inch|foot|yards|yard|miles|mile)"),
        (
            "place",
            r"(the|public|market|town|great|this) square(?=[,.;]| (where|and the|in front|was full|before))",
        ),
    ),
    "palm": (
        ("hand", r"palm of (the|his|her|my|one|your)|(his|her|my|open) palm"),
        ("tree", r"palm[- ](tree|trees|leaves|leaf|grove|groves|oil)|(date|cocoa|coconut)[- ]palm"),
    ),
    "wave": (
        (
            "sea",
            r"(a|great|huge|big|tidal|every|each|next|mighty) wave (of the sea|broke|came|rolled|that|which|struck|washed|and)",
        ),
        (
            "gesture",
            r"wave of (his|her|the|my|a) (hand|arm|wand|tail|handkerchief|paw)|to wave (her|his|a|the|my)",
        ),
    ),
    "note": (
        (
            "message",
            r"(wrote|write|written|sent|send|read|received) (him |her |me )?(a|the|this|his|her|my) (little |short )?note|note (from|to) (the|my|his|her|him|me)",
        ),
        (
            "tone",
            r"(high|sweet|clear|low|key|single|long|shrill|liquid|musical|whistling|call)[- ]note",
        ),
    ),
    "point": (
        (
            "tip",
            r"point of (a|the|his|its|my|her) (knife|needle|sword|pin|pencil|nose|spear|chin|bill|arrow)|(sharp|needle) point",
        ),
        (
            "matter",
            r"point of view|to the point(?! (where|of|at))|(the|this) point (is|was) (that|not)",
        ),
    ),
    "long": (
        ("extent", r"(feet|inches|miles|yards) long|long (ago|before|way)"),
        ("yearn", r"(I|to|we|they|who|would|hearts?) long (to|for)(?! (a|the) time)"),
    ),
    "match": (
        (
            "flame",
            r"(a|lighted|another|burning|struck|wax) match (and|to|was|in|on|from)|(struck|lit|strike|lighted) a match",
        ),
        ("equal", r"(no|a|than a) match for|to match (the|it|her|his|in)"),
    ),
    "letter": (
        (
            "mail",
            r"letter from|(wrote|write|received|sent|read) (a|the|this|your|his|her) (long )?letter",
        ),
        (
            "character",
            r"(capital|first|initial|small|every|single) letter(?! (from|to|he|she|I|that))|the letter [A-Z](?=[\s,.;\"'])",
        ),
    ),
    "leaves": (
        ("of plants", r"(green|dead|dry|fallen|the|young|broad|yellow) leaves (of|were|and|are)"),
        ("goes away", r"(he|she|it|who|never) leaves (the|his|her|us|me|it|its|no)"),
    ),
    "lead": (
        (
            "metal",
            r"(red|white|of|black|molten|melted) lead(?=[,.; ])(?! (him|us|them|to))|lead (pipe|pipes|pencil|plates)|as lead",
        ),
        ("guide", r"(to|will|would|did|shall) lead (the|him|us|them|me|you|her|to)"),
    ),
    "wind": (
        ("air", r"the wind (blew|was|is|and|had|in)|(north|south|east|west|cold) wind"),
        (
            "turn",
            r"(to|and|then) wind (the|it|up|round|a)|wind (it|them|the [a-z]+) (up|round|around)",
        ),
    ),
    "close": (
        ("near", r"close (to|by|beside|behind|at) (the|him|her|his|me|hand)"),
        ("shut", r"(to|and|will|would) close (the|his|her|my|it|its|their)"),
    ),
    "like": (
        ("similar", r"(looked|look|looks|was|just) like (a|an|the)"),
        ("be fond", r"(I|you|would|should|don't|not) like (to|it|him|her|them)"),
    ),
    "rest": (
        ("remainder", r"(the|all the) rest of (the|us|them|his|her|my)"),
        (
            "repose",
            r"(to|and) rest (a|in|on|for|awhile|and|from)|(take|took|have|had) (a |some |no )?rest(?! of)",
        ),
    ),
    "second": (
        ("after the first", r"the second (time|day|floor|class|place|year|night|morning|one|week)"),
        ("moment", r"(in|for|half|than|within) a second(?! (time|day|one|[a-z]+))(?=[,.; ])"),
    ),
    "present": (
        (
            "gift",
            r"(a|the) present (of|for|from)|(as|for|make|made) (a|him a|her a|me a|them a) present",
        ),
        ("now", r"at present|the present (day|time|moment|state|age)"),
    ),
    "mine": (
        ("my own", r"(of|is|was|not|were|be) mine(?=[,.;!?])"),
        ("pit", r"(gold|coal|silver|copper|iron|lead|the)[- ]mine(?! (is|own|field|fields)|-)"),
    ),
    "might": (
        ("may", r"(I|he|it|they|you|she) might (be|have|not|go|see)"),
        (
            "power",
            r"(his|her|their|my|its|our) might(?=[,.;!? ])(?! (be|have|not|well))|all (his|her|their|my) might",
        ),
    ),
    "will": (
        ("shall", r"(I|he|you|they|we|she|it) will (be|not|go|have|see|come|tell)"),
        (
            "wish",
            r"(free|good|ill|own|strong)[- ]will(?! (be|have|not|go))|against (his|her|my|their) will|will of (the|God|his)|the will of",
        ),
    ),
    "felt": (
        ("sensed", r"(I|he|she|they|we) felt (that|a|the|very|as|so|it|sure)"),
        (
            "cloth",
            r"felt (hat|hats|slippers|cloth|boots|tent|rug|rugs|carpet)|(of|black|grey|gray|soft) felt",
        ),
    ),
    "ground": (
        ("earth", r"(on|to|from|above|into) the ground"),
        (
            "milled",
            r"(finely|freshly|fresh|coarsely) ground|ground (coffee|pepper|meal|ginger|cinnamon|corn|into|up|fine)",
        ),
    ),
    "bark": (
        (
            "of trees",
            r"(birch|oak|the|rough|tree)[- ]bark of|bark of (the|a|trees|an)|(birch|willow|pine|cedar|poplar)[- ]bark",
        ),
        (
            "of dogs",
            r"(to|and|began to|dogs?|not) bark (at|and|or|furiously|loudly)|(sharp|loud|short|joyful|fierce|angry) bark(?=[,.; ])",
        ),
    ),
    "ball": (
        (
            "dance",
            r"(at|to|for) (a|the|this) (great |grand |court |fancy |masked )?ball(?! (of|and bat))|(masked|fancy|court|state|grand) ball|ball[- ]?(dress|room)",
        ),
        (
            "sphere",
            r"ball of (yarn|thread|string|snow|fire|wool|fur|clay|earth|worsted|twine|cotton)|(snow|cannon|golden|tennis|rubber|foot|cricket)[- ]ball",
        ),
    ),
    "country": (
        ("nation", r"(my|own|our|native|his|their) country(?! (house|road|people))"),
        (
            "not town",
            r"(in|into) the country(?= (for|with|during)|[,.;])|country (house|road|life|girl|boy|lane|people|folk)",
        ),
    ),
    "bank": (
        (
            "of a river",
            r"bank of (the|a) (river|stream|brook|creek|canal|lake|[A-Z][a-z]+ river)|(river|opposite|other|further|grassy|steep|left|right|muddy|mossy)[- ]bank",
        ),
        (
            "of money",
            r"bank of (England|the United)|bank (account|notes|note|clerk|manager|president|bills)|savings[- ]bank|national bank",
        ),
    ),
}
"""Two senses a word, each with the pattern that decides for it."""

REJECTED: tuple[str, ...] = ()
"""Beginnings of sentences whose sense a reader calls otherwise."""


def sentences(books: Path) -> list[tuple[str, str]]:
    """(title, sentence) of all books that are listed."""
    with (books / "SOURCES.csv").open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    found = []
    for one in listed:
        path = books / one["file"]
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            for sentence in re.split(r"(?<=[.!?])\s+", line):
                if LENGTH[0] <= len(sentence) <= LENGTH[1]:
                    found.append((one["title"], sentence))
    return found


PATTERNS = {
    word: [re.compile(rf"(?<![\w-])({pattern})(?![\w])", re.I) for _, pattern in senses]
    for word, senses in SENSES.items()
}


def sense_of(word: str, sentence: str) -> int | None:
    """0 or 1 where the pattern of one sense alone fits the word's only place; else None."""
    places = [one.start() for one in re.finditer(rf"\b{word}\b", sentence, re.I)]
    if len(places) != 1:
        return None
    fits = [
        any(one.start() <= places[0] < one.end() for one in pattern.finditer(sentence))
        for pattern in PATTERNS[word]
    ]
    return fits.index(True) if sum(fits) == 1 else None


def choose(found: list[tuple[str, str]]) -> dict[str, list[list[tuple[str, str]]]]:
    """Sentences of each word and sense."""
    random.Random(0).shuffle(found)
    chosen: dict[str, list[list[tuple[str, str]]]] = {word: [[], []] for word in SENSES}
    books: dict[tuple[str, int, str], int] = defaultdict(int)
    for title, sentence in found:
        for word in set(re.findall(r"[a-z]+", sentence.lower())) & SENSES.keys():
            sense = sense_of(word, sentence)
            if sense is None or books[word, sense, title] >= OF_BOOK:
                continue
            if len(chosen[word][sense]) >= WANTED or sentence.startswith(REJECTED or ("\0",)):
                continue
            if has_blocked(sentence) or is_delicate(sentence):
                continue
            books[word, sense, title] += 1
            chosen[word][sense].append((title, sentence))
    return chosen


def main() -> None:
    """Write one file a word: sense, title and sentence, tab-separated, under a heading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    for word, senses in choose(sentences(asked.books)).items():
        counts = [len(one) for one in senses]
        print(word, *counts)
        lines = [f"# {word}: {' / '.join(name for name, _ in SENSES[word])}"]
        for (name, _), rows in zip(SENSES[word], senses, strict=True):
            lines += [f"{name}\t{title}\t{sentence}" for title, sentence in sorted(rows)]
        if min(counts) >= 20:
            (asked.out / f"{word}.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
