"""`dims report`: one file with every figure, no script, nothing fetched, nothing leaked."""

import re
from html.parser import HTMLParser

import pytest

from catalog.sharing import report
from tests.given import feature_catalog, synthetic


class Page(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.anchors = [], [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.anchors |= {value for name, value in attrs if name == "id"}

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


@pytest.fixture
def page(measured, tmp_path, dims):
    out = tmp_path / "report.html"
    told = dims("report", "measured", "--out", out, "--json").json
    assert told["path"] == str(out) and told["bytes"] == out.stat().st_size
    return Page(out.read_text("utf-8"))


def test_it_stands_alone(page):
    assert not {"script", "link", "iframe", "img", "object", "embed", "form"} & set(page.tags)
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("href", "src", "action", "xlink:href"):
            assert value.startswith("#") and value[1:] in page.anchors
    policy = next(v for t, n, v in page.attributes if t == "meta" and v and "default-src" in v)
    assert policy.startswith("default-src 'none'") and "script-src" not in policy


def test_its_style_is_the_one_that_its_policy_names(measured):
    import base64
    import hashlib

    whole = report.document(measured, [])
    style = re.search(r"<style>(.*?)</style>", whole, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in whole


def test_sections_and_figures(page, measured):
    titles = "Identity|Strongest features|Strongest dimensions|Flips|Nulls and controls"
    for title in f"{titles}|What could not be tested|How to repeat it".split("|"):
        assert title in page.texts
    assert measured.build["content_hash"] in page.texts
    assert "planted" in page.texts and "dims verify measured --sample 512" in page.text
    assert "SELECT f.*" in page.text and "few (5)" in page.text


def test_hostile_names_are_text(page):
    name = feature_catalog.HOSTILE
    assert any(name in text for text in page.texts)
    assert not any(synthetic.HOSTILE[0] in str(value) for _, _, value in page.attributes)


def test_only_public_labels_stand_in_it(measured, tmp_path, dims, people):
    out = tmp_path / "r.html"
    told = dims("report", "measured", "--out", out).out
    text = out.read_text("utf-8")
    assert "&lt;b&gt;plain&lt;/b&gt;" in text and "<b>plain" not in text
    assert "secret" not in text and "ada hidden" not in text and "quincy" not in text
    assert "1 labels stayed" in told and "open queue" in told


def test_a_catalog_with_nothing_but_states(data, tmp_path, dims):
    (data / "catalogs").mkdir(parents=True)
    recipe = synthetic.Recipe(items=80, dims=10, slug="bare", hostile=True)
    synthetic.write(data / "catalogs" / "bare.duckdb", recipe)
    dims("report", "bare", "--out", tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text("utf-8"))
    assert "dims features bare" in page.text and "dims evidence bare" in page.text
    assert "linear attention has no keys" in page.texts


@pytest.mark.parametrize(("out", "sentence"), [("folder", "is a folder: name a file"),
                                               ("file/x.html", "cannot be written")])  # fmt: skip
def test_bad_places(measured, tmp_path, dims, out, sentence):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("precious")
    found = dims("report", "measured", "--out", tmp_path / out)
    assert found.code == 1 and sentence in found.sentence
    assert (tmp_path / "file").read_text() == "precious"


def test_a_full_disk_keeps_the_earlier_report(measured, tmp_path, dims, no_room):
    out = tmp_path / "report.html"
    out.write_text("earlier")
    found = dims("report", "measured", "--out", out)
    assert found.code == 1 and "The disk is full" in found.sentence
    assert out.read_text() == "earlier" and len(list(tmp_path.glob("*.html"))) == 1


def test_claims_without_a_figure_stand_once_among_what_could_not_be_tested(measured):
    tested = {
        "verdict": "holds", "statement": "One.", "measure": "share", "value": 0.9, "low": 0.8,
        "high": 1.0, "n": 9, "unit": "items", "controls": {"chance": 0.5}, "strongest": "chance",
        "paper": "0.95", "reason": "It is above.", "method": "Counted.", "cell": "resid.1, zero",
        "seconds": 1.0,
    }  # fmt: skip
    none = {"verdict": "cannot be tested", "statement": "Two.", "value": None, "low": None,
            "high": None, "controls": {}, "strongest": ""}  # fmt: skip
    told = report._evidence(measured, [tested, {**tested, **none}])
    assert "</span> One.</h3>" in told and "</span> Two.</h3>" not in told
    assert "1 could not be tested" in told and "Two." in told  # the figure has all
