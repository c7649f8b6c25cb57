"""A dimension in real text in a real browser: hostile tokens stay text, the right one is marked."""

from collections.abc import Iterator

import pytest

from catalog.browse import examples
from catalog.store.catalog import Catalog
from tests.browser.conftest import serve
from tests.given import context_catalog

pytestmark = pytest.mark.browser

SITE, DIM = "resid.2", 9


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory):
    return context_catalog.write(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def server(path) -> Iterator[str]:
    """A dashboard over a small catalog of tokens in context, beside its single tokens."""
    yield from serve(path.parents[1])


def test_windows_mark_their_token_and_hostile_text_is_shown_literally(open_page, path):
    page = open_page("dimension", catalog=path.stem, site=SITE, dim=DIM)
    marks = page.locator("mark")
    marks.first.wait_for()
    found = examples.of(Catalog(path), SITE, DIM)
    expected = [one.tokens[one.at] for part in ("positive", "negative") for one in found.part(part)]
    shown = [marks.nth(n).evaluate("one => one.textContent") for n in range(len(expected))]
    assert shown == expected
    tinted = marks.first.evaluate("one => getComputedStyle(one).backgroundColor")
    assert tinted.startswith("rgba(213, 94, 0")
    assert page.locator("script:text('alert(1)')").count() == 0
    windows = [page.locator("mark").nth(n).locator("xpath=..").inner_text() for n in range(16)]
    assert any("script" in one or "bold" in one or "$" in one for one in windows)


def test_another_band_is_drawn_when_it_is_chosen(open_page, path):
    page = open_page("dimension", catalog=path.stem, site=SITE, dim=DIM)
    page.locator("mark").first.wait_for()
    found = examples.of(Catalog(path), SITE, DIM)
    page.get_by_role("radio", name="highest fifth").or_(
        page.get_by_role("button", name="highest fifth")
    ).first.click()
    wanted = [one.tokens[one.at] for one in found.part("band 5")]
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('mark')].slice(16).map(m => m.textContent).join()"
        " === wanted.join()",
        arg=wanted,
        timeout=20_000,
    )
