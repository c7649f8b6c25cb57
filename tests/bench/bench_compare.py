"""Phi of all pairs and the assignment at 5,120 dimensions; the Compare page once computed."""

import os
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
from streamlit.testing.v1 import AppTest

from catalog.comparing import cached_pairs, phi, sides
from catalog.store.catalog import Catalog
from dashboard.pages import FILES
from tests.bench.figures import Figure, seconds
from tests.given import synthetic

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
ITEMS, DIMS = 50_000, 5_120
VISITS = 12


def run(quick: bool) -> list[Figure]:
    """Seconds of phi and of the assignment of unrelated dimensions (the slowest case); pages."""
    from scipy.optimize import linear_sum_assignment

    items, dims = (10_000, 1_024) if quick else (ITEMS, DIMS)
    generator = np.random.default_rng(0)
    a, b = (generator.random((items, dims), np.float32) < 0.5 for _ in range(2))
    found = np.abs(phi.of_all(a[:64], b[:64]))  # BLAS starts its threads
    took = seconds(lambda: phi.of_all(a, b), 1)
    found = np.abs(phi.of_all(a[: items // 2], b[: items // 2]))
    assigned = seconds(lambda: linear_sum_assignment(found, maximize=True), 1)
    return [
        Figure(f"phi, {dims:,} x {dims:,} over {items:,} items", took, "s", 60),
        Figure(f"assignment of {dims:,} unrelated dimensions", assigned, "s", 15),
        *_pages(quick),
    ]


def _pages(quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIMS_DATA"] = folder
        (Path(folder) / "catalogs").mkdir()
        items, dims = (6_000, 128) if quick else (50_000, 768)
        for number, slug in enumerate(("one", "two")):
            path = Path(folder) / "catalogs" / f"{slug}.duckdb"
            sites = ("resid.0", "resid.1")
            synthetic.write(path, synthetic.Recipe(items, dims, sites, slug=slug, seed=number))
            with duckdb.connect(path) as connection:
                connection.execute("UPDATE build SET content_hash = ?", [str(number) * 64])
        paths = [Path(folder) / "catalogs" / f"{slug}.duckdb" for slug in ("one", "two")]
        one, two = (sides.side(Catalog(path), "resid.1", "zero") for path in paths)
        cached_pairs.matches(one, two, None, draws=10)
        cached_pairs.categories(one, two)
        return [
            Figure(f"page compare, {view}, p95", _p95(view), "ms", 500)
            for view in ("dimensions", "side by side")
        ]


def _p95(view: str) -> float:
    app = AppTest.from_file(str(APP), default_timeout=120).run()
    asked = {"catalog": "one", "site": "resid.1", "threshold": "zero", "b": "two", "part": view}
    app.switch_page(FILES["compare"])
    times = []
    for visit in range(VISITS + 2):
        for key, value in {**asked, "pair": str(visit)}.items():
            app.query_params[key] = value
        started = time.perf_counter()
        app.run()
        times.append(time.perf_counter() - started)
        assert not app.exception, app.exception
    return float(np.quantile(times[2:], 0.95) * 1e3)
