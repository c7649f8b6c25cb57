"""Train the small causal language model that ships with the catalog.

One run does everything: cuts held-out passages from a folder of public-domain books (or
reads those already cut), trains a lower-cased byte-level BPE tokenizer on the rest, trains
a small Llama on two CPU cores for a given number of minutes, and exports float16 weights.

    python train_storyteller.py --books BOOKS --texts ../texts --out storyteller --minutes 95

BOOKS holds .txt files with one paragraph a line, and SOURCES.csv (file, title, author, repo,
commit, licence). Another seed, or a smaller sibling with the same vocabulary:

    python train_storyteller.py ... --out small --hidden 128 --layers 4 --seed 1 \\
        --tokenizer storyteller

Checkpoints go to --work; --resume continues an interrupted run (with other --minutes, too).
On a machine shared with other work set OMP_WAIT_POLICY=PASSIVE: threads that spin while they
wait for each other slowed a step there from 4 seconds to 15 and more.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

END = "<|endoftext|>"
SPACE = "\u0120"  # how byte-level BPE writes a leading space
PASSAGE = 4_900  # characters of one held-out passage; 76 of them stay under 400 KB
SHARED_WORDS = 13  # a training paragraph with this many words in a row of a passage is dropped
LENGTHS = (1, 1, 1, 2)  # sequence length of successive steps, in units of --length

# Words and pairs of words that are neither trained on nor shipped (slurs, dated terms for
# peoples): the first 10 hex digits of their sha256, so that this file does not print them.
HASHES = """
0018842878 0058beda64 00b9d468dc 04b5f43665 0539e7b7a9 05adf2a9ab 06a162bad2 07718a9f47 08a841e996
08aea2981c 0907569363 092660b2ad 093b7636b2 09616d58d5 0a1305acad 0afd419ed0 0b9afabc29 0be9b885f4
0c5964a092 0c9eff9d6b 0d908389d3 0de6b88b07 0f28c4960d 0f84863d1b 0fef90ef14 0ff7800956 113457ac90
113cc85685 113f2f9ba7 1168bd0cb2 120f6e5b4e 1290d04b90 1298190417 12e6274e43 1311510e86 131e24a6c7
13544e2092 13ff0fc94f 15ed35615a 1636d92c73 1875f4aef3 18c4f7ba41 1ac764df34 1b085cd1e9 1b333e3866
1b78bd2b6a 1b83044895 1c4bfd100a 1c61b5c24a 1c6bacc444 1cf7936a88 1d649919aa 1dad193691 1e7598a0c0
1ee54a46de 1ee9eaf9e0 1f13cb2f9d 1f9fc2eb59 202187bddf 219be7e88f 22003f4415 22fc75e65a 23d8be6c55
245897a64b 24dfc749d8 26538ff3b3 267463e5e3 27a62b6817 27eb0c4ad7 298e209dac 29ceeb8e54 2ac0f10a05
2bc05a67f9 2d84fef55b 2ee2702991 2f72aad5b3 31506a8448 3175bf0638 31acdef55b 333f761809 33b9a12f47
33bc5fa1c5 3492776421 352e1a8359 35a47bd37c 3627553eab 36ef2d36e3 37616f4466 38339e3593 38d16288b9
38d95939e7 3974b16dad 39d1845d91 39efc8477e 3a1f262c46 3b1e0d7c5d 3bf2ff7e45 3ccc68fc14 3d7b6eea50
3e5dcc42b4 3eed6d8f9b 3f65fdc208 3f9748ccdc 400fea15ab 41f2bf5823 42ea5be17c 43508b5c03 43abdf0970
446723a4c4 44b9c5555d 44d9cc0727 44da336ac5 459dc7ede7 45d866ee37 45e17b03c8 46505206c3 469c0fdb60
46e0282fa3 4778ddd6f1 48b2c02bcd 49d3bc1476 4acb5e8ef0 4b18aefe82 4bdd514652 4bff741bb6 4c58f5d5fe
4e8debceea 4f821bf318 51959d94c8 532a5c2b26 566f532d48 56d9e1f657 5817e65c6a 59cc3cb8a4 5bef8129f2
5cbe513c1d 5cc25df8e2 5d0d396423 5d2b483699 5e313a780a 5e9cf6db8a 60a60de583 60bb8db610 60fa4e3a69
6122fdf4ae 619bc82e0d 626e38174f 6437ea7144 64b990c9f6 64e3bea3ea 650b25a52c 6593eaaeef 660ba26705
6628813cef 66360ec647 6688de2de5 67f9390708 6851a9eb08 6939937b0a 699968f7fd 69f308b3ab 69ff16863f
6a08694ab1 6ac3c336e4 6b95d47887 6d1833779e 6e82b2adc3 6f1b028a8f 6f9f981961 70c9271e92 74fad891ce
75697fcd08 759457383a 75ccb24f22 78be169bdf 7991d51fe6 799b79c832 79ca71a926 7b1dbacd04 7c28a8e09b
7c686cf2ae 7cbc59ecac 7d1dcda616 7d5fb7d54e 7e2638e2d7 7ebf869aa5 828b72b987 8294d36e02 82caddaf80
83270a9a9c 8425242e18 849170b7fb 85fc17f706 86218cef60 864316e761 867d789766 86aa93a27a 8746e11b50
886d51e97a 886e497541 88c03c2062 8a1bf4a85d 8a5b582971 8b6f82db88 8bee353755 8bf02a748b 8c8608a207
8dcbbb8d4c 8e4e14897f 8e4f385733 8e9c862291 8ea8c84240 8f09b956cb 8f5083e3e5 8fa84a6e2b 9059004caa
9062609319 90ad6c55c9 91d0c8b3ad 92a0995e9e 9359366a81 947a0484a2 94c6d2e10a 9579411906 9657784a5e
97be19236f 9884af37d4 98b52c4b6b 9910b7d709 9915ba2d82 9a74e0a3d6 9ae315a94e 9b0a18387f 9b3f4ef7f2
9b7e7476be 9d57436661 9dfb1f9594 9e58962a83 9e8a406e57 a008b48962 a19028dea1 a1df89bb98 a26facf9de
a40ccba874 a48f94fd5d a4a747aeca a4d7510f2e a537dd0c42 a65a99f368 a6d1214697 a76d588d00 a7847e3627
a7bf072c97 a830c0a7ab a866459577 a8aeb9b6a5 a8b9e4e8dd aa304c6bc6 aa4e9ae57d ab0c0f27af ab685ebfbb
ab6fffc55e ad02f6c240 ad412adb49 ad64e56f21 ad6cacf3af ae9014d9cd af5578e2d8 b0f4cf9f55 b1be74f023
b1ffc7b098 b2a7d488cf b335843f27 b343aea343 b3cec2f6ec b5878f24d1 b608c31d30 b613fd6b84 b648b31833
b690cdbe59 b6c83a1b47 b76a02368f b7973b80ab b9ef608311 ba38dacd4e bae4194cf9 bb19a3541a bb61ef4081
bb637a0577 bb87adf8aa bba9d26411 bcca893d39 bd734ee655 be00f1af52 be2db2bf99 be3a62327d bf32fa25fb
bff7a4bf43 c05cc5c346 c06bb64717 c14a9fe52f c1b4ed0539 c20abba903 c28feb127d c2a121ca19 c2c3b68b48
c3de533e9b c543e3b708 c597d9288c c709d1a287 c72e792da6 cbc2d9ac11 cc02032349 cc12a03828 ce094c5d62
ce20df7259 cf80234c9e cfec489dc7 cfec877adf d00a3db731 d0c4530651 d0dd4706ae d16344ba54 d39c326c65
d40f74cca1 d44276bd69 d4a93f6a3e d51eb6c7a6 d5322dad6f d64e9b0154 d6660d0818 d6a17d3eb8 d72c5db9e3
d75a838dc7 d8937ea2e8 d8e7c90192 d9bdc6e3ad da88439262 db35246153 dc5c4533bb dceaa1ac1a dd36685949
dd92623b0a dd95b445c8 de058bc460 de3342bf54 dea50ac791 e2c7c67348 e512a05583 e53af522b1 e5d743d663
e5eda70e4d e638a4361d e7b98c6aa5 e7e51eb124 e7edc4c421 e84dde508a e857ab7837 e91cc53f7b e96d8eb373
e9b6438440 e9e8b6c5af ea51d31cd4 eaa439c297 ec802bee27 ecb187f419 ee56d31456 ee5a869b5a ee5d401914
ee9f8388fe eef3bd0916 efbb1889a8 f125aab4db f151411e59 f177e7f92c f19a1fd2bb f33f81eeea f539f4a1ae
f5923c873e f59e28f8bb f6805441bc f6cf5a81bb f6f61f0247 f74e05a7b9 f90bf2ef90 f9d0d9b18a faea89b871
fbda78aaf5 fbfab338d6 fca81a4317 fcc4310ad8 fda6539b84 fe1c6d8751 fe90b31ca8 ffe01bf196
"""
BLOCKED = frozenset(HASHES.split())
# Not blocked in training, but a shipped passage keeps clear of how these books use them.
WORDS = """
savage savagery slave slavery native heathen cannibal barbarian barbarous jew jewish indian irishman
white_man white_men race tribe tribesman scalp massacre infidel dusky swarthy uncivilized inferior
chinese arab turk moor malay pagan missionary blood murder corpse suicide execution
beheaded hanged flogged whip whipped whipping torture tortured kill killed
"""
DELICATE = frozenset(WORDS.split())
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


@dataclass(frozen=True)
class Settings:
    """What decides the result of a run, apart from the machine's speed."""

    minutes: float
    seed: int
    hidden: int
    layers: int
    vocabulary: int
    length: int
    tokens_per_step: int
    muon_rate: float
    adam_rate: float
    weight_decay: float


