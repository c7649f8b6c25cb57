"""Train the small top-k sparse autoencoder that ships with the catalog, on the storyteller.

    python data/models/train_sae.py --books BOOKS --model data/models/storyteller \\
        --texts data/texts --out data/models/storyteller-sae

BOOKS holds .txt files with one paragraph a line. Paragraphs that share 13 words in a row with a
held-out passage of --texts are not trained on; the card's figures are measured on those passages.
Its states are those of one residual site in context, windows of 256 tokens, the first 8 positions
of each left out. Written as SAELens reads it: cfg.json and sae_weights.safetensors, float16.
One thread and about 15 minutes are enough.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from train_storyteller import read_passages, runs_of_words, words_of
from transformers import AutoModelForCausalLM, AutoTokenizer

SKIPPED = 8  # positions at the beginning of a window, as in the catalog's contexts
WINDOW = 256


@dataclass(frozen=True)
class Settings:
    """Everything a run depends on besides the texts."""

    layer: int = 3
    latents: int = 2048
    k: int = 32
    tokens: int = 3_000_000
    batch: int = 1024
    rate: float = 1e-3
    auxiliary: int = 128
    """Dead latents that also learn, from what the others leave unexplained."""
    dead_after: int = 200
    """Batches without firing after which a latent counts as dead."""
    seed: int = 0


class TopK(torch.nn.Module):
    """x -> the k largest of relu((x - b_dec) W_enc + b_enc) -> x."""

    def __init__(self, dims: int, settings: Settings, mean: Tensor) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(settings.seed)
        rows = torch.randn(settings.latents, dims, generator=generator)
        self.W_dec = torch.nn.Parameter(rows / rows.norm(dim=1, keepdim=True))
        self.W_enc = torch.nn.Parameter(self.W_dec.detach().t().clone())
        self.b_enc = torch.nn.Parameter(torch.zeros(settings.latents))
        self.b_dec = torch.nn.Parameter(mean.clone())
        self.k = settings.k

    def before(self, states: Tensor) -> Tensor:
        """Pre-activations float[n, latents]."""
        return (states - self.b_dec) @ self.W_enc + self.b_enc

    def sparse(self, before: Tensor, k: int) -> Tensor:
        """The k largest of each row, the rest 0."""
        values, places = before.topk(k, dim=1)
        return torch.zeros_like(before).scatter(1, places, values.relu())

    def decode(self, latents: Tensor) -> Tensor:
        """States back from latents."""
        return latents @ self.W_dec + self.b_dec


class States:
    """States of the site, in random order, scaled so that their mean squared norm is dims."""

    def __init__(self, model: torch.nn.Module, layer: int) -> None:
        self.model, self.layer = model, layer
        model.model.layers = model.model.layers[:layer]  # type: ignore[union-attr, index]
        model.model.norm = torch.nn.Identity()  # type: ignore[union-attr, assignment]

    @torch.inference_mode()
    def of(self, windows: Tensor) -> Tensor:
        """float[windows x positions, dims], the first positions left out."""
        out = self.model.model(input_ids=windows, use_cache=False)  # type: ignore[operator, union-attr]
        kept = out.last_hidden_state[:, SKIPPED:]
        return kept.reshape(-1, kept.shape[-1]).float()


def windows_of(tokenizer: object, texts: list[str]) -> NDArray[np.int64]:
    """Whole windows of the texts' ids, end to end: int64[windows, WINDOW]."""
    ids: list[int] = []
    for start in range(0, len(texts), 2000):
        for one in tokenizer(texts[start : start + 2000])["input_ids"]:  # type: ignore[operator]
            ids += one
    whole = len(ids) // WINDOW * WINDOW
    return np.array(ids[:whole], np.int64).reshape(-1, WINDOW)


def training_texts(books: Path, passages: list[str]) -> list[str]:
    """Paragraphs of all books but those that share 13 words in a row with a held-out passage."""
    held = set().union(*(runs_of_words(one) for one in passages))
    kept = []
    for path in sorted(books.glob("*.txt")):
        if path.name.isupper():
            continue  # a list of statistics, no book
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if len(words_of(line)) >= 8 and held.isdisjoint(runs_of_words(line)):
                kept.append(line)
    return kept


def shuffled(states: States, windows: NDArray[np.int64], settings: Settings) -> Iterator[Tensor]:
    """Batches of states: 256 windows are mixed at a time."""
    generator = np.random.default_rng(settings.seed)
    order = generator.permutation(len(windows))
    mixed = torch.Generator().manual_seed(settings.seed)
    for start in range(0, len(order), 256):
        parts = [
            states.of(torch.from_numpy(windows[order[place : place + 16]]))
            for place in range(start, min(start + 256, len(order)), 16)
        ]
        pool = torch.cat(parts)
        pool = pool[torch.randperm(len(pool), generator=mixed)]
        yield from (one for one in pool.split(settings.batch) if len(one) == settings.batch)


