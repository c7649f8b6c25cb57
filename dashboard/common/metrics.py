"""Health and figures of this server, on a port of their own: /health and /metrics.

Figures count pages, seconds, refusals, sessions and jobs. They name views alone: no person, label,
queue, catalog or item, so that nothing that a queue hides can be read from them.
"""

import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from catalog.errors import CatalogError, SettingRefused

VARIABLE = "DIMS_METRICS"
"""Environment variable: port, or address:port; empty for none."""
_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 3, 6, 15)
_Gauge = Callable[[], float]


class _Figures:
    """The counters of this process; prometheus-client is imported where they are asked for."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self.pages = Histogram(
            "dims_page_seconds", "Server time of a page, by view.", ["view"], buckets=_BUCKETS
        )
        self.failed = Counter("dims_page_failures", "Pages ended by a fault of ours.", ["view"])
        self.refused = Counter("dims_refused", "Sentences that pages showed instead of an answer.")
        self.sessions = Gauge("dims_sessions", "Browser tabs that are connected.")
        self.waiting = Gauge("dims_jobs_unfinished", "Jobs that wait or run.")


_held: list[_Figures] = []


def _figures() -> _Figures | None:
    """The counters, where they are kept."""
    return _held[0] if _held else None


@contextmanager
def page(view: str) -> Iterator[None]:
    """Time a page; `view` is one of this program's own names."""
    kept = _figures()
    if kept is None:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    except Exception:  # whatever it was is counted, and raised again
        kept.failed.labels(view).inc()
        raise
    finally:
        kept.pages.labels(view).observe(time.perf_counter() - began)


def refused() -> None:
    """Count a sentence that was shown instead of an answer."""
    kept = _figures()
    if kept is not None:
        kept.refused.inc()


def listen(
    place: tuple[str, int], sessions: _Gauge, jobs: _Gauge, streamlit: str
) -> ThreadingHTTPServer:
    """Serve /health and /metrics at an address and port from now on.

    `streamlit` is the address of the pages' own health. SettingRefused where the port is taken or
    prometheus-client is missing.
    """
    try:
        _held[:] = [*(_held or [_Figures()])]
    except ImportError as error:
        raise SettingRefused(
            "--metrics needs prometheus-client: pip install 'dimension-catalog[server]'"
        ) from error
    _held[0].sessions.set_function(sessions)
    _held[0].waiting.set_function(jobs)
    handler = type("Handler", (_Handler,), {"streamlit": streamlit})
    try:
        server = ThreadingHTTPServer(place, handler)
    except OSError as error:
        raise SettingRefused(
            f"{place[0]}:{place[1]} cannot be listened on for --metrics ({error.strerror}): "
            "choose another port."
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    streamlit = ""

    def log_message(self, *_args: Any) -> None:
        """Print nothing: who asks when is nobody's business."""

    def do_GET(self) -> None:
        """Answer /health and /metrics."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

            self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
        elif path == "/health":
            said = health(self.streamlit)
            status = 200 if all(value == "ok" for value in said.values()) else 503
            self._answer(status, "application/json", json.dumps(said).encode())
        else:
            self._answer(404, "text/plain", b"/health or /metrics\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def health(streamlit: str) -> dict[str, str]:
    """What works: pages, workspace, catalogs; `ok`, or what is wrong in a few words."""
    return {"pages": _pages(streamlit), "workspace": _workspace(), "catalogs": _catalogs()}


def _pages(address: str) -> str:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=3) as answer:
            return "ok" if answer.status == 200 else f"answers {answer.status}"
    except OSError:
        return "does not answer"


def _workspace() -> str:
    from catalog import places
    from catalog.workspace.file import open_workspace

    if not places.workspace_exists():
        return "ok"
    try:
        with open_workspace() as held, held.reading():
            return "ok"
    except CatalogError as error:
        return type(error).__name__  # no address or path in it


def _catalogs() -> str:
    from catalog import places

    folder = places.catalogs()
    return "ok" if not folder.exists() or os.access(folder, os.R_OK | os.X_OK) else "not readable"