@dataclass(frozen=True)
class Book:
    """One book: its row of SOURCES.csv and its paragraphs."""

    slug: str
    title: str
    author: str
    source: str
    paragraphs: tuple[str, ...]

    @property
    def heading(self) -> str:
        """The comment line that stands above a passage of this book."""
        return f"# {self.title} | {self.author} | {self.source}"


# --- words that are kept out ---------------------------------------------------------------


def singulars(word: str) -> Iterator[str]:
    """Yield the word and what simple plural or possessive stripping leaves of it."""
    yield word
    word = word.removesuffix("'s")
    yield word
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        yield word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]


@cache
def is_blocked(word: str) -> bool:
    """Whether a lower-case word, one of its hyphenated parts, or a pair of words is blocked."""
    candidates = [word, *word.split("-")] if "-" in word else [word]
    return any(
        hashlib.sha256(form.encode()).hexdigest()[:10] in BLOCKED
        for candidate in candidates
        for form in singulars(candidate)
    )


def words_of(text: str) -> list[str]:
    """The lower-case words of a text; hyphens and apostrophes inside a word belong to it."""
    return WORD.findall(text.lower())


def has_blocked(text: str) -> bool:
    """Whether any word, or pair of neighbouring words, of the text is blocked."""
    words = words_of(text)
    pairs = (f"{a} {b}" for a, b in pairwise(words))
    return any(map(is_blocked, words)) or any(map(is_blocked, pairs))


