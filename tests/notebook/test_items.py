"""An item in a notebook: found as the search box finds it, and as its page shows it."""

import numpy as np
import pandas as pd
import pytest

import catalog
from catalog.errors import NotInCatalog, SettingRefused
from tests.given import media_catalog, synthetic

RECIPE = synthetic.Recipe(hostile=True)
SITE = "resid.1"


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    return catalog.open(
        synthetic.write(tmp_path_factory.mktemp("notebook") / "small.duckdb", RECIPE)
    )


@pytest.fixture(scope="module")
def states():
    """float32[items, dims] of SITE."""
    return np.concatenate([block for _, block in synthetic.states(RECIPE, SITE)], axis=1)


@pytest.fixture(scope="module")
def items(c):
    """The table `item`."""
    return c.sql("SELECT * FROM item ORDER BY item")


def word(items, number):
    return str(items["word"][number])


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_signs_are_those_of_the_states(c, states, threshold):
    found = c.item(17, SITE, threshold)
    cut = np.median(states, axis=0) if threshold == "median" else 0
    np.testing.assert_array_equal(found.signs, (states > cut)[17])
    assert found.frame()["positive"].tolist() == (states > cut)[17].tolist()
    assert found.frame()["dimension"].tolist() == list(range(RECIPE.dims))


def test_the_rarest_signs_are_those_that_fewest_items_share(c, states):
    positive = states > 0
    share = (positive == positive[17]).mean(axis=0)
    found = c.item(17, SITE).rarest(5)
    np.testing.assert_allclose(found["share"], np.sort(share)[:5])
    np.testing.assert_allclose(found["share"], share[found["dimension"]])


def test_it_stands_at_the_poles_that_hold_it(c, states):
    number = int(np.argmax(states[:, 7]))
    found = c.item(number, SITE).extremes()
    first = found[(found["site"] == SITE) & (found["dimension"] == 7)].iloc[0]
    assert (first["pole"], first["rank"]) == ("positive", 1)
    expected = (states[number, 7] - states[:, 7].mean()) / states[:, 7].std()
    assert first["sds"] == pytest.approx(expected, rel=1e-3)
    assert found["site"].iloc[0] == SITE


@pytest.mark.parametrize("family", [False, True])
def test_neighbours_differ_in_fewest_signs(c, states, items, family):
    found = c.neighbours(17, SITE, k=9, family=family)
    positive = states > 0
    distance = (positive != positive[17]).sum(axis=1)
    kin = items["family"] == items["family"][17]
    left = [n for n in range(len(items)) if (n != 17 if family else not kin[n])]
    expected = sorted(left, key=lambda n: (distance[n], n))[:9]
    frame = found.frame()
    assert frame["item"].tolist() == expected
    assert frame["distance"].tolist() == distance[expected].tolist()
    np.testing.assert_allclose(frame["same"], 1 - distance[expected] / RECIPE.dims)
    assert found.typical == pytest.approx(1 - np.median(distance) / RECIPE.dims)
    assert found.excluded == (0 if family else kin.sum() - 1)


def test_a_word_finds_its_item(c, items):
    number = 100
    wanted = word(items, number)
    assert c.item(wanted, SITE).number == c.item(f" {wanted.upper()} ", SITE).number
    found = c.neighbours(wanted, SITE)
    assert items["word"][found.of.number] == wanted
    pd.testing.assert_frame_equal(found.frame(), c.neighbours(found.of.number, SITE).frame())


@pytest.mark.parametrize("number", range(len(synthetic.HOSTILE)))
def test_a_text_finds_the_item_it_is_the_whole_of(c, items, number):
    text = items["text"][number]
    assert c.item(text, SITE).number == number
    assert c.item(f"#{number}").number == number


def test_a_part_finds_the_only_item_it_is_in(c):
    assert c.item("DROP TABLE", SITE).number == 8


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("notthere", "small has no item 'notthere': give a word of its items, or an item's number"),
        ("", "no item ''"),
        ("example.invalid", "which is a part of '.+', '.+': give one of these"),
        ("#400", "There is no item 400: items are numbered 0 to 399"),
        (-1, "There is no item -1"),
        (400, "There is no item 400"),
    ],
)
def test_what_is_no_item_is_refused_in_one_sentence(c, wanted, said):
    for ask in (c.item, lambda item, site: c.neighbours(item, site)):
        with pytest.raises(NotInCatalog, match=said) as refused:
            ask(wanted, SITE)
        assert str(refused.value).rstrip(".").count(". ") == 0


def test_a_site_or_threshold_that_is_not_there_is_refused(c):
    with pytest.raises(NotInCatalog, match=r"no site 'resid\.9'"):
        c.neighbours(17, "resid.9")
    with pytest.raises(SettingRefused, match="only at zero, median"):
        c.item(17, SITE, "one")


def test_without_a_site_it_is_the_one_of_verdicts(c):
    assert c.item(17).site == c.primary.site == "resid.1"


def test_it_shows_itself_and_a_hostile_item_stays_text(c):
    for shown in (c.item(0, SITE), c.neighbours(0, SITE)):
        html = shown._repr_html_()
        assert "&lt;script&gt;" in html and "<script>" not in html


def test_its_figure_has_a_cell_a_sign(c):
    figure = c.item(17, SITE).plot()
    assert figure._repr_html_().count("data-n=") == RECIPE.dims
    assert figure.count("sign +") == int(c.item(17, SITE).signs.sum())


def test_an_image_is_found_by_its_path(media_files):
    c = catalog.open(media_files / "catalogs" / "digits.duckdb")
    path = str(c.sql("SELECT path FROM media WHERE item = 5")["path"][0])
    found = c.neighbours(path, media_catalog.SITE)
    assert found.of.number == 5 and len(found.frame()) == 24
