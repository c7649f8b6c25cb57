"""Start the dashboard, and build the catalogs of the models that ship."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from catalog import places
from catalog.errors import CatalogError

SAMPLES = {"digits": "resid.2", "sounds": "resid.2"}
"""Shipped models of images and sounds, and the site whose patch signs the demo keeps."""
DEMO_MODELS = ("storyteller", *SAMPLES)
"""Shipped models whose catalogs the demo builds."""
DEMO_SEEDS = 600
"""Seeds of the demo's search for unsupervised features, at the primary site only."""


def serve(port: int, browser: bool) -> int:
    """Run Streamlit on localhost until it is stopped; returns its exit status."""
    spec = importlib.util.find_spec("dashboard")
    if spec is None or spec.submodule_search_locations is None:
        raise CatalogError("The dashboard is not installed. Install it with: pip install .")
    app = Path(spec.submodule_search_locations[0]) / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    command += ["--server.headless", "false" if browser else "true"]
    environment = {**os.environ, "DIMS_DATA": str(places.data().resolve())}
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0


def build_demo(report: Callable[[str, int, int], None]) -> Iterator[Path]:
    """Build the catalog of each shipped model that has none yet; yields its path."""
    from catalog import build, discovering, finding, findings, reporting

    for name in DEMO_MODELS:
        path = places.catalogs() / f"{name}{places.SUFFIX}"
        if not path.is_file():
            settings = build.Settings(name, items=_samples(name), per_patch=SAMPLES.get(name))
            build.build(settings, report, reporting.announce)
        if not finding.measured(path):
            finding.measure(path, report=report, nulls="primary")
            first = findings.primary(path)
            discovering.discover(path, first.site, first.threshold, DEMO_SEEDS, report=report)
            yield path


def _samples(name: str) -> Path | None:
    """The folder of items that a model of images or sounds is shown, made anew; None for text."""
    if name not in SAMPLES:
        return None
    from catalog.samples import digits, sounds

    folder = places.data() / "items" / name
    {"digits": digits, "sounds": sounds}[name].write(folder)
    return folder
