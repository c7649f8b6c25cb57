"""Two catalogs in a notebook: what is said, what is shown, and what is refused in a sentence."""

import dataclasses

import duckdb
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import catalog
from catalog.comparing import cached_pairs, cached_versions, matching, side_by_side, sides
from catalog.errors import CatalogMissing, NotInCatalog, SettingRefused
from tests.given import feature_catalog, synthetic, versions

SITE = versions.SITE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Catalogs measured, again and version, one of images, and one of median signs alone."""
    made = versions.write(tmp_path_factory.mktemp("notebook"))
    pictures = made / "catalogs" / "pictures.duckdb"
    synthetic.write(pictures, synthetic.Recipe(items=60, dims=8, slug="pictures"))
    with duckdb.connect(pictures) as connection:
        connection.execute("UPDATE build SET modality = 'image'")
    only = dataclasses.replace(feature_catalog.RECIPE, thresholds=("median",), slug="median")
    synthetic.write(made / "catalogs" / "median.duckdb", only)
    return made


@pytest.fixture(autouse=True)
def here(folder, monkeypatch):
    """The data folder of these catalogs, with its cache, in force."""
    monkeypatch.setenv("DIMS_DATA", str(folder))


@pytest.fixture
def c():
    return catalog.open("measured")


def test_a_comparison_is_settled_as_the_command_settles_it(c):
    found = c.compare("version")
    assert (found.a.site, found.b.site) == (c.primary.site, c.primary.site)
    assert found.a.threshold == found.b.threshold == "zero"
    assert c.compare("version", "resid.0").b.site == "resid.0"
    assert c.compare(catalog.open("version")) == found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.with_model = True


def test_its_frame_is_the_matching_written_out(c):
    found = c.compare("version", SITE)
    one, other = (catalog.open(name).by_item(SITE, "zero") for name in ("measured", "version"))
    items = np.unique(c.families[c.items["kind"].isin(["word", "piece"])])
    signs = [
        np.unpackbits(
            np.ascontiguousarray(words[:, items].T).view(np.uint8), axis=1, count=24,
            bitorder="little",
        ).astype(bool)
        for words in (one, other)
    ]  # fmt: skip
    plain = matching.match(*signs)
    order = np.argsort(-plain.pairs.held_out, kind="stable")
    frame = found.frame()
    np.testing.assert_array_equal(np.sort(frame["a"]), np.sort(plain.pairs.a))
    np.testing.assert_allclose(frame["phi"], plain.pairs.held_out[order])
    assert frame["rotation_q"].isna().all()  # no model was run
    assert found.sentence == matching.verdict(plain)[1] and found.sentence in found.title
    np.testing.assert_allclose(found.histogram()["observed"].sum(), 1)


def test_what_was_computed_is_read_again(c, monkeypatch):
    first = c.compare("version", SITE)
    frames = first.frame(), first.categories().frame(), first.layers().frame()
    changes = first.versions().frame()

    def never(*_arguments, **_more):
        raise AssertionError("computed twice")

    for module, name in (
        (matching, "match"),
        (side_by_side, "paired"),
        (cached_versions.versions, "by_dimension"),
    ):
        monkeypatch.setattr(module, name, never)
    again = c.compare("version", SITE)
    for made, read in zip(
        (*frames, changes),
        (
            again.frame(),
            again.categories().frame(),
            again.layers().frame(),
            again.versions().frame(),
        ),
        strict=True,
    ):
        pd.testing.assert_frame_equal(made, read, check_dtype=False)


def test_the_planted_feature_appeared(c):
    found = c.compare("version", SITE).categories()
    assert found.changed()["name"].tolist() == [versions.NEW]
    assert found.changed()["change"].tolist() == ["appeared"] and "1 appeared" in found.title
    assert len(found.frame()) == found.summary["categories"] > 1


def test_versions_against_the_rebuild(c):
    found = c.compare("version", SITE).versions()
    assert found.rebuilt.slug == "again"
    members = set(c.families[c.sql(
        f"SELECT item FROM member WHERE category = '{versions.NEW}'"
    )["item"]])  # fmt: skip
    items = found.items()
    changed = set(items.loc[items["changed"] > 0, "item"])
    assert changed and changed <= members
    assert found.frame()["rate"].mean() == pytest.approx(found.summary["rate"])
    sites = found.sites().set_index("site")["rate"]
    assert sites["resid.0"] == 0 < sites[SITE]
    with pytest.raises(SettingRefused, match="with_model=True"):
        found.magnitude()


def test_states_given_by_hand_add_the_curve_by_magnitude(c):
    asked = c.compare("version", SITE)
    states = np.random.default_rng(0).normal(size=(len(sides.shared(c, c)), 24))
    made = cached_versions.changes(
        asked.a, asked.b, catalog.open("again"), lambda *_: states.astype(np.float32)
    )
    found = asked.versions("again")
    pd.testing.assert_frame_equal(found.magnitude(), made.tables["magnitude"])
    assert isinstance(found.plot("magnitude"), go.Figure)


def test_layers_and_a_track(c):
    found = c.layers()
    assert len(found.frame()) == 3 and found == c.compare("version", SITE).layers()
    first = found.first_readable()
    assert first.background in c.backgrounds and len(first.frame())
    track = found.track("planted").frame()
    assert track["site"].tolist() == ["resid.0", "resid.1"]
    bare = catalog.open("median").layers()
    assert bare.first_readable().frame().empty and "no nulls" in bare.first_readable().title


def test_every_answer_shows_itself_and_draws_the_figure_of_its_page(c):
    compared = c.compare("version", SITE)
    layers = c.layers()
    answers = (compared, compared.categories(), compared.versions(), layers)
    for answer in (*answers, layers.first_readable(), layers.track(feature_catalog.HOSTILE)):
        shown = answer._repr_html_()
        assert "<table" in shown and "<script>" not in shown
        assert isinstance(answer.plot(), go.Figure)
    assert isinstance(compared.versions().plot("sites"), go.Figure)
    assert isinstance(layers.plot("kappa"), go.Figure)


def test_in_what_they_differ(c):
    found = c.compare("version").differences()
    assert found["what"].tolist() == ["weights"] and found["means"].str.endswith(".").all()
    assert c.compare("measured").differences().empty


def test_the_model_is_run_only_where_it_is_asked_for(c):
    with_model = c.compare("version", SITE, with_model=True)
    assert with_model.frame()["rotation_q"].isna().all()  # there is no such model: left out
    stored = cached_pairs.stored_matches(with_model.a, with_model.b, rotation=True)
    assert stored is None


def refused(error, ask, *words):
    with pytest.raises(error) as raised:
        ask()
    told = str(raised.value)
    assert all(word in told for word in words) and "\n" not in told


def test_what_cannot_be_compared_is_a_sentence(c):
    refused(CatalogMissing, lambda: c.compare("third"), "no catalog 'third'", "version")
    refused(SettingRefused, lambda: c.compare("pictures"), "nothing was shown to both")
    refused(NotInCatalog, lambda: c.compare("version", "resid.9"), "measured has no site")
    refused(NotInCatalog, lambda: c.compare("version", SITE, "ffn.1"), "version has no site")
    refused(SettingRefused, lambda: c.compare("version", threshold="one"), "no signs at threshold")
    refused(SettingRefused, lambda: c.compare("median"), "no threshold is in both")
    refused(SettingRefused, lambda: c.layers("median"), "only at zero")
    refused(NotInCatalog, lambda: c.layers().track("nothing"), "no feature 'nothing'")


def test_what_are_no_versions_is_a_sentence(c):
    version = c.compare("version", SITE)
    refused(SettingRefused, lambda: version.versions("version"), "no second build of measured")
    refused(SettingRefused, lambda: version.versions("measured"), "no second build of measured")
    refused(CatalogMissing, lambda: version.versions("third"), "no catalog 'third'")
    refused(SettingRefused, lambda: c.compare("again", SITE).versions(), "the same weights")
    apart = c.compare("version", "resid.0", SITE)
    refused(SettingRefused, apart.versions, "at one site")
    other = c.compare("median", "resid.1", threshold="zero", other_threshold="median")
    refused(SettingRefused, other.versions, "their threshold differs")
    alone = catalog.open("version").compare("measured", SITE)
    refused(SettingRefused, alone.versions, "dims build", "--name version-bfloat16")
