"""`dims build`: run a model over its items and write the catalog."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.commands import left_out, printing
from catalog.commands.options import Json, Quiet, Ray
from catalog.errors import AlreadyBuilt, SettingRefused, listed
from catalog.sites import ADDED

if TYPE_CHECKING:
    from catalog.building.plan import Plan
    from catalog.store.catalog import Catalog


def build(
    model: Annotated[str, typer.Argument(help="Hugging Face id, folder, or shipped model.")],
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the hub.")] = None,
    name: Annotated[str | None, typer.Option(help="Short name of the catalog.")] = None,
    sites: Annotated[
        str | None,
        typer.Option(help=f"Kinds added to the default ({ADDED}), or sites (resid.5,final)."),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Only these layers, such as 0-4,8 (0 = embeddings).")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(help="auto (causal LMs: a trial), bare, special (encoders), or text with {}."),
    ] = None,
    thresholds: Annotated[str, typer.Option(help="zero, median, or both.")] = "zero,median",
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    modality: Annotated[
        str | None, typer.Option(help="Which tower of a model that has several: text, image ...")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Of an encoder-decoder: encoder (default) or decoder.")
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option(help="Images or sounds: folder of classes, CSV path,label, or saved dataset."),
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(help="Images, sounds: mean (default), mean-window (padding too) or cls."),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            help="Read positions of texts: folder of .txt (a first line with # names its source "
            "and is left out), .jsonl, dataset; or shipped."
        ),
    ] = None,
    positions: Annotated[
        int | None, typer.Option(help="Texts: positions that become items (default 100,000).")
    ] = None,
    items_per_document: Annotated[
        int | None, typer.Option(help="Texts: positions of one text at most (default 64).")
    ] = None,
    window: Annotated[
        int | None, typer.Option(help="Texts: tokens of a text that are read (default 256).")
    ] = None,
    per_patch: Annotated[
        str | None, typer.Option(metavar="SITE", help="Keep the sign of every patch at this site.")
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(help="Items per forward pass; by default 1024 tokens, 32 images, 8 sounds."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the pilot sample.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder of the catalog.")] = None,
    force: Annotated[bool, typer.Option(help="Replace the same build.")] = False,
    with_findings: Annotated[
        bool, typer.Option("--findings/--no-findings", help="Measure the categories at the end.")
    ] = True,
    trust_remote_code: Annotated[
        bool,
        typer.Option("--trust-remote-code", help="Run the code that a checkpoint brings: read it."),
    ] = False,
    workers: Annotated[
        str, typer.Option(help="Processes that run the model, each with a copy; auto: one a GPU.")
    ] = "1",
    threads: Annotated[
        int | None, typer.Option(help="CPU threads of each worker; by default all cores, shared.")
    ] = None,
    ray: Ray = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run a model over its vocabulary, or over images or sounds, and write its catalog.

    Resumes where it stopped.
    """
    from catalog import cluster
    from catalog.building import build as building
    from catalog.building.settings import Settings
    from catalog.features import findings
    from catalog.store.catalog import Catalog

    settings = Settings(
        model=model,
        revision=revision,
        name=name,
        sites=sites,
        layers=layers,
        template=template,
        thresholds=tuple(part.strip() for part in thresholds.split(",")),
        dtype=dtype,
        device=device,
        batch_size=batch_size,
        seed=seed,
        out=out,
        force=force,
        modality=modality,
        part=part,
        items=items,
        pooling=pooling,
        per_patch=per_patch,
        texts=_texts(texts),
        positions=positions,
        items_per_document=items_per_document,
        window=window,
        trust_remote_code=trust_remote_code,
        workers=_count(workers),
        threads=threads,
        ray=ray,
    )
    with printing.resumable(), printing.progress(quiet) as report:
        try:
            made = Catalog(building.build(settings, report, announce))
        except AlreadyBuilt as error:
            made = Catalog(error.args[1])
            if not with_findings or made.complete:
                raise
        if with_findings:
            with cluster.taking(ray):
                if not made.measured:
                    findings.measure(made, report=report, until="primary")
                    browsable(made)
                findings.measure(made, report=report)
    built(made, as_json)


def _count(workers: str) -> int:
    """Number of workers; 0 for auto."""
    if workers == "auto":
        return 0
    if not workers.isdecimal() or int(workers) < 1:
        raise SettingRefused("--workers takes a number from 1 on, or auto (one a GPU).")
    return int(workers)


def _texts(asked: Path | None) -> Path | None:
    """The folder of texts; `shipped` names those that ship, where there is no such folder."""
    from catalog import places

    shipped = asked is not None and str(asked) == "shipped" and not asked.exists()
    return places.shipped() / "texts" if shipped else asked


