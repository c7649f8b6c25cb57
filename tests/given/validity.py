"""Write the table of verdicts in docs/validity.md anew: `python -m tests.given.validity`."""

import sys
import tempfile
from pathlib import Path

from tests.given import synthetic, verdict_worlds

PAGE = Path(__file__).parents[2] / "docs" / "validity.md"
BEGIN, END = "<!-- verdicts -->", "<!-- end of verdicts -->"
HEAD = "| claim | planted world | the claim is | verdict |\n|---|---|---|---|\n"


def listed() -> dict[tuple[str, str], str]:
    """Verdict of every (claim, world) as the page has it."""
    table = PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    rows = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    return {(claim.strip("`"), name): verdict for claim, name, _, verdict in rows}


def line(world: verdict_worlds.World, verdict: str) -> str:
    """The world's row of the table."""
    truth = "true" if world.true else "false"
    return f"| `{world.claim}` | {world.name} | {truth} | {verdict} |\n"


def write() -> None:
    """Run every world; nothing is written where a verdict is wrong."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        file = synthetic.write(Path(folder) / "c.duckdb")
        for world in verdict_worlds.every():
            row = world.row(file)
            if (row.verdict == "holds") != world.true:
                sys.exit(f"{world.claim} in the world {world.name!r}: {row.verdict}, {row.reason}")
            made.append(line(world, row.verdict))
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}{''.join(made)}{END}{after}", "utf-8")


if __name__ == "__main__":
    write()
