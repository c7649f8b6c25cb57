"""Images and sounds in a real browser: walls that can be seen, clicked and heard."""

from collections.abc import Iterator

import pytest

from tests import media_catalog
from tests.browser.conftest import serve, settle

pytestmark = pytest.mark.browser

SITE = media_catalog.SITE
SEEN = "image => image.decode().then(() => image.naturalWidth > 0)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over small catalogs of digits and sounds, not measured."""
    folder = media_catalog.write(tmp_path_factory.mktemp("media"), findings=False)
    yield from serve(folder)


def test_both_poles_are_walls_of_images_and_a_click_shows_one_large(open_page):
    page = open_page("dimension", catalog="digits", site=SITE, dim=3)
    tiles = page.locator(".wall .tile")
    page.locator(".wall").nth(2).locator(".tile").first.wait_for()
    images = page.locator(".wall img")
    assert images.count() >= 48  # both poles, and those near zero
    assert all(images.nth(n).evaluate(SEEN) for n in range(0, images.count(), 9))
    before = page.url
    tiles.nth(5).click()
    page.wait_for_url(lambda url: url != before and "shown=" in url)
    settle(page)
    assert "chosen" in (page.locator(".wall .tile").nth(5).get_attribute("class") or "")
    assert page.locator("audio").count() == 0
    page.set_viewport_size({"width": 1024, "height": 800})
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_spectrograms_are_walls_of_twelve_with_one_player(open_page):
    page = open_page("dimension", catalog="sounds", site=SITE, dim=3)
    walls = page.locator(".wall")
    walls.nth(2).locator(".tile").first.wait_for()
    assert [walls.nth(n).locator(".tile").count() for n in range(2)] == [12, 12]
    page.locator("audio").wait_for()
    assert page.locator("audio").count() == 1
    page.wait_for_function("() => document.querySelector('audio').readyState > 0")
    assert 0.5 < page.evaluate("document.querySelector('audio').duration") < 2


def test_a_hostile_class_is_shown_as_it_is(open_page):
    page = open_page("item", catalog="digits", site=SITE, q=media_catalog.HOSTILE)
    page.locator(".wall .tile").first.wait_for()
    captions = page.locator(".wall .caption").all_inner_texts()
    assert media_catalog.HOSTILE in captions
    assert page.locator(".wall b").count() == 0
