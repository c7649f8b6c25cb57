"""A static site in a real browser, the network cut: from a subfolder of a host, by double click."""

import functools
import http.server
import shutil
import threading
import uuid
from urllib.parse import urlsplit

import pytest

from catalog.sharing import site
from catalog.store.catalog import Catalog
from catalog.workspace import consent, labels, subjects
from catalog.workspace.file import open_workspace
from catalog.workspace.values import Label
from tests.given import feature_catalog, firefox, synthetic

pytestmark = pytest.mark.browser
SUBFOLDER = "group/catalogs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A site of two catalogs in a subfolder of a host."""
    place = tmp_path_factory.mktemp("host")
    path = feature_catalog.write(place / "data")
    second = synthetic.write(
        place / "data" / "catalogs" / "second.duckdb", synthetic.Recipe(slug="second", hostile=True)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIMS_DATA", str(place / "data"))
        named = subjects.of_build(Catalog(path).build)
        subject = subjects.dimension(**named, site="resid.1", number=3, pole="+")
        with open_workspace() as workspace:
            said = Label(subject, "ada", text="<img src=x onerror=alert(3)> cats")
            labels.save(workspace, uuid.uuid4().hex, [said])
            consent.give(workspace, uuid.uuid4().hex, "ada", True)
        site.write([Catalog(path), Catalog(second)], place / SUBFOLDER)
    shutil.rmtree(place / "data")
    return place


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def host(folder):
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{SUBFOLDER}"
        server.shutdown()


@pytest.fixture(params=["http", "file"])
def base(request, folder):
    if request.param == "http":
        return request.getfixturevalue("host") + "/"
    return f"file://{folder}/{SUBFOLDER}/index.html"


@pytest.fixture
def opened(browser):
    """Open an address; no request leaves this machine, no error, no dialog, no broken policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    left, errors, dialogs = [], [], []

    def watch(request):
        parts = urlsplit(request.url)
        if parts.scheme not in ("file", "data") and parts.hostname != "127.0.0.1":
            left.append(request.url)

    context.on("request", watch)

    def open_(address):
        page = context.new_page()
        page.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
        page.on("pageerror", lambda one: errors.append(str(one)))
        page.on("console", lambda one: one.type == "error" and errors.append(one.text))
        page.goto(address)
        settled(page)
        return page

    yield open_
    context.close()
    assert not left, f"requests left this machine: {left}"
    assert not errors and not dialogs, (errors, dialogs)


def settled(page):
    page.wait_for_function(
        "() => document.getElementById('view').dataset.shown === (location.hash || '#')"
    )


def test_the_first_page_and_every_other(opened, base):
    page = opened(base)
    assert "What does each dimension" in page.locator("h1").inner_text()
    assert page.locator("svg").count() >= 1
    for title in ("Dimensions", "Features", "Evidence", "Labels", "Data", "Overview"):
        page.get_by_role("link", name=title, exact=True).click()
        settled(page)
        assert page.locator("main h1").count() == 1
    assert page.locator("text=This cannot be shown").count() == 0


def test_a_link_to_any_state_opens_it(opened, base):
    page = opened(f"{base}#dimension?catalog=measured&site=resid.1&threshold=zero&dim=3")
    assert page.locator("h1").inner_text() == "resid.1 › dimension 3"
    assert page.locator("ol.pole").count() == 3 and page.locator("ol.pole li").count() >= 72
    assert page.locator(".label").inner_text().startswith("+ <img src=x onerror=alert(3)> cats")
    page = opened(f"{base}#feature?catalog=measured&site=resid.0&category=planted")
    assert page.locator("h1").inner_text() == "planted · resid.0"
    page = opened(f"{base}#dimension?catalog=second&site=resid.2&dim=1")
    assert page.locator("#catalog").input_value() == "second"


def test_j_and_k_and_the_other_keys(opened, base):
    page = opened(f"{base}#dimension?catalog=measured&site=resid.1&dim=23")
    for key, number in (("j", 0), ("j", 1), ("k", 0), ("k", 23)):
        page.keyboard.press(key)
        page.wait_for_function("n => location.hash.includes(`dim=${n}`)", arg=number)
        settled(page)
        assert page.locator("h1").inner_text() == f"resid.1 › dimension {number}"
    page.keyboard.press("?")
    assert page.locator("dialog[open]").inner_text().startswith("Keys")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("j")  # in a field a letter is a letter
    assert page.locator("#search").input_value() == "j"


def test_search_by_word_address_and_hostile_text(opened, base):
    page = opened(base)
    for asked, opens in (
        ("resid.1/5", "resid.1 › dimension 5"),
        ("planted", "planted"),
        (synthetic.HOSTILE[0], synthetic.HOSTILE[0]),
    ):
        page.locator("#search").fill(asked)
        page.keyboard.press("Enter")
        page.wait_for_function("q => location.hash.includes('search')", arg=asked)
        settled(page)
        page.locator("tbody a").first.click()
        page.wait_for_function("() => !location.hash.startsWith('#search')")
        settled(page)
        assert page.locator("h1").inner_text().startswith(opens)
        page.go_back()
        settled(page)


def test_hostile_names_are_shown_literally(opened, base):
    page = opened(f"{base}#features?catalog=measured&site=resid.1")
    assert page.get_by_text(feature_catalog.HOSTILE.replace("_", " ")).first.is_visible()
    page = opened(f"{base}#nonsense?catalog=<script>&site=%00&dim=<b>")
    assert page.locator("[role=status]").count() >= 2
    assert page.evaluate("document.querySelectorAll('main script, main b, main img').length") == 0


def test_a_value_that_is_not_here_falls_back_with_a_notice(opened, base):
    page = opened(f"{base}#dimension?catalog=measured&site=resid.7&dim=99")
    assert "asks for resid.7" in page.locator("[role=status]").first.inner_text()
    assert page.locator("h1").inner_text().endswith("dimension 0")


def test_light_and_dark(opened, base):
    page = opened(base)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.keyboard.press("t")
    assert page.evaluate(colour) != light
    page.get_by_title("Light or dark (t)").click()
    assert page.evaluate(colour) == light


def test_tables_sort_and_rows_open(opened, base):
    page = opened(f"{base}#dimensions?catalog=measured&site=resid.1")
    head = page.get_by_role("button", name="mean |x|")
    head.click()
    shown = [float(t) for t in page.locator("tbody tr td:nth-child(7)").all_inner_texts()]
    assert shown == sorted(shown, reverse=True) and len(shown) == 24
    page.locator("tbody tr").first.click()
    page.wait_for_function("() => location.hash.startsWith('#dimension?')")


def test_the_catalog_file_can_be_taken_along(opened, host, folder):
    page = opened(f"{host}/#data?catalog=measured")
    with page.expect_download() as waited:
        page.get_by_role("link", name="measured.duckdb.zip").click()
    taken = waited.value.path().read_bytes()
    assert taken == (folder / SUBFOLDER / "c0" / "measured.duckdb.zip").read_bytes()


def test_the_first_view_stands_within_a_second_and_a_half(opened, host):
    opened(host + "/").close()  # the browser itself is warm
    page = opened(host + "/?fresh")
    assert page.evaluate("performance.now()") < 1500  # since the navigation began


def test_a_site_that_was_copied_in_part_says_so(browser, folder, tmp_path):
    shutil.copytree(folder / SUBFOLDER, tmp_path / "part")
    (tmp_path / "part" / "c0" / "words.js").unlink()
    page = browser.new_page()
    page.goto(f"file://{tmp_path}/part/index.html#item?catalog=measured&item=3")
    told = page.locator("text=c0/words.js is not there: was the site copied whole?")
    told.wait_for()
    assert told.is_visible()
    words = (folder / SUBFOLDER / "c0" / "words.js").read_bytes()
    (tmp_path / "part" / "c0" / "words.js").write_bytes(words.replace(b"H4sI", b"AAAA"))
    page.reload()
    page.locator("text=c0/words.js is damaged: was the site copied whole?").wait_for()
    page.close()


def test_every_page_in_firefox(folder, host, tmp_path):
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no Firefox on this machine (Debian: apt-get install firefox-esr)")
    pages = ("overview", "dimensions", "dimension", "features", "feature", "evidence", "labels",
             "data", "item", "search?q=planted")  # fmt: skip
    with firefox.running(program, tmp_path) as fox:
        for base in (f"{host}/", f"file://{folder}/{SUBFOLDER}/index.html"):
            for page in pages:
                fox.open(f"{base}#{page}")
                fox.until("document.getElementById('view').dataset.shown === location.hash")
                assert fox.run("document.querySelectorAll('main h1').length") == 1
                assert fox.run("document.documentElement.scrollWidth <= innerWidth")
        fox.open(f"{host}/#dimension?catalog=measured&site=resid.1&dim=23")
        fox.until("document.querySelector('main h1')?.textContent.endsWith('dimension 23')")
        fox.press("j")
        fox.until("document.querySelector('main h1').textContent === 'resid.1 › dimension 0'")
        before = fox.run("getComputedStyle(document.body).backgroundColor")
        fox.press("t")
        assert fox.run("getComputedStyle(document.body).backgroundColor") != before
    left = [url for url in fox.requests if urlsplit(url).hostname not in ("127.0.0.1", None, "")]
    assert not left and not fox.errors
    assert len(fox.requests) > len(pages)
