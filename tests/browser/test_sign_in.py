"""Sign-in in a real browser: the door, an end in the middle of labeling, two admins, sign-out."""

import os
import socket
import subprocess
import sys

import pytest

from catalog.sharing.serving import Serving
from catalog.workspace import audit, reading, roles
from catalog.workspace.file import open_workspace
from tests.browser.conftest import _wait, settle
from tests.browser.test_labeling import COUNT, PATIENCE, SITE, open_queue, saved, type_answer
from tests.given import identity, synthetic

pytestmark = pytest.mark.browser
SHORTER = "shorter"
"""A file in the data folder: once it is there, sign-ins hold a quarter of an hour; then it goes."""
SERVER = f"""
import os, sys, threading, time
from pathlib import Path
from dashboard import server

def shorten(file=Path({SHORTER!r}).absolute()):
    while not file.is_file():
        time.sleep(0.1)
    os.environ["DIMS_SESSION_HOURS"] = "0.25"
    file.unlink()

threading.Thread(target=shorten, daemon=True).start()
server.main(sys.argv[1:])
"""
ADA, BOB = "ada@lab.example", "bob@lab.example"
DOOR = "You are not signed in"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    recipe = synthetic.Recipe(items=300, dims=COUNT, slug="hostile", hostile=True)
    synthetic.write(tmp_path / "catalogs" / "hostile.duckdb", recipe)
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    monkeypatch.delenv("DIMS_WORKSPACE", raising=False)
    return tmp_path


@pytest.fixture
def provider():
    with identity.serving(
        {ADA: {"name": "Ada"}, BOB: {"name": "Bob", "email_verified": True}}
    ) as p:
        yield p


