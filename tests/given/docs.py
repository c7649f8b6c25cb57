"""Keep the generated parts of the docs true: `python -m tests.given.docs` writes them anew.

README.md has a line per package, docs/architecture.md a line per file, docs/schema.md a table per
table of a catalog. All come from docstrings and from the comments of schema.sql.
"""

import ast
import re
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
README, ARCHITECTURE, SCHEMA = (
    ROOT / name for name in ("README.md", "docs/architecture.md", "docs/schema.md")
)
FOLDERS = ("catalog", "dashboard")
SQL = ROOT / "catalog" / "store" / "schema.sql"


def summary(path: Path) -> str:
    """First line of a module's docstring, or of an SQL file's comment, without its full stop."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return text.split("\n")[0].removeprefix("-- ").rstrip(".")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0].rstrip(".")


def packages() -> str:
    """A line per package and top module, as a block."""
    lines = ["```"]
    for name in FOLDERS:
        folder = ROOT / name
        lines.append(f"{name + '/':<16} {summary(folder / '__init__.py')}")
        for path in sorted(folder.iterdir(), key=lambda p: (p.is_file(), p.name)):
            if path.is_dir() and (path / "__init__.py").is_file():
                lines.append(f"  {path.name + '/':<14} {summary(path / '__init__.py')}")
            elif path.suffix == ".py" and path.name != "__init__.py":
                lines.append(f"  {path.name:<14} {summary(path)}")
    return "\n".join([*lines, "```", ""])


def files() -> str:
    """Every file with its summary, a list a package."""
    lines = []
    for name in FOLDERS:
        folders = {path.parent for path in (ROOT / name).rglob("*.py")}
        for folder in sorted(folders):
            told = summary(folder / "__init__.py")
            lines += [
                f"### {folder.relative_to(ROOT)}/",
                "",
                f"{told}.",
                "",
                "| file | what |",
                "|---|---|",
            ]
            for path in sorted(folder.iterdir()):
                if path.suffix in (".py", ".sql") and path.name != "__init__.py":
                    lines.append(f"| `{path.name}` | {summary(path)} |".replace("|text", "\\|text"))
            lines.append("")
    return "\n".join(lines)


def schema() -> str:
    """docs/schema.md: every table and column of a catalog, with type and comment."""
    lines = [
        "# The tables of a catalog",
        "",
        "Made from `catalog/store/schema.sql` by `python -m tests.given.docs`, kept by a test.",
        "The same comments stand in every catalog file, and are the tooltips of the dashboard.",
        "",
    ]
    with duckdb.connect() as connection:
        connection.execute(SQL.read_text(encoding="utf-8"))
        tables = connection.execute(
            "SELECT table_name, comment FROM duckdb_tables() ORDER BY table_oid"
        ).fetchall()
        views = connection.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY view_oid"
        ).fetchall()
        for name, comment in [*tables, *views]:
            lines += [
                f"## {name}",
                "",
                comment or "",
                "",
                "| column | type | meaning |",
                "|---|---|---|",
            ]
            columns = connection.execute(
                "SELECT column_name, data_type, comment FROM duckdb_columns() "
                "WHERE table_name = ? ORDER BY column_index",
                [name],
            ).fetchall()
            lines += [f"| `{c}` | {kind} | {_cell(told)} |" for c, kind, told in columns]
            lines.append("")
    return "\n".join(lines)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def rewritten(text: str, mark: str, made: str) -> str:
    """A text with what stands between the marks `<!-- mark -->` replaced."""
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    return marked.sub(lambda match: match.group(1) + made + match.group(2), text)


def made() -> dict[Path, str]:
    """Every file that is generated, whole or in part, as it should be."""
    return {
        README: rewritten(README.read_text("utf-8"), "packages", packages()),
        ARCHITECTURE: rewritten(ARCHITECTURE.read_text("utf-8"), "files", files()),
        SCHEMA: schema(),
    }


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
