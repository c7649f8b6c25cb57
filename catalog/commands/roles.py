"""`dims roles`: who may do what on a server with sign-in, and the log of who started what."""

from typing import TYPE_CHECKING, Annotated

import typer

from catalog.commands import printing
from catalog.commands.options import Json

if TYPE_CHECKING:
    from catalog.workspace.file import Workspace

app = typer.Typer(help="Who may do what on a server with sign-in.", no_args_is_help=True)
Person = Annotated[str, typer.Argument(help="As signed in: an e-mail address, or what --claim is.")]
Role = Annotated[str, typer.Argument(help="look, label, adjudicate, compute or admin.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List who holds which role, and what each role may."""
    from catalog.workspace import roles

    with _open() as workspace:
        held = roles.held(workspace)
    if as_json:
        printing.as_json([one.__dict__ for one in held])
        return
    table = printing.table("person", "role", "granted by", "since (UTC)")
    for one in held:
        table.add_row(one.person, one.role, one.by, f"{one.since:%Y-%m-%d %H:%M}")
    printing.console().print(table)
    for name, covered in roles.MAY.items():
        print(f"{name}: {', '.join(sorted(covered))}")


@app.command()
def grant(person: Person, role: Role, as_json: Json = False) -> None:
    """Give a person a role. The first admin is made here."""
    _change("grant", person, role, as_json)


@app.command()
def revoke(person: Person, role: Role, as_json: Json = False) -> None:
    """Take a role from a person; the last admin's stays."""
    _change("revoke", person, role, as_json)


@app.command()
def log(
    most: Annotated[int, typer.Option(help="Lines, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what was started by whom, the newest first."""
    from catalog.workspace import audit

    with _open() as workspace:
        lines = audit.entries(workspace, most)
    if as_json:
        printing.as_json([one.__dict__ for one in lines])
        return
    table = printing.table("when (UTC)", "who", "did", "what")
    for one in lines:
        table.add_row(f"{one.made_at:%Y-%m-%d %H:%M}", one.person, one.action, one.what)
    printing.console().print(table)


def _change(verb: str, person: str, role: str, as_json: bool) -> None:
    import uuid

    from catalog.workspace import roles

    with _open() as workspace:
        act = {"grant": roles.grant, "revoke": roles.revoke}[verb]
        changed = act(workspace, uuid.uuid4().hex, roles.COMMAND_LINE, person, role)
        now = sorted(roles.of(workspace, person))
    if as_json:
        printing.as_json({"person": person, "roles": now, "changed": changed})
        return
    print(f"{person} holds: {', '.join(now) or 'no role'}" + ("" if changed else " (as before)"))


def _open() -> "Workspace":
    from catalog.workspace.file import open_workspace

    return open_workspace()