def is_delicate(text: str) -> bool:
    """Whether a text that may be trained on is still better not shipped as an example."""
    words = words_of(text)
    terms = [*words, *map("_".join, pairwise(words))]
    return has_blocked(text) or any(form in DELICATE for term in terms for form in singulars(term))


# --- books and held-out passages -----------------------------------------------------------


def read_books(folder: Path) -> list[Book]:
    """Read every book that SOURCES.csv names, in its order."""
    with (folder / "SOURCES.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    books = []
    for row in rows:
        lines = (folder / row["file"]).read_text(encoding="utf-8").splitlines()
        slug = re.sub(r"[^a-z0-9]+", "-", re.sub("['\u2019]", "", row["title"].lower())).strip("-")
        books.append(
            Book(
                slug=slug[:60].strip("-"),
                title=row["title"],
                author=row["author"],
                source=f"github.com/{row['repo']} @ {row['commit'][:12]} | {row['licence']}",
                paragraphs=tuple(line.strip() for line in lines if line.strip()),
            )
        )
    return books


def cut_passage(book: Book, rng: np.random.Generator) -> list[str]:
    """Neighbouring paragraphs, about PASSAGE characters, from a seeded place in a book.

    A place is drawn until the paragraphs from there on are prose (no table, no list of
    short lines), short enough to make up a passage, and free of blocked and delicate words.
    """
    for _ in range(4_000):
        at = int(rng.integers(len(book.paragraphs)))
        passage: list[str] = []
        for paragraph in book.paragraphs[at:]:
            if sum(map(len, passage)) + len(passage) + len(paragraph) > PASSAGE:
                break
            passage.append(paragraph)
        size = sum(map(len, passage))
        prose = bool(passage) and passage[0][0] in "\"'" + passage[0][0].upper()
        if size < 0.75 * PASSAGE or size / len(passage) < 60 or not prose:
            continue
        if not any(map(is_delicate, passage)):
            return passage
    raise SystemExit(f"{book.slug}: no place for a held-out passage; lower PASSAGE")


def write_passages(books: list[Book], folder: Path, seed: int) -> None:
    """Cut one passage from each book and write it as a file with a heading line."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, book in enumerate(books):
        passage = cut_passage(book, np.random.default_rng([seed, number]))
        text = "\n".join([book.heading, *passage]) + "\n"
        (folder / f"{book.slug}.txt").write_text(text, encoding="utf-8")


def read_passages(folder: Path) -> list[str]:
    """The held-out passages of a folder, without their headings, by file name."""
    passages = []
    for path in sorted(folder.glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        passages.append("\n".join(line for line in lines if line and not line.startswith("# ")))
    return passages


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    """Every run of SHARED_WORDS words of a text (the whole text where it is shorter)."""
    words = words_of(text)
    starts = range(max(1, len(words) - SHARED_WORDS + 1))
    return {tuple(words[start : start + SHARED_WORDS]) for start in starts}


def training_texts(books: Iterable[Book], passages: list[str]) -> list[str]:
    """The books without held-out and blocked paragraphs: one text an unbroken stretch.

    Held out means more than the passage itself: a paragraph anywhere that has 13 words in
    a row, or all its words, in common with a passage (tales printed twice) goes as well.
    """
    held = {run for text in passages for run in runs_of_words(text)}
    held |= {run for text in passages for line in text.split("\n") for run in runs_of_words(line)}
    texts = []
    for book in books:
        stretch: list[str] = []
        for paragraph in book.paragraphs:
            if has_blocked(paragraph) or not held.isdisjoint(runs_of_words(paragraph)):
                texts.append("\n".join(stretch))
                stretch = []
            else:
                stretch.append(paragraph)
        texts.append("\n".join(stretch))
    return [text for text in texts if text]


# --- tokenizer -----------------------------------------------------------------------------


def train_tokenizer(texts: list[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A lower-casing byte-level BPE, topped up with the commonest words it lacks.

    Half of the vocabulary are BPE pieces; the other half are whole words with their leading
    space, by frequency. Plain BPE spends thousands of tokens on stages between pieces and
    words; this makes 9,400 words of the books single tokens instead of 7,200, and
    held-out text no longer (0.3 %).
    """
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary // 2,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    words = Counter(word for text in texts for word in re.findall(r" ([a-z]+)", text.lower()))
    common = [SPACE + word for word, _ in words.most_common(2 * vocabulary)]
    state = with_words(json.loads(tokenizer.to_str()), common, vocabulary)
    return wrap_tokenizer(Tokenizer.from_str(json.dumps(state)))


def wrap_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer as transformers loads and saves it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        unk_token=END,
        model_max_length=256,
    )


