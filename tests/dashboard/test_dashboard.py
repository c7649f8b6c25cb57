"""Every page opens, links carry what is shown, and what is missing or hostile is handled."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.signs import between
from catalog.store import packed
from catalog.store.catalog import Catalog
from dashboard.common import frames, parts
from dashboard.common.answers import Here
from dashboard.pages import FILES
from tests.given import copied, synthetic

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
VIEWS = sorted(FILES)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Two small catalogs: hostile (both thresholds), and flat (zero only, 40 % degenerate)."""
    folder = tmp_path_factory.mktemp("data") / "catalogs"
    folder.mkdir()
    recipe = synthetic.Recipe(items=120, dims=24, slug="hostile", hostile=True)
    synthetic.write(folder / "hostile.duckdb", recipe)
    flat = synthetic.Recipe(
        items=80, dims=16, sites=("resid.0", "resid.1"), thresholds=("zero",), degenerate=0.5
    )
    synthetic.write(folder / "flat.duckdb", flat)
    return folder.parent


@pytest.fixture
def app(files, monkeypatch):
    """The dashboard over `files`, started."""
    yield from start(files, monkeypatch)


def start(folder, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(folder))
    yield AppTest.from_file(APP, default_timeout=30)
    st.cache_data.clear()
    packed.shelf.clear()


def show(app, view, me=None, **query):
    """Open a page by a link, as the person `me`."""
    app.run()
    if me is not None:
        app.session_state["who.name"] = me
    app.switch_page(FILES[view])
    for name, value in query.items():
        app.query_params[name] = str(value)
    app.run()
    assert not app.exception
    return app


