"""Images and sounds in a real browser: walls that can be seen, clicked and heard."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import serve, settle
from tests.given import media_catalog

pytestmark = pytest.mark.browser

SITE = media_catalog.SITE
NEW_SOUND = """(audio, last) => new Promise((done) => { const look = () =>
  audio.readyState > 0 && audio.src !== last ? done(audio.src) : requestAnimationFrame(look);
  look(); })"""
TIMED = """(desk) => { let from;
  desk.addEventListener('keydown', () => { from = performance.now(); }, true);
  new MutationObserver(() => requestAnimationFrame(
    () => { window.took = performance.now() - from; }))
    .observe(desk, {attributes: true, attributeFilter: ['data-subject']}); }"""
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


def test_the_desk_plays_a_sound_by_key_and_saves_by_key(open_page):
    page = open_page("queue", catalog="sounds", site=SITE, me="ada")
    page.get_by_role("button", name="Open the queue").click()
    page.locator(".desk[data-subject]").wait_for()
    assert page.locator(".desk .pole button").count() == 24
    assert page.locator(".desk .pole img").nth(5).evaluate(SEEN)
    page.locator(".choice[data-at=pole]").focus()
    player = page.locator(".desk audio")
    heard = [""]
    for key in "pp":  # the first sound, then the next
        page.keyboard.press(key)
        heard.append(player.evaluate(NEW_SOUND, heard[-1]))
    assert len(set(heard)) == 3 and all("audio/ogg" in sound for sound in heard[1:])
    assert page.locator(".desk .pole button").nth(1).get_attribute("aria-pressed") == "true"
    before = page.locator(".desk").get_attribute("data-subject")
    page.locator(".desk .pole button").nth(20).focus()
    page.keyboard.press("Enter")  # plays, and answers nothing
    assert page.locator(".desk").get_attribute("data-subject") == before
    page.locator(".choice[data-at=pole]").focus()
    page.keyboard.press("0")
    page.locator(".desk").evaluate(TIMED)
    page.keyboard.press("Enter")
    page.locator(f".desk:not([data-subject='{before}'])").wait_for()
    assert page.evaluate("window.took") < 300
    page.locator(".desk[data-unsaved='0']").wait_for()
    assert player.get_attribute("src") is None  # silence until the next is asked for
