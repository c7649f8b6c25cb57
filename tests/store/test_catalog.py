"""One opened catalog: its facts are read once, shared, and read again when the file is replaced."""

import pickle
import threading
from pathlib import Path

import duckdb
import numpy as np
import pytest

import catalog as api
from catalog.errors import (
    CatalogError,
    CatalogMissing,
    CatalogUnreadable,
    NotInCatalog,
    SettingRefused,
)
from catalog.signs import bits
from catalog.store import catalog as store
from catalog.store import file, reading
from catalog.store.catalog import Catalog, find
from catalog.store.file import Stamp
from catalog.store.memory import Memory
from tests.given import synthetic

RECIPE = synthetic.Recipe(items=60, dims=10, slug="one")
FACTS = (
    "build", "modality", "thresholds", "backgrounds", "sites", "site_names", "residual_sites",
    "primary", "items", "families", "texts", "categories", "measured",
)  # fmt: skip


@pytest.fixture
def path(data):
    (data / "catalogs").mkdir(parents=True)
    store.facts.clear()
    return synthetic.write(data / "catalogs" / "one.duckdb", RECIPE)


@pytest.fixture
def fetched(monkeypatch):
    """SQL of every query that is run, in order."""
    seen, whole = [], reading.fetch
    monkeypatch.setattr(
        reading, "fetch", lambda p, query: seen.append(query.sql) or whole(p, query)
    )
    return seen


def other(path: Path, recipe: synthetic.Recipe) -> Path:
    """Replace the file by another catalog in one step, as a build does."""
    made = synthetic.write(path.with_name("made.partial"), recipe)
    return made.replace(path)


def test_every_fact_is_read_once(path, fetched):
    one = Catalog(path)
    assert fetched == []  # opening reads nothing
    for _ in range(3):
        for fact in FACTS:
            getattr(one, fact)
        for fact in FACTS:
            getattr(Catalog(path), fact)
    assert len(fetched) == len(set(fetched)) == 4  # build, site, item, category


def test_facts_are_those_of_the_file(path):
    one = Catalog(path)
    assert one.slug == "one" and one.build["model"] == "synthetic/one" and one.modality == "text"
    assert one.thresholds == ("zero", "median") and one.backgrounds == ("all", "words", "matched")
    assert one.site_names == RECIPE.sites and one.residual_sites == RECIPE.sites[:3]
    assert list(one.sites["absent"].dropna()) == ["linear attention has no keys"]
    assert len(one.items) == 60 and one.families.shape == one.texts.shape == (60,)
    assert one.items["word"].map(type).isin([str, type(None)]).all()
    assert one.categories.empty and not one.measured
    whole = np.concatenate([block for _, block in synthetic.states(RECIPE, "resid.1")], axis=1)
    cuts = one.cuts("resid.1", "median")
    np.testing.assert_array_equal(cuts, np.median(whole, axis=0))
    signs = one.signs("resid.1", "median")
    np.testing.assert_array_equal(signs.bits(np.arange(60)), whole > cuts)
    np.testing.assert_array_equal(bits.unpack(signs.by_dimension, 60), (whole > cuts).T)


def test_what_is_shared_cannot_be_changed_by_one_who_has_it(path):
    one = Catalog(path)
    with pytest.raises(TypeError):
        one.build["model"] = "another"  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        one.by_item("resid.1", "zero")[0, 0] = 1
    for fact in ("sites", "categories"):
        frame = getattr(one, fact)
        frame["mine"] = 1
        assert "mine" not in getattr(one, fact)


def test_catalogs_are_equal_by_their_path_and_travel_to_workers(path):
    one = Catalog(path)
    assert one.items is not None  # what was read stays behind
    assert one == Catalog(path) != Catalog(path.with_name("two.duckdb"))
    assert {one: 1}[Catalog(path)] == 1
    sent = pickle.dumps(one)
    assert len(sent) < 1000 and pickle.loads(sent) == one