def train(states: States, windows: NDArray[np.int64], settings: Settings) -> TopK:
    """One pass over the windows, as many as give `settings.tokens` states."""
    windows = np.random.default_rng(settings.seed).permutation(windows)
    windows = windows[: settings.tokens // (WINDOW - SKIPPED) + 1]
    first = states.of(torch.from_numpy(windows[:64]))
    scale = float((first.shape[1] / first.pow(2).sum(1).mean()).sqrt())
    sae = TopK(first.shape[1], settings, first.mean(0) * scale)
    optimiser = torch.optim.Adam(sae.parameters(), lr=settings.rate, betas=(0.9, 0.999))
    steps = len(windows) * (WINDOW - SKIPPED) // settings.batch
    silent = torch.zeros(settings.latents)
    started = time.perf_counter()
    for step, batch in enumerate(shuffled(states, windows, settings)):
        optimiser.param_groups[0]["lr"] = settings.rate * min(1, step / 100, 5 * (1 - step / steps))
        batch = batch * scale
        before = sae.before(batch)
        latents = sae.sparse(before, settings.k)
        left = batch - sae.decode(latents)
        loss = left.pow(2).sum(1).mean() / (batch - batch.mean(0)).pow(2).sum(1).mean()
        silent = torch.where((latents > 0).any(0), 0, silent + 1)
        dead = silent > settings.dead_after
        if int(dead.sum()) >= 2:
            few = min(settings.auxiliary, int(dead.sum()))
            second = sae.sparse(before.masked_fill(~dead, -torch.inf), few)
            rest = left.detach() - second @ sae.W_dec
            loss = loss + rest.pow(2).sum(1).mean() / left.detach().pow(2).sum(1).mean() / 32
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
        if step % 100 == 0:
            spent = time.perf_counter() - started
            print(
                f"{step}/{steps} {loss.item():.4f} dead {int(dead.sum())} {spent:.0f} s", flush=True
            )
    with torch.no_grad():  # back to the model's own units
        sae.b_enc /= scale
        sae.b_dec /= scale
    return sae


@torch.inference_mode()
def measure(sae: TopK, states: States, windows: NDArray[np.int64]) -> dict[str, float]:
    """L0, share of variance explained, share of latents that never fire."""
    fired = torch.zeros(len(sae.b_enc))
    active, left, total, count = 0.0, 0.0, 0.0, 0
    every = torch.cat(
        [states.of(torch.from_numpy(windows[p : p + 16])) for p in range(0, len(windows), 16)]
    )
    mean = every.mean(0)
    for batch in every.split(1024):
        latents = sae.sparse(sae.before(batch), sae.k)
        fired += (latents > 0).sum(0)
        active += float((latents > 0).sum())
        left += float((batch - sae.decode(latents)).pow(2).sum())
        total += float((batch - mean).pow(2).sum())
        count += len(batch)
    return {
        "states": count,
        "l0": active / count,
        "explained_variance": 1 - left / total,
        "dead": float((fired == 0).float().mean()),
    }


def export(
    sae: TopK, settings: Settings, figures: dict[str, dict[str, float]], out: Path, model: str
) -> None:
    """cfg.json and sae_weights.safetensors as SAELens has them, and training.json."""
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().half().contiguous() for name, value in sae.named_parameters()}
    save_file(weights, out / "sae_weights.safetensors")
    told = {
        "architecture": "topk",
        "d_in": sae.W_dec.shape[1],
        "d_sae": sae.W_dec.shape[0],
        "k": settings.k,
        "dtype": "float16",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "metadata": {
            "model_name": model,
            "hook_name": f"blocks.{settings.layer - 1}.hook_resid_post",
            "context_size": WINDOW,
        },
    }
    (out / "cfg.json").write_text(json.dumps(told, indent=2) + "\n")
    (out / "training.json").write_text(
        json.dumps({"settings": asdict(settings), **figures}, indent=2) + "\n"
    )


def main() -> None:
    """Train, measure on the held-out passages and on as many training windows, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=Settings.tokens)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    settings = Settings(tokens=asked.tokens)
    model = AutoModelForCausalLM.from_pretrained(asked.model, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(asked.model)
    tokenizer.model_max_length = 10**9
    passages = read_passages(asked.texts)
    windows = windows_of(tokenizer, training_texts(asked.books, passages))
    print(f"{len(windows)} windows", flush=True)
    states = States(model, settings.layer)
    sae = train(states, windows, settings)
    held = windows_of(tokenizer, passages)
    half = sae.half().float()  # what ships
    figures = {
        "held_out": measure(half, states, held),
        "training": measure(half, states, windows[: 4 * len(held)]),
    }
    print(figures, flush=True)
    export(half, settings, figures, asked.out, asked.model.name)


if __name__ == "__main__":
    main()