@pytest.fixture
def lab(folder, provider):
    """A server whose people sign in at the provider; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    secrets = folder / "secrets.toml"
    secrets.write_text(identity.secrets_for(provider, address))
    asked = Serving(port=port, sign_in="oidc", secrets=secrets, hours=1)
    asked.check()
    command = [sys.executable, "-c", SERVER, *asked.options(), "--server.headless", "true"]
    environment = {**os.environ, **asked.environment(), "DIMS_DATA": str(folder)}
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def tab(browser):
    """A new browser of somebody: no cookies of others."""
    contexts = []

    def opener(url):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        settle(page)
        return page

    yield opener
    for context in contexts:
        context.close()


def grant(person, *held):
    with open_workspace() as opened:
        for one in held:
            roles.grant(opened, f"{person}{one}", roles.COMMAND_LINE, person, one)


def sign_in(page, person):
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=person).click()
    page.wait_for_selector("[data-testid=stApp]")
    settle(page)


def texts():
    with open_workspace() as opened:
        found = reading.history(opened, None)
    return [(row.author, row.text) for row in found.itertuples() if isinstance(row.text, str)]


def test_nobody_sees_anything_before_the_door_and_comes_back_to_what_was_asked_for(
    lab, tab, provider
):
    grant(ADA, "label")
    page = tab(f"{lab}/dimension?catalog=hostile&site={SITE}&dim=3")
    page.get_by_text(DOOR).wait_for()
    assert page.locator("[data-testid=stSidebarNav]").count() == 0
    assert "hostile" not in page.inner_text("[data-testid=stApp]")
    sign_in(page, ADA)
    page.wait_for_url("**/dimension?**dim=3**")
    page.get_by_text("positive pole").first.wait_for()
    assert {"/authorize", "/token", "/keys"} <= set(provider.asked)
    cookies = {one["name"]: one for one in page.context.cookies()}
    assert cookies["_streamlit_user"]["httpOnly"] and "dims_person" not in cookies


def test_somebody_without_a_role_stays_outside_until_an_admin_lets_them_in(lab, tab):
    page = tab(lab)
    sign_in(page, BOB)
    page.get_by_text(f"{BOB} may not do this here").wait_for()
    grant(BOB, "look")
    page.reload()
    settle(page)
    page.locator("[data-testid=stSidebarNav]").wait_for()
    page.goto(f"{lab}/queue?catalog=hostile")
    page.get_by_text("may not do this here: label").wait_for()
    with open_workspace() as opened:
        noted = [one.person for one in audit.entries(opened) if one.action == "sign-in"]
        assert noted == [BOB]  # one a sign-in, not one a page


def test_a_sign_in_that_ends_in_the_middle_of_labeling_loses_nothing(lab, tab, provider, folder):
    grant(ADA, "label")
    provider.age = 1800.0  # of its hour half is left
    page = tab(f"{lab}/queue?catalog=hostile&site={SITE}")
    sign_in(page, ADA)
    page.wait_for_url("**/queue?**")
    open_queue(page)
    type_answer(page, "+", "animals", "before", 4)
    saved(page)
    assert texts() == [(ADA, "before")]
    (folder / SHORTER).touch()
    while (folder / SHORTER).exists():
        page.wait_for_timeout(50)
    type_answer(page, "+", "animals", "after the end", 4)
    page.locator(".desk[data-unsaved='1']").wait_for()
    type_answer(page, "-", "animals", "and one more", 2)
    page.get_by_text("Your sign-in has ended").first.wait_for()
    assert texts() == [(ADA, "before")]
    provider.age = 0.0
    page.reload()
    settle(page)
    sign_in(page, ADA)
    page.wait_for_url("**/queue?**")
    page.wait_for_selector(".desk[data-subject]")
    saved(page)
    assert texts() == [(ADA, "before"), (ADA, "after the end"), (ADA, "and one more")]


def test_two_admins_at_once(lab, tab):
    """Both see the same roles; what one did is told to the other, and one of them always stays."""
    grant(ADA, "admin")
    grant(BOB, "admin")
    pages = {}
    for person in (ADA, BOB):
        pages[person] = tab(f"{lab}/people")
        sign_in(pages[person], person)
        pages[person].get_by_role("button", name="Revoke").wait_for()
    for page, other in ((pages[ADA], BOB), (pages[BOB], ADA)):
        page.get_by_role("combobox", name="Role to revoke").click()
        page.get_by_role("option", name=f"admin of {other}").click()
        settle(page)
    pages[ADA].get_by_role("button", name="Revoke").click()
    settle(pages[ADA])
    pages[BOB].get_by_role("button", name="Revoke").click()
    pages[BOB].get_by_text(f"{BOB} may not do this here").first.wait_for()
    with open_workspace() as opened:
        assert [(one.person, one.role) for one in roles.held(opened)] == [(ADA, "admin")]


def test_signing_out_ends_it(lab, tab):
    grant(ADA, "look")
    page = tab(lab)
    sign_in(page, ADA)
    page.locator("[data-testid=stSidebarNav]").wait_for()
    page.locator(".st-key-who-popover").click()
    page.get_by_text(ADA, exact=True).wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text(DOOR).wait_for()
    page.goto(f"{lab}/dimensions")
    page.get_by_text(DOOR).wait_for()
    assert page.locator("[data-testid=stSidebarNav]").count() == 0


def test_what_is_typed_and_not_answered_yet_is_there_after_a_new_sign_in(lab, tab, provider):
    grant(ADA, "label")
    page = tab(f"{lab}/queue?catalog=hostile&site={SITE}")
    sign_in(page, ADA)
    page.wait_for_url("**/queue?**")
    open_queue(page)
    page.locator(".choice[data-at=pole]:focus").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("Tab")
    page.keyboard.type("half a thou")
    before = page.locator(".desk").get_attribute("data-subject")
    page.context.clear_cookies()
    page.reload()
    settle(page)
    sign_in(page, ADA)
    page.wait_for_url("**/queue?**")
    page.locator(f".desk[data-subject='{before}']").wait_for()
    assert page.locator("[data-at=positive]").input_value() == "half a thou"
    assert page.locator(".choice [data-pole='+'][aria-checked=true]").count() == 1
