"""Keys, the tour and presentation mode in a real browser."""

import re
import shutil
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import serve, settle
from tests.given import feature_catalog

pytestmark = pytest.mark.browser
LISTENS = "html[data-dims-keys=on]"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server over a measured catalog under the name of the one that ships."""
    folder = tmp_path_factory.mktemp("keys") / "data"
    shutil.move(feature_catalog.write(folder), folder / "catalogs" / "storyteller.duckdb")
    yield from serve(folder)


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def go(page, address, name, **query):
    query = {"catalog": "storyteller", "site": "resid.1", **query}
    page.context.add_cookies([{"name": "dims_person", "value": "ada", "url": address}])
    page.goto(f"{address}/{name}?{urlencode(query)}")
    page.wait_for_selector(LISTENS, state="attached")
    settle(page)


def press(page, key, url):
    """Press a key and wait for the link it leads to."""
    page.keyboard.press(key)
    page.wait_for_url(re.compile(url), wait_until="commit")
    settle(page)


@pytest.mark.parametrize(
    "name, query, on, before",
    [
        ("dimension", {"dim": 3}, "dim=4", "dim=3"),
        ("item", {"item": 20}, "item=21", "item=20"),
        ("feature", {"category": "planted"}, r"category=(?!planted)", "category=planted"),
    ],
)
def test_arrows_go_on_and_back(page, address, name, query, on, before):
    go(page, address, name, **query)
    press(page, "ArrowRight", on)
    assert re.search(on, page.url)
    press(page, "ArrowLeft", before)
    assert re.search(before, page.url)


def test_g_l_s_and_the_list_of_keys(page, address):
    go(page, address, "feature", category="planted")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("label what the page is about").wait_for()
    page.keyboard.press("l")  # rests while the list is open
    assert page.get_by_text("Clear end").count() == 0
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.keyboard.press("s")
    page.get_by_role("button", name="Starred").wait_for()
    page.keyboard.press("l")
    page.get_by_text("Clear end").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Clear end").wait_for(state="detached")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    box = page.locator(".st-key-rail-search input")
    assert box.evaluate("node => node === document.activeElement")
    page.keyboard.type("jkls")  # letters, not keys, while a field has the focus
    assert box.input_value() == "jkls"


def test_the_tour_is_taken_by_keys_in_a_presentation_that_ends(page, address):
    go(page, address, "tour")
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)
    press(page, "p", "present=1")
    page.get_by_role("button", name="Leave presentation").wait_for()
    assert not page.locator("[data-testid=stSidebar]").is_visible()
    assert page.evaluate(size) > 1.2 * before
    press(page, "ArrowRight", "step=2")
    press(page, "o", r"/features?\?.*tour=2")
    page.get_by_role("button", name="Leave presentation").wait_for()
    assert not page.locator("[data-testid=stSidebar]").is_visible()
    press(page, "t", r"/tour.*step=3")
    assert "present=1" in page.url
    page.get_by_role("button", name="Leave presentation").click()
    page.locator("[data-testid=stSidebar]").wait_for()
    assert page.evaluate(size) == before
