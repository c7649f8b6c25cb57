"""Many dimensions at once in a real browser, by keyboard alone, and by the boxes of a table."""

import pytest

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser


def lines(page):
    return page.locator(".st-key-bulk-line").inner_text()


def test_many_are_chosen_listed_and_undone_by_keyboard(open_page):
    page = open_page("dimensions", me="many", catalog="second", site="resid.1")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("b")
    page.keyboard.type("1-3, 7")
    page.keyboard.press("Enter")
    page.wait_for_function("document.body.innerText.includes('4 chosen')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Star
    page.get_by_text("4 starred.").wait_for()
    page.locator(".st-key-bulk-list input").focus()
    page.keyboard.type("sea <b>things</b>")  # a name that is not there yet
    page.keyboard.press("Enter")
    page.locator(".st-key-bulk-add button:enabled").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("4 into the list 'sea <b>things</b>'.").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("u")
    page.get_by_text("Undone for 4.").wait_for()
    page.goto(page.url.split("/dimensions")[0] + "/lists?catalog=second")
    settle(page)
    assert "sea <b>things</b>" not in page.locator("[data-testid=stMain]").inner_text()


def test_rows_that_are_marked_are_chosen_and_a_cell_still_opens_one(open_page):
    page = open_page("dimensions", me="many", catalog="second", site="resid.1")
    table = page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    for row in (1, 2):
        table.click(position={"x": 16, "y": 35 * row + 17})
        page.wait_for_function(f"document.body.innerText.includes('{row} chosen')")
        settle(page)
    table.click(position={"x": 300, "y": 35 * 3 + 17})
    page.wait_for_url("**/dimension?**")
    assert "dim=2" in page.url
