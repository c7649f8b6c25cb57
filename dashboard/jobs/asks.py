"""What pages may ask for: each a `dims` command with its title, its time, and where it leads."""

from dataclasses import replace
from pathlib import Path

from catalog import places
from catalog.errors import SettingRefused
from dashboard.common import catalogs
from dashboard.common.answers import Here
from dashboard.jobs import sizes, table
from dashboard.jobs.table import Asked

SECONDS = {
    "features": 150.0,
    "evidence": 420.0,
    "writers": 120.0,
    "discover": 60.0,
    "map": 80.0,
    "map of dimensions": 12.0,
    "meanings": 60.0,
    "compare": 120.0,
    "build": 240.0,
    "verify": 20.0,
}
"""What each takes for the shipped storyteller on two cores, before one was done here."""
SAMPLES = {"digits": "resid.2", "sounds": "resid.2"}
"""Models that ship and read items, and the site at which the signs of their patches are kept."""
STORYTELLER = 12_288 * 256 * 10.0
"""Signs of that catalog: the size that these times are for."""


def features(here: Here, view: str = "features", **link: object) -> Asked:
    """Every category at every site, each with its null."""
    return _of(here, "features", "categories with their nulls of", (), view, link)


def evidence(here: Here) -> Asked:
    """The claims of the paper; without the rows that need the model, where it is not here."""
    more = ("--without-model",) if catalogs.missing(here.catalog.build) else ()
    return _of(here, "evidence", "evidence of", more, "evidence", {})


def dictionary(here: Here, folder: str) -> Asked:
    """Signs against a learned dictionary in a folder of this machine.

    SettingRefused where the name could be read as an option of the command.
    """
    if folder.strip().startswith("-"):
        raise SettingRefused("No folder begins with a dash here: give its whole path.")
    more = ("--sae", folder.strip())
    return _of(here, "evidence", "signs against a dictionary of", more, "evidence", {})


def writers(here: Here, **link: object) -> Asked:
    """Which neurons write the features of the site."""
    more = (here.site, "--threshold", here.threshold)
    return _of(here, "writers", f"writers at {here.site} of", more, "circuits", link)


def discover(here: Here) -> Asked:
    """Features of the site that no category gave."""
    more = (here.site, "--threshold", here.threshold)
    return _of(here, "discover", f"features discovered at {here.site} of", more, "discover", {})


def layout(here: Here, dimensions: bool = False) -> Asked:
    """The map of the site's items, or of its dimensions."""
    more = (here.site, "--threshold", here.threshold)
    if dimensions:
        title = f"map of the dimensions of {here.site} of"
        asked = _of(here, "map", title, (*more, "--dimensions"), "dimension_map", {})
        return replace(asked, kind="map of dimensions")
    return _of(here, "map", f"map of {here.site} of", more, "item_map", {})


def meanings() -> Asked:
    """Every word embedded by the encoder that is installed, for search by meaning."""
    return Asked("meanings", "words by meaning", ("meanings",), "overview", {})


def verify(here: Here) -> Asked:
    """Random items computed again by the model, and compared bit by bit."""
    return _of(here, "verify", "verification of", (), "overview", {})


def compare(a: Here, b: Here) -> Asked:
    """Two catalogs, by categories and by dimensions, with the nulls of both."""
    arguments: tuple[str, ...]
    arguments = (str(b.catalog.path.resolve()), "--site-a", a.site, "--site-b", b.site,
                 "--threshold", a.threshold)  # fmt: skip
    link: dict[str, object] = {"b": b.slug, "site_b": b.site, "part": "dimensions"}
    if any(catalogs.missing(side.catalog.build) for side in (a, b)):
        arguments += ("--without-model",)
    return _of(a, "compare", f"comparison with {b.slug} of", arguments, "compare", link)


def machine(here: Here, verb: str, more: tuple[str, ...], title: str, seconds: float) -> Asked:
    """Labels or tests by a machine: `dims labels` baseline, machine or test."""
    asked = _of(here, "labels", title, (), "machines", {})
    arguments = ("labels", verb, *asked.arguments[1:], *more)
    return replace(asked, arguments=arguments, size=0.0, seconds=seconds)


def build(model: str, name: str = "", items: str = "", more: tuple[str, ...] = ()) -> Asked:
    """A catalog of a model: one that ships, a hub id, or a folder on this machine.

    SettingRefused where a name could be read as an option of the command.
    """
    given = [text.strip() for text in (model, name, items)]
    if not given[0]:
        raise SettingRefused("Name a model: a Hugging Face id, or a folder on this machine.")
    if any(text.startswith("-") for text in given):
        raise SettingRefused("No name begins with a dash: give the model's id or its folder.")
    arguments: tuple[str, ...] = ("build", given[0])
    for option, text in (("--name", given[1]), ("--items", given[2])):
        arguments += (option, text) if text else ()
    slug = places.slug(given[1] or Path(given[0]).name)
    link = {"catalog": slug}
    asked = Asked("build", f"catalog {slug}", (*arguments, *more), "overview", link)
    return _sized(asked, given[0])


def shipped(name: str) -> Asked:
    """The catalog of a model that ships or is installed, by its name alone.

    What models of images and sounds are shown is made in the data folder when the job begins.
    """
    if name not in SAMPLES:
        return build(name)
    folder = places.data().resolve() / "items" / name
    return build(name, items=str(folder), more=("--per-patch", SAMPLES[name]))


def prepare(asked: Asked) -> None:
    """Make what a job needs before it is put into the queue: sample items, where it reads them."""
    for name in SAMPLES:
        folder = places.data().resolve() / "items" / name
        if str(folder) in asked.arguments and not folder.is_dir():
            from catalog.samples import digits, sounds

            {"digits": digits, "sounds": sounds}[name].write(folder)


def _sized(asked: Asked, model: str) -> Asked:
    size = sizes.of(model)
    return asked if size is None else replace(asked, size=size.signs)


def seconds(asked: Asked) -> float | None:
    """About how long it will take: by an estimate, else as the last one here did, by size.

    None where nobody knows.
    """
    if asked.seconds:
        return asked.seconds
    for job in reversed(table.every()):
        done = job.ended is not None and job.ended["status"] == table.DONE
        if done and job.asked.kind == asked.kind and job.ended is not None:
            known = bool(asked.size and job.asked.size)
            return float(job.ended["seconds"]) * (asked.size / job.asked.size if known else 1.0)
    usual = SECONDS.get(asked.kind)
    if usual is None or not asked.size:
        return usual
    return max(5.0, usual * asked.size / STORYTELLER)


def _of(
    here: Here, kind: str, title: str, more: tuple[str, ...], view: str, link: dict[str, object]
) -> Asked:
    sites = here.catalog.sites.dropna(subset="dims")
    whole = kind in ("features", "evidence", "verify")
    dims = float(sites["dims"].sum()) if whole else 10 * float(sites["dims"].max())
    base = {"catalog": here.slug, "site": here.site, "threshold": here.threshold}
    return Asked(
        kind,
        f"{title} {here.slug}",
        (kind, str(here.catalog.path.resolve()), *more),
        view,
        base | {name: str(value) for name, value in link.items()},
        float(here.catalog.build["items"]) * dims,
    )
