"""`dims plan`: what a build will take, from the config alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.commands import printing
from catalog.commands.options import Json

if TYPE_CHECKING:
    from catalog.building.estimate import Estimate


def plan(
    model: Annotated[str, typer.Argument(help="Hugging Face id, folder, or shipped model.")],
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the hub.")] = None,
    sites: Annotated[str | None, typer.Option(help="As of dims build.")] = None,
    layers: Annotated[str | None, typer.Option(help="Only these layers, such as 0-4,8.")] = None,
    template: Annotated[str | None, typer.Option(help="As of dims build.")] = None,
    thresholds: Annotated[str, typer.Option(help="zero, median, or both.")] = "zero,median",
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    modality: Annotated[str | None, typer.Option(help="Tower of a model that has several.")] = None,
    items: Annotated[Path | None, typer.Option(help="Images or sounds, as of dims build.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Items per forward pass.")] = None,
    workers: Annotated[int, typer.Option(help="Processes that run the model.", min=1)] = 1,
    trust_remote_code: Annotated[
        bool,
        typer.Option("--trust-remote-code", help="Run the code that a checkpoint brings: read it."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what a build will take on this machine: items, bytes, memory, seconds. No weights needed.

    Of a model on the hub only config and tokenizer are fetched.
    """
    from dataclasses import asdict

    from catalog.building import estimate
    from catalog.building.settings import Settings

    settings = Settings(
        model=model,
        revision=revision,
        sites=sites,
        layers=layers,
        template=template,
        thresholds=tuple(part.strip() for part in thresholds.split(",")),
        dtype=dtype,
        device=device,
        modality=modality,
        items=items,
        batch_size=batch_size,
        workers=workers,
        trust_remote_code=trust_remote_code,
    )
    known = estimate.of(settings)
    if as_json:
        printing.as_json({**asdict(known), "seconds": known.seconds})
        return
    show(known)


def show(known: "Estimate") -> None:
    """Print an estimate."""
    size = f"{known.parameters / 1e6:,.1f} M parameters"
    rows = {
        "model": f"{known.model} ({known.architecture}, {size})",
        "items": f"{known.items:,}, reading {known.reading}",
        "sites": f"{known.sites} of {known.dims:,} dimensions",
        "runs on": f"{known.device}, {known.dtype}",
        "file": f"{known.file_bytes / 1e6:,.0f} MB, twice that on the disk while it is built",
        "memory": f"{known.memory_bytes / 1e9:,.1f} GB, {known.model_bytes / 1e9:,.1f} of them the "
        "model",
        "loading": took(known.loading_seconds),
        "states": took(known.states_seconds),
        "writing": took(known.writing_seconds),
        "findings": f"{took(known.findings_seconds)}; the primary site comes first",
    }
    table = printing.table("", f"about {took(known.seconds)} in all")
    for name, value in rows.items():
        table.add_row(name, value)
    printing.console().print(table)


def took(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
