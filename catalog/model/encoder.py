"""The encoder that an installed package brings: sentence embeddings, and its table of words.

The table is what search by meaning reads (`browse.meaning`): every word that the encoder, the word
lists or the catalogs of this machine know, embedded alone, once. A mean of such vectors stands for
a text without running the model (as Model2Vec does, Tulkens and van Dongen 2024).
"""

import contextlib
from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from catalog import places
from catalog.browse import meaning
from catalog.browse.search import plain
from catalog.errors import CatalogError
from catalog.features import categories, lexicon
from catalog.model import loading
from catalog.model.loading import LoadedModel
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

NAME = "minilm"
"""The encoder, as `places.PACKAGED` names it."""
BATCH, LONGEST = 256, 128
"""Texts run together; tokens that are read of each."""


@torch.inference_mode()
def embed(texts: Sequence[str], report: Report = silent) -> NDArray[np.float32]:
    """Each text as its tokens' last states, averaged, of length 1: float32[texts, 384].

    The pooling is that of the model's own card (Reimers and Gurevych 2019, Sentence-BERT: mean).
    Raises ModelUnavailable, with the command that installs it, where the package is not here.
    """
    model = _model()
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # alike lengths: no padding
    parts: list[NDArray[np.float32]] = []
    for first in range(0, len(order), BATCH):
        report("embedding words", first, len(order))
        batch = order[first : first + BATCH]
        given = model.tokenizer(
            [texts[at] for at in batch], padding=True, truncation=True, max_length=LONGEST,
            return_tensors="pt",
        ).to(model.device)  # fmt: skip
        states = model.parts.trunk(**given).last_hidden_state  # [texts, tokens, 384]
        mask = given["attention_mask"][..., None].to(states.dtype)
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
        parts.append(torch.nn.functional.normalize(pooled.float(), dim=1).cpu().numpy())
    report("embedding words", len(order), len(order))
    return np.concatenate(parts)[np.argsort(order)]


@cache
def _model() -> LoadedModel:
    return loading.load(NAME)


def make_table(report: Report = silent) -> int:
    """Make the table of words and keep it in the data folder's cache; how many words it has."""
    words = sorted(_vocabulary())
    meaning.keep(_model().name, words, embed(words, report))
    return len(words)


def _vocabulary() -> set[str]:
    """Words of the encoder's own vocabulary, of the word lists, and of catalogs of text here."""
    found = set(_model().tokenizer.get_vocab())
    for category in categories.read_folder(lexicon.folder())[0]:
        found.update(part for word in category.words for part in word.split())
    words = {word for word in map(plain, found) if meaning.is_word(word)}
    for path in places.catalog_files():
        with contextlib.suppress(CatalogError):  # one that cannot be read has no words to give
            one = Catalog(path)
            words.update(meaning.said(one)[0] if one.modality == "text" else ())
    return words