def test_threads_share_one_reading(path, fetched):
    together, found = threading.Barrier(12), []

    def ask() -> None:
        together.wait()
        found.append(Catalog(path).items)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1 and len({id(items) for items in found}) == 1


def test_a_replaced_file_is_noticed_by_one_who_has_it_open(path, fetched):
    one = Catalog(path)
    before = [getattr(one, fact) for fact in FACTS]
    signs = one.signs("resid.1", "zero")
    other(path, synthetic.Recipe(items=80, dims=12, slug="one", sites=("resid.0", "final")))
    fetched.clear()
    assert len(one.items) == one.build["items"] == 80 and one.site_names == ("resid.0", "final")
    assert one.primary.site == "resid.0" != before[FACTS.index("primary")].site
    assert one.signs("resid.0", "zero").items == 80 and signs.items == 60
    assert len(fetched) == len(set(fetched))


def test_what_was_derived_is_made_again_for_a_replaced_file(path):
    one, made = Catalog(path), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [one.remembered(("mine", 1), make), one.remembered(("mine", 1), make)] == [1, 1]
    assert one.remembered(("mine", 2), make) == 2
    other(path, synthetic.Recipe(items=80, dims=12, slug="one"))
    assert one.remembered(("mine", 1), make) == 3
    held = [key for key, _ in store.facts.held() if key[0].path == str(path)]
    assert {key[0] for key in held} == {one.stamp}  # the old file's have left


def test_memory_is_bounded_in_number():
    memory = Memory(lambda: 3, lambda _value: 1)
    for number in range(5):
        memory.get(Stamp(str(number), 1, 1), ("x",), lambda n=number: n)
    assert [key[0].path for key, _ in memory.held()] == ["2", "3", "4"]
    memory.clear()
    assert memory.held() == []


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, ("resid.1", "zero")),
        ({"sites": ("resid.0", "resid.1", "resid.2", "resid.3")}, ("resid.2", "zero")),
        ({"sites": ("resid.0", "resid.4", "final")}, ("resid.4", "zero")),
        ({"sites": ("resid.0",)}, ("resid.0", "zero")),
        ({"degenerate": 1.0}, ("resid.1", "median")),
        ({"degenerate": 1.0, "thresholds": ("zero",)}, ("resid.1", "zero")),
        ({"thresholds": ("median",)}, ("resid.1", "median")),
        ({"sites": ("final",)}, ("final", "zero")),
        ({"sites": ("k.1", "v.1"), "absent": {}, "degenerate": 1.0}, ("k.1", "zero")),
    ],
)
def test_the_primary_cell(path, recipe, expected):
    """Site resid.ceil(n / 2); threshold median where too many signs there never change."""
    other(path, synthetic.Recipe(items=300, dims=12, slug="one", **recipe))
    assert Catalog(path).primary == (*expected, "matched")


@pytest.mark.parametrize(("degenerate", "threshold"), [(3, "zero"), (4, "median")])
def test_a_quarter_of_degenerate_dimensions_is_not_yet_too_many(path, degenerate, threshold):
    other(path, synthetic.Recipe(items=60, dims=12, slug="one"))
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE site SET degenerate = 12")
        connection.execute("UPDATE site SET degenerate = ? WHERE site = 'resid.1'", [degenerate])
    assert Catalog(path).primary.threshold == threshold


def test_what_is_asked_is_checked(path):
    one = Catalog(path)
    assert one.checked("resid.1", None) == "zero" and one.checked("final", "median") == "median"
    assert one.checked("final", None, "words") == "zero"
    with pytest.raises(NotInCatalog, match=r"no site 'resid.9'; it has resid.0, resid.1"):
        one.checked("resid.9", None)
    with pytest.raises(NotInCatalog, match=r"no site 'k\.1'"):  # absent ones are not there
        one.checked("k.1", None)
    with pytest.raises(SettingRefused, match="'mean', only at zero, median"):
        one.checked("resid.1", "mean")
    with pytest.raises(SettingRefused, match="one of all, words, matched"):
        one.checked("resid.1", None, "everything")
    with pytest.raises(NotInCatalog, match=r"no signs of k\.1"):
        one.signs("k.1", "zero")