def shown(token: str) -> str:
    """A vocabulary entry as a person reads it: no space marker, no surrounding space."""
    return token.replace(SPACE, " ").strip().lower()


def with_words(state: dict[str, Any], words: list[str], size: int) -> dict[str, Any]:
    """Fill a serialised BPE up to `size` tokens with whole words; take blocked pieces out.

    Words need no merges: `ignore_merges` looks a whole word up before it merges. That is
    also why a blocked string that was a mere stage on the way to a harmless longer word
    can go with its merges, and the longer word stays whole.
    """
    pieces = sorted(state["model"]["vocab"], key=state["model"]["vocab"].__getitem__)
    order = dict.fromkeys([*pieces, *words])  # keeps the first of two
    kept = [token for token in order if not is_blocked(shown(token))][:size]
    vocab = {token: index for index, token in enumerate(kept)}
    merges = [m for m in state["model"]["merges"] if {*m, "".join(m)} <= vocab.keys()]
    state["model"] |= {"vocab": vocab, "merges": merges}
    return state


def check_tokenizer(tokenizer: PreTrainedTokenizerFast, vocabulary: int) -> None:
    """Stop unless the vocabulary has the right size, order and words."""
    vocab = tokenizer.get_vocab()
    blocked = [token for token in vocab if is_blocked(shown(token))]
    assert not blocked, f"{len(blocked)} blocked words are tokens: ids {[*map(vocab.get, blocked)]}"
    assert len(vocab) == vocabulary and vocab[END] == 0, (len(vocab), vocab[END])
    assert len(tokenizer.encode("cat")) == len(tokenizer.encode(" Cat")) == 1


