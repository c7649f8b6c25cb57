"""What holds for every command: it takes --json, and explains itself."""

import typer

from catalog.commands.cli import app


def every(group, path=()):
    """Name and command of every command, also of groups."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(every(typer.main.get_command(app)))


def test_every_command_takes_json():
    assert len(COMMANDS) > 25
    without = [
        name
        for name, command in COMMANDS.items()
        if not any("--json" in one.opts for one in command.params)
    ]
    assert without == []


def test_every_command_and_option_explains_itself():
    silent = [
        f"{name} {one.name}"
        for name, command in COMMANDS.items()
        for one in command.params
        if not getattr(one, "help", "") and one.name != "help"
    ]
    assert silent == [] and all(command.help for command in COMMANDS.values())
