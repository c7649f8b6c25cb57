"""The README is true: its commands exist, its file tree is the tree, its links lead somewhere."""

import re
import shlex
import subprocess

import pytest
import typer

from catalog.commands.cli import app
from tests.given.readme import README, ROOT, rewritten, summary

TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:sh|bash)\n(.*?)```", TEXT, re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = sorted({line for line in LINES if line.startswith("dims ")})
TARGETS = sorted({line.split()[1] for line in LINES if line.startswith("make ")})


def test_the_file_tree_is_the_tree():
    assert rewritten(TEXT) == TEXT, "run: python -m tests.given.readme"


def test_every_file_says_in_one_line_what_it_is():
    for folder in ("catalog", "dashboard"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "__init__.py":
                assert 10 < len(summary(path)) <= 100, path


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_parses(line):
    """Names and options exist; nothing is run."""
    name, *rest = shlex.split(line.removeprefix("dims "))
    group = typer.main.get_command(app)
    command = group.commands[name]
    context = command.make_context(name, [part for part in rest if part != "..."])
    inner = getattr(command, "commands", None)
    assert rest[0] in inner if inner else not context.args  # known, and nothing is left over


def test_the_readme_names_commands_and_targets():
    assert len(COMMANDS) >= 8
    assert {"demo", "test"} <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_of_the_readme_exists(target):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_is_documented():
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert f"dims {name}" in TEXT, name
        assert command.help, name


def test_pictures_and_files_named_in_the_readme_exist():
    for path in re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT):
        assert (ROOT / path).exists(), path
