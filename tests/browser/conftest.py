"""A real server and a real browser. Every request that leaves localhost fails the test."""

import functools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.given import synthetic

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; tests skip without one, unless DIMS_TEST_BROWSER=required."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("DIMS_TEST_BROWSER") == "required":
        pytest.fail("no chromium on this machine, but DIMS_TEST_BROWSER=required")
    pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def browser(chromium: str):
    """One browser for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        browser.new_context = functools.partial(browser.new_context, reduced_motion="reduce")
        yield browser
        browser.close()


def serve(folder: Path, script: Path = APP) -> Iterator[str]:
    """Run the dashboard, or another script, on `folder`; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    environment = {**os.environ, "DIMS_DATA": str(folder)}
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not start within 30 s")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over two synthetic catalogs whose items are hostile strings."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "catalogs").mkdir()
    for slug in ("hostile", "second"):
        recipe = synthetic.Recipe(slug=slug, hostile=True, seed=len(slug))
        synthetic.write(folder / "catalogs" / f"{slug}.duckdb", recipe)
    yield from serve(folder)


Opener = Callable[..., "object"]


@pytest.fixture
def open_page(browser, server: str):
    """Open a page by its name and query: waits until it is drawn; no request leaves localhost."""
    left: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 1000})

    def watch(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            left.append(request.url)

    context.on("request", watch)
    dialogs: list[str] = []

    def opener(name: str = "", me: str = "", **query: object):
        if me:
            context.add_cookies([{"name": "dims_person", "value": me, "url": server}])
        page = context.new_page()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(f"{server}/{name}?{urlencode(query)}")
        settle(page)
        return page

    yield opener
    context.close()
    assert not left, f"requests left this machine: {left}"
    assert not dialogs, f"a page ran a script of an item: {dialogs}"


def settle(page) -> None:
    """Wait until the script has run and the page stands."""
    page.wait_for_selector(READY, timeout=30_000)
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stSkeleton]')", timeout=30_000
    )
