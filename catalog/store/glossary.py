"""The comments of this program's own schema: the words of tooltips, safe to show as they are."""

import functools
import re
from importlib import resources

_COMMENT = re.compile(r"""COMMENT ON (?:TABLE|COLUMN) ([\w."]+) IS '((?:[^']|'')*)';""")


@functools.cache
def comments() -> dict[str, str]:
    """Comment of every table (`pole`) and column (`pole.rank`)."""
    schema = resources.files("catalog.store").joinpath("schema.sql").read_text(encoding="utf-8")
    return {
        name.replace('"', ""): text.replace("''", "'") for name, text in _COMMENT.findall(schema)
    }
