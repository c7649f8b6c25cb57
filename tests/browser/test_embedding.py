"""One panel alone in an iframe of another page: nothing else of the dashboard is seen."""

import http.server
import threading

import pytest

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser


@pytest.fixture
def elsewhere():
    """A page of somebody else with an iframe; set `body` to what it shows."""
    held = {"body": b""}

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_args):
            """Print nothing."""

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(held["body"])))
            self.end_headers()
            self.wfile.write(held["body"])

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield held, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_panel_alone_in_an_iframe(browser, server, elsewhere):
    held, address = elsewhere
    link = (
        f"{server}/dimension?catalog=hostile&site=resid.1&dim=3&embed=1&panel=values-of-all-items"
    )
    held["body"] = (
        f'<h1>A blog</h1><iframe src="{link}" width="900" height="600"></iframe>'.encode()
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    frame = page.frame_locator("iframe")
    frame.locator(".st-key-embedded .js-plotly-plot, .st-key-embedded svg").first.wait_for()
    assert frame.get_by_text("Values of all items").first.is_visible()
    for other in (
        "[data-testid=stSidebar]",
        "[data-testid=stSelectbox]",
        "h2",
        "[data-testid=stHeader]",
    ):
        shown = frame.locator(other)
        assert not any(shown.nth(n).is_visible() for n in range(shown.count())), other
    context.close()


def test_a_panel_far_below_is_seen_too(browser, server):
    """What a page makes when somebody scrolls there is made at once."""
    context = browser.new_context(viewport={"width": 900, "height": 500})
    page = context.new_page()
    link = f"{server}/dimension?catalog=hostile&site=resid.1&dim=3&panel=most-dependent-dimensions"
    page.goto(link)
    page.locator(".st-key-embedded [data-testid=stDataFrame]").wait_for()
    assert page.get_by_text("Most dependent dimensions").is_visible()
    context.close()


def test_a_panel_that_is_not_there_says_which_are(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/dimension?catalog=hostile&site=resid.1&dim=3&panel=nothing")
    settle(page)
    page.get_by_text("This page has no panel 'nothing'. It has: ").wait_for()
    assert page.locator("[data-testid=stSidebar]").is_hidden()
    context.close()


def test_a_panel_says_how_it_is_embedded(open_page):
    page = open_page("dimension", catalog="hostile", site="resid.1", dim=3)
    page.locator("[class*=st-key-parts] button").first.click()
    said = page.get_by_text("<iframe src=").first.inner_text()
    assert "&embed=1&panel=" in said and "dim=3" in said
