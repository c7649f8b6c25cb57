"""Keep the README's generated parts true: `python -m tests.given.readme` rewrites them.

Between `<!-- tree -->` marks stands a line per file of the program: the first line of its
docstring.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_MARKED = re.compile(r"(<!-- tree -->\n).*?(<!-- /tree -->)", re.DOTALL)


def summary(path: Path) -> str:
    """First line of a module's docstring, or of an SQL file's comment, without its full stop."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return text.split("\n")[0].removeprefix("-- ").rstrip(".")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0].rstrip(".")


def tree() -> str:
    """The files of catalog/ and dashboard/ with their summaries, as an indented block."""
    lines = ["```"]
    for folder in ("catalog", "dashboard"):
        lines += _folder(ROOT / folder, 0)
    return "\n".join([*lines, "```", ""])


def _folder(folder: Path, depth: int) -> list[str]:
    indent = "  " * depth
    inside = folder / "__init__.py"
    told = summary(inside) if inside.is_file() else ""
    lines = [f"{indent}{folder.name + '/':<{26 - 2 * depth}} {told}".rstrip()]
    entries = sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name))
    for path in entries:
        if path.is_dir() and any(path.rglob("*.py")):
            lines += _folder(path, depth + 1)
        elif path.suffix in (".py", ".sql") and path.name != "__init__.py":
            lines.append(f"{indent}  {path.name:<{24 - 2 * depth}} {summary(path)}")
    return lines


def rewritten(text: str) -> str:
    """The README with its generated parts made anew."""
    return _MARKED.sub(lambda match: match.group(1) + tree() + match.group(2), text)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
