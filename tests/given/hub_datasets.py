"""A hub of our own for catalogs: dataset repositories that can be written and read, with tokens.

It speaks the endpoints that huggingface_hub 2 asks when a dataset is made, written and read:
repos/create, validate-yaml, preupload, the LFS batch, PUT of an object, verify, commit, the listing
of a revision, and files by ranges. Files above SMALL bytes are LFS objects. No xet.
"""

import base64
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

SMALL = 100_000
"""Bytes from which a file is an LFS object."""


@dataclass
class Repository:
    """A dataset repository: its commits, oldest first."""

    private: bool = False
    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Id and files of a branch or commit; None where there is no such."""
        if revision == "main":
            return self.commits[-1]
        return next((one for one in self.commits if one[0] == revision), None)

    def add(self, files: dict[str, bytes]) -> str:
        """A commit with these files added."""
        before = self.commits[-1][1] if self.commits else {}
        number = str(len(self.commits)) + "".join(sorted(files))
        name = hashlib.sha1(number.encode()).hexdigest()
        self.commits.append((name, {**before, **files}))
        return name


@dataclass
class Hub:
    """Repositories by id, who may write, and how the hub behaves."""

    tokens: dict[str, str] = field(default_factory=dict)
    """Token -> user."""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    """LFS objects by SHA-256."""
    status: int = 0
    """Answered to everything, where it is not 0."""
    cut: int = 0
    """Bytes after which a download breaks off, once; then the hub answers 503."""
    cut_upload: bool = False
    """Whether an upload of an object breaks off."""
    sent: list[str] = field(default_factory=list)
    """Every request, as "GET /path bytes=..."."""
    address: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        self._read(body=False)

    def do_GET(self) -> None:
        self._read(body=True)

    def do_PUT(self) -> None:
        self._begin()
        if self.hub.cut_upload:
            self.close_connection = True
            self.connection.close()
            return
        content = self._content()
        self.hub.objects[hashlib.sha256(content).hexdigest()] = content
        self._json({})

    def do_POST(self) -> None:
        path = self._begin()
        content = self._content()
        if self.hub.status:
            return self._refuse(self.hub.status)
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        user = self._user()
        if user is None:
            return self._refuse(401)
        if path == "/api/repos/create":
            return self._create(json.loads(content), user)
        name, _, action = (
            path.removeprefix("/api").removeprefix("/datasets/").partition(".git/info/")
        )
        if action:
            return self._json({}) if action == "verify" else self._batch(json.loads(content), name)
        steps = name.strip("/").split("/")
        repository = "/".join(steps[:2])
        if repository.split("/")[0] != user:
            return self._refuse(403)
        if steps[2] == "preupload":
            return self._modes(json.loads(content))
        if steps[2] == "commit":
            return self._commit(content, repository)
        return self._refuse(404)

    def _begin(self) -> str:
        path = urlparse(self.path).path
        self.hub.sent.append(f"{self.command} {path} {self.headers.get('Range', '')}".strip())
        return path

    def _content(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _user(self) -> str | None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        return self.hub.tokens.get(token)

    def _create(self, asked: dict[str, Any], user: str) -> None:
        owner = asked.get("organization") or user
        name = f"{owner}/{asked['name']}"
        if owner != user:
            return self._refuse(403)
        if name in self.hub.repositories:
            return self._json({"url": f"{self.hub.address}/datasets/{name}"}, 409)
        made = Repository(
            private=asked.get("visibility") == "private" or bool(asked.get("private"))
        )
        made.add({".gitattributes": b""})
        self.hub.repositories[name] = made
        return self._json({"url": f"{self.hub.address}/datasets/{name}"})

    def _modes(self, asked: dict[str, Any]) -> None:
        modes = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["size"] >= SMALL else "regular",
                "shouldIgnore": False,
            }
            for one in asked["files"]
        ]
        self._json({"files": modes})

    def _batch(self, asked: dict[str, Any], name: str) -> None:
        objects = []
        for one in asked["objects"]:
            told = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.objects:
                href = f"{self.hub.address}/objects/{one['oid']}"
                verify = f"{self.hub.address}/datasets/{name}.git/info/verify"
                told["actions"] = {"upload": {"href": href}, "verify": {"href": verify}}
            objects.append(told)
        self._json({"transfer": "basic", "objects": objects})

    def _commit(self, content: bytes, repository: str) -> None:
        files = {}
        for line in content.decode().splitlines():
            one = json.loads(line)
            if one["key"] == "file":
                files[one["value"]["path"]] = base64.b64decode(one["value"]["content"])
            elif one["key"] == "lfsFile":
                files[one["value"]["path"]] = self.hub.objects[one["value"]["oid"]]
        made = self.hub.repositories[repository].add(files)
        url = f"{self.hub.address}/datasets/{repository}/commit/{made}"
        self._json({"commitUrl": url, "commitOid": made, "hookOutput": "", "pullRequestUrl": None})

    def _read(self, body: bool) -> None:
        path = self._begin()
        if self.hub.status:
            return self._refuse(self.hub.status)
        steps = unquote(path).removeprefix("/api").removeprefix("/datasets/").split("/")
        found = self.hub.repositories.get("/".join(steps[:2]))
        if found is None or (found.private and self._user() != steps[0]):
            return self._refuse(401 if self._user() is None else 404, "RepoNotFound")
        at = found.at(steps[3] if len(steps) > 3 else "main")
        if at is None:
            return self._refuse(404, "RevisionNotFound")
        if steps[2:3] == ["resolve"]:
            return self._file(at, "/".join(steps[4:]), body)
        self._json(self._listing("/".join(steps[:2]), *at))

    def _listing(self, name: str, commit: str, files: dict[str, bytes]) -> Any:
        siblings = []
        for path, content in files.items():
            one: dict[str, Any] = {"rfilename": path, "size": len(content)}
            one["blobId"] = hashlib.sha1(content).hexdigest()
            if len(content) >= SMALL:
                digest = hashlib.sha256(content).hexdigest()
                one["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
            siblings.append(one)
        return {"id": name, "sha": commit, "siblings": siblings}

    def _file(self, at: tuple[str, dict[str, bytes]], path: str, body: bool) -> None:
        commit, files = at
        if path not in files:
            return self._refuse(404, "EntryNotFound")
        whole = files[path]
        first = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{hashlib.sha256(whole).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(whole) - 1}/{len(whole)}")
        self.send_header("Content-Length", str(len(whole) - first))
        self.end_headers()
        if not body:
            return
        if 0 < self.hub.cut < len(whole) - first:
            self.wfile.write(whole[first : first + self.hub.cut])
            self.hub.status = 503
            self.close_connection = True
            return
        self.wfile.write(whole[first:])

    def _json(self, value: Any, status: int = 200) -> None:
        told = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def _refuse(self, status: int, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def serving(tokens: dict[str, str]) -> Iterator[Hub]:
    """A hub at an address of its own, while the block runs; `tokens` name users."""
    hub = Hub(dict(tokens))
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


def tampered(path: Path, statement: str) -> bytes:
    """The bytes of a copy of a catalog in which one statement was run; its hashes stay."""
    import shutil

    from catalog.store import file

    copy = path.with_name(f"tampered-{path.name}")
    shutil.copyfile(path, copy)
    with file.session() as connection:
        connection.execute("ATTACH ? AS catalog", [str(copy)])
        connection.execute("USE catalog")
        connection.execute(statement)
        connection.execute("CHECKPOINT catalog")
    try:
        return copy.read_bytes()
    finally:
        copy.unlink()
