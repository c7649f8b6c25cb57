"""`dims serve`: start the dashboard, for this machine or for a lab."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog import places
from catalog.commands import printing
from catalog.commands.options import Browser, Json, Port
from catalog.errors import CatalogError, SettingRefused

if TYPE_CHECKING:
    from catalog.sharing.serving import Serving

LOCAL = "127.0.0.1"


def serve(
    port: Port = 8501,
    browser: Browser = True,
    address: Annotated[
        str, typer.Option(help="Where to listen; another than this machine's needs sign-in.")
    ] = LOCAL,
    sign_in: Annotated[
        str, typer.Option(help="oidc (OpenID Connect) or proxy (one that names the user).")
    ] = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Everybody may look, nobody may do more.")
    ] = False,
    secrets: Annotated[
        Path | None, typer.Option(help="TOML file with the table [auth], for --sign-in oidc.")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="Name that browsers reach it by; may be repeated.")
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address or network of the proxy that names the user; may be repeated."),
    ] = None,
    header: Annotated[
        str, typer.Option(help="Header in which the proxy names the user.")
    ] = "X-Forwarded-Email",
    claim: Annotated[
        str, typer.Option(help="What of an OpenID account a person is known by.")
    ] = "email",
    hours: Annotated[int, typer.Option(help="That a sign-in holds.")] = 12,
    metrics: Annotated[
        str, typer.Option(help="Port (or address:port) of /health and /metrics.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Serve the dashboard: on this machine alone, or to a lab that signs in."""
    from catalog.sharing.serving import Serving

    if read_only and sign_in:
        raise SettingRefused("--read-only is for everybody: leave --sign-in out.")
    asked = Serving(
        address,
        port,
        "read-only" if read_only else sign_in,
        secrets,
        tuple(host or ()),
        tuple(proxy or ()),
        header,
        claim,
        hours,
        metrics,
    )
    if as_json:
        asked.check()
        printing.as_json({"address": f"http://{address}:{port}", "sign_in": asked.sign_in})
        sys.stdout.flush()
    raise typer.Exit(start(asked, browser and address == LOCAL))


def run(port: int, browser: bool, opens: str = "") -> int:
    """Serve this machine until it is stopped; returns the server's exit status.

    `opens` is the catalog that is chosen at first.
    """
    from catalog.sharing.serving import Serving

    return start(Serving(port=port), browser, opens)


def start(asked: "Serving", browser: bool, opens: str = "") -> int:
    """Run the server until it is stopped; SettingRefused where it would let in whom it must not."""
    asked.check()
    free(asked.port, asked.address)
    spec = importlib.util.find_spec("dashboard")
    if spec is None or spec.submodule_search_locations is None:
        raise CatalogError("The dashboard is not installed. Install it with: pip install .")
    command = [sys.executable, "-P", "-m", "dashboard.server", *asked.options()]
    command += ["--server.headless", "false" if browser else "true"]
    command += ["--server.showEmailPrompt", "false"]  # else a first start waits for an address
    environment = {**os.environ, **asked.environment(), "DIMS_DATA": str(places.data().resolve())}
    if opens:
        environment["DIMS_CATALOG"] = opens
    print(f"Open http://{asked.address}:{asked.port}", file=sys.stderr)
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server ends, too
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


def free(port: int, address: str = LOCAL) -> None:
    """SettingRefused where something listens at a port already."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise SettingRefused(
                f"Port {port} of {address} cannot be had: another dashboard may run there. "
                "Stop it, or choose another with --port."
            ) from error
