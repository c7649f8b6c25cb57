"""A server with sign-in: every action that writes or computes is tried in every role."""

import os
import time
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.errors import NotAllowed, SignInEnded
from catalog.store import packed
from catalog.store.catalog import Catalog
from catalog.workspace import access_schema, audit, consent, labels, queue, reading, roles
from catalog.workspace.adjudication import Decision
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension, of_build
from catalog.workspace.values import Answer, Circumstances
from dashboard.common import access, running, workspace
from dashboard.common import parts as page_parts
from dashboard.common.answers import Here
from dashboard.desk import agreement_frames, exchange_frames, settling
from dashboard.desk import frames as desk
from dashboard.features import shelf
from dashboard.jobs import asks, parts, planning, table
from dashboard.labels import gathering, mentioned
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import APP, literal
from tests.given import synthetic
from tests.workspace.test_roles import HOLDERS, TABLE

ADA = "ada@lab.example"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Path of a small catalog; not to be changed."""
    recipe = synthetic.Recipe(items=60, dims=12, slug="small")
    return synthetic.write(tmp_path_factory.mktemp("small") / "small.duckdb", recipe)


@pytest.fixture
def here(small, tmp_path, monkeypatch):
    path = tmp_path / "catalogs" / small.name
    path.parent.mkdir()
    os.link(small, path)
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    monkeypatch.delenv("DIMS_WORKSPACE", raising=False)
    monkeypatch.setenv(roles.MODE, roles.OIDC)
    yield Here(Catalog(path), "resid.1", "zero")
    st.cache_data.clear()
    st.session_state.clear()
    packed.shelf.clear()


@pytest.fixture
def ada(here, monkeypatch):
    """Ada has signed in; gives her roles."""
    monkeypatch.setattr(access, "signed_in", lambda: access.SignedIn(ADA, time.time() + 60))
    monkeypatch.setattr(table, "wake", lambda: None)  # nobody works on the queue of jobs
    quiet = SimpleNamespace(submit=lambda *_: None, aside=lambda *_: None)
    monkeypatch.setattr(running, "worker", lambda: quiet)

    def give(*held):
        with open_workspace() as opened:
            for one in held:
                if one != "none":
                    roles.grant(opened, workspace.event(), roles.COMMAND_LINE, ADA, one)

    return give


def subject(here, number=0):
    return dimension(**of_build(here.catalog.build), site=here.site, number=number)


def label(here, number=0, author=ADA):
    given = Answer(subject(here, number), author, "label", "+", text="colons")
    workspace.answer(given, False)


def file_of_labels(here):
    names = of_build(here.catalog.build)
    head = "model,site,dimension,pole,label,author,revision,reading\n"
    row = f"{names['model']},{here.site},3,+,dots,eve,{names['revision']},{names['reading']}\n"
    return (head + row).encode()


def others_job(here):
    asked = asks.features(here)
    job = table.add(asked.__class__(**{**asked.__dict__, "person": "bob"}))
    parts.cancel.__wrapped__(job)
    assert table.find(asked.arguments).ended is not None


def close(here):
    with open_workspace() as opened:
        line = queue.open_queue(opened, workspace.event(), ADA, [subject(here)])
    desk.close(line.key)
    with open_workspace() as opened:
        assert not queue.open_queues(opened, ADA)


def grant(_here):
    opened = workspace.acting("administer")
    roles.grant(opened, workspace.event(), access.person(), "bob", "label")


OPERATIONS = {
    "label a page's dimension": ("label", label),
    "star": ("label", lambda here: workspace.star(subject(here), ADA, True)),
    "comment": ("label", lambda here: workspace.comment(subject(here), ADA, "why")),
    "take a comment back": ("label", lambda here: workspace.take_back("c1", ADA)),
    "star many": ("label", lambda here: gathering.star([subject(here)], ADA)),
    "put many into a list": ("label", lambda here: gathering.enlist([subject(here)], ADA, "sea")),
    "queue many": ("label", lambda here: gathering.line_up(here, [subject(here)], ADA)),
    "undo what was done with many": ("label", lambda here: gathering.undo(
        gathering.Done("", "star", (subject(here),)), ADA)),
    "read a comment that names one": ("look", lambda here: mentioned.read(["c1"], ADA)),
    "open a queue": ("label", lambda here: desk.open_new(
        here, "dimension", [here.site], 3, queue.Options(coverage=1), ADA)),
    "close a queue": ("label", close),
    "judge two texts": ("label", lambda here: agreement_frames.judge("e", ADA, None, True)),
    "save a concept": ("keep", lambda here: shelf.save(here, "mine", ADA, {})),
    "read a file of labels": ("exchange", lambda here: exchange_frames.taken(
        "l.csv", file_of_labels(here), False)),
    "take a file of all labels": ("exchange", lambda here: exchange_frames.writer(
        here, exchange_frames.FORMATS[0])()),
    "a final label": ("adjudicate", lambda here: settling.decide(
        "e", [Decision(subject(here), ADA, "+", text="final")])),
    "run the model": ("compute", lambda here: running.start("t", here.catalog, 1, lambda *_: 1)),
    "compare": ("compute", lambda here: running.start_aside("t", 1, lambda *_: 1)),
    "start a job": ("compute", lambda here: parts.start(asks.features(here))),
    "ask what a build will take": ("compute", lambda here: planning.begin(
        asks.build("no-such-model-here"))),
    "cancel another's job": ("administer", others_job),
    "grant a role": ("administer", grant),
}  # fmt: skip
"""What pages do, by the action that covers it: the functions that pages call, none of their own."""
CELLS = [
    (what, role, dict(zip(HOLDERS, TABLE[action], strict=True))[role])
    for what, (action, _) in OPERATIONS.items()
    for role in HOLDERS
]


def test_every_action_is_tried():
    assert {action for action, _ in OPERATIONS.values()} | {"look"} == set(roles.ACTIONS)


@pytest.mark.parametrize(("what", "role", "allowed"), CELLS)
def test_what_a_page_does_is_done_by_who_may(here, ada, what, role, allowed):
    ada(role)
    if not allowed:
        with pytest.raises(NotAllowed):
            OPERATIONS[what][1](here)
        with open_workspace() as opened:
            assert not len(reading.history(opened, None))
        assert not [job for job in table.unfinished() if job.asked.person != "bob"]
        return
    try:
        OPERATIONS[what][1](here)
    except NotAllowed:
        raise
    except AttributeError:
        assert what == "judge two texts"  # there is none: it was let through


def test_what_was_started_by_whom_is_in_the_log(here, ada):
    ada("compute")
    parts.start(asks.features(here))
    parts.start(asks.features(here))  # it waits already: neither a line nor a part of the quota
    running.start("t", here.catalog, 1, lambda *_: 1)
    parts.cancel(table.unfinished()[0])
    with open_workspace() as opened:
        lines = [(one.person, one.action, one.what) for one in audit.entries(opened)]
    assert lines[:3] == [
        (ADA, "cancel", "categories with their nulls of small"),
        (ADA, "run", "t: small"),
        (ADA, "job", "categories with their nulls of small"),
    ]
    assert len(lines) == 4


def test_the_quota_of_jobs_ends_in_a_sentence(here, ada, monkeypatch):
    monkeypatch.setenv(audit.QUOTA, "1")
    ada("compute")
    parts.start(asks.features(here))
    with pytest.raises(NotAllowed, match="has started 1 jobs in the last 24 hours"):
        parts.start(asks.evidence(here))
    assert len(table.unfinished()) == 1


def test_a_sign_in_that_is_over_lets_nothing_through_and_keeps_what_was_sent(
    here, ada, monkeypatch
):
    """The desk's event is neither saved nor refused: it stays in the browser's outbox."""
    ada("label")
    line = desk.open_new(here, "dimension", [here.site], 3, queue.Options(coverage=1), ADA)
    one = {name: getattr(subject(here), name) for name in
           ("model", "revision", "reading", "site", "kind", "name", "pole")}  # fmt: skip
    event = {"id": "e1", "kind": "answer", "subject": one, "action": "label", "text": None,
             "clear_pole": "+", "positive": "colons", "seconds": 2.0}  # fmt: skip
    monkeypatch.setattr(desk.component, "arrived", lambda _key: {"events": [event]})
    monkeypatch.setattr(access, "signed_in", lambda: access.SignedIn(ADA, time.time() - 1))
    desk.receive(line)
    kept = desk._kept(line)
    assert kept["saved"] == [] and kept["refused"] == {}
    assert "Your sign-in has ended" in kept["problem"]
    monkeypatch.setattr(access, "signed_in", lambda: None)
    desk.receive(line)
    assert kept["saved"] == [] and kept["refused"] == {} and "not signed in" in kept["problem"]
    monkeypatch.setattr(access, "signed_in", lambda: access.SignedIn(ADA, time.time() + 60))
    desk.receive(line)
    assert kept["saved"] == ["e1"] and kept["problem"] == ""
    with open_workspace() as opened:
        assert list(reading.history(opened, None)["author"].unique()) == [ADA]


def test_an_event_of_another_person_is_refused(here, ada, monkeypatch):
    ada("label")
    line = desk.open_new(here, "dimension", [here.site], 3, queue.Options(coverage=1), ADA)
    with open_workspace() as opened:
        roles.grant(opened, "b", roles.COMMAND_LINE, "bob", "label")
    monkeypatch.setattr(access, "signed_in", lambda: access.SignedIn("bob", time.time() + 60))
    monkeypatch.setattr(desk.component, "arrived", lambda _key: {"events": [{"id": "e"}]})
    desk.receive(line)
    assert "This is the queue of ada@lab.example" in desk._kept(line)["refused"]["e"]


# The door.


@pytest.fixture
def app(here):
    return AppTest.from_file(APP, default_timeout=30)


def test_nothing_is_drawn_before_sign_in(app):
    app.run()
    assert not app.exception and "You are not signed in" in literal(app)
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.dataframe and not app.selectbox


def test_signed_in_without_a_role_nothing_is_drawn(app, ada):
    ada("none")
    app.run()
    assert "ada@lab.example may not do this here: read every page" in literal(app)
    assert not app.dataframe and not app.selectbox


def test_a_look_shows_every_page_and_no_page_asks_for_a_name(app, ada):
    ada("look")
    app.run()
    for view in ("dimension", "features", "people", "sql"):
        app.switch_page(FILES[view])
        app.run()
        assert not app.exception and app.header[0].value, view
    app.switch_page(FILES["queue"])
    app.run()
    assert "may not do this here: label, star" in literal(app)
    assert not [b for b in app.button if b.label in ("This is me", "Open the queue")]


def test_a_name_in_the_session_is_not_who_signed_in(app, ada):
    ada("label")
    app.run()
    app.session_state["who.name"] = "mallory"
    app.switch_page(FILES["queue"])
    app.run()
    assert not app.exception and "mallory" not in literal(app)
    next(b for b in app.button if b.label == "Open the queue").click().run()
    with open_workspace() as opened:
        assert queue.open_queues(opened, ADA) and not queue.open_queues(opened, "mallory")


def test_admins_grant_roles_on_a_page_and_see_the_log(app, ada):
    ada("admin")
    app.run()
    app.switch_page(FILES["people"])
    app.run()
    app.text_input(key="people.person").set_value("bob@lab.example")
    app.selectbox(key="people.role").set_value("label")
    next(b for b in app.button if b.label == "Grant").click().run()
    with open_workspace() as opened:
        assert roles.of(opened, "bob@lab.example") == {"label"}
        said = [one.what for one in audit.entries(opened)]
    assert "label to bob@lab.example" in said
    app.selectbox(key="people.held").set_value("admin of ada@lab.example")
    app.run()
    next(b for b in app.button if b.label == "Revoke").click().run()
    assert "is the only admin" in literal(app)


def test_who_is_no_admin_sees_the_table_alone(app, ada):
    ada("adjudicate")
    app.run()
    app.switch_page(FILES["people"])
    app.run()
    assert not app.exception
    assert not [b for b in app.button if b.label in ("Grant", "Revoke")]


def test_a_server_that_is_for_looking_shows_pages_and_saves_nothing(app, monkeypatch, tmp_path):
    monkeypatch.setenv(roles.MODE, roles.READ_ONLY)
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "none.sqlite"))
    app.run()
    assert not app.exception and app.selectbox
    app.switch_page(FILES["queue"])
    app.run()
    assert "for looking only" in literal(app)
    assert not (tmp_path / "none.sqlite").exists()


def test_a_server_that_others_reach_without_sign_in_shows_nothing(app, monkeypatch):
    monkeypatch.setenv(roles.MODE, roles.OPEN)
    real = st.get_option
    monkeypatch.setattr(
        st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else real(name)
    )
    app.run()
    assert "listens at 0.0.0.0 without sign-in, so it shows nothing" in literal(app)
    assert not app.selectbox


@pytest.mark.parametrize(("held", "allowed"), [("look", False), ("label", True)])
def test_ones_own_word_on_labels_that_leave_takes_the_role_label(app, ada, held, allowed):
    ada(held)
    app.run()
    app.switch_page(FILES["export"])
    app.run()
    app.toggle[0].set_value(True).run()
    with open_workspace() as opened:
        assert (ADA in consent.people(opened)) == allowed
    assert ("may not do this here" in literal(app)) != allowed


def test_who_may_not_look_any_more_is_drawn_nothing_more(here, ada, monkeypatch):
    """Fragments and callbacks of a page that stands ask too, a second later at the latest."""
    monkeypatch.setattr(access, "FRESH", 0.1)
    ada("look")
    drawn = []
    piece = page_parts.guard()(lambda: drawn.append(1))
    piece()
    with open_workspace() as opened:
        roles.revoke(opened, workspace.event(), roles.COMMAND_LINE, ADA, "look")
    time.sleep(0.2)
    piece()
    assert drawn == [1]


def test_pieces_of_a_page_ask_once_and_acts_each_time(here, ada, monkeypatch):
    ada("look")
    asked = []
    real = roles.of
    monkeypatch.setattr(roles, "of", lambda *given: asked.append(1) or real(*given))
    for _ in range(5):
        access.check()
    assert len(asked) == 1
    for _ in range(5):
        access.require("look")
    assert len(asked) == 6


# Who is signed in.


def account(monkeypatch, **claims):
    told = {"is_logged_in": True, "email": ADA, "iat": time.time(), **claims}
    monkeypatch.setattr(st, "user", SimpleNamespace(to_dict=lambda: told))


def test_an_account_is_known_by_one_claim_alone(here, monkeypatch):
    account(monkeypatch, name="Somebody else", preferred_username="admin")
    assert access.person() == ADA
    monkeypatch.setenv("DIMS_CLAIM", "sub")
    with pytest.raises(SignInEnded):
        access.person()  # the account has no such claim: nobody, and not its e-mail address
    account(monkeypatch, sub="s-1")
    assert access.person() == "s-1"


@pytest.mark.parametrize(
    "claims",
    [{"is_logged_in": False}, {"email_verified": False}, {"email": None}, {"email": ["x"]},
     {"iat": None}, {"email": "ada\u202e"}],
)  # fmt: skip
def test_an_account_that_proves_nothing_is_nobody(here, monkeypatch, claims):
    account(monkeypatch, **claims)
    with pytest.raises(SignInEnded):
        access.person()


def test_a_sign_in_holds_for_the_hours_that_were_said(here, monkeypatch):
    monkeypatch.setenv("DIMS_SESSION_HOURS", "2")
    account(monkeypatch, iat=time.time() - 7100)
    assert access.person() == ADA
    account(monkeypatch, iat=time.time() - 7300)
    with pytest.raises(SignInEnded, match="Your sign-in has ended"):
        access.person()


def proxied(monkeypatch, peer, given, **variables):
    from streamlit.runtime.context import StreamlitHeaders

    headers = StreamlitHeaders([("X-Forwarded-Email", one) for one in given])
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=headers, ip_address=peer))
    said = {"DIMS_PROXIES": "10.0.0.2,10.1.0.0/24", "FORWARDED_ALLOW_IPS": "none", **variables}
    for name, value in {roles.MODE: roles.PROXY, **said}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("peer", ["10.0.0.2", "10.1.0.77", "::ffff:10.0.0.2"])
def test_a_proxy_names_the_user(here, monkeypatch, peer):
    proxied(monkeypatch, peer, [ADA])
    assert access.person() == ADA


@pytest.mark.parametrize(
    ("peer", "given", "variables"),
    [
        ("10.0.0.3", [ADA], {}),  # not the proxy
        (None, [ADA], {}),  # this machine, which is no proxy here
        ("10.0.0.2", [], {}),
        ("10.0.0.2", [ADA, "eve"], {}),  # a visitor's header beside the proxy's
        ("10.0.0.2", [ADA], {"FORWARDED_ALLOW_IPS": "127.0.0.1"}),  # the peer may be made up
        ("10.0.0.2", [ADA], {"DIMS_HEADER": "X-Other"}),
    ],
)
def test_a_header_from_elsewhere_is_nobodys_word(here, monkeypatch, peer, given, variables):
    proxied(monkeypatch, peer, given, **variables)
    with pytest.raises(SignInEnded):
        access.person()


def test_labels_of_others_that_an_open_queue_hides_stay_hidden_from_who_signed_in(here, ada):
    """The search box too asks as who is signed in, never as nobody."""
    from dashboard.frame import search

    ada("label")
    with open_workspace() as opened:
        said = Answer(subject(here), "bob", "label", "+", text="zebrafish")
        labels.answer(opened, "b1", said, Circumstances("page"))
    viewer = workspace.person()
    assert [hit for hit in search.hits(here, "zebrafish", viewer) if hit.kind == "label"]
    desk.open_new(here, "dimension", [here.site], None, queue.Options(coverage=1), ADA)
    assert not [hit for hit in search.hits(here, "zebrafish", workspace.person())]


def test_roles_are_those_of_the_schema():
    assert set(access_schema.ROLES) == set(roles.MAY)
