"""Server time of the browsing pages, and neighbours, on a catalog of 151,936 items x 5,120 dims."""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from catalog.browse import neighbours
from catalog.signs import bits
from catalog.store import packed
from dashboard.pages import FILES
from tests.bench.figures import Figure, seconds
from tests.given import synthetic

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
ITEMS, DIMS = 151_936, 5_120
VISITS = 20
PAGES = {
    "overview": [{}],
    "dimensions": [{}],
    "dimension": [{"dim": str(n)} for n in range(0, 400, 20)],
    "item": [{"item": str(n)} for n in range(0, 4000, 200)],
}


def run(quick: bool) -> list[Figure]:
    """Page times after the site's first load (p95), first page, neighbours of one item."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogs" / "large.duckdb"
        path.parent.mkdir()
        items, dims = (20_000, 768) if quick else (ITEMS, DIMS)
        synthetic.write(
            path, synthetic.Recipe(items, dims, sites=("resid.0",), slug="large", absent={})
        )
        os.environ["DIMS_DATA"] = folder
        started = time.perf_counter()
        app = AppTest.from_file(str(APP), default_timeout=60).run()
        first = time.perf_counter() - started
        figures = [Figure("first page, with imports", first, "s", 2.0)]
        for name, visits in PAGES.items():
            figures.append(Figure(f"page {name}, p95", _p95(app, name, visits), "ms", 300))
        figures.append(Figure("neighbours of one item", _neighbours(path), "ms", 10))
    return figures


def _p95(app: AppTest, name: str, visits: list[dict[str, str]]) -> float:
    app.switch_page(FILES[name]).run()  # the site's first load
    times = []
    for visit in (visits * VISITS)[:VISITS]:
        app.query_params.clear()
        for key, value in visit.items():
            app.query_params[key] = value
        started = time.perf_counter()
        app.run()
        times.append(time.perf_counter() - started)
        assert not app.exception, name
    return float(np.quantile(times, 0.95) * 1e3)


def _neighbours(path: Path) -> float:
    words = packed.by_item(path, "resid.0", "zero")

    def search() -> object:
        return neighbours.nearest(bits.hamming(words, words[:, 7]), 20, np.array([7]))

    return 1e3 * seconds(search, 20)
