"""The documents are true: commands exist, generated parts are current, links lead somewhere."""

import re
import shlex
import subprocess

import pytest
import typer

from catalog.commands.cli import app
from tests.given.docs import README, ROOT, made, summary

TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:sh|bash)\n(.*?)```", TEXT, re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = sorted({line for line in LINES if line.startswith("dims ")})
TARGETS = sorted({line.split()[1] for line in LINES if line.startswith("make ")})


@pytest.mark.parametrize("path", made(), ids=lambda path: path.name)
def test_what_is_generated_is_current(path):
    assert path.read_text("utf-8") == made()[path], "run: python -m tests.given.docs"


def test_the_readme_is_read_in_three_minutes():
    assert len(TEXT.splitlines()) <= 200


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


@pytest.mark.parametrize("page", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=str)
def test_links_of_the_documents_lead_somewhere(page):
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
    for path, anchor in re.findall(r"\]\(((?!http)[^)#]*)(?:#([^)]*))?\)", text):
        assert not path or (page.parent / path).exists(), path
        assert path or anchor in anchors, anchor


MODULES = [path for folder in ("catalog", "dashboard") for path in (ROOT / folder).rglob("*.py")]
CITED = sorted(
    {
        (path.relative_to(ROOT).as_posix(), anchor)
        for path in MODULES
        for anchor in re.findall(r"method\.md#([\w-]+)", path.read_text("utf-8"))
    }
)


@pytest.mark.parametrize(("path", "anchor"), CITED)
def test_definitions_that_docstrings_cite_exist(path, anchor):
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / "method.md").read_text("utf-8"), re.M)
    assert anchor in {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}, path
