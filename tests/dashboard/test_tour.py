"""The tour: its figures are those of the catalog, each stop leads to a page and back."""

import shutil

import duckdb
import pandas as pd
import pytest
import streamlit as st

from catalog.evidence.claims import CLAIMS
from catalog.store import packed, reading, replacing
from catalog.store.catalog import Catalog
from catalog.store.reading import Query
from dashboard.common import parts
from dashboard.overview import frames
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.dashboard.test_feature_pages import evidence
from tests.given import feature_catalog, synthetic
from tests.given.feature_catalog import SITE

PLANTED = "planted"


def claimed(key, value):
    """A row of the evidence table about a claim that there is."""
    assert key in CLAIMS
    return evidence(key, value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The measured catalog under the name of the one that ships, and another catalog."""
    folder = tmp_path_factory.mktemp("tour") / "data"
    measured = feature_catalog.write(folder)
    proved = folder / "catalogs" / f"{frames.SLUG}.duckdb"
    shutil.move(measured, proved)
    with duckdb.connect(proved) as connection:  # a pole to show, though 24 dimensions hold none
        connection.execute("UPDATE feature SET best_q = 0.001, small = false WHERE auc > 0.5")
    rows = [claimed("sign_only_top5", None), claimed("basis", 0.01)]
    replacing.write(proved, {"evidence": rows})
    synthetic.write(folder / "catalogs" / "bare.duckdb", synthetic.Recipe(slug="bare"))
    return folder


@pytest.fixture
def app(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    monkeypatch.setattr(frames, "CATEGORY", PLANTED)
    words = " ".join(feature_catalog.lists()[PLANTED][:24])
    monkeypatch.setattr(frames, "WORDS", words)
    for started in start(folder, monkeypatch):
        yield started
        st.cache_resource.clear()
        packed.shelf.clear()


@pytest.fixture
def place(app):
    app.run()
    return frames.place()


def figures(finding):
    return dict(finding.figures)


def test_a_category_has_the_figures_of_the_catalog(place):
    row = reading.fetch(
        place.catalog.path,
        Query(
            "SELECT * FROM feature WHERE category = ? AND site = ? AND threshold = ? "
            "AND background = 'matched'",
            (PLANTED, place.site, place.threshold),
        ),
    ).iloc[0]
    assert not pd.isna(row["null_p95"])  # the tour looks where nulls were drawn
    shown = figures(frames.category(place))
    assert shown["null p95"] == parts.number(row["null_p95"])
    assert shown["AUC"].startswith(parts.number(row["auc"])[:4])


def test_the_pole_is_the_one_that_holds_most_members(place):
    finding = frames.pole(place)
    number = finding.link["dim"]
    everything = reading.fetch(
        place.catalog.path,
        Query(
            "SELECT pole, rank, family, dimension FROM pole JOIN item USING (item) "
            "WHERE site = ? AND rank <= 20",
            (place.site,),
        ),
    )
    members = reading.fetch(
        place.catalog.path, Query("SELECT category, family FROM member JOIN item USING (item)")
    )
    best = reading.fetch(
        place.catalog.path,
        Query(
            "SELECT category, best_dimension FROM feature WHERE site = ? AND threshold = ? "
            "AND background = 'matched' AND NOT small AND best_q < 0.05",
            (place.site, place.threshold),
        ),
    )
    counts = {
        (row.category, row.best_dimension, pole): int(
            rows.family.isin(members[members.category == row.category].family).sum()
        )
        for row in best.itertuples()
        for pole, rows in everything[everything.dimension == row.best_dimension].groupby("pole")
        if pole in ("positive", "negative")
    }
    most = max(counts.values())
    assert most > 0 and number in {key[1] for key, count in counts.items() if count == most}
    assert any(value == f"{most} of 20" for _, value in finding.figures)


def test_the_concept_is_measured_while_one_looks(place):
    from catalog.features import from_words

    finding = frames.concept(place)
    words = frames.WORDS.split()
    made = from_words.made(place.catalog, place.site, place.threshold, words)
    auc = made.concept
    assert figures(finding)["held-out AUC"] == f"{auc.auc:.3f} [{auc.low:.3f}, {auc.high:.3f}]"


def test_a_claim_that_fails_is_shown_with_its_control(place):
    finding = frames.refuted(place)
    assert figures(finding)["rotated"] == "0.910"
    assert figures(finding)["verdict"] == "does not hold"


def test_the_claims_of_the_tour_are_claims():
    assert {frames.FLIP, *frames.CLAIMS} <= set(CLAIMS)


def with_evidence(place, folder, *rows):
    """The tour's place on a copy of its catalog with this evidence."""
    path = folder / f"{frames.SLUG}.duckdb"
    shutil.copyfile(place.catalog.path, path)
    replacing.write(path, {"evidence": list(rows)})
    return place._replace(catalog=Catalog(path))


def test_the_flip_says_run_it_until_it_was_measured(place, tmp_path):
    assert "Run it live" in frames.flip(place).sentence
    measured = frames.flip(with_evidence(place, tmp_path, claimed("flips_away", -0.5)))
    assert measured.figures[0] == ("measure of *flips_away*", "-0.500 [-0.520, -0.480]")
    assert dict(measured.figures)["rotated"] == "0.910"
    assert "Run it live" not in measured.sentence


@pytest.mark.parametrize("key", ["flips_toward", "flips_single", "basis"])
def test_no_other_claim_stands_beside_the_flip(place, tmp_path, key):
    other = with_evidence(place, tmp_path, claimed(key, 0.5), claimed("flips_away", None))
    assert "Run it live" in frames.flip(other).sentence and not frames.flip(other).figures


@pytest.mark.parametrize("step", range(1, 6))
def test_every_stop_shows_its_figures_and_opens_its_page(app, place, step):
    finding = frames.findings(place)[step - 1]
    show(app, "tour", catalog="bare", step=step)
    assert finding.sentence in literal(app)
    assert {metric.value for metric in app.metric} >= {value for _, value in finding.figures}
    if finding.view != "flip_lab":  # would load a model
        app.button(key="tour.open").click().run()
        assert not app.exception and "step" not in app.query_params
        assert linked(app, "catalog") == frames.SLUG
        assert linked(app, "tour") == str(step)
        app.button(key="present.tour").click().run()
        assert linked(app, "step") == str(step % 5 + 1)


def test_next_goes_round(app):
    show(app, "tour", step=5)
    app.button(key="step.next").click().run()
    assert linked(app, "step") == "1"
    app.button(key="step.previous").click().run()
    assert linked(app, "step") == "5"


def test_without_the_catalog_it_says_what_makes_it(tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    synthetic.write(tmp_path / "catalogs" / "bare.duckdb", synthetic.Recipe(slug="bare"))
    for app in start(tmp_path, monkeypatch):
        show(app, "tour")
        assert "on the page Home" in literal(app)


def test_before_it_was_measured_the_tour_looks_at_the_site_of_verdicts(tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    path = tmp_path / "catalogs" / f"{frames.SLUG}.duckdb"
    synthetic.write(path, synthetic.Recipe(slug=frames.SLUG))
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    here = frames.place()
    assert here.site == Catalog(path).primary.site == "resid.1"


def test_a_presentation_follows_from_page_to_page_and_ends(app):
    show(app, "tour", present=1)
    assert not [button for button in app.button if button.key == "present.enter"]
    app.switch_page(FILES["dimension"]).run()
    assert linked(app, "present") == "1"
    app.button(key="present.leave").click().run()
    assert "present" not in app.query_params
    app.switch_page(FILES["item"]).run()
    assert "present" not in app.query_params
    assert app.button(key="present.enter").label == "Present"


def test_no_figure_names_a_category_beside_a_dimension_that_waits_in_my_queue(app, place):
    from catalog.workspace import queue
    from catalog.workspace.file import open_workspace
    from dashboard.common import workspace as labeling_frames

    assert figures(frames.pole(place))
    with open_workspace() as workspace:
        subjects = [labeling_frames.subject(place, n) for n in range(24)]
        queue.open_queue(workspace, "q", "ada", subjects)
    show(app, "tour", step=1, me="ada")
    assert "waits in your open queue" in literal(app) and not app.metric
    assert place.site == SITE
