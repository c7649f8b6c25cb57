"""The panel of a dimension in real text."""

import shutil

import numpy as np
import pytest

from catalog.browse import retained
from catalog.store import ends_queries, queries
from catalog.store.catalog import Catalog
from dashboard.desk import shown
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.dashboard.test_read_text import metrics, run
from tests.given import context_catalog


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return context_catalog.write(tmp_path_factory.mktemp("context-panel"))


def test_poles_bands_and_single_tokens_are_drawn(path, monkeypatch):
    for app in start(path.parents[1], monkeypatch):
        show(app, "dimension", catalog=path.stem, site="resid.2", dim="9")
        assert not app.exception
        drawn = [element.proto.body for element in app.get("html")]
        assert sum("<mark" in one for one in drawn) == 3
        told = " ".join(element.value for element in app.caption)
        assert "of 20 texts" in told and "stand at the pole of single tokens too" in told
        assert "Context keeps" in told


def test_a_catalog_of_single_tokens_shows_nothing(path, monkeypatch):
    for app in start(path.parents[1], monkeypatch):
        show(app, "dimension", catalog="tiny-llama", site="resid.2", dim="9")
        assert not app.exception
        assert not any("<mark" in element.proto.body for element in app.get("html"))


def test_a_text_is_read_beside_the_single_tokens_of_the_model(path, monkeypatch):
    """Signs that context changes are the same figures, whichever of the two is looked at."""
    seen = {}
    for slug in (path.stem, "tiny-llama"):
        for app in start(path.parents[1], monkeypatch):
            show(app, "read_text", catalog=slug, site="resid.2", text="the dog ran home to eat")
            run(app)
            assert not app.exception
            seen[slug] = {n: metrics(app)[n] for n in ("signs changed", "by chance", "retained")}
    assert seen[path.stem] == seen["tiny-llama"]


def test_without_single_tokens_a_text_says_what_is_missing(path, tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    shutil.copy(path, tmp_path / "catalogs" / path.name)
    for app in start(tmp_path, monkeypatch):
        show(app, "read_text", catalog=path.stem, site="resid.2", text="the dog ran home to eat")
        run(app)
        assert "no catalog of them" in literal(app) and "retained" not in metrics(app)
        assert not app.exception


def test_both_readings_are_compared(path, monkeypatch):
    """First view of the two, from either side; the table opens the dimension in context."""
    for slug, other in ((path.stem, None), ("tiny-llama", path.stem)):
        for app in start(path.parents[1], monkeypatch):
            asked = {} if other is None else {"b": other}
            show(app, "compare", catalog=slug, site="resid.2", **asked)
            assert linked(app, "part") == "readings" and not app.exception
            found = retained.of(Catalog(path), "resid.2", "zero")
            assert metrics(app)["context keeps"].startswith(f"{found.whole.value:.1%} [")
            assert metrics(app)["positions"] == f"{len(found.positions):,}"
            table = next(t.value for t in app.dataframe if "retained" in t.value)
            first = found.dimensions.sort_values("retained", kind="stable").iloc[0]
            assert table["dimension"].iloc[0] == first["dimension"]
            assert table["retained"].iloc[0] == pytest.approx(100 * first["retained"])


def test_other_pairs_are_told_what_two_readings_are(path, monkeypatch):
    for app in start(path.parents[1], monkeypatch):
        show(app, "compare", catalog="tiny-llama", site="resid.2", b="tiny-llama", part="readings")
        assert "are not two readings of one model" in literal(app)


def test_the_list_of_dimensions_tells_what_context_keeps(path, monkeypatch):
    found = retained.of(Catalog(path), "resid.2", "zero").dimensions.set_index("dimension")
    for app in start(path.parents[1], monkeypatch):
        show(app, "dimensions", catalog=path.stem, site="resid.2")
        table = next(t.value for t in app.dataframe if "kept" in t.value)
        expected = found["retained"].loc[table["dimension"]]
        np.testing.assert_allclose(table["kept"], 100 * expected)
        show(app, "dimensions", catalog="tiny-llama", site="resid.2")
        assert not any("kept" in t.value for t in app.dataframe)


@pytest.mark.parametrize("slug", ["tiny-llama", "tiny-llama-context"])
def test_the_list_of_dimensions_names_three_families_by_their_tokens(path, slug):
    """Not the beginnings of windows, and no family twice: against plain Python."""
    catalog = Catalog(path.with_stem(slug))
    query = ends_queries.ends("resid.2", "zero", "words", (9, 4), catalog.contextual)
    rows = catalog.fetch(query).set_index("dimension")
    assert rows.index.tolist() == [4, 9]
    for number in rows.index:
        poles = catalog.fetch(queries.poles("resid.2", number))
        for name in ("positive", "negative"):
            items = poles.query("pole == @name")["item"].tolist()
            firsts = {int(catalog.families[item]): item for item in reversed(items)}
            expected = [item for item in items if item in firsts.values()][:3]
            texts = [one.replace(" ", "␣") for one in rows.at[number, name]]
            assert texts == catalog.spelled[expected].tolist()


def test_who_labels_sees_the_token_before_its_window(path):
    catalog = Catalog(path)
    rows = catalog.fetch(queries.poles("resid.2", 9)).query("pole == 'negative'")
    for text, *_, item in shown._items(catalog, rows):
        token, window = catalog.spelled[item], catalog.texts[item]
        assert text == f"{token}  {window}" and f"⟦{token}⟧" in window