NAMES = ["two", "", "/nowhere/at.all", "x" * 5000, "../one", "one.duckdb ", "nul\0byte", "."]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:12]))
@pytest.mark.parametrize("how", [api.open, find])
def test_a_name_that_is_not_there_lists_what_there_is(path, how, name):
    with pytest.raises(CatalogMissing, match=r"\(there are: one\)\. Build one with: dims build"):
        how(name)


def test_where_nothing_is_built_the_sentence_says_so(data):
    with pytest.raises(CatalogMissing, match=r"\(there are: none yet\)"):
        api.open("one")


@pytest.mark.parametrize("how", [str, Path, lambda path: Path(path).stem])
def test_a_catalog_is_found_by_slug_and_path(path, how):
    assert find(how(path)) == Catalog(path)
    assert api.open(how(path)).path == path


@pytest.mark.parametrize(("version", "advice"), [(99, "Update this package."), (0, "--force")])
def test_another_schema_version_is_refused_when_it_is_opened(path, version, advice):
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE build SET schema_version = ?", [version])
    sentence = rf"version {version}, this program reads \d+.*{advice}"
    with pytest.raises(CatalogUnreadable, match=sentence):
        api.open("one")


@pytest.mark.parametrize("kept", [0, 100, 3000, 20_000])
def test_a_truncated_file_is_refused_when_it_is_opened(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CatalogUnreadable, match=r"one\.duckdb is (truncated|damaged).*--force"):
        api.open("one")


def test_a_file_cut_further_back_is_refused_where_it_is_read(path):
    """Its head may still be whole: what cannot be read says so, and nothing else comes through."""
    whole = path.read_bytes()
    refused = 0
    for part in range(1, 10):
        path.write_bytes(whole[: len(whole) * part // 10])
        store.facts.clear()
        try:
            one = api.open("one")
            for fact in FACTS:
                getattr(one, fact)
            one.signs("resid.1", "zero")
        except CatalogUnreadable as error:
            refused += 1
            assert "Build it again" in str(error)
    assert refused == 9


@pytest.mark.parametrize("becomes", ["rubbish", "gone", "newer"])
def test_a_file_spoilt_while_it_is_open_is_one_sentence(path, becomes):
    one = api.open("one")
    assert one.items is not None and one.signs("resid.1", "zero") is not None
    if becomes == "gone":
        path.unlink()
    elif becomes == "rubbish":
        path.with_name("x").write_bytes(b"rubbish " * 5000)
        path.with_name("x").replace(path)
    else:
        newer = synthetic.write(path.with_name("newer.partial"), RECIPE)
        with duckdb.connect(str(newer)) as connection:
            connection.execute("UPDATE build SET schema_version = 99")
        newer.replace(path)
    sentence = {"rubbish": "truncated or not", "gone": "No catalog at", "newer": "Update this"}
    for ask in (
        lambda: one.build,
        lambda: one.items,
        lambda: one.primary,
        lambda: one.signs("resid.1", "zero"),
        lambda: one.cuts("resid.1", "zero"),
    ):
        with pytest.raises(CatalogError, match=sentence[becomes]) as told:
            ask()
        assert "\n" not in str(told.value)


def test_what_is_open_and_replaced_is_read_whole_old_or_whole_new(path):
    """A reader that began on the old file ends on the old file."""
    with file.open_readonly(path) as session:
        other(path, synthetic.Recipe(items=80, dims=12, slug="one"))
        assert session.execute("SELECT count(*) FROM item").fetchone() == (60,)
    assert len(Catalog(path).items) == 80
