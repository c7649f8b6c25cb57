"""A hub of our own: folders served as huggingface_hub asks for them, on this machine alone."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Repositories by id, and how the hub behaves."""

    repositories: dict[str, Path]
    revisions: tuple[str, ...] = ("main", COMMIT)
    status: int = 0
    """Answered to everything, where it is not 0."""
    refusal: str = ""
    """The error code that comes with a refusal: GatedRepo, RepoNotFound ..."""
    gated: bool = False
    """Whether everybody may see what there is, and nobody fetch it."""
    cut: int = 0
    """Bytes after which a download breaks off; 0 for never."""
    sent: list[str] = field(default_factory=list)
    """Every request, as "GET /path bytes=..."."""
    address: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = urlparse(self.path).path
        self.hub.sent.append(f"{self.command} {path} {self.headers.get('Range', '')}".strip())
        if self.hub.status:
            return self._refuse(self.hub.status, self.hub.refusal)
        found = self._repository(path)
        if found is None:
            return self._refuse(404, "RepoNotFound")
        folder, rest = found
        if rest[:1] == ["resolve"] and self.hub.gated:
            return self._refuse(403, "GatedRepo")
        if rest[:1] == ["resolve"]:
            return self._file(folder / "/".join(rest[2:]), body)
        if rest[:1] == ["revision"] and rest[1] not in self.hub.revisions:
            return self._refuse(404, "RevisionNotFound")
        self._json(self._listing(folder, rest))

    def _repository(self, path: str) -> tuple[Path, list[str]] | None:
        steps = path.removeprefix("/api/models").strip("/").split("/")
        folder = self.hub.repositories.get("/".join(steps[:2]))
        return None if folder is None else (folder, steps[2:])

    def _listing(self, folder: Path, rest: list[str]) -> Any:
        files = [(one.name, one.stat().st_size) for one in sorted(folder.iterdir())]
        if rest[:1] == ["tree"]:
            return [{"type": "file", "path": n, "size": s, "oid": _tag(n)} for n, s in files]
        asked = parse_qs(urlparse(self.path).query)
        sizes = [{"rfilename": n} | ({"size": s} if "blobs" in asked else {}) for n, s in files]
        return {"id": folder.name, "sha": COMMIT, "siblings": sizes}

    def _file(self, path: Path, body: bool) -> None:
        if not path.is_file():
            return self._refuse(404, "EntryNotFound")
        whole = path.read_bytes()
        first = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{_tag(path.name)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(whole) - 1}/{len(whole)}")
        self.send_header("Content-Length", str(len(whole) - first))
        self.end_headers()
        if not body:
            return
        if 0 < self.hub.cut < len(whole) - first:
            self.wfile.write(whole[first : first + self.hub.cut])
            threading.Event().wait(0.3)  # smaller files come whole
            self.hub.status = 503
            self.close_connection = True
            return
        self.wfile.write(whole[first:])

    def _json(self, value: Any) -> None:
        told = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _tag(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


@contextmanager
def serving(repositories: dict[str, Path]) -> Iterator[Hub]:
    """A hub at an address of its own, while the block runs."""
    hub = Hub(repositories)
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
