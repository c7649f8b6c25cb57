"""The process of the server: health and figures on a port of their own, then Streamlit's pages."""

import os
import sys
from pathlib import Path

from catalog.errors import CatalogError
from catalog.sharing.serving import place_of
from dashboard.common import metrics
from dashboard.jobs import table

APP = Path(__file__).parent / "app.py"


def main(arguments: list[str]) -> None:
    """Serve with these options of `streamlit run` until it is stopped."""
    from streamlit.web import cli

    wanted = os.environ.get(metrics.VARIABLE, "")
    if wanted:
        try:
            metrics.listen(place_of(wanted), _sessions, _jobs, _pages(arguments))
        except CatalogError as error:
            print(error, file=sys.stderr)
            sys.exit(1)
    cli.main(["run", str(APP), *arguments], prog_name="streamlit")


def _sessions() -> float:
    """Connected tabs; Streamlit tells nobody how many but itself."""
    from streamlit import runtime

    if not runtime.exists():
        return 0.0
    return float(len(runtime.get_instance()._session_mgr.list_active_sessions()))


def _jobs() -> float:
    return float(len(table.unfinished()))


def _pages(arguments: list[str]) -> str:
    """Where this machine reaches the pages."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    address = given.get("--server.address", "127.0.0.1")
    host = "127.0.0.1" if address in ("0.0.0.0", "localhost") else address
    return f"http://{f'[{host}]' if ':' in host else host}:{given.get('--server.port', '8501')}"


if __name__ == "__main__":
    main(sys.argv[1:])
