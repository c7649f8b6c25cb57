"""Labeling in a real browser, by keyboard alone: nothing is lost, nothing leaks, it is quick."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from catalog.workspace import agreement, label_tests, queue, reading, runs
from catalog.workspace.file import open_workspace
from tests.browser.conftest import APP, _wait, settle
from tests.given import synthetic
from tests.given.commands import run as dims

pytestmark = pytest.mark.browser
COUNT = 30
SITE = "resid.1"
DESK = ".desk[data-subject]"
PATIENCE = 90_000
"""Milliseconds: a busy machine is slow, not wrong. Nothing sleeps: each wait ends when it may."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder with one small catalog whose first items are hostile; no workspace yet."""
    (tmp_path / "catalogs").mkdir()
    recipe = synthetic.Recipe(items=800, dims=COUNT, slug="hostile", hostile=True)
    synthetic.write(tmp_path / "catalogs" / "hostile.duckdb", recipe)
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    monkeypatch.delenv("DIMS_WORKSPACE", raising=False)
    return tmp_path


class Server:
    """The dashboard as a process that can be killed and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.address = folder, f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(APP)]
        self.process = subprocess.Popen(
            [*command, "--server.port", str(self.port)],
            env={**os.environ, "DIMS_DATA": str(self.folder)},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(f"{self.address}/_stcore/health", self.process)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def page(self, name: str, **query: object) -> str:
        place = {"catalog": "hostile", "site": SITE, **query}
        return f"{self.address}/{name}?{urlencode(place)}"


@pytest.fixture
def labeling(folder):
    """A running server over `folder`."""
    server = Server(folder)
    yield server
    server.kill()


@pytest.fixture
def tabs(browser):
    """Open tabs of one person: every request that leaves this machine fails the test."""
    left: list[str] = []
    contexts = []

    def opener(url: str, context=None, me: str = ""):
        if context is None:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(PATIENCE)
            contexts.append(context)
            context.on("request", lambda request: left.append(request.url))
        if me:
            context.add_cookies([{"name": "dims_person", "value": quote(me), "url": url}])
        page = context.new_page()
        page.on("dialog", lambda dialog: (left.append(dialog.message), dialog.dismiss()))
        page.goto(url)
        settle(page)
        return page

    yield opener
    for context in contexts:
        context.close()
    here = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    assert not [url for url in left if not url.startswith(here)]


def open_queue(page) -> None:
    """Open a queue by keyboard, from the form of the page."""
    page.get_by_role("button", name="Open the queue").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(DESK)
    settle(page)


def saved(page) -> None:
    """Wait until the desk says that everything is on disk."""
    page.locator(".desk[data-unsaved='0']").wait_for()


def type_answer(page, pole: str, category: str, text: str, sure: int) -> None:
    """One whole answer, by keyboard."""
    page.locator(".choice[data-at=pole]:focus").wait_for()
    page.keyboard.press({"+": "1", "-": "2", "both": "3", "none": "0"}[pole])
    page.locator(f".choice [data-pole='{pole}'][aria-checked=true]").wait_for()
    if pole != "none":
        if category:
            page.keyboard.type(category)
            page.locator("[data-at=found] [aria-selected=true]").wait_for()
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
    page.keyboard.press(str(sure))
    page.keyboard.press("Enter")


WATCH = """() => {
  window.moves = [];
  const root = window.deskRoot();
  let pressed = null;
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') pressed = performance.now();
  }, true);
  new MutationObserver(() => {
    const from = pressed;
    requestAnimationFrame(() => setTimeout(() => window.moves.push(performance.now() - from)));
  }).observe(root, {attributes: true, attributeFilter: ['data-subject']});
}"""
FIND = """() => { window.deskRoot = () => {
  const search = (node) => {
    for (const one of node.querySelectorAll('*')) {
      if (one.classList.contains('desk')) return one;
      if (one.shadowRoot) { const found = search(one.shadowRoot); if (found) return found; }
    }
    return null;
  };
  return search(document);
}; }"""


def label_all(page, person: str, seed: int) -> list[float]:
    """Answer the whole queue; how long each next subject took to stand, in ms."""
    page.evaluate(FIND)
    page.evaluate(WATCH)
    choices = random.Random(seed)
    for place in range(COUNT):
        number = int(page.locator(".middle h4").inner_text().rsplit(" ", 1)[1])
        pole = ["+", "-", "both", "none"][number % 4]
        if choices.random() < 0.2:
            pole = choices.choice(["+", "-", "both", "none"])
        category = ["animals", "months", ""][number % 3]
        before = page.locator(".desk").get_attribute("data-subject")
        type_answer(page, pole, category, f"{person} <b>says</b> {number % 5}", 1 + number % 5)
        if place < COUNT - 1:
            page.locator(f".desk:not([data-subject='{before}'])").wait_for()
    page.locator(".desk[data-over='true']").wait_for()
    return page.evaluate("window.moves")


def test_two_people_label_agree_settle_test_export_and_import(labeling, tabs, folder, tmp_path):
    quickest = []
    for seed, person in enumerate(("ada", "bea")):
        page = tabs(labeling.page("queue"), me=person)
        open_queue(page)
        moves = sorted(label_all(page, person, seed))
        page.context.close()
        quickest.append(moves[int(0.95 * len(moves))])
    print(f"next item: p95 {', '.join(f'{ms:.0f}' for ms in quickest)} ms, n {COUNT - 1} each")
    assert min(quickest) < 300  # what else the machine does can only add to it
    with open_workspace() as workspace:
        answers = agreement.entering(workspace)
        assert len(answers) == 2 * COUNT
        unsaid = answers[answers.clear_pole.isna()]
        assert unsaid.empty, unsaid.to_dict("records")
        found = agreement.measure(answers, "clear_pole")
        assert found.units == COUNT and found.alpha is not None and found.low is not None
        assert 0 < found.low < found.alpha <= found.high <= 1
        divided = agreement.disagreements(workspace, None)
    told = dims("labels", "agreement", "--json").json
    assert told["clear_pole"]["alpha"] == found.alpha
    page = tabs(labeling.page("agreement"), me="cleo")
    text = page.locator("[data-testid=stMain]").inner_text()
    assert "alpha [95 %]" in text and f"{found.alpha:#.3g}"[:4] in text
    settle_one(tabs, labeling, str(divided.name[0]))
    take_test(tabs, labeling)
    round_trip(folder, tmp_path)


def settle_one(tabs, labeling, number: str) -> None:
    """Save a final label on the page."""
    page = tabs(labeling.page("adjudicate", dim=number), me="cleo")
    page.get_by_label("Text for the + pole").fill("the final <i>word</i>")
    page.get_by_role("button", name="Save the final label").click()
    page.get_by_text("History of the final label").wait_for()
    settle(page)
    with open_workspace() as workspace:
        from catalog.workspace import adjudication

        (text,) = adjudication.decisions(workspace, None).text
    assert text == "the final <i>word</i>"


def take_test(tabs, labeling) -> None:
    """Take a whole label test by keys; its verdict stands."""
    page = tabs(labeling.page("label_test"), me="cleo")
    table = page.locator("[data-testid=stDataFrame]").first
    table.locator("canvas [role=row]").nth(1).wait_for(state="attached")
    box = table.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + 55)
    page.get_by_text("pair 1 of 30").wait_for()
    for place in range(30):
        page.get_by_text(f"pair {place + 1} of 30").wait_for()
        page.keyboard.press(str(1 + place % 2))
    page.get_by_text("Test another label").wait_for()
    with open_workspace() as workspace:
        found = label_tests.results(workspace, None)
    assert len(found) == 1 and found.scored[0] in (27, 30)
    assert found.verdict[0] in page.locator("[data-testid=stMain]").inner_text()


def round_trip(folder: Path, tmp_path: Path) -> None:
    """Export, wipe, import: the same."""
    out, again = tmp_path / "out.jsonl", tmp_path / "again.jsonl"
    assert dims("labels", "export", out).code == 0
    for path in folder.glob("workspace.sqlite*"):
        path.rename(path.with_name("old-" + path.name))
    assert dims("labels", "import", out).code == 0
    assert dims("labels", "export", again).code == 0
    lines = [sorted(path.read_text().splitlines()[1:]) for path in (out, again)]  # without the head
    assert lines[0] == lines[1] and len(lines[0]) > 2 * COUNT
    assert dims("labels", "import", out, "--json").json["added"] == 0


def test_what_others_said_is_nowhere_while_my_queue_is_open(labeling, tabs):
    secret = "SECRETWORD"
    page = tabs(labeling.page("queue"), me="ada")
    open_queue(page)
    number = int(page.locator(".middle h4").inner_text().rsplit(" ", 1)[1])
    type_answer(page, "+", "animals", secret, 3)
    saved(page)
    page.context.close()
    mine = tabs(labeling.page("dimension", dim=number), me="bea")
    assert secret in _texts(labeling, number)
    open_it = tabs(labeling.page("queue"), me="bea")
    assert secret not in open_it.content()
    open_queue(open_it)
    pages = [
        ("dimension", {"dim": number}), ("", {}), ("dimensions", {}), ("agreement", {}),
        ("adjudicate", {"dim": number}), ("label_test", {}), ("queue", {}), ("status", {}),
        ("sql", {"sql": f"SELECT * FROM item WHERE text = '{secret}'"}),
    ]  # fmt: skip
    for name, query in pages:
        mine.goto(labeling.page(name, **query))
        settle(mine)
        shown = mine.locator("[data-testid=stMain]").inner_text()
        assert secret not in shown.replace(f"'{secret}'", ""), name
    mine.locator("[data-testid=stMain] input[type=text]").first.fill(secret)
    mine.keyboard.press("Enter")
    settle(mine)
    assert " by ada" not in mine.locator("[data-testid=stMain]").inner_text()
    mine.goto(labeling.page("sql", sql="SELECT * FROM feature_dimension"))
    mine.get_by_text("may suggest labels").wait_for()


def _texts(labeling, number: int) -> list[str]:
    with open_workspace() as workspace:
        return reading.current(workspace, None, name=str(number)).text.dropna().tolist()


def test_undo_skip_flag_and_hostile_text_by_keyboard(labeling, tabs):
    page = tabs(labeling.page("queue"), me="ada")
    open_queue(page)
    first = page.locator(".desk").get_attribute("data-subject")
    type_answer(page, "+", "", "<img src=x onerror=alert(1)> \u202eabc", 5)
    page.locator(f".desk:not([data-subject='{first}'])").wait_for()
    page.keyboard.press("Alt+u")
    page.locator(f".desk[data-subject='{first}']").wait_for()
    assert "onerror" in page.locator("input[data-at=positive]").input_value()
    page.keyboard.press("Alt+s")
    page.locator(f".desk:not([data-subject='{first}'])").wait_for()
    page.keyboard.press("Alt+f")
    saved(page)
    page.keyboard.press("Enter")
    assert "Nothing is said yet" in page.locator(".desk .message").inner_text()
    with open_workspace() as workspace:
        now = reading.current(workspace, None)
    assert sorted(now[now.pole == ""].action) == ["flag", "skip"] and not (now.pole != "").any()


def test_digits_choose_letters_begin_a_word_and_lost_keys_are_told(labeling, tabs):
    page = tabs(labeling.page("queue"), me="ada")
    open_queue(page)
    subject = page.locator(".desk").get_attribute("data-subject")
    pole, category = page.locator(".choice[data-at=pole]"), page.locator("input[data-at=category]")
    pole.focus()
    for _ in range(2):
        page.keyboard.press("1")
        page.locator("[data-pole='+'][aria-checked=true]").wait_for()
        pole.focus()
    page.keyboard.type("food")
    assert category.input_value() == "food"
    sure = page.locator("[data-scale=confidence][data-sure='4']")
    page.locator(".choice[data-at=confidence]").focus()
    page.keyboard.press("4")
    page.keyboard.press("4")
    assert sure.get_attribute("aria-checked") == "true"
    page.keyboard.press("Delete")
    assert sure.get_attribute("aria-checked") == "false"
    for scale, step in (("clarity_plus", "5"), ("clarity_minus", "1"), ("specificity", "2")):
        page.keyboard.press("Tab")
        page.locator(f".choice[data-at={scale}]:focus").wait_for()
        page.keyboard.press(step)
    off = page.locator(".desk .off")
    assert off.is_hidden()
    page.locator("h2").first.click()
    off.wait_for()
    off.click()
    page.keyboard.press("2")
    page.locator("[data-pole='-'][aria-checked=true]").wait_for()
    assert off.is_hidden()
    assert page.locator(".desk").get_attribute("data-subject") == subject
    with open_workspace() as workspace:
        assert reading.current(workspace, None).empty
    category.fill("")
    page.keyboard.press("Enter")
    saved(page)
    with open_workspace() as workspace:
        (row,) = reading.current(workspace, None).to_dict("records")
    steps = [row[name] for name in ("confidence", "clarity_plus", "clarity_minus", "specificity")]
    assert steps == [None, 5, 1, 2] and row["clear_pole"] == "-"


def test_the_server_killed_after_an_acknowledgement_loses_nothing(labeling, tabs):
    page = tabs(labeling.page("queue"), me="ada")
    open_queue(page)
    for round_ in range(5):
        before = page.locator(".desk").get_attribute("data-subject")
        type_answer(page, "+", "", f"kept {round_}", 4)
        page.locator(f".desk:not([data-subject='{before}'])").wait_for()
        saved(page)
        labeling.kill()
        with open_workspace() as workspace:
            assert f"kept {round_}" in set(reading.current(workspace, None).text)
        labeling.start()
        page.locator("[data-testid=stApp][data-test-connection-state=CONNECTED]").wait_for()
        settle(page)
        page.locator(DESK).wait_for()
        page.locator(".choice[data-at=pole]").focus()


@pytest.mark.slow
def test_twenty_tabs_saving_at_once_lose_nothing(labeling, tabs, browser):
    context = browser.new_context(viewport={"width": 1024, "height": 700})
    context.set_default_timeout(PATIENCE)
    with open_workspace() as workspace:
        from catalog.workspace.subjects import dimension

        subjects = [
            dimension("synthetic/hostile", "weights-0123456789ab", "bare", SITE, number)
            for number in range(COUNT)
        ]
        lines = [
            queue.open_queue(workspace, f"line-{n}", f"p{n}", subjects, queue.Options(coverage=50))
            for n in range(20)
        ]
    pages = [
        tabs(labeling.page("queue", queue=line.key), context, me=line.person) for line in lines
    ]
    for page in pages:
        page.locator(DESK).wait_for()
        page.evaluate(FIND)
    press = """() => { const channel = new BroadcastChannel('go'); window.gone = new Promise(
      (done) => { channel.onmessage = () => { channel.close(); const root = window.deskRoot();
      const key = (key) => root.querySelector('.choice[data-at=pole]').dispatchEvent(
        new KeyboardEvent('keydown', {key, bubbles: true, composed: true}));
      for (let i = 0; i < 3; i++) { key('1'); key('Enter'); } done(); }; }); }"""
    for page in pages:  # all wait for one word
        page.evaluate(press)
    caller = tabs(labeling.page("status"), context)
    caller.evaluate("() => new BroadcastChannel('go').postMessage('go')")
    for page in pages:
        page.evaluate("() => window.gone")
        saved(page)
        assert page.locator(".desk .message").inner_text() == ""
        assert page.locator("[data-testid=stException]").count() == 0
    context.close()
    with open_workspace() as workspace:
        now = reading.current(workspace, None)
    assert len(now) == 60 and now.author.nunique() == 20


def test_a_star_is_listed_and_a_name_elsewhere_is_noticed(labeling, tabs):
    page = tabs(labeling.page("dimension", dim=4), me="ada")
    page.get_by_role("button", name=re.compile("^Star")).first.click()
    page.get_by_role("button", name="Starred").wait_for()
    other = tabs(labeling.page(""), me="ada")
    other.get_by_text(f"{SITE} / 4").wait_for()
    other.get_by_text("active in another tab").wait_for()
    again = tabs(labeling.page("queue"), other.context)
    again.locator("[data-testid=stSidebar]").get_by_text("ada", exact=True).first.wait_for()
    with open_workspace() as workspace:
        assert len(runs.held(workspace, "star", "ada")) == 1
    with contextlib.suppress(Exception):
        again.close()


def test_after_a_reload_nothing_is_saved_under_the_name_of_another_tab(labeling, tabs):
    first = tabs(labeling.page("dimension", dim=4), me="ada")
    first.get_by_role("button", name=re.compile("^Star")).first.wait_for()
    other = tabs(labeling.page(""), first.context)
    other.locator(".st-key-who-popover").click()
    other.get_by_label("Your name, as it stands").fill("bea")
    other.get_by_role("button", name="This is me").click()
    other.wait_for_function("document.cookie.includes('dims_person=bea')")
    first.reload()  # the cookie says bea now, this tab ada
    star = first.get_by_role("button", name=re.compile("^Star")).first
    star.wait_for()
    star.click()
    first.get_by_role("button", name="Starred").wait_for()
    with open_workspace() as workspace:
        assert len(runs.held(workspace, "star", "ada")) == 1
        assert not runs.held(workspace, "star", None, person="bea")
