"""Home: what one model's dimensions encode, where to begin, and what else is here."""

import textwrap
from collections.abc import Mapping
from typing import Any

import streamlit as st

from catalog import places
from catalog.browse import meaning
from catalog.figures import strips
from dashboard.common import catalogs, drawn, parts, terms
from dashboard.common.answers import Here
from dashboard.evidence import frames as evidence_frames
from dashboard.features import parts as feature_parts
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.labels import carry, mentioned, panel
from dashboard.media import frames as media_frames
from dashboard.media import stage
from dashboard.overview import box, building, frames
from dashboard.overview.frames import Finding

QUESTION = "What does each dimension of this model encode in its sign?"


def show(here: Here) -> None:
    """Everything about the catalog on top."""
    with st.container(key="large-home-question"):
        st.text(QUESTION)
    st.caption(parts.plain(facts(here)))
    box.draw(here)
    if here.catalog.modality != "text":
        stage.samples(here)
    if here.catalog.measured:
        findings(frames.first(here.catalog))
    else:
        feature_parts.unmeasured(here)
    claims(here)
    mentioned.panel()
    panel.starred(here)
    carry.offer(here)


def facts(here: Here) -> str:
    """How much there is, in one line."""
    catalog, build = here.catalog, here.catalog.build
    sites = catalog.sites.dropna(subset="dims")
    named = media_frames.named(catalog)
    return (
        f"{build['items']:,} {named} · {int(sites['dims'].max())} dimensions · "
        f"{len(sites)} sites · {build['model']}, read {build['reading']}"
    )


def findings(place: Here) -> None:
    """Three findings side by side, each a figure and the way to its page."""
    for column, (number, one) in zip(
        st.columns(3, gap="small"), enumerate(frames.three(place)), strict=True
    ):
        with column.container(border=True, height="stretch"), parts.guard():
            card(one, number)


def card(one: Finding, number: int) -> None:
    """One finding."""
    st.markdown(f"**{one.title}**")
    if one.drawn:
        drawn.figure(one.drawn, f"home.finding.{number}")
    st.text(one.brief or one.sentence)
    address.link(one.view, one.opens, one.place, ":material/arrow_forward:", **one.link)


def claims(here: Here) -> None:
    """The claims of the paper as one bar that leads to Evidence, or the button that tests them."""
    counts = evidence_frames.counts(here.catalog)
    if not counts:
        jobs.offer(
            "Are the paper's claims true of this model? They have not been tested on it yet.",
            "Test them",
            asks.evidence(here),
        )
        return
    with parts.panel("The paper's claims on this model"):
        drawn.figure(strips.verdicts(counts), "home.claims")
        address.link("evidence", "Each with its control", here, ":material/arrow_forward:")


def others(here: Here | None, entries: list[catalogs.Entry]) -> None:
    """Every other catalog as one line, and those that cannot be read with their reason."""
    for entry in entries:
        if entry.build is None:
            st.text(f"{parts.visible(entry.catalog.slug)}: {entry.problem}")
        elif here is None or entry.catalog != here.catalog:
            other = Here.start(entry.catalog)
            with st.container(
                horizontal=True, wrap=False, vertical_alignment="center", gap="small"
            ):
                address.link("overview", parts.plain(entry.catalog.slug), other)
                st.caption(parts.plain(facts(other)), width="stretch")


def about(here: Here) -> None:
    """Identity and provenance of the catalog on top, and how well its signs vary by layer."""
    catalog, build = here.catalog, here.catalog.build
    details(here, build)
    summary = catalogs.summary(catalog).frame
    summary = summary[summary["threshold"] == here.threshold]
    st.caption("Mean entropy of the sign at each site, 0 to 1 bit; this site marked")
    drawn.figure(
        strips.spark(
            summary["entropy_bits"].tolist(), summary["site"].tolist(), here.site, "entropy, bits"
        ),
        "home.entropy",
    )
    readings(here)
    jobs.offer(
        f"Verified: {catalogs.verified(catalog) or 'not yet'}. Random items are computed again by "
        "the model and compared bit by bit.",
        "Verify it",
        asks.verify(here),
        catalogs.missing(build),
    )


def details(here: Here, build: Mapping[str, Any]) -> None:
    """Identity and provenance, small."""
    catalog = here.catalog
    absent = catalog.sites.dropna(subset="absent")
    known = [
        ("model", build["model"]),
        ("class", f"{build['architecture']}, {parts.number(build['parameters'] / 1e6)} M"),
        ("revision", str(build["revision"])[:24]),
        ("items are", f"{build['modality']}, read {build['reading']}"),
        *media_frames.provenance(catalog),
        ("computed", f"{build['dtype']} on {build['device']}, {parts.number(build['seconds'])} s"),
        ("thresholds", ", ".join(build["thresholds"])),
        ("built", f"{build['built_at']:%Y-%m-%d %H:%M} UTC"),
        ("file", f"{parts.number(catalog.stamp.size / 1e6)} MB"),
        *(("no " + row.site, row.absent) for row in absent.itertuples()),
    ]
    text = []
    for name, value in known:
        first, *rest = textwrap.wrap(parts.visible(value), 60) or [""]
        text += [f"{name:<11}{first}", *(" " * 11 + line for line in rest)]
    st.code("\n".join(text), language=None)


def readings(here: Here) -> None:
    """The readings that a trial chose among, where it did."""
    tried = catalogs.trials(here.catalog)
    if tried.empty:
        return
    st.caption(
        f"Reading chosen among {len(tried)} by a trial: a token alone stands where many causal "
        "models keep an attention sink. The rule that chose never sees a category."
    )
    shown = tried.rename(columns={"entropy_bits": "entropy", "outliers": "norm outliers"})
    help_of = {"entropy": "entropy_bits", "norm outliers": "outliers"}
    config = {
        name: st.column_config.NumberColumn(
            format="%.3f" if name == "entropy" else "percent",
            help=terms.term(f"reading_trial.{help_of.get(name, name)}"),
        )
        for name in ("entropy", "norm outliers", "degenerate")
    }
    parts.table(shown, column_config=config, raw=True)


entries = catalogs.listed()
here = rail.here() if any(entry.build is not None for entry in entries) else None
if here is None:
    with st.container(key="large-home-question"):
        st.text("What does each dimension of a transformer encode? Begin with a model.")
else:
    show(here)
left, right = st.columns(2, gap="medium")
with left, parts.panel("Other catalogs" if here else "Catalogs"):
    others(here, entries)
    more = st.expander("Build another", here is None, key="home.build.more", on_change="rerun")
    if more.open:
        with more, parts.guard():
            building.draw({entry.catalog.slug for entry in entries})
with right, parts.panel("In the background"):
    jobs.listing("home")
    if places.PACKAGED["minilm"].installed and not meaning.made_at():
        jobs.offer(
            "The search box finds by meaning, by the signs of this model. The encoder that is "
            "installed here finds better.",
            "Embed its words",
            asks.meanings(),
        )
if here is not None:
    told = st.expander("About this catalog", key="home.about", on_change="rerun")
    if told.open:  # its tables and their code are loaded for those who ask
        with told, parts.guard():
            about(here)