def encode(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> NDArray[np.uint16]:
    """All texts as one row of ids, each text behind an end-of-text token."""
    end = tokenizer.get_vocab()[END]
    rows = tokenizer.backend_tokenizer.encode_batch(texts)
    return np.concatenate([np.asarray([end, *row.ids], np.uint16) for row in rows])


# --- model and loss ------------------------------------------------------------------------


def new_model(settings: Settings) -> LlamaForCausalLM:
    """A freshly initialised model; the output layers of the blocks start at zero."""
    torch.manual_seed(settings.seed)
    config = LlamaConfig(
        vocab_size=settings.vocabulary,
        hidden_size=settings.hidden,
        intermediate_size=3 * settings.hidden,
        num_hidden_layers=settings.layers,
        num_attention_heads=max(2, settings.hidden // 64),
        max_position_embeddings=256,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
    )
    config._attn_implementation = "eager"  # at 128 positions faster than flash attention on a CPU
    model = LlamaForCausalLM(config)
    for block in model.model.layers:
        torch.nn.init.zeros_(block.self_attn.o_proj.weight)
        torch.nn.init.zeros_(block.mlp.down_proj.weight)
    return model


class HeadLoss(torch.autograd.Function):
    """Cross-entropy of tied-head logits, a slice of positions at a time.

    The logits of a whole step (4,096 x 12,288 floats) do not fit a processor's cache;
    slices of 512 do. The gradients are made in the same pass. Products in bfloat16,
    soft-max and the sum of the losses in float32.
    """

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Mean loss in nats; `states` is [positions, hidden], `weight` [vocabulary, hidden]."""
        states16, weight16 = states.bfloat16(), weight.bfloat16()
        to_states, to_weight = torch.empty_like(states16), torch.zeros_like(weight)
        total = torch.zeros(())
        for at in range(0, len(targets), 512):
            part, wanted = states16[at : at + 512], targets[at : at + 512, None]
            scores = (part @ weight16.T).float()
            highest = scores.amax(-1, keepdim=True)
            odds = scores.sub_(highest)
            chosen = odds.gather(1, wanted).sum()
            odds = odds.exp_()
            sums = odds.sum(-1, keepdim=True)
            total += sums.log().sum() - chosen
            slope = odds.div_(sums).scatter_add_(1, wanted, -torch.ones(wanted.shape))
            slope16 = slope.bfloat16()
            to_states[at : at + 512] = slope16 @ weight16
            to_weight += slope16.T @ part
        ctx.save_for_backward(to_states, to_weight)
        ctx.count = len(targets)
        return total / len(targets)

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        """The gradients made in the forward pass, scaled."""
        to_states, to_weight = ctx.saved_tensors
        scale = upstream / ctx.count
        return to_states * scale, to_weight * scale, None


def loss_of(model: LlamaForCausalLM, blocks: Any, rows: torch.Tensor) -> torch.Tensor:
    """Mean next-token loss of rows of ids, in nats; `blocks` (compiled or not) in bfloat16."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = blocks(rows[:, :-1], use_cache=False).last_hidden_state
    flat = states.reshape(-1, states.shape[-1])
    targets = rows[:, 1:].reshape(-1)
    loss: torch.Tensor = HeadLoss.apply(  # type: ignore[no-untyped-call]
        flat, model.lm_head.weight, targets
    )
    return loss


@torch.no_grad()
def held_out_loss(model: LlamaForCausalLM, ids: NDArray[np.uint16], length: int) -> float:
    """Mean loss over held-out ids in windows of `length`, every target counted once."""
    count = (len(ids) - 1) // length
    starts = np.arange(count) * length
    total = 0.0
    for part in np.array_split(starts, max(1, count // 16)):
        rows = torch.from_numpy(np.stack([ids[s : s + length + 1] for s in part]).astype(np.int64))
        total += float(loss_of(model, model.model, rows)) * len(part)
    return total / count


# --- training ------------------------------------------------------------------------------


def make_optimisers(
    model: LlamaForCausalLM, settings: Settings
) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the tied embedding and the norms."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if all(p is not m for m in matrices)]
    muon = torch.optim.Muon(
        matrices,
        lr=settings.muon_rate,
        momentum=0.95,
        weight_decay=settings.weight_decay,
        adjust_lr_fn="original",
    )
    adam = torch.optim.AdamW(
        others, lr=settings.adam_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0, fused=True
    )
    return muon, adam


def rate_at(share: float) -> float:
    """Share of the top learning rate after a share of the time: warm up, hold, fall to zero."""
    return max(0.0, min(1.0, share / 0.02, (1 - share) / 0.6))


class Batches:
    """Endless training rows; within an epoch every stretch of ids is shown once."""

    def __init__(self, ids: NDArray[np.uint16], settings: Settings) -> None:
        self.ids, self.settings = ids, settings
        self.step = self.epoch = 0
        self.queues: dict[int, list[int]] = {}

    def next(self) -> torch.Tensor:
        """Rows of `length + 1` ids; LENGTHS says how the length varies from step to step."""
        length = self.settings.length * LENGTHS[self.step % len(LENGTHS)]
        rows = max(1, self.settings.tokens_per_step // length)
        queue = self.queues.setdefault(length, [])
        if len(queue) < rows:
            rng = np.random.default_rng([self.settings.seed, self.epoch, length])
            starts = np.arange(int(rng.integers(length)), len(self.ids) - length - 1, length)
            queue[:] = rng.permutation(starts).tolist()
            self.epoch += 1
        starts_now, queue[:] = queue[:rows], queue[rows:]
        self.step += 1
        stacked = np.stack([self.ids[s : s + length + 1] for s in starts_now])
        return torch.from_numpy(stacked.astype(np.int64))


@dataclass
class Progress:
    """How far a run has come; saved with every checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Run:
    """One training run: the model, its optimisers, its place in the data, its clock."""

    def __init__(self, settings: Settings, ids: NDArray[np.uint16], work: Path) -> None:
        self.settings, self.work = settings, work
        self.model = new_model(settings)
        self.blocks: Any = self.model.model
        self.optimisers = make_optimisers(self.model, settings)
        self.batches = Batches(ids, settings)
        self.progress = Progress()

    def step(self) -> float:
        """One optimiser step; returns the loss before it."""
        share = self.progress.seconds / (60 * self.settings.minutes)
        tops = (self.settings.muon_rate, self.settings.adam_rate)
        for optimiser, top in zip(self.optimisers, tops, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = top * rate_at(share)
        rows = self.batches.next()
        loss = loss_of(self.model, self.blocks, rows)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        self.progress.step += 1
        self.progress.tokens += rows[:, 1:].numel()
        return float(loss.detach())

    def save(self) -> None:
        """Write a checkpoint beside the last one, then put it in its place."""
        self.work.mkdir(parents=True, exist_ok=True)
        state = {
            "settings": asdict(self.settings),
            "progress": asdict(self.progress),
            "batches": [self.batches.step, self.batches.epoch, self.batches.queues],
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }
        torch.save(state, self.work / "checkpoint.new")
        (self.work / "checkpoint.new").replace(self.work / "checkpoint.pt")

    def resume(self) -> None:
        """Continue from the last checkpoint; settings that differ (but minutes) are refused."""
        state = torch.load(self.work / "checkpoint.pt", weights_only=True)
        if state["settings"] | {"minutes": self.settings.minutes} != asdict(self.settings):
            raise SystemExit(f"the checkpoint was made with other settings: {state['settings']}")
        self.progress = Progress(**state["progress"])
        self.batches.step, self.batches.epoch, self.batches.queues = state["batches"]
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)


def train(run: Run, held: NDArray[np.uint16], evaluate: float, checkpoint: float) -> None:
    """Step until the minutes are over; evaluation and checkpoints count as time, too."""
    last = time.perf_counter()
    next_eval = next_save = run.progress.seconds
    recent: list[float] = []
    while run.progress.seconds < 60 * run.settings.minutes:
        recent.append(run.step())
        if run.progress.seconds >= next_eval + 60 * evaluate:
            next_eval = run.progress.seconds
            say(run.progress, recent, held_out_loss(run.model, held, run.settings.length))
            recent = []
        if run.progress.seconds >= next_save + 60 * checkpoint:
            next_save = run.progress.seconds
            run.save()
        now = time.perf_counter()
        run.progress.seconds += now - last
        last = now
    run.save()


def say(progress: Progress, recent: list[float], held: float) -> None:
    """One line of progress on stdout."""
    print(
        f"{progress.seconds / 60:6.1f} min  step {progress.step:6d}  "
        f"{progress.tokens / 1e6:6.2f} M tokens  {progress.tokens / progress.seconds:6.0f}/s  "
        f"train {np.mean(recent):.4f}  held out {held:.4f}",
        flush=True,
    )


# --- export --------------------------------------------------------------------------------


def export(
    run: Run, tokenizer: PreTrainedTokenizerFast, out: Path, facts: dict[str, Any]
) -> LlamaForCausalLM:
    """Write float16 weights, configuration, tokenizer and training.json; read them back."""
    out.mkdir(parents=True, exist_ok=True)
    model = run.model.half()
    model.generation_config = GenerationConfig(
        bos_token_id=0, eos_token_id=0, do_sample=True, temperature=0.8, top_p=0.95
    )
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    facts |= {"settings": asdict(run.settings), "progress": asdict(run.progress)}
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    read: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32)
    return read


def measure(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, passages: list[str]
) -> dict[str, float]:
    """Held-out loss in float32 of the exported weights, per token and per byte.

    Windows of 256 ids do not overlap, so the first tokens of a window have little context;
    bits per byte let tokenizers be compared.
    """
    total, tokens, size = 0.0, 0, sum(len(text.encode()) for text in passages)
    for text in passages:
        ids = torch.from_numpy(encode(tokenizer, [text]).astype(np.int64))
        for start in range(0, len(ids) - 1, 255):
            row = ids[None, start : start + 256]
            with torch.no_grad():
                scores = model(row).logits[0, :-1]
            total += float(torch.nn.functional.cross_entropy(scores, row[0, 1:], reduction="sum"))
            tokens += row.shape[1] - 1
    return {
        "held_out_tokens": tokens,
        "held_out_bytes": size,
        "nats_per_token": round(total / tokens, 4),
        "bits_per_byte": round(total / size / math.log(2), 4),
    }


# --- command line --------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    first, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--books", type=Path, required=True, help="folder with SOURCES.csv")
    parser.add_argument("--texts", type=Path, required=True, help="folder of held-out passages")
    parser.add_argument("--out", type=Path, help="folder for the model; without it, cut passages")
    parser.add_argument("--work", type=Path, help="folder for checkpoints [OUT.work]")
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer to use again")
    parser.add_argument("--resume", action="store_true", help="continue from --work")
    parser.add_argument("--minutes", type=float, default=95.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--vocabulary", type=int, default=12_288)
    parser.add_argument("--length", type=int, default=128, help="tokens of a training row")
    parser.add_argument("--tokens-per-step", type=int, default=4_096)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.003)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--evaluate", type=float, default=5.0, help="minutes between evaluations")
    parser.add_argument("--checkpoint", type=float, default=5.0, help="minutes between checkpoints")
    parser.add_argument("--compile", action="store_true", help="15 %% faster; needs a C compiler")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Cut or read the passages, train the tokenizer and the model, export and measure."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    books = read_books(arguments.books)
    if not any(arguments.texts.glob("*.txt")):
        write_passages(books, arguments.texts, seed=0)
    if arguments.out is None:
        return
    passages = read_passages(arguments.texts)
    texts = training_texts(books, passages)
    print(f"{len(passages)} held-out passages, {sum(map(len, texts)):,} characters to train on")
    tokenizer = (
        wrap_tokenizer(Tokenizer.from_file(str(arguments.tokenizer / "tokenizer.json")))
        if arguments.tokenizer
        else train_tokenizer(texts, arguments.vocabulary)
    )
    check_tokenizer(tokenizer, arguments.vocabulary)
    ids, held = encode(tokenizer, texts), encode(tokenizer, passages)
    print(f"{len(ids):,} tokens to train on, {len(held):,} held out", flush=True)
    names = Settings.__dataclass_fields__
    settings = Settings(**{name: getattr(arguments, name) for name in names})
    run = Run(settings, ids, arguments.work or arguments.out.with_suffix(".work"))
    if arguments.resume:
        run.resume()
    if arguments.compile:
        run.blocks = torch.compile(run.model.model, dynamic=False)
    train(run, held, arguments.evaluate, arguments.checkpoint)
    facts = {"books": len(books), "train_tokens": len(ids)}
    model = export(run, tokenizer, arguments.out, facts)
    print(json.dumps(measure(model, tokenizer, passages)))


if __name__ == "__main__":
    main()
