"""A job asked for by click: its progress, its end on the page that asked, and its link."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from catalog.browse import layout
from catalog.store.catalog import Catalog
from tests.browser.conftest import serve, settle
from tests.given import feature_catalog
from tests.given.feature_catalog import SITE

pytestmark = pytest.mark.browser
PATIENCE = 180_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("jobs") / "data"
    feature_catalog.write(folder)
    return folder


@pytest.fixture(scope="module")
def server(folder) -> Iterator[str]:
    """A dashboard over a measured catalog that was not searched yet."""
    yield from serve(folder)


def test_what_is_missing_is_made_by_one_click_while_the_page_is_left(open_page, folder):
    page = open_page("discover", catalog="measured", site=SITE)
    page.get_by_role("button", name="Search it").click()
    page.get_by_role("button", name="Cancel").first.wait_for()
    page.close()  # nobody looks: the work goes on
    other = open_page("status", catalog="measured")
    other.locator(".st-key-jobs-popover button").first.click()
    done = other.get_by_role("link", name=f"features discovered at {SITE} of measured")
    done.wait_for(timeout=PATIENCE)
    done.click()
    settle(other)
    expect(other.get_by_text("Features kept, strongest first")).to_be_visible()


def test_a_point_of_the_map_opens_its_item(open_page, folder, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(folder))
    layout.lay_out(Catalog(folder / "catalogs" / "measured.duckdb"), SITE)
    page = open_page("item_map", catalog="measured", site=SITE, by="none")
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.wait_for()
    settle(page)
    found = page.evaluate(
        """() => { const plot = document.querySelector('.js-plotly-plot');
        const layout = plot._fullLayout;
        const trace = plot._fullData[0], box = plot.getBoundingClientRect();
        return [box.left + layout.xaxis._offset + layout.xaxis.l2p(trace.x[0]),
                box.top + layout.yaxis._offset + layout.yaxis.l2p(trace.y[0])]; }"""
    )
    page.mouse.move(*found)
    page.mouse.click(*found)
    page.wait_for_url("**/item?**", timeout=PATIENCE)
