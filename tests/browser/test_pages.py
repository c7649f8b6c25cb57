"""Every page in a real browser: hostile items shown literally, links kept, keys that work."""

import re

import pytest

from tests.browser.conftest import settle
from tests.given.synthetic import HOSTILE

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "dimensions",
    "dimension",
    "item",
    "features",
    "feature",
    "concept",
    "discover",
    "evidence",
    "read_text",
    "sql",
    "status",
)
SHOWN = {
    "dimension": {"dim": 3, "site": "resid.1", "catalog": "hostile"},
    "item": {"item": 0, "site": "resid.1", "catalog": "hostile"},
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_error_and_without_sideways_scrolling(open_page, name):
    page = open_page(name, **SHOWN.get(name, {}))
    assert page.locator("h2, h1").first.inner_text()
    assert page.locator("[data-testid=stException]").count() == 0
    page.set_viewport_size({"width": 1024, "height": 800})
    settle(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0


def test_no_item_becomes_markup(open_page):
    for name, query in SHOWN.items():
        page = open_page(name, **query)
        main = page.locator("[data-testid=stMain]")
        outside = "script, img[src*='example.invalid'], a[href*='example.invalid']"
        assert main.locator(outside).count() == 0
        assert main.locator("b:text('b'), strong:text('bold'), .katex").count() == 0


def test_a_hostile_item_stands_literally_on_its_page(open_page):
    for number in (0, 1, 2, 3, 4, 5):
        page = open_page("item", item=number, site="resid.1", catalog="hostile")
        assert HOSTILE[number] in page.locator("[data-testid=stMain]").inner_text()


def test_search_leads_to_a_dimension_and_the_link_keeps_it(open_page):
    page = open_page("", catalog="hostile")
    box = page.locator(".st-key-rail-search input")
    box.fill("resid.2/7")
    box.press("Enter")
    page.wait_for_url(re.compile(r"/dimension\?.*dim=7"))
    settle(page)
    assert "site=resid.2" in page.url and "catalog=hostile" in page.url
    again = page.context.new_page()
    again.goto(page.url)
    settle(again)
    assert "resid.2" in again.locator("[data-testid=stMain]").inner_text()


def test_next_and_previous_by_keyboard(open_page):
    page = open_page("dimension", dim=3, site="resid.1", catalog="hostile")
    page.locator("body").press("j")
    page.wait_for_url(re.compile(r"dim=4"))
    settle(page)
    assert "dimension 4" in page.locator("[data-testid=stMain]").inner_text()
    page.locator("body").press("k")
    page.wait_for_url(re.compile(r"dim=3"))
    settle(page)
    assert "dimension 3" in page.locator("[data-testid=stMain]").inner_text()


def test_an_invalid_link_falls_back_with_a_notice(open_page):
    page = open_page("dimension", dim=99999, site="resid.77", catalog="nobody")
    text = page.locator("[data-testid=stMain]").inner_text()
    assert "nobody" in text or "resid.77" in text or "99999" in text
    assert page.locator("[data-testid=stException]").count() == 0


def test_a_site_follows_the_user_from_page_to_page(open_page):
    page = open_page("dimension", dim=3, site="final", catalog="second")
    page.get_by_role("link", name="Dimensions").first.click()
    page.wait_for_url(re.compile(r"/dimensions"))
    settle(page)
    page.wait_for_url(re.compile(r"site=final"))
    assert "catalog=second" in page.url
