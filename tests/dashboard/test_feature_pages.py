"""Features, Feature and Concept builder: what they show, what they refuse, what they keep."""

import itertools
import json
import shutil
from xml.etree import ElementTree

import duckdb
import numpy as np
import pandas as pd
import pytest
import streamlit as st

from catalog.figures.text import chance, ends, signed
from catalog.store import packed, replacing
from catalog.store.catalog import Catalog
from catalog.workspace import file, runs
from dashboard.common import parts
from dashboard.features import charts, concept_frames, frames, rivals
from dashboard.features import parts as feature_parts
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import linked, literal, start
from tests.given import copied, feature_catalog, synthetic
from tests.given.feature_catalog import HOSTILE, SITE

PAGES = ["features", "feature", "concept"]


def evidence(claim, value):
    """A row of the evidence table."""
    words = ["statement", "measure", "paper", "reason", "method", "unit", "cell"]
    return {
        **{name: f"{name} of *{claim}*" for name in words},
        "claim": claim,
        "position": 1,
        "value": value,
        "low": value and value - 0.02,
        "high": value and value + 0.02,
        "controls": json.dumps({"rotated": 0.91}),
        "strongest": value and "rotated",
        "verdict": "does not hold" if value else "cannot be tested",
        "n": 44,
        "curves": "{}",
        "seconds": 1.0,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A catalog with findings and one without."""
    folder = tmp_path_factory.mktemp("pages") / "data"
    feature_catalog.write(folder)
    synthetic.write(folder / "catalogs" / "bare.duckdb", synthetic.Recipe(slug="bare"))
    proved = folder / "catalogs" / "proved.duckdb"
    shutil.copyfile(folder / "catalogs" / "measured.duckdb", proved)
    replacing.write(proved, {"evidence": [evidence("basis", 0.01), evidence("training", None)]})
    return folder


@pytest.fixture
def app(folder, tmp_path, monkeypatch):
    """The dashboard over `folder`, with a workspace of its own."""
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    for started in start(folder, monkeypatch):
        yield started
        st.cache_resource.clear()
        packed.shelf.clear()


def opened(app, page, /, **query):
    """Open a page by a link that says these things and no others."""
    app.run()
    app.switch_page(FILES[page])
    app.query_params.clear()
    for name, value in ({"catalog": "measured", "site": SITE} | query).items():
        app.query_params[name] = str(value)
    app.run()
    assert not app.exception
    return app


def words(count=22):
    return " ".join(feature_catalog.lists()["planted"][:count])


def shown(app):
    """Everything that a page would read as Markdown."""
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.header])


@pytest.mark.parametrize("view", ["features", "feature"])
def test_without_findings_it_says_what_is_missing(app, view):
    opened(app, view, catalog="bare")
    assert "have not been measured yet" in literal(app)
    assert not app.metric


def test_the_concept_builder_needs_no_findings(app):
    opened(app, "concept", catalog="bare", site="resid.1", words="baba bale")
    assert "have not been measured yet" in literal(app) and app.metric


@pytest.mark.parametrize("view", ["map", "table", "skipped"])
def test_the_features_page_shows_each_view(app, view):
    opened(app, "features", view=view)
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["categories"] == "4" and figures["skipped"] == "3"
    if view == "table":
        frame = app.dataframe[0].value
        assert frame["auc"].is_monotonic_decreasing and set(frame["flags"]) >= {"fallback small"}
        aucs = frame.set_index("category")["auc"]
        assert aucs["planted"] > aucs["noise"] + 0.05
    if view == "skipped":
        assert "20 are needed" in app.dataframe[0].value["reason"][0]
    assert linked(app, "view") == view


def test_the_filters_narrow_the_table(app):
    opened(app, "features", view="table", find="noise")
    assert set(app.dataframe[0].value["category"]) == {"noise", "noise-one"}
    opened(app, "features", view="table", find="noise", state="clear")
    assert not app.dataframe or app.dataframe[0].value["null_p95"].notna().all()
    opened(app, "features", view="table", find="nothing like it")
    assert "No category passes this filter" in literal(app)


def test_the_background_is_a_switch_of_the_link(app):
    opened(app, "features", view="table", background="words")
    planted = app.dataframe[0].value.set_index("category").loc["planted"]
    row = frames.feature(app.session_state["rail.here"], "planted", "words")
    assert planted["auc"] == row["auc"]
    opened(app, "features", background="none")
    assert "The link asks for background" in literal(app)


def test_a_feature_shows_its_figures_with_their_controls(app):
    opened(app, "feature", category="planted")
    figures = {metric.label: metric.value for metric in app.metric}
    row = frames.feature(app.session_state["rail.here"], "planted", "matched")
    assert figures["AUC"] == f"{row['auc']:.3f}"
    assert figures["95 % interval"] == f"[{row['auc_low']:.3f}, {row['auc_high']:.3f}]"
    assert figures["reliability"] == f"{row['reliability']:.2f}"
    assert "±" not in literal(app) + shown(app)
    assert {"null p95", "v all others", "v confusable", "dims", "families"} <= figures.keys()
    assert figures["families"] == f"{row['anchors']} + {row['held_out']}"
    assert "have not been made for this catalog" in literal(app)
    assert f"measured › {SITE} › planted" in literal(app)


def test_a_feature_shows_the_evidence_that_there_is(app):
    opened(app, "feature", catalog="proved", category="planted")
    assert "does not hold: statement of *basis*" in literal(app)
    assert "0.01 [-0.01, 0.03]   control: rotated 0.91   n = 44 unit of *basis*" in literal(app)
    assert "cannot be tested: statement of *training*" in literal(app)
    assert "have not been made" not in literal(app)


def test_a_hostile_category_is_shown_literally(app):
    opened(app, "feature", category=HOSTILE)
    assert HOSTILE in literal(app) and "script" not in shown(app)
    assert not any("script" in metric.label + metric.value for metric in app.metric)


def test_a_dimension_names_the_categories_that_read_it(app):
    opened(app, "feature", category="planted")
    here = app.session_state["rail.here"]
    dimension = frames.prototype(here, "planted", "matched").frame["dimension"][0]
    opened(app, "dimension", dim=dimension)
    readers = [frame.value for frame in app.dataframe if "category" in frame.value]
    assert "planted" in set(readers[0]["category"])
    opened(app, "dimension", catalog="bare", dim=1)
    assert "have not been measured yet" in literal(app)


def test_next_and_previous_go_through_the_categories(app):
    opened(app, "feature", category="noise")
    next(b for b in app.button if b.label == "Next").click().run()
    assert linked(app, "category") == "noise-one"
    next(b for b in app.button if b.label == "Previous").click().run()
    assert linked(app, "category") == "noise"


def test_a_skipped_circle_still_turns(app, folder, monkeypatch):
    opened(app, "feature", category="circle")
    assert "Skipped as a feature" in literal(app) and "permuted orders" in literal(app)
    opened(app, "feature", category="short_circle")
    assert "5 are needed" in literal(app)
    opened(app, "feature", category="few")
    assert "The link asks for category" in literal(app)


COPIED = {
    "feature": ({"category": "planted"}, 7),
    "a circle": ({"category": "circle"}, 2),
    "the evidence beside it": ({"catalog": "proved", "category": "planted"}, 8),
    "features": ({"view": "map"}, 1),
}


@pytest.mark.parametrize("case", COPIED)
def test_what_is_copied_gives_what_the_panel_shows(app, case, monkeypatch):
    query, panels = COPIED[case]
    found = copied.record(monkeypatch)
    opened(app, "features" if case == "features" else "feature", **query)
    assert len(found) == panels
    for answer in found.values():
        copied.same(answer, app.session_state["rail.here"].catalog.path)


@pytest.mark.parametrize("view", ["table", "skipped"])
def test_a_table_that_is_filtered_shows_rows_of_what_is_copied(app, view, monkeypatch):
    found = copied.record(monkeypatch)
    opened(app, "features", view=view)
    (answer,) = found.values()
    with duckdb.connect(app.session_state["rail.here"].catalog.path, read_only=True) as plain:
        whole = plain.execute(answer.copy).df()
    names = [name for name in answer.frame if name in whole and name not in ("flags", "chance")]
    rows = answer.frame[names].merge(whole[names], how="left", indicator=True)
    assert len(rows) == len(answer.frame) and (rows["_merge"] == "both").all()


@pytest.mark.parametrize("against", ["", " ".join(feature_catalog.lists()["noise"][:6])])
def test_what_a_concept_lets_one_copy_makes_it_again(app, against, monkeypatch):
    opened(app, "concept", words=words(), against=against, background="words")
    found = copied.record(monkeypatch)
    next(b for b in app.button if b.label == "Draw its null").click().run()
    assert {"Is it more than chance?", "Known categories it overlaps"} <= set(found)
    assert len(found) == 4
    for answer in found.values():
        copied.same(answer, app.session_state["rail.here"].catalog.path)


def test_a_concept_finds_further_members(app):
    opened(app, "concept", words=words(12), background="words")
    figures = {metric.label: metric.value for metric in app.metric}
    assert float(figures["held-out AUC"]) > 0.8 and figures["words"] == "12"
    assert figures["null p95"] == "not drawn" and figures["p"] == "–"
    top = app.dataframe[0].value
    assert (top["mark"] == "member").any() and (top["mark"] == "").any()
    overlap = app.dataframe[1].value
    assert overlap["category"][0] == "planted" and overlap["words"][0] == 12


REFUSED = {
    "none in the vocabulary": ({"words": "zzzz qqqq"}, "None of the 2 words"),
    "in both lists": ({"words": "{0} {1}", "against": "{1}"}, "In both lists"),
    "nothing": ({"words": "  "}, "Give some words"),
    "only counter-examples": ({"words": "", "against": "{0}"}, "Give some words"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_words_that_make_no_concept_are_one_sentence(app, case):
    query, expected = REFUSED[case]
    given = feature_catalog.lists()["planted"]
    opened(app, "concept", **{name: text.format(*given) for name, text in query.items()})
    assert expected in literal(app) and not app.metric


def test_one_word_has_no_auc_and_says_so(app):
    opened(app, "concept", words=words(1))
    assert "One word has no held-out AUC" in literal(app)
    assert not [b for b in app.button if b.label == "Draw its null"]


def test_too_many_words_are_refused_and_missing_ones_named(app):
    opened(app, "concept", words=f"{words(5)} zz**zz** <b>x</b>")
    assert "No single token here: zz**zz**, <b>x</b>." in literal(app)
    assert "Small: 5 words" in literal(app)
    app.text_area(key="concept.words").set_value(" ".join(f"w{n}" for n in range(10_000)))
    next(b for b in app.button if b.label == "Make it").click().run()
    assert "10,000 words are too many" in literal(app)


def test_hostile_words_and_items_are_literal(app):
    opened(app, "concept", words=" ".join(synthetic.HOSTILE))
    assert "script" not in shown(app)
    assert not app.exception


def test_the_null_is_drawn_once_and_kept_by_its_inputs(app):
    opened(app, "concept", words=words())
    next(b for b in app.button if b.label == "Draw its null").click().run()
    figures = {metric.label: metric.value for metric in app.metric}
    here = app.session_state["rail.here"]
    asked = concept_frames.asked(here, tuple(words().split()), (), "matched")
    null = concept_frames.drawn(asked)
    assert null.p < 0.05 and figures["p"] == f"{null.p:.3f}"
    assert "200 random sets" in literal(app)
    assert f"With 22 words an AUC below {null.least_told:.2f} cannot be told" in literal(app)
    assert f"A true AUC of {null.detectable:.2f} would be found in 4 of 5 lists" in literal(app)
    assert next(b for b in app.button if b.label == "Draw its null").disabled
    opened(app, "concept", words=words(20))
    assert {m.label: m.value for m in app.metric}["null p95"] == "not drawn"
    opened(app, "concept", words=words())
    assert {m.label: m.value for m in app.metric}["p"] == figures["p"]


def test_a_concept_is_saved_listed_and_opened_by_its_link(app):
    opened(app, "concept", words=words(), background="all")
    app.text_input(key="concept.name").set_value("*my* <b>idea</b>")
    if "concept.person" in {field.key for field in app.text_input}:
        app.text_input(key="concept.person").set_value("ada")
    next(b for b in app.button if b.label == "Save").click().run()
    key = linked(app, "concept")
    listed = app.dataframe[-1].value
    assert listed["name"].tolist() == ["*my* <b>idea</b>"] and listed["by"].tolist() == ["ada"]
    opened(app, "overview")
    opened(app, "concept", words="", background="matched")
    assert "Give some words" in literal(app)
    opened(app, "concept", concept=key)
    assert "saved by ada" in literal(app) and "*my* <b>idea</b>" not in shown(app)
    assert app.text_area(key="concept.words").value == words()
    assert {metric.label: metric.value for metric in app.metric}["words"] == "22"


def test_a_concept_saved_against_matched_items_opens_where_nothing_is_matched(
    media_files, tmp_path, monkeypatch
):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    c = Catalog(media_files / "catalogs" / "digits.duckdb")
    model = str(c.build["model"])
    body = {"name": "old", "words": ["#1", "#2", "#30"], "counter": [], "background": "matched"}
    with file.open_workspace() as opened_workspace:
        key = runs.concept_key(model, "old")
        runs.save(opened_workspace, "event", runs.Entry("concept", key, "ada", model, body))
    for app in start(media_files, monkeypatch):
        opened(app, "concept", catalog="digits", site=c.primary.site, concept=key)
        assert "saved by ada" in literal(app)
        assert {m.label: m.value for m in app.metric}["held-out AUC"] != "–"
        assert linked(app, "background") == "all"
        assert not [one for one in app.segmented_control if one.label == "Background"]


@pytest.mark.parametrize("view", ["feature", "concept"])
def test_walls_let_one_copy_what_they_show(media_files, view, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    c = Catalog(media_files / "catalogs" / "sounds.duckdb")
    found = copied.record(monkeypatch)
    for app in start(media_files, monkeypatch):
        query = {"words": "#1 #2 #30 #31 #32"} if view == "concept" else {}
        opened(app, view, catalog="sounds", site=c.primary.site, **query)
        assert "Items that agree most, members violet" in found and len(found) >= 3
        for answer in found.values():
            copied.same(answer, c.path)


def test_saving_without_a_name_is_one_sentence(app):
    opened(app, "concept", words=words())
    next(b for b in app.button if b.label == "Save").click().run()
    assert not app.exception and "name" in literal(app)
    opened(app, "concept", concept="nothing")
    assert "There is no saved concept" in literal(app)


def test_the_exported_json_is_what_the_page_shows(app):
    from catalog.features import export
    from dashboard.features import exports

    opened(app, "feature", category="planted")
    here = app.session_state["rail.here"]
    frame = frames.prototype(here, "planted", "matched").frame
    row = frames.feature(here, "planted", "matched")
    text = export.as_json(
        exports.source(here, "planted", "matched"),
        frame["dimension"],
        frame["sign"],
        frames.figures_of(row),
    )
    body = json.loads(text)
    assert body["figures"]["auc"] == row["auc"]
    assert body["dims"] == 24 and len(body["prototype"]) == row["dimensions"]


@pytest.mark.parametrize(
    "value, text", [(None, "–"), (float("nan"), "–"), (0.0001, "< 0.001"), (0.005, "0.005")]
)
def test_chances_below_a_thousandth_are_said_so(value, text):
    assert chance(value) == text


def test_the_map_has_a_sheet_a_group_and_a_cell_opens_its_feature(app):
    opened(app, "features", catalog="measured", site=SITE)
    here = app.session_state["rail.here"]
    found = frames.features_everywhere(here, "matched").frame
    told = feature_parts.told(rivals.shown(here.catalog, found))
    drawn = charts.heat(told, list(here.catalog.site_names), SITE)
    root = ElementTree.fromstring(drawn)
    assert len(root) == told["group"].nunique()
    cells = [one for one in root.iter() if one.tag.endswith("}rect")]
    numbers = [int(one.get("data-n")) for one in cells]
    assert sorted(numbers) == list(range(len(told)))
    for one, number in zip(cells, numbers, strict=True):
        row = told.iloc[number]
        assert one.get("data-tip").startswith(f"{row['category'].replace('_', ' ')} at {row.site}")
        assert (one.get("opacity") == "0.22") == (not row["clear"])
        assert (one.get("stroke") is not None) == (row["site"] == SITE)
    assert "<script" not in drawn and "&lt;script&gt;" in drawn  # a category's hostile name


def test_the_best_dimension_is_named_and_linked(app):
    opened(app, "feature", catalog="measured", site=SITE, category="planted")
    row = frames.feature(app.session_state["rail.here"], "planted", "matched")
    links = {link.proto.label: link.proto for link in app.get("page_link")}
    (label,) = [label for label in links if label.startswith("Best dimension: ")]
    assert label.startswith(f"Best dimension: {row['best_dimension']} (AUC ")
    assert f"dim={row['best_dimension']}" in links[label].query_string


def test_a_rival_that_is_part_of_a_category_is_left_out_of_what_is_shown(folder):
    catalog = Catalog(folder / "catalogs" / "measured.duckdb")
    assert rivals.kin(catalog, "noise", "noise-one") == rivals.PART
    assert rivals.kin(catalog, "noise-one", "noise") == rivals.WHOLE
    assert rivals.kin(catalog, "planted", "noise") == ""
    features = pd.DataFrame(
        {
            "category": ["noise", "planted", "noise"],
            "confusable": ["noise-one", "noise", None],
            "confusable_auc": [0.51, 0.9, np.nan],
        }
    )
    seen = rivals.shown(catalog, features)
    assert seen["besides"].tolist() == ["besides noise-one, which is part of it", "", ""]
    assert seen["confusable"].isna().tolist() == [True, False, True]
    assert seen["confusable_auc"].isna().tolist() == [True, False, True]
    assert features["confusable_auc"][0] == 0.51


def test_names_are_read_with_spaces_and_zero_has_no_sign():
    frame = pd.DataFrame({"category": ["short_circle"], "gain": [-0.0001], "text": ["a_b"]})
    config = {"gain": st.column_config.NumberColumn(format="%+.3f")}
    assert parts.spaced("short_circle") == "short circle"
    shown = shown_by(lambda: parts.table(frame, column_config=config))
    assert shown.iloc[0].tolist() == ["short circle", 0.0, "a_b"]
    assert not np.signbit(shown["gain"][0])
    assert signed(-0.0001) == "+0.000" and ends(-0.0001, 0.2) == "[0.000, 0.200]"


def shown_by(draw):
    """What a table is given to show."""
    given = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "dataframe", lambda frame, **_: given.append(frame))
        draw()
    return given[0]


def unfold(app, monkeypatch):
    """Open what can be done with each panel: it is made when it is opened."""
    keys, draw = set(), st.popover

    def noted(*args, **options):
        keys.add(str(options.get("key")))
        return draw(*args, **options)

    monkeypatch.setattr(st, "popover", noted)
    app.run()
    for key in keys:
        if key.endswith(".tools"):
            app.session_state[key] = True
    app.run()


def test_a_download_is_called_by_catalog_site_and_what_it_is(app, monkeypatch):
    offered = []
    draw = st.download_button

    def recorded(label, *args, **options):
        offered.append(options.get("file_name"))
        return draw(label, *args, **options)

    monkeypatch.setattr(st, "download_button", recorded)
    opened(app, "feature", catalog="measured", site=SITE, category="planted")
    unfold(app, monkeypatch)
    assert {f"measured_{SITE}_planted.csv", f"measured_{SITE}_planted.parquet"} <= set(offered)
    assert f"measured_{SITE}_planted_held-out-roc.csv" in offered
    offered.clear()
    opened(app, "dimension", catalog="measured", site=SITE, dim=3)
    unfold(app, monkeypatch)
    assert f"measured_{SITE}_dimension-3_positive-pole.csv" in offered
    assert f"measured_{SITE}_dimension-3_values-of-all-items.csv" in offered


def test_columns_of_many_layers_are_named_without_overlap():
    sites = [f"resid.{n}" for n in range(33)] + ["final"]
    found = charts._named(sites, "resid.15")
    places = [sites.index(one) for one in found]
    assert "resid.15" in found and len(found) <= 10
    assert min(b - a for a, b in itertools.pairwise(places)) >= 3
    assert charts._named(sites[:14], "resid.3") == sites[:14]
