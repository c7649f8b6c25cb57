"""How the dashboard is served to others: who may reach it, how they sign in, what is refused.

What is decided here reaches the server as environment variables and options of Streamlit; pages
read the variables through `catalog.workspace.roles` and `dashboard.common.access`.
"""

import importlib.util
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlparse

from catalog.errors import SettingRefused, listed
from catalog.workspace import roles

LOCAL = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine reaches."""
HEADER = "X-Forwarded-Email"
CLAIM = "email"
HOURS = 12
"""That a sign-in holds."""
_SHARED = ("redirect_uri", "cookie_secret")
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_SECRET = 32
"""Characters that a cookie's secret has at least."""


@dataclass(frozen=True)
class Serving:
    """A server as it is asked for."""

    address: str = LOCAL[0]
    port: int = 8501
    sign_in: str = roles.OPEN
    """oidc, proxy, read-only, or empty: nobody signs in, and only this machine may reach it."""
    secrets: Path | None = None
    """TOML file with [auth], for oidc."""
    hosts: tuple[str, ...] = ()
    """Names that browsers call it by."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of the proxy that names the user, for proxy."""
    header: str = HEADER
    claim: str = CLAIM
    hours: int = HOURS
    metrics: str = ""
    """Port, or address:port, of /health and /metrics; empty for none."""

    def check(self) -> None:
        """SettingRefused where others could do what nobody let them, or nobody could sign in."""
        if self.sign_in not in roles.MODES:
            raise SettingRefused(f"--sign-in is oidc or proxy, not {self.sign_in!r}.")
        if self.sign_in == roles.OPEN and self.address not in LOCAL:
            raise SettingRefused(
                f"{self.address} reaches other machines, and without sign-in anybody could change "
                "labels and start work. Add --sign-in oidc, --sign-in proxy or --read-only: see "
                "docs/share.md."
            )
        if self.sign_in == roles.OIDC:
            auth(self.secrets)
        if self.sign_in == roles.PROXY:
            networks(self.proxies)
        if self.address not in LOCAL and not self.names():
            raise SettingRefused(
                "Say by which name browsers reach this server: --host lab.example.org (else other "
                "sites could use it from a visitor's browser)."
            )
        if not 1 <= self.hours <= 24 * 30:
            raise SettingRefused("--hours is between 1 and 720: how long a sign-in holds.")
        if self.metrics:
            place_of(self.metrics)

    def names(self) -> tuple[str, ...]:
        """Hosts that requests may name, those of this machine left out."""
        if self.sign_in != roles.OIDC:
            return self.hosts
        own = urlparse(str(auth(self.secrets)["redirect_uri"])).hostname or ""
        return tuple(dict.fromkeys((*self.hosts, *([own] if own not in LOCAL else []))))

    def environment(self) -> dict[str, str]:
        """What the server's process is told. No secret: those stay in their file."""
        told = {
            roles.MODE: self.sign_in,
            "DIMS_CLAIM": self.claim,
            "DIMS_SESSION_HOURS": str(self.hours),
            "DIMS_PROXIES": ",".join(self.proxies),
            "DIMS_HEADER": self.header,
            "DIMS_METRICS": self.metrics,
            # The peer is then who really connected: else uvicorn takes the word of X-Forwarded-For.
            "FORWARDED_ALLOW_IPS": "none",
        }
        if self.sign_in == roles.READ_ONLY:  # nobody's labels are for everybody
            told["DIMS_WORKSPACE"] = str(Path(gettempdir()) / f"dims-looking-{os.getpid()}.sqlite")
        return told

    def options(self) -> list[str]:
        """Options of `streamlit run`."""
        given = ["--server.address", self.address, "--server.port", str(self.port)]
        for host in (*LOCAL[:2], *self.names()):
            given += ["--server.allowedHosts", host]
        if self.sign_in == roles.OIDC and self.secrets is not None:
            given += ["--secrets.files", str(self.secrets.resolve())]
        return given


def auth(secrets: Path | None) -> Mapping[str, Any]:
    """The table [auth] of a file of secrets; SettingRefused names what is missing in it."""
    if secrets is None:
        raise SettingRefused("--sign-in oidc needs --secrets FILE with a table [auth].")
    if importlib.util.find_spec("authlib") is None:
        raise SettingRefused(
            "Sign-in by OpenID Connect needs Authlib: pip install 'dimension-catalog[server]'"
        )
    try:
        held = tomllib.loads(secrets.read_text("utf-8")).get("auth")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingRefused(f"{secrets} cannot be read: name a file of secrets.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingRefused(f"{secrets} is not TOML; docs/share.md has an example.") from error
    held = held if isinstance(held, dict) else {}
    missing = [name for name in (*_SHARED, *_PROVIDER) if not held.get(name)]
    if missing:
        raise SettingRefused(
            f"The table [auth] of {secrets} lacks {listed(missing)}; docs/share.md has an example."
        )
    if len(str(held["cookie_secret"])) < _SECRET:
        raise SettingRefused(
            f"cookie_secret in {secrets} is shorter than {_SECRET} characters: whoever guesses it "
            "is anybody. Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    if not str(held["redirect_uri"]).endswith("/oauth2callback"):
        raise SettingRefused(
            f"redirect_uri in {secrets} is the address of this server with /oauth2callback behind."
        )
    return held


def networks(
    proxies: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The networks a proxy may connect from; SettingRefused for none, or for all there are."""
    try:
        found = tuple(ipaddress.ip_network(one.strip(), strict=False) for one in proxies)
    except ValueError as error:
        raise SettingRefused(
            f"--proxy is an address or a network such as 10.0.0.2 or 10.0.0.0/28 ({error})."
        ) from error
    if not found:
        raise SettingRefused(
            "--sign-in proxy needs --proxy ADDRESS: the only one whose word is taken for who the "
            "user is."
        )
    if any(one.prefixlen == 0 for one in found):
        raise SettingRefused("--proxy names every address there is: anybody could be anybody.")
    return found


def place_of(metrics: str) -> tuple[str, int]:
    """Address and port of /health and /metrics; SettingRefused for what is none."""
    address, _, port = metrics.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 <= int(port) < 65536):
        raise SettingRefused("--metrics is a port, or address:port such as 0.0.0.0:9090.")
    return address or LOCAL[0], int(port)