def linked(app, name):
    """Value of `name` in the link."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def literal(app):
    """All literal text of the page."""
    return "\n".join(element.value for element in [*app.text, *app.code])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("catalog", ["hostile", "flat"])
def test_every_view_opens(app, view, catalog):
    show(app, view, catalog=catalog)
    assert app.header[0].value
    assert "cannot be shown" not in "".join(element.value for element in app.markdown)
    assert linked(app, "catalog") == catalog


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_without_catalogs(view, tmp_path, monkeypatch):
    for app in start(tmp_path, monkeypatch):
        show(app, view)
        said = literal(app)
        assert (
            view in ("status", "people")
            or "Begin with a model" in said
            or "on the page Home" in said
        )


@pytest.mark.parametrize("view", VIEWS)
def test_a_broken_catalog_hides_no_other(files, view, tmp_path, monkeypatch):
    folder = tmp_path / "catalogs"
    folder.mkdir()
    (folder / "flat.duckdb").write_bytes((files / "catalogs" / "flat.duckdb").read_bytes())
    (folder / "broken.duckdb").write_bytes(b"not a catalog")
    for app in start(tmp_path, monkeypatch):
        show(app, view)
        assert app.selectbox(key="rail.catalog").options == ["flat"]
        if view == "overview":
            assert "truncated or not a catalog" in literal(app)


def test_every_way_in_starts_at_the_site_of_verdicts(app, files):
    show(app, "overview", catalog="hostile")
    primary = Catalog(files / "catalogs" / "hostile.duckdb").primary
    assert primary.site == "resid.1"
    assert app.selectbox(key="rail.site").value == primary.site
    links = [parse_qs(link.proto.query_string) for link in app.get("page_link")]
    starts = [link["site"] for link in links if link["catalog"] == ["hostile"]]
    assert len(starts) >= 2 and all(site == [primary.site] for site in starts)


def test_a_link_restores_what_it_shows(app):
    show(app, "dimension", catalog="hostile", site="resid.0", threshold="median", dim=7)
    assert app.number_input(key="dimension.number").value == 7
    assert app.selectbox(key="rail.site").value == "resid.0"
    assert app.selectbox(key="rail.threshold").value == "median"
    assert "hostile › resid.0 › dimension 7" in literal(app)


BAD = {"catalog": "nope", "site": "resid.99", "threshold": "one", "dim": "-3"}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_link_falls_back_with_a_notice(app, name):
    show(app, "dimension", **{name: BAD[name]})
    assert f"The link asks for {name} {BAD[name]!r}" in literal(app)
    app.run()
    assert "The link asks" not in literal(app)


@pytest.mark.parametrize("item", ["-1", "120", "<b>", "9" * 30])
def test_an_invalid_item_falls_back_with_a_notice(app, item):
    show(app, "item", catalog="hostile", item=item)
    assert "The link asks for item" in literal(app)


def test_previous_and_next_go_round(app):
    show(app, "dimension", catalog="hostile", dim=0)
    for label, dimension in [("Previous", "23"), ("Previous", "22"), ("Next", "23"), ("Next", "0")]:
        next(button for button in app.button if button.label == label).click().run()
        assert linked(app, "dim") == dimension


def test_choices_follow_from_page_to_page(app):
    show(app, "dimension", catalog="hostile", dim=5)
    app.selectbox(key="rail.site").select("final").run()
    app.switch_page(FILES["item"]).run()
    assert linked(app, "site") == "final"
    app.switch_page(FILES["dimension"]).run()
    assert linked(app, "dim") == "5" and linked(app, "site") == "final"


SEARCHES = {
    "resid.2/7": ("Dimensions", {"site": "resid.2", "dim": "7"}),
    "9": ("Dimensions", {"dim": "9"}),
    "final": ("Dimensions", {"site": "final"}),
    "#17": ("Words", {"item": "17", "q": "#17"}),
    "script": ("Words", {"item": "0", "q": "script"}),
    "resid.2/999": ("Words", {"q": "resid.2/999"}),
}


@pytest.mark.parametrize("asked", SEARCHES)
@pytest.mark.parametrize("view", ["overview", "item", "dimension"])
def test_the_search_box_goes_there(app, asked, view):
    show(app, view, catalog="hostile")
    app.text_input(key="rail.search").set_value(asked).run()
    title, expected = SEARCHES[asked]
    assert not app.exception and app.header[0].value == title
    for name, value in expected.items():
        assert linked(app, name) == value
    assert app.text_input(key="rail.search").value == ""


def test_a_new_search_forgets_the_item_before_it(app):
    show(app, "item", catalog="hostile", item=50)
    app.switch_page(FILES["overview"]).run()
    app.switch_page(FILES["item"]).run()
    assert linked(app, "item") == "50"
    app.switch_page(FILES["overview"]).run()
    app.text_input(key="rail.search").set_value("script").run()
    assert linked(app, "item") == "0"


@pytest.mark.parametrize("number", range(len(synthetic.HOSTILE)))
def test_hostile_items_are_shown_literally(app, number):
    show(app, "item", catalog="hostile", item=number)
    shown = parts.visible(synthetic.HOSTILE[number])
    assert shown in literal(app)
    assert not any(shown in element.value for element in [*app.markdown, *app.caption])


def test_text_for_charts_is_escaped_and_visible():
    assert parts.chart_text("<b>$x$</b>") == "&lt;b&gt;&#36;x&#36;&lt;/b&gt;"
    assert parts.visible("a\u202eb\nc") == "a\\u202eb\\u000ac"
    assert len(parts.chart_text("x" * 99, 16)) == 16


def test_a_text_that_is_cut_keeps_the_token_it_is_about():
    window = 'which way?", hold⟦␣your⟧ fan said'
    assert parts.chart_text(window, 18) == '…y?", hold⟦␣your⟧…'
    assert parts.chart_text(window, 24) == '…ich way?", hold⟦␣your⟧…'
    assert parts.chart_text(window, 40) == window
    assert parts.chart_text("a" * 20 + "⟦" + "b" * 30 + "⟧", 12) == "…⟦bbbbbbbbb…"
    assert all(len(parts.chart_text(window, n)) <= n for n in range(3, 40))


@pytest.mark.parametrize(
    "value, text",
    [(None, "–"), (0, "0"), (0.12345, "0.123"), (-1.5, "-1.50"), (123.4, "123"), (30522, "30,522")],
)
def test_numbers_have_three_digits(value, text):
    assert parts.number(value) == text


def test_degenerate_sites_are_warned_about(app):
    show(app, "dimensions", catalog="flat")
    assert "hardly ever change sign" in literal(app)
    show(app, "dimensions", catalog="hostile")
    assert "hardly ever change sign" not in literal(app)


def test_constants_of_the_median_are_not_shown(app):
    show(app, "dimension", catalog="hostile", threshold="median")
    labels = [metric.label for metric in app.metric]
    assert "share +" not in labels and "threshold" in labels
    show(app, "dimensions", catalog="hostile", threshold="median")
    assert "share_positive" not in app.dataframe[0].value
    assert any("constant by construction" in element.value for element in app.caption)


def test_dimensions_are_sorted_filtered_and_paged(app):
    show(app, "dimensions", catalog="hostile", sort="mean_abs", order="descending")
    assert app.dataframe[0].value.mean_abs.is_monotonic_decreasing
    app.number_input(key="dimensions.from").set_value(50).run()
    assert (app.dataframe[0].value.share_positive >= 0.5).all()
    assert linked(app, "from") == "50"


def test_dimensions_that_tell_frequency_or_length_are_marked_and_left_out(app):
    show(app, "dimensions", catalog="hostile", sort="frequency", order="descending")
    shown = app.dataframe[0].value
    far = (shown[["frequency_auc", "length_auc"]] - 0.5).abs()
    assert far["frequency_auc"].is_monotonic_decreasing
    apart = (far > 0.1).any(axis=1)
    assert 0 < apart.sum() < len(shown)
    assert (shown["marked"] == "●").tolist() == apart.tolist()
    captions = " ".join(element.value for element in app.caption)
    assert f"{apart.mean():.0%} of these dimensions tell frequent words" in captions
    app.selectbox(key="dimensions.plain").select("plain").run()
    kept = app.dataframe[0].value
    assert sorted(kept["dimension"]) == sorted(shown.loc[~apart, "dimension"])
    assert linked(app, "plain") == "plain" and (kept["marked"] == "").all()


def test_a_dimension_says_whether_frequency_or_length_explains_it(app):
    show(app, "dimensions", catalog="hostile", sort="frequency", order="descending")
    first = app.dataframe[0].value.iloc[0]
    show(app, "dimension", catalog="hostile", dim=int(first["dimension"]))
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["v frequency"] == parts.number(first["frequency_auc"])
    assert figures["v length"] == parts.number(first["length_auc"])
    told = between.told(first["frequency_auc"], first["length_auc"])
    assert told in [element.value for element in app.caption] and "In part explained" in told


COPIED = {
    "dimensions": {"python": 0, "sql": 2},
    "dimension": {"python": 4, "sql": 2},
    "item": {"python": 3, "sql": 1},
}
"""Panels of each page with something to copy."""


@pytest.mark.parametrize("threshold", ["zero", "median"])
@pytest.mark.parametrize("view", COPIED)
def test_what_is_copied_runs_and_gives_what_is_shown(app, monkeypatch, view, threshold):
    answers = copied.record(monkeypatch)
    show(app, view, catalog="hostile", site="resid.1", threshold=threshold, dim=3, item=17)
    path = app.session_state["rail.here"].catalog.path
    for answer in answers.values():
        copied.same(answer, path)
    languages = [answer.language for answer in answers.values()]
    rarest = threshold == "zero" or view != "item"  # not shown with threshold median
    assert languages.count("python") == COPIED[view]["python"] - (not rarest)
    assert languages.count("sql") == COPIED[view]["sql"]


def test_what_is_copied_asks_for_the_family_too(app, monkeypatch):
    answers = copied.record(monkeypatch)
    show(app, "item", catalog="hostile", site="resid.1", item=17, family=True)
    copied.same(answers["Nearest items"], app.session_state["rail.here"].catalog.path)
    assert "family=True" in answers["Nearest items"].copy


def test_a_catalog_that_lies_elsewhere_is_copied_by_its_path(files, tmp_path, monkeypatch):
    path = files / "catalogs" / "flat.duckdb"
    here = Here(Catalog(path), "resid.1", "zero")
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    copied.same(frames.pole(here, 3, "positive", 5), path)


def test_the_console_answers_and_refuses(app):
    show(app, "sql", catalog="hostile", sql="SELECT count(*) AS n FROM item")
    assert app.dataframe[0].value["n"][0] == 120
    app.text_area(key="sql.text").set_value("DROP TABLE item")
    app.button[0].click().run()
    assert "write a SELECT, not DROP" in literal(app)


def test_the_schema_beside_the_console_finds_words(app):
    show(app, "sql", catalog="flat", find="kappa")
    assert "dimension_sign.kappa" in literal(app) and "schema_version" not in literal(app)
    assert any("Cohen's kappa" in caption.value for caption in app.caption)


def test_a_rebuilt_catalog_shows_without_a_restart(tmp_path, monkeypatch):
    folder = tmp_path / "catalogs"
    folder.mkdir()
    path = synthetic.write(folder / "a.duckdb", synthetic.Recipe(items=64, dims=8))
    for app in start(tmp_path, monkeypatch):
        show(app, "dimension", dim=3)
        synthetic.write(tmp_path / "b", synthetic.Recipe(items=72, dims=16)).replace(path)
        show(app, "dimension", dim=15)
        assert linked(app, "dim") == "15"


def test_browsing_loads_no_model():
    import subprocess
    import sys

    code = (
        "import sys, dashboard.common.frames, dashboard.frame.rail;"
        "import catalog.figures.charts, catalog.figures.lines;"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
