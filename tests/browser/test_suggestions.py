"""Suggestions while somebody types: over the page, by key and by click, never sent by chance."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from catalog.store.catalog import Catalog
from tests.browser.conftest import serve, settle
from tests.given import feature_catalog
from tests.given.feature_catalog import SITE

pytestmark = pytest.mark.browser
BOX = ".st-key-rail-search input"
OPTION = ".st-key-rail-suggest [role=option]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("suggest") / "data"
    feature_catalog.write(folder)
    return folder


@pytest.fixture(scope="module")
def server(folder) -> Iterator[str]:
    """A dashboard over a measured catalog whose first items are hostile."""
    yield from serve(folder)


@pytest.fixture
def word(folder):
    """A whole word of the catalog."""
    texts = Catalog(folder / "catalogs" / "measured.duckdb").texts
    return next(text.strip("␣") for text in texts[100:] if re.fullmatch("␣[a-z]{4,}", text))


def type_into(page, text: str):
    """Type into the search box and wait for the suggestions of it."""
    page.locator(BOX).click()
    page.keyboard.type(text)
    page.locator(f"{OPTION}[data-typed='{text}']").first.wait_for()
    return page.locator(OPTION)


def test_the_exact_word_is_first_and_enter_opens_it_and_nothing_moves(open_page, word):
    page = open_page("dimensions", catalog="measured", site=SITE)
    table = page.get_by_test_id("stDataFrame").first
    before = table.bounding_box()
    options = type_into(page, word)
    assert table.bounding_box() == before
    first = options.first
    expect(first.locator(".text")).to_have_text(f"␣{word}")
    expect(first).to_have_attribute("aria-selected", "true")
    box = page.locator(BOX)
    expect(box).to_have_attribute("aria-expanded", "true")
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/item\?.*item=\d+"))
    settle(page)
    expect(page.get_by_text(f"› ␣{word}")).to_be_visible()
    expect(box).to_have_value("")


def test_arrows_choose_and_a_feature_comes_before_what_only_holds_its_name(open_page):
    page = open_page("dimensions", catalog="measured", site=SITE)
    options = type_into(page, "plan")
    expect(options.first.locator(".kind")).to_have_text("feature")
    page.locator(BOX).fill("")
    options = type_into(page, "noise")
    second = options.nth(1).locator(".text").inner_text()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/feature\?"))
    settle(page)
    expect(page.get_by_text(f"› {second.replace('_', ' ')} ›")).to_be_visible()


def test_a_click_opens_a_dimension_named_by_its_address(open_page):
    page = open_page("sql", catalog="measured", site=SITE)
    options = type_into(page, "resid.0/7")
    expect(options).to_have_count(1)
    options.first.click()
    page.wait_for_url(re.compile(r"/dimension\?.*dim=7"))
    assert "site=resid.0" in page.url


def test_a_wrong_spelling_is_answered_by_a_near_one(open_page, word):
    page = open_page("sql", catalog="measured", site=SITE)
    options = type_into(page, word[0] + word[1] + word[1:])
    expect(options.first.locator(".why")).to_have_text("near spelling")
    assert options.first.locator(".text").inner_text().strip("␣") == word
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/item\?"))


def test_what_was_only_begun_is_not_sent_by_a_click_elsewhere(open_page, word):
    page = open_page("sql", catalog="measured", site=SITE)
    type_into(page, word)
    page.locator("h2").first.click()
    expect(page.locator(OPTION)).to_have_count(0)
    expect(page.locator(BOX)).to_have_value("")
    type_into(page, word)
    page.keyboard.press("Escape")
    expect(page.locator(OPTION)).to_have_count(0)
    page.wait_for_timeout(300)
    assert "/sql" in page.url


def test_hostile_items_are_words_in_the_list(open_page):
    page = open_page("sql", catalog="measured", site=SITE)
    options = type_into(page, "script>alert")
    expect(options.filter(has_text="<script>alert(1)</script>").first).to_be_visible()
    assert page.locator(".dims-suggest script").count() == 0
