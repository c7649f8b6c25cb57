"""Drawn figures in a real browser: marks open by click and by key; what lies below comes later."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser
POLE = "[class*=st-key-svg-dimension-positive]"


@pytest.fixture
def page(open_page):
    page = open_page("dimension", catalog="second", site="resid.1", dim=3)
    page.locator(f"{POLE} [data-n='2']").wait_for()
    return page


def test_a_mark_tells_what_it_is_and_a_click_opens_it(page):
    mark = page.locator(f"{POLE} [data-n='2']")
    mark.hover()
    tip = page.locator(f"{POLE} .tip")
    expect(tip).to_be_visible()
    number = re.search(r"item (\d+)", tip.inner_text())[1]
    mark.click()
    page.wait_for_url(re.compile(rf"/item\?.*item={number}(&|$)"))


def test_marks_are_reached_by_arrows_and_opened_by_enter(page):
    page.locator(f"{POLE} .drawn").focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.locator(f"{POLE} .at")).to_have_attribute("data-n", "1")
    assert "dim=3" in page.url  # the arrows are the figure's, not the page's
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/item\?"))


def test_a_figure_is_saved_as_a_file_of_its_own(page):
    page.locator(f"{POLE} .figure").hover()
    with page.expect_download() as download:
        page.locator(f"{POLE} .save").click()
    assert download.value.suggested_filename == "second_resid.1_dimension-3_positive-pole.svg"
    drawn = download.value.path().read_text("utf-8")
    assert drawn.startswith("<svg") and "currentColor" not in drawn and "data-n" not in drawn


def test_what_lies_below_is_made_when_somebody_comes_near_and_its_keys_work_before(open_page):
    page = open_page("dimension", catalog="second", site="resid.1", dim=3, me="ada")
    page.set_viewport_size({"width": 1440, "height": 420})
    page.reload()
    settle(page)
    below = page.get_by_text("Most dependent dimensions")
    expect(page.get_by_role("button", name="Label this")).to_be_attached()
    page.locator("html[data-dims-keys=on]").wait_for(state="attached")
    assert below.count() == 0
    page.get_by_role("button", name="Label this").scroll_into_view_if_needed()
    page.mouse.wheel(0, 4000)
    below.wait_for()
