"""Back and the link: a page is left by one Back, a choice is undone by one, and nothing is lost."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.pages import PAGES
from tests.browser.conftest import settle

pytestmark = pytest.mark.browser

# The toolkit hides the page's own entry of the start behind the bare address.
SHOWN = [page for page in PAGES[1:] if page.views[0].name not in ("queue", "sql")]


def _opened(page, name: str) -> None:
    page.wait_for_url(re.compile(rf"/{name}\?.*threshold="))
    settle(page)


def _visit(page, name: str) -> None:
    page.locator(f"[data-testid=stSidebarNav] a[href$='/{name}']").click()
    _opened(page, name)


def _tab(page, name: str) -> None:
    page.locator(f".st-key-frame-tabs a[href^='{name}?']").click()
    _opened(page, name)


def _choose_site(page, name: str) -> None:
    box, option = page.locator(".st-key-rail-site input"), page.get_by_role("option", name=name)
    for _ in range(10):  # a list that opens while the page still draws closes again
        box.click()
        page.wait_for_timeout(500)
        if option.count():
            break
    option.click()


def _parameters(page) -> dict[str, str]:
    return dict(page.evaluate("[...new URLSearchParams(location.search)]"))


def test_one_back_leaves_each_page(open_page):
    page = open_page("sql", catalog="second", site="resid.1")
    _opened(page, "sql")
    for first in (shown.views[0].name for shown in SHOWN):
        _visit(page, first)
        page.wait_for_timeout(300)  # what a page writes late
        page.go_back()
        _opened(page, "sql")
        assert _parameters(page)["site"] == "resid.1", first


def test_one_back_leaves_each_tab(open_page):
    for shown in (shown for shown in SHOWN if len(shown.views) > 1):
        first, *others = (view.name for view in shown.views)
        page = open_page(first, catalog="second", site="resid.1")
        _opened(page, first)
        for name in others:
            _tab(page, name)
            assert _parameters(page)["site"] == "resid.1", name
            page.wait_for_timeout(300)
            page.go_back()
            _opened(page, first)
        page.close()


def test_a_link_to_a_page_that_moved_opens_what_shows_it_now(open_page):
    page = open_page("glossary", catalog="second", find="kappa")
    page.wait_for_url(re.compile(r"/sql\?.*find=kappa"))
    settle(page)
    expect(page.get_by_text("dimension_sign.kappa")).to_be_visible()


def test_opening_a_page_writes_its_defaults_without_an_entry(open_page):
    page = open_page("dimensions")
    _opened(page, "dimensions")
    assert _parameters(page)["sort"] == "dimension"
    assert page.evaluate("history.length") == 2  # the blank page, and this one
    page.reload()
    _opened(page, "dimensions")
    assert page.evaluate("history.length") == 2


def test_back_undoes_a_choice_and_reload_keeps_one(open_page):
    page = open_page("dimensions", catalog="second")
    _opened(page, "dimensions")
    before = _parameters(page)
    _choose_site(page, "final")
    page.wait_for_url(re.compile("site=final"))
    settle(page)
    page.reload()
    _opened(page, "dimensions")
    assert _parameters(page) == before | {"site": "final"}
    page.go_back()
    page.wait_for_url(re.compile(f"site={re.escape(before['site'])}"))
    expect(page.locator(".st-key-rail-site input")).to_have_value(before["site"])
    settle(page)
    assert _parameters(page) == before


def test_back_returns_through_what_was_chosen_on_two_pages(open_page):
    page = open_page("dimension", catalog="second", dim=3)
    _opened(page, "dimension")
    page.locator("body").press("j")
    page.wait_for_url(re.compile("dim=4"))
    settle(page)
    _visit(page, "features")
    for number in (4, 3):
        page.go_back()
        page.wait_for_url(re.compile(rf"/dimension\?.*dim={number}"))
        expect(page.get_by_text(f"› dimension {number}")).to_be_visible()
    page.go_forward()
    page.wait_for_url(re.compile("dim=4"))


def test_a_page_opened_by_the_search_box_is_left_by_one_back(open_page):
    page = open_page("dimensions", catalog="second")
    _opened(page, "dimensions")
    before = _parameters(page)
    box = page.locator(".st-key-rail-search input")
    box.fill("resid.2/7")
    box.press("Enter")
    page.wait_for_url(re.compile(r"/dimension\?.*dim=7"))
    settle(page)
    page.go_back()
    _opened(page, "dimensions")
    assert _parameters(page) == before


def test_a_link_makes_nobody_another_person_and_each_tab_keeps_its_own(open_page):
    ada = open_page("status", me="ada", catalog="second")
    bea = open_page("status", me="bea", catalog="second")
    ada.reload()
    expect(ada.locator(".st-key-who-popover")).to_contain_text("ada", timeout=20_000)
    ada.wait_for_function("document.cookie.includes('dims_person=ada')")
    other = open_page("status", catalog="second")
    other.goto(other.url + "&me=eve")
    for page, name in ((ada, "ada"), (bea, "bea"), (other, "ada")):
        shown = page.locator(".st-key-who-popover")
        expect(shown).to_contain_text(name)
        expect(page).not_to_have_url(re.compile("[?&]me="))
