"""A text in a notebook: the model is run, and its signs are compared as the definitions say."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import catalog
from catalog.errors import NotInCatalog, SettingRefused
from catalog.store import replacing
from tests.dashboard.test_read_text import NAME, SITE, TEXT, findings
from tests.given import synthetic
from tests.given.commands import run


@pytest.fixture(scope="module")
def c(llama, tmp_path_factory):
    """The catalog of a tiny model, with one feature."""
    folder = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIMS_DATA", str(folder))
        made = run("build", str(llama), "--name", "tiny", "--no-findings", "--quiet")
        assert made.code == 0, made.err
    path = folder / "catalogs" / "tiny.duckdb"
    replacing.write(path, findings())
    return catalog.open(path)


@pytest.fixture(scope="module")
def read(c):
    return c.read(TEXT, SITE)


def test_a_feature_fires_where_its_signs_agree(c, read):
    frame = read.frame()
    assert len(frame) == len(read.states.ids) and set(frame["category"]) == {NAME}
    prototype = c.feature(SITE, NAME)
    positive = read.at(SITE)[:, prototype.dimensions] > 0
    share = (positive == (prototype.signs > 0)).mean(axis=1)
    np.testing.assert_allclose(frame["agreement"], share)
    assert frame["fires"].tolist() == (share > prototype.firing_level).tolist()
    signs = c.signs(SITE, "zero")
    own = np.flatnonzero(c.families == np.arange(len(c.families)))
    of_items = (signs.bits(own)[:, prototype.dimensions] == (prototype.signs > 0)).mean(axis=1)
    expected = [(of_items >= one - 1e-9).mean() for one in share]
    np.testing.assert_allclose(frame["share_of_items"], expected)
    np.testing.assert_allclose(frame["items_that_fire"], (of_items > prototype.firing_level).mean())


def test_signs_that_context_changes_are_counted_at_every_site(c, read):
    changes = read.changes()
    frame = changes.frame().set_index("site")
    assert list(frame.index) == list(read.sites)
    cached = c.signs(SITE, "zero").bits(read.states.ids) > 0
    differs = (read.at(SITE) > 0) != cached
    kept = ~read.states.special
    kept[0] = False  # the first token of a causal model has no context
    assert frame["own"][SITE] == pytest.approx(differs[kept].mean())
    assert frame["retained"][SITE] == pytest.approx(1 - frame["own"][SITE] / frame["other"][SITE])
    tokens = changes.by_token()
    here = tokens[tokens["site"] == SITE]
    np.testing.assert_allclose(here["own"], differs.mean(axis=1))
    assert here["counted"].tolist() == kept.tolist()
    quarters = changes.by_magnitude()
    mine = quarters[quarters["site"] == SITE]["own"]
    assert mine.mean() == pytest.approx(frame["own"][SITE]) and len(mine) == 4


def test_a_cell_is_its_dimensions(c, read):
    frame = read.cell(2, NAME)
    assert frame["matches"].mean() == pytest.approx(read.frame()["agreement"][2])
    across = read.across(2, NAME).set_index("site")
    assert across["agreement"][SITE] == pytest.approx(frame["matches"].mean())
    with pytest.raises(NotInCatalog, match="no feature 'nope'"):
        read.cell(2, "nope")


def test_a_text_is_read_at_the_primary_site_unless_named(c):
    read = c.read("The cat sat.")
    assert read.site == c.primary.site and read.threshold == "zero"
    with pytest.raises(NotInCatalog, match=r"no site 'resid\.9'"):
        c.read(TEXT, "resid.9")
    with pytest.raises(SettingRefused, match="no text"):
        c.read("  ")


def test_a_model_of_pictures_reads_no_text(tmp_path):
    path = synthetic.write(tmp_path / "shown.duckdb")
    import duckdb

    with duckdb.connect(path) as connection:
        connection.execute("UPDATE build SET modality = 'image'")
    with pytest.raises(SettingRefused, match="reads no text"):
        catalog.open(path).read(TEXT)


def test_without_findings_signs_are_compared_all_the_same(c, tmp_path):
    path = tmp_path / "bare.duckdb"
    path.write_bytes(c.path.read_bytes())
    replacing.write(path, {name: [] for name in findings()})
    read = catalog.open(path).read(TEXT, SITE)
    assert read.map is None and len(read.changes().frame()) == len(read.sites)
    with pytest.raises(SettingRefused, match="dims features bare"):
        read.frame()


def test_answers_show_themselves_and_draw_what_the_page_draws(c, read):
    for answer in (read, read.changes()):
        assert "<table" in answer._repr_html_() and isinstance(answer.plot(), go.Figure)
    assert "&lt;b&gt;cats" in read._repr_html_()
    figure = read.changes().plot("magnitude", SITE)
    rows = read.changes().by_magnitude()
    np.testing.assert_allclose(figure.data[0].y, rows[rows["site"] == SITE]["own"])
    assert isinstance(rows, pd.DataFrame)
