"""Roles, the log and quotas, in both databases: who may what, and what cannot be undone."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from catalog.errors import NotAllowed, SettingRefused
from catalog.workspace import access_schema, audit, people, roles
from catalog.workspace.file import open_workspace
from tests.workspace.given import event

YES, NO = True, False
TABLE = {
    # action:      (none, look, label, adjudicate, compute, admin)
    "look": (NO, YES, YES, YES, YES, YES),
    "label": (NO, NO, YES, YES, NO, YES),
    "keep": (NO, NO, YES, YES, YES, YES),
    "exchange": (NO, NO, NO, YES, NO, YES),
    "adjudicate": (NO, NO, NO, YES, NO, YES),
    "compute": (NO, NO, NO, NO, YES, YES),
    "administer": (NO, NO, NO, NO, NO, YES),
}
"""Written by hand beside docs/share.md, not derived from the code."""
HOLDERS = ("none", *access_schema.ROLES)
CELLS = [
    (action, role, allowed)
    for action, row in TABLE.items()
    for role, allowed in zip(HOLDERS, row, strict=True)
]


@pytest.fixture(autouse=True)
def lab(monkeypatch):
    monkeypatch.setenv(roles.MODE, roles.OIDC)


def given(workspace, person, *held):
    for one in held:
        roles.grant(workspace, event(), roles.COMMAND_LINE, person, one)


def test_the_table_covers_everything():
    assert set(TABLE) == set(roles.ACTIONS) and set(HOLDERS[1:]) == set(roles.MAY)


@pytest.mark.parametrize(("action", "role", "allowed"), CELLS)
def test_a_role_may_what_the_table_says(workspace, action, role, allowed):
    if role != "none":
        given(workspace, "ada", role)
    given(workspace, "bob", "admin")  # what others hold gives her nothing
    assert roles.may(workspace, "ada", action) == allowed
    if allowed:
        roles.require(workspace, "ada", action)
    else:
        with pytest.raises(NotAllowed, match=r"ada may not do this here: .*ask an admin"):
            roles.require(workspace, "ada", action)
    assert not roles.may(workspace, None, action)


def test_several_roles_add_up_and_a_revoked_one_is_gone(workspace):
    given(workspace, "ada", "label", "compute")
    assert roles.may(workspace, "ada", "label") and roles.may(workspace, "ada", "compute")
    assert not roles.may(workspace, "ada", "adjudicate")
    assert roles.revoke(workspace, event(), roles.COMMAND_LINE, "ada", "compute")
    assert roles.of(workspace, "ada") == {"label"}
    assert not roles.revoke(workspace, event(), roles.COMMAND_LINE, "ada", "compute")
    given(workspace, "ada", "compute")
    assert roles.may(workspace, "ada", "compute")


def test_only_admins_grant_and_the_last_one_stays(workspace):
    given(workspace, "ada", "admin")
    given(workspace, "bob", "adjudicate")
    with pytest.raises(NotAllowed, match="bob may not do this here"):
        roles.grant(workspace, event(), "bob", "bob", "admin")
    with pytest.raises(NotAllowed, match="ada is the only admin"):
        roles.revoke(workspace, event(), "ada", "ada", "admin")
    assert roles.grant(workspace, event(), "ada", "bob", "admin")
    assert roles.revoke(workspace, event(), "bob", "ada", "admin")
    with pytest.raises(NotAllowed):
        roles.grant(workspace, event(), "ada", "ada", "admin")
    with pytest.raises(SettingRefused, match="There is no role 'owner'"):
        roles.grant(workspace, event(), "bob", "ada", "owner")


def test_an_act_that_is_sent_twice_is_saved_once(workspace):
    name = event()
    assert roles.grant(workspace, name, roles.COMMAND_LINE, "ada", "label")
    roles.revoke(workspace, event(), roles.COMMAND_LINE, "ada", "label")
    assert not roles.grant(workspace, name, roles.COMMAND_LINE, "ada", "label")
    assert roles.of(workspace, "ada") == frozenset()


def test_two_admins_who_revoke_each_other_at_once_leave_one(fresh):
    place = fresh()
    with open_workspace(place) as first, open_workspace(place) as second:
        given(first, "ada", "admin")
        given(first, "bob", "admin")
        outcomes, barrier = [], threading.Barrier(2)

        def revoke(workspace, by, whom):
            barrier.wait()
            try:
                outcomes.append(roles.revoke(workspace, event(), by, whom, "admin"))
            except NotAllowed as error:
                outcomes.append(str(error))

        threads = [
            threading.Thread(target=revoke, args=(first, "ada", "bob")),
            threading.Thread(target=revoke, args=(second, "bob", "ada")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        admins = [one.person for one in roles.held(first) if one.role == "admin"]
    assert len(admins) == 1 and sorted(map(str, outcomes))[0] == "True"


def test_two_admins_who_grant_the_same_at_once_make_one_row(fresh):
    place = fresh()
    with open_workspace(place) as first, open_workspace(place) as second:
        given(first, "ada", "admin")
        given(first, "bob", "admin")
        made, barrier = [], threading.Barrier(2)

        def grant(workspace, by):
            barrier.wait()
            made.append(roles.grant(workspace, event(), by, "eve", "label"))

        threads = [
            threading.Thread(target=grant, args=pair) for pair in ((first, "ada"), (second, "bob"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(made) == [False, True]
        assert len([one for one in roles.held(first) if one.person == "eve"]) == 1


def test_the_log_has_every_change_and_cannot_be_changed(workspace):
    given(workspace, "ada", "admin")
    roles.grant(workspace, event(), "ada", "bob", "label")
    lines = [(one.person, one.action, one.what) for one in audit.entries(workspace)]
    assert lines == [("ada", "grant", "label to bob"),
                     (roles.COMMAND_LINE, "grant", "admin to ada")]  # fmt: skip
    for table in access_schema.TABLES:
        for change in (update(table).values(person="eve"), delete(table)):
            with pytest.raises(DBAPIError, match="only added to"), workspace.engine.begin() as raw:
                raw.execute(change)
    assert len(audit.entries(workspace)) == 2


def test_a_quota_is_kept_when_many_ask_at_once(fresh, monkeypatch):
    monkeypatch.setenv(audit.QUOTA, "3")
    place, outcomes, barrier = fresh(), [], threading.Barrier(6)
    with open_workspace(place) as workspace:

        def start(number):
            barrier.wait()
            try:
                audit.start_job(workspace, "ada", f"job {number}")
                outcomes.append("started")
            except NotAllowed as error:
                outcomes.append(str(error))

        threads = [threading.Thread(target=start, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("started") == 3
        assert [one for one in outcomes if "has started 3 jobs in the last 24 hours" in one]
        audit.start_job(workspace, "bob", "his own quota")
        monkeypatch.setenv(audit.QUOTA, "0")
        audit.start_job(workspace, "ada", "no limit")


def test_a_quota_forgets_after_a_day(workspace, monkeypatch):
    monkeypatch.setenv(audit.QUOTA, "1")
    later = audit.now() + audit.DAY + timedelta(minutes=1)
    audit.start_job(workspace, "ada", "today")
    with pytest.raises(NotAllowed):
        audit.start_job(workspace, "ada", "too soon")
    monkeypatch.setattr(audit, "now", lambda: later)
    audit.start_job(workspace, "ada", "tomorrow")
    monkeypatch.setenv(audit.QUOTA, "many")
    with pytest.raises(SettingRefused, match="DIMS_JOBS_A_DAY is 'many'"):
        audit.start_job(workspace, "ada", "what")


@pytest.mark.parametrize("action", roles.ACTIONS)
def test_without_sign_in_everything_is_allowed_and_looking_alone_where_it_is_read_only(
    workspace, monkeypatch, action
):
    monkeypatch.setenv(roles.MODE, roles.OPEN)
    assert roles.may(None, "ada", action) and roles.may(None, None, action)
    monkeypatch.setenv("DIMS_ADJUDICATORS", "bob")
    assert roles.may(None, "ada", action) == (action != "adjudicate")
    assert people.may_adjudicate("bob") and roles.may(None, "bob", action)
    given(workspace, "ada", "admin")
    monkeypatch.setenv(roles.MODE, roles.READ_ONLY)
    assert roles.may(workspace, "ada", action) == (action == "look")
    if action != "look":
        with pytest.raises(NotAllowed, match="for looking only"):
            roles.require(workspace, "ada", action)


def test_a_mode_that_is_none(monkeypatch):
    monkeypatch.setenv(roles.MODE, "ldap")
    with pytest.raises(SettingRefused, match="DIMS_SIGN_IN is 'ldap'"):
        roles.may(None, "ada", "look")


def test_a_view_for_reading_cannot_write(workspace):
    from catalog.errors import WorkspaceReadOnly

    looking = workspace.looking()
    assert roles.held(looking) == []
    with pytest.raises(WorkspaceReadOnly):
        roles.grant(looking, event(), roles.COMMAND_LINE, "ada", "admin")
