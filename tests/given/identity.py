"""An identity provider of our own: OpenID Connect's code flow with PKCE, on this machine alone."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

CLIENT, SECRET = "dims", "client-secret"


@dataclass
class Provider:
    """Who has an account, and how the provider behaves."""

    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Claims by e-mail address."""
    age: float = 0.0
    """Seconds by which sign-ins are made to seem older."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Every request's path."""
    address: str = ""
    key: Any = None


class _Handler(http.server.BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        provider, parts = self.provider, urlparse(self.path)
        provider.asked.append(parts.path)
        if parts.path == "/.well-known/openid-configuration":
            return self._json(
                {
                    "issuer": provider.address,
                    "authorization_endpoint": f"{provider.address}/authorize",
                    "token_endpoint": f"{provider.address}/token",
                    "jwks_uri": f"{provider.address}/keys",
                    "response_types_supported": ["code"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )
        if parts.path == "/keys":
            return self._json({"keys": [provider.key.as_dict(private=False)]})
        if parts.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return self._page(asked) if "as" not in asked else self._back(asked)
        return self._send(404, "text/plain", b"")

    def do_POST(self) -> None:
        self.provider.asked.append(urlparse(self.path).path)
        length = int(self.headers.get("Content-Length") or 0)
        sent = {
            name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()
        }
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        signed = self.headers.get("Authorization") == f"Basic {known}"
        asked = self.provider.codes.pop(sent.get("code", ""), None)
        if asked is None or not (signed or sent.get("client_secret") == SECRET):
            return self._send(400, "application/json", b'{"error": "invalid_grant"}')
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return self._send(400, "application/json", b'{"error": "invalid_grant"}')
        return self._json(
            {
                "access_token": secrets.token_hex(),
                "token_type": "Bearer",
                "expires_in": 3600,
                "id_token": self._token(asked),
            }
        )

    def _page(self, asked: dict[str, str]) -> None:
        links = "".join(
            f'<p><a href="/authorize?{urlencode({**asked, "as": email})}">{email}</a></p>'
            for email in self.provider.accounts
        )
        self._send(200, "text/html", f"<h1>Who are you?</h1>{links}".encode())

    def _back(self, asked: dict[str, str]) -> None:
        code = secrets.token_hex()
        self.provider.codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"]})
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{query}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _token(self, asked: dict[str, str]) -> str:
        from joserfc import jwt

        now = time.time()
        claims = {
            "iss": self.provider.address,
            "sub": asked["as"],
            "aud": CLIENT,
            "exp": int(now + 3600),
            "iat": int(now - self.provider.age),
            "nonce": asked["nonce"],
            "email": asked["as"],
            **self.provider.accounts[asked["as"]],
        }
        return str(jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.provider.key))

    def _json(self, value: Any) -> None:
        self._send(200, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(accounts: dict[str, dict[str, Any]]) -> Iterator[Provider]:
    """A provider at an address of its own, while the block runs."""
    from joserfc.jwk import RSAKey

    provider = Provider(accounts)
    provider.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    provider.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets_for(provider: Provider, redirect: str) -> str:
    """The file of secrets of a server at `redirect`."""
    return (
        "[auth]\n"
        f'redirect_uri = "{redirect}/oauth2callback"\n'
        f'cookie_secret = "{secrets.token_hex(32)}"\n'
        f'client_id = "{CLIENT}"\n'
        f'client_secret = "{SECRET}"\n'
        f'server_metadata_url = "{provider.address}/.well-known/openid-configuration"\n'
    )
