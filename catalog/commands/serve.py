"""`dims serve`: start the dashboard."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import typer

from catalog import places
from catalog.commands.options import Browser, Port
from catalog.errors import CatalogError


def serve(port: Port = 8501, browser: Browser = True) -> None:
    """Serve the dashboard on localhost."""
    raise typer.Exit(run(port, browser))


def run(port: int, browser: bool) -> int:
    """Run Streamlit on localhost until it is stopped; returns its exit status."""
    spec = importlib.util.find_spec("dashboard")
    if spec is None or spec.submodule_search_locations is None:
        raise CatalogError("The dashboard is not installed. Install it with: pip install .")
    app = Path(spec.submodule_search_locations[0]) / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    command += ["--server.headless", "false" if browser else "true"]
    command += ["--server.showEmailPrompt", "false"]  # else a first start waits for an address
    environment = {**os.environ, "DIMS_DATA": str(places.data().resolve())}
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0