def announce(plan: "Plan") -> None:
    """Say what will be built, and what it will take, before it starts."""
    work = plan.work
    model = work.model
    print(
        f"{model.name} ({model.architecture}, {model.parameters / 1e6:,.1f} M parameters, "
        f"{model.dtype}, {model.device}) -> {plan.path}\n"
        f"{work.items:,} items, reading '{work.modality.reading}', {len(work.sites)} sites, "
        f"threshold {' and '.join(work.thresholds)}; about {plan.bytes / 1e6:,.0f} MB"
        f"{_time(plan)}",
        file=sys.stderr,
    )
    for one in plan.trials:
        chosen = ": chosen" if one.chosen else ""
        print(
            f"reading '{one.reading}': sign entropy {one.entropy_bits:.3f} bits, norm outliers "
            f"{one.outliers:.1%}, degenerate dimensions {one.degenerate:.1%}{chosen}",
            file=sys.stderr,
        )
    if plan.left_out:
        print(
            f"{plan.left_out:,} rows of the embedding lie beyond the tokenizer's ids and are left "
            "out: they are no tokens",
            file=sys.stderr,
        )
    if "from_config" in work.modality.identity:
        print(work.modality.identity["from_config"], file=sys.stderr)
    if plan.patch_bytes:
        print(
            f"signs of every patch at {work.per_patch}: {plan.patch_bytes / 1e6:,.1f} MB of these",
            file=sys.stderr,
        )
    for site, reason in plan.absent.items():
        print(f"no {site}: {reason}", file=sys.stderr)


def _time(plan: "Plan") -> str:
    """What the stages will take, as far as it is known."""
    from catalog.building import estimate
    from catalog.commands.plan import took

    states = "" if plan.seconds is None else f", states {took(plan.seconds)}"
    return f"{states}, findings {took(estimate.of_plan(plan))}"


def browsable(catalog: "Catalog") -> None:
    """Say that the primary cell is measured, and what is to come."""
    left = len(catalog.site_names) * len(catalog.thresholds) - catalog.measured_cells
    if left:
        first = catalog.primary
        print(
            f"{catalog.slug} can be looked at now: its categories are measured at {first.site}, "
            f"threshold {first.threshold}. {left} more sites and thresholds are to come; if this "
            f"ends, dims features {catalog.slug} goes on.",
            file=sys.stderr,
        )


def built(catalog: "Catalog", as_json: bool = False) -> None:
    """Say what was built (as JSON what `dims info` says), and warn of degenerate dimensions."""
    from catalog.browse import describe
    from catalog.features import fitting

    known = describe.info(catalog)
    if as_json:
        printing.as_json(known)
    else:
        print(
            f"Built {known['slug']} in {known['seconds']:,.1f} s: {known['items']:,} items, "
            f"{known['bytes'] / 1e6:,.1f} MB.\n"
            f"Look at it with: dims serve, or: dims info {known['slug']}"
        )
    for line in left_out.lines(known):
        print(line, file=sys.stderr)
    for warning in degenerate_warnings(known):
        print(f"Warning: {warning}", file=sys.stderr)
    advice = fitting.advice(catalog)
    if advice is not None:
        print(advice, file=sys.stderr)


def degenerate_warnings(known: dict[str, Any]) -> list[str]:
    """A sentence where so many of a site's dimensions almost never change sign that zero is no
    primary threshold.
    """
    from catalog.store.catalog import DEGENERATE_SHARE

    silent = [one["site"] for one in known["sites"] if one["zero"]]
    told = [
        f"every state is zero at {listed(silent)}: all signs there are -1 and say nothing. Leave "
        "it out with --sites, or check the weights."
    ]
    told = told if silent else []
    bad = [
        f"{one['site']} ({one['degenerate'] / one['dims']:.0%})"
        for one in known["sites"]
        if (one["degenerate"] or 0) > DEGENERATE_SHARE * one["dims"] and not one["zero"]
    ]
    if not bad:
        return told
    advice = "Threshold median does not suffer from this"
    # a reading that a trial chose is the best of its kind, and texts have but one
    if not known["readings"] and "corpus" not in known:
        readings = {"mean": "--pooling cls", "mean-window": "--pooling mean"}
        readings |= {"cls": "--pooling mean"}
        other = readings.get(known["reading"], "--template auto")
        if other != "--pooling cls" or known["media"]["prefix"]:  # else it has no such position
            advice += f"; or build with {other}"
    return [*told, f"many dimensions almost never change sign at {listed(bad)}. {advice}."]
