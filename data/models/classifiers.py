"""Train a small transformer classifier on arrays in memory, and export it with its figures.

Used by train_digits.py and train_sounds.py. The same seed, threads and versions give the same
weights: batches, augmentation and initialisation draw from one seeded generator.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class Settings:
    """What decides the result of a run."""

    epochs: int
    seed: int
    batch: int
    rate: float
    weight_decay: float
    smoothing: float
    threads: int


@dataclass(frozen=True)
class Data:
    """Inputs as the processor leaves them, float32[items, ...], and classes, int64[items]."""

    train: torch.Tensor
    train_classes: torch.Tensor
    held: torch.Tensor
    held_classes: torch.Tensor


def parse_arguments(doc: str | None, out: str, epochs: int, rate: float) -> argparse.Namespace:
    """The command line that both scripts have."""
    first, _, rest = (doc or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / out)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--smoothing", type=float, default=0.1, help="label smoothing")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The part of the command line that decides the result."""
    return Settings(**{name: getattr(arguments, name) for name in Settings.__dataclass_fields__})


def train(model: Any, data: Data, augment: Augment, settings: Settings) -> None:
    """AdamW; warm-up over a twentieth of the steps, then half a cosine to zero."""
    generator = torch.Generator().manual_seed(settings.seed)
    optimiser = torch.optim.AdamW(
        model.parameters(), settings.rate, weight_decay=settings.weight_decay
    )
    steps = settings.epochs * math.ceil(len(data.train) / settings.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: _rate_at(s / steps))
    print(f"{'epoch':>5} {'loss':>8} {'held-out accuracy':>18} {'seconds':>8}", flush=True)
    started = time.monotonic()
    for epoch in range(1, settings.epochs + 1):
        model.train()
        losses = []
        for rows in torch.randperm(len(data.train), generator=generator).split(settings.batch):
            scores = model(augment(data.train[rows], generator)).logits
            loss = torch.nn.functional.cross_entropy(
                scores, data.train_classes[rows], label_smoothing=settings.smoothing
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        if epoch % max(1, settings.epochs // 10) == 0 or epoch == settings.epochs:
            share = accuracy(model, data.held, data.held_classes)
            seconds = time.monotonic() - started
            print(f"{epoch:5} {np.mean(losses):8.3f} {share:18.4f} {seconds:8.0f}", flush=True)


def _rate_at(share: float) -> float:
    """Learning rate, as a share of its highest, after this share of the steps."""
    return share / 0.05 if share < 0.05 else 0.5 * (1 + math.cos(math.pi * (share - 0.05) / 0.95))


def predictions(model: Any, inputs: torch.Tensor) -> torch.Tensor:
    """The likeliest class of each input, int64[items]."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part).logits.argmax(-1) for part in inputs.split(256)])


def accuracy(model: Any, inputs: torch.Tensor, classes: torch.Tensor) -> float:
    """Share of inputs whose likeliest class is theirs."""
    return float((predictions(model, inputs) == classes).float().mean())


def export(
    model: Any, processor: Any, data: Data, settings: Settings, facts: dict[str, Any], out: Path
) -> None:
    """Write float16 weights, configuration, processor and training.json.

    The figures in training.json are those of the exported weights, read back in float32. The last
    epoch is exported, never the best one: nothing is chosen on the held-out items.
    """
    model.half().save_pretrained(out)
    processor.save_pretrained(out)
    read = type(model).from_pretrained(out, dtype=torch.float32)
    found = predictions(read, data.held)
    names = model.config.id2label
    measured = {
        "train_items": len(data.train),
        "held_out_items": len(data.held),
        "parameters": sum(p.numel() for p in read.parameters()),
        "held_out_accuracy": round(float((found == data.held_classes).float().mean()), 4),
        "train_accuracy": round(accuracy(read, data.train, data.train_classes), 4),
        "by_class": {
            names[i]: round(float((found[data.held_classes == i] == i).float().mean()), 3)
            for i in sorted(names)
        },
    }
    facts = {**facts, "settings": asdict(settings), **measured}
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=1))
