"""The house stays one to live in: small modules, small functions, SQL in its place."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for folder in ("catalog", "dashboard") for path in (ROOT / folder).rglob("*.py")
)
LINES, BODY, PARAMETERS = 300, 60, 7
EXCEPTIONS: dict[str, str] = {}
"""Functions above BODY lines or PARAMETERS, each with the reason."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def is_command(node: ast.FunctionDef) -> bool:
    """Whether typer reads the options of the command line from it: they are Annotated."""
    return any("Annotated" in ast.unparse(a.annotation) for a in node.args.args if a.annotation)


def lines(node: ast.FunctionDef) -> int:
    """Lines from its first to its last; of a command without its options."""
    return node.end_lineno - (node.body[0] if is_command(node) else node).lineno + 1


def parameters(node: ast.FunctionDef) -> int:
    if is_command(node):
        return 0
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([a for a in every if a.arg not in ("self", "cls")])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_fits_on_a_few_screens(path):
    assert len(path.read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_are_short_and_ask_for_little(path):
    large = [
        node.name
        for node in functions(path)
        if f"{name_of(path)}:{node.name}" not in EXCEPTIONS
        if lines(node) > BODY or parameters(node) > PARAMETERS
    ]
    assert large == []


def test_every_exception_is_still_one():
    known = {f"{name_of(path)}:{node.name}" for path in MODULES for node in functions(path)}
    assert set(EXCEPTIONS) <= known and all(EXCEPTIONS.values())


SQL = re.compile(r"\bSELECT\b[^\"']*\bFROM\b|\b(INSERT INTO|DELETE FROM|CREATE TABLE) ", re.S)
SQL_LIVES_IN = ("catalog/store/", "catalog/workspace/")
SQL_BESIDES = {
    "catalog/modalities/scanning.py": "its own file of what was seen of a folder, no catalog",
    "dashboard/more/sql.py": "the example in the console's box",
}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_sql_lives_in_the_store_and_the_workspace(path):
    if name_of(path).startswith(SQL_LIVES_IN) or name_of(path) in SQL_BESIDES:
        return
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in texts if SQL.search(text)] == []
