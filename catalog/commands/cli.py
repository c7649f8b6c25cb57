"""`dims`: build, read and serve catalogs. Parses, delegates, prints; the work is elsewhere."""

import contextlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from catalog import places
from catalog.browse import describe
from catalog.commands import compare, flip, labels, printing, writers
from catalog.errors import AlreadyBuilt, CatalogError, SettingRefused
from catalog.modalities.backgrounds import BACKGROUNDS
from catalog.store import catalog as store
from catalog.store.catalog import Catalog

app = typer.Typer(
    help="Find out what each dimension of a transformer encodes in its sign.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(labels.app, name="labels")
app.command()(flip.flip)
app.command()(writers.writers)
app.command()(compare.compare)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
CatalogName = Annotated[str, typer.Argument(help="Path of a catalog, or its slug.")]


def main() -> None:
    """Entry point: a CatalogError becomes one sentence and exit 1; typer makes Ctrl-C exit 130."""
    try:
        app()
    except CatalogError as error:
        _stderr().print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


@contextlib.contextmanager
def _resumable() -> Iterator[None]:
    """Say at Ctrl-C that nothing is lost (typer keeps the interrupt from `main`)."""
    try:
        yield
    except KeyboardInterrupt:
        _stderr().print("Stopped. The same command goes on where it stopped.")
        raise typer.Exit(130) from None


@app.command()
def build(
    model: Annotated[str, typer.Argument(help="Hugging Face id, folder, or shipped model.")],
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the hub.")] = None,
    name: Annotated[str | None, typer.Option(help="Short name of the catalog.")] = None,
    sites: Annotated[
        str | None,
        typer.Option(help="Kinds added to resid and final (k,v,ffn), or sites (resid.5,final)."),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Only these layers, such as 0-4,8 (0 = embeddings).")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(help="bare (default for causal LMs), special (encoders) or text with {}."),
    ] = None,
    thresholds: Annotated[str, typer.Option(help="zero, median, or both.")] = "zero,median",
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    modality: Annotated[
        str | None, typer.Option(help="text, image or audio; refused where the model is another.")
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option(help="Images or sounds: folder of classes, CSV path,label, or saved dataset."),
    ] = None,
    pooling: Annotated[
        str | None, typer.Option(help="Images, sounds: mean over patches (default) or cls.")
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
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
) -> None:
    """Run a model over its vocabulary, or over images or sounds, and write its catalog.

    Resumes where it stopped.
    """
    from catalog.building import build as building
    from catalog.features import findings

    settings = building.Settings(
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
        items=items,
        pooling=pooling,
        per_patch=per_patch,
    )
    with _resumable(), printing.progress(quiet) as report:
        try:
            path = building.build(settings, report, printing.announce)
        except AlreadyBuilt as error:
            path = error.args[1]
            if not with_findings or Catalog(path).measured:
                raise
        if with_findings:
            findings.measure(Catalog(path), report=report)
    printing.built(Catalog(path))


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the catalogs in the data folder ($DIMS_DATA, else ./data)."""
    rows = describe.catalogs()
    if as_json:
        _print_json(rows)
        return
    if not rows:
        print(f"No catalogs in {places.catalogs()} yet. Build one with: dims build MODEL")
        return
    table = _table("slug", "model", "modality", "reading", "items", "MB")
    for row in rows:
        known = [str(row.get(key, "")) for key in ("model", "modality", "reading", "items")]
        shown = known if "problem" not in row else [row["problem"], "", "", ""]
        table.add_row(row["slug"], *shown, f"{row['bytes'] / 1e6:.1f}")
    _stdout().print(table)


@app.command()
def info(catalog: CatalogName, as_json: Json = False) -> None:
    """Say how a catalog was made, and which sites it holds."""
    known = describe.info(store.find(catalog))
    if as_json:
        _print_json(known)
        return
    printing.show_info(known)


@app.command()
def dimension(
    catalog: CatalogName,
    site: Annotated[str, typer.Argument(help="Such as resid.5 or final.")],
    number: Annotated[int, typer.Argument(metavar="DIM", help="From 0.")],
    threshold: Annotated[str | None, typer.Option(help="zero or median.")] = None,
    as_json: Json = False,
) -> None:
    """Show one dimension: share positive, entropy, magnitude, and the items at its poles."""
    known = describe.dimension(store.find(catalog), site, number, threshold)
    if as_json:
        _print_json(known)
        return
    printing.show_dimension(known)


@app.command("features")
def features_(
    catalog: CatalogName,
    categories: Annotated[
        Path | None, typer.Option(help="Folder of category files; by default the shipped ones.")
    ] = None,
    nulls: Annotated[
        str, typer.Option(help="Sites at which matched nulls are drawn: all, or primary.")
    ] = "all",
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
    as_json: Json = False,
) -> None:
    """Measure every category at every site anew, and replace the catalog's findings."""
    from catalog.features import findings

    opened = store.find(catalog)
    with printing.progress(quiet) as report:
        findings.measure(opened, categories, report, nulls)
    rows = describe.features(opened)
    if as_json:
        _print_json(rows)
        return
    printing.show_features(rows)


@app.command()
def discover(
    catalog: CatalogName,
    site: Annotated[str, typer.Argument(help="Such as resid.5 or final.")],
    threshold: Annotated[str | None, typer.Option(help="zero or median.")] = None,
    seeds: Annotated[int, typer.Option(help="Random items to start from.", min=50)] = 1500,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
    as_json: Json = False,
) -> None:
    """Search a site for features without any categories, beside three nulls."""
    from catalog.features import discovery

    opened = store.find(catalog)
    with printing.progress(quiet) as report:
        found = discovery.discover(opened, site, threshold, seeds, seed, report)
    if as_json:
        _print_json(found)
        return
    printing.show_discovery(found)


@app.command()
def evidence(
    catalog: CatalogName,
    model: Annotated[str | None, typer.Option(help="Where the model lies now.")] = None,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Only rows that need no model.")
    ] = False,
    stored: Annotated[
        bool, typer.Option("--stored", help="Print the table as stored; compute nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
    as_json: Json = False,
) -> None:
    """Test the paper's claims on this model, each against its strongest control."""
    opened = store.find(catalog)
    if not stored:
        from catalog.evidence import gather

        with printing.progress(quiet) as report:
            gather.gather(opened, model, not without_model, report)
    rows = describe.evidence(opened)
    if as_json:
        _print_json({"rows": rows})
        return
    printing.show_evidence(rows)


@app.command()
def feature(
    catalog: CatalogName,
    site: Annotated[str, typer.Argument(help="Such as resid.5 or final.")],
    words: Annotated[str | None, typer.Option(help="Words, separated by commas.")] = None,
    category: Annotated[str | None, typer.Option(help="Name of a category.")] = None,
    threshold: Annotated[str | None, typer.Option(help="zero or median.")] = None,
    background: Annotated[
        str | None, typer.Option(help="all, words or matched (default; images and sounds: all).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read one feature: of a category, or of words made up on the spot."""
    from catalog.features import from_words

    if (words is None) == (category is None):
        raise typer.BadParameter("give either --words or --category", param_hint="--words")
    opened = store.find(catalog)
    against = next((b for b in BACKGROUNDS if b == background), None)
    if background is not None and against is None:
        raise SettingRefused("--background is one of all, words, matched.")
    against = against or opened.primary.background
    if category is not None:
        known = from_words.category_report(opened, site, category, threshold, against)
    else:
        listed = [word.strip() for word in str(words).split(",") if word.strip()]
        known = from_words.words_report(opened, site, listed, threshold, against)
    if as_json:
        _print_json(known)
        return
    printing.show_feature(known)


@app.command()
def verify(
    catalog: CatalogName,
    sample: Annotated[int, typer.Option(help="Random items to recompute.", min=1)] = 512,
    model: Annotated[str | None, typer.Option(help="Where the model lies now.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample.", min=0)] = None,
    as_json: Json = False,
) -> None:
    """Recompute random items from the live model; exit 1 where signs differ too often."""
    from catalog.browse import verifications
    from catalog.building import verify as verifying

    opened = store.find(catalog)
    found = verifying.verify(opened, sample, model, seed)
    verifications.record(found, describe.info(opened)["model"])
    if as_json:
        _print_json(printing.verification(found))
    else:
        printing.show_verification(found)
    if not found.passed:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine has: versions, memory, disk, device, browser."""
    from catalog.commands import doctor as examine

    known = examine.examine()
    if as_json:
        _print_json(known)
        return
    table = _table("what", "value")
    for key, value in known.items():
        table.add_row(key, str(value))
    _stdout().print(table)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on localhost.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Serve the dashboard on localhost."""
    from catalog.commands import serve as serving

    raise typer.Exit(serving.serve(port, browser))


@app.command()
def demo(
    build_only: Annotated[bool, typer.Option("--build-only", help="Do not serve.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Wait for writers, evidence and models to compare, too.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port on localhost.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Build the catalogs of the shipped models (once), then serve the dashboard."""
    from catalog.commands import demo as shipped
    from catalog.commands import serve as serving

    with _resumable(), printing.progress(quiet=False) as report:
        stages = [shipped.first, shipped.rest] if whole else [shipped.first]
        for path in itertools.chain.from_iterable(stage(report) for stage in stages):
            printing.built(path)
    if build_only:
        return
    if whole:
        raise typer.Exit(serving.serve(port, browser))
    print(shipped.LATER, file=sys.stderr)
    with shipped.going_on():
        raise typer.Exit(serving.serve(port, browser))


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    print()


def _table(*columns: str) -> Table:
    return printing.table(*columns)


def _stdout() -> Console:
    return Console()


def _stderr() -> Console:
    return Console(stderr=True)


if __name__ == "__main__":
    main()
