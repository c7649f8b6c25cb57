"""Debian's Firefox, which playwright cannot drive: WebDriver BiDi over a websocket, no driver."""

import itertools
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PREFERENCES: dict[str, str | int | bool] = {
    "network.proxy.type": 1,  # every host but this machine is behind a proxy that is not there
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
}
_PATIENCE = 60.0


class Firefox:
    """One tab; `requests` are the addresses its pages asked for, `errors` what they complained."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded"])
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command; its result. AssertionError where Firefox refuses it."""
        number = next(self._numbers)
        told = json.dumps({"id": number, "method": method, "params": parameters})
        self._socket.send(told)
        while True:
            answer = json.loads(self._socket.recv(timeout=_PATIENCE))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]
            self._heard(answer)

    def _heard(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        if event.get("method") == "network.beforeRequestSent":
            self.requests.append(told["request"]["url"])
        elif event.get("method") == "log.entryAdded" and told["level"] == "error":
            self.errors.append(str(told["text"]))

    def open(self, address: str) -> None:
        """Go there, from an empty page: of two addresses that differ behind # both are loaded."""
        for url in ("about:blank", address):
            self.ask("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """Value of an expression of JavaScript in the page."""
        told = self.ask("script.evaluate", expression=expression, awaitPromise=True,
                        target={"context": self.tab})  # fmt: skip
        assert told["type"] == "success", told
        return told["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE
        while not self.run(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press one key."""
        pressed = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        given = [{"type": "key", "id": "keyboard", "actions": pressed}]
        self.ask("input.performActions", context=self.tab, actions=given)


@contextmanager
def running(program: str, profile: Path) -> Iterator[Firefox]:
    """Firefox without a window, in a new profile, until the block ends."""
    from websockets.sync.client import connect

    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in _PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    command = [program, "--headless", "--no-remote", "--profile", str(profile),
               "--remote-debugging-port", "0"]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as browser:
        try:
            assert browser.stderr is not None
            found = (re.search(r"BiDi listening on (ws://\S+)", line) for line in browser.stderr)
            address = next(one for one in found if one).group(1)
            with connect(f"{address}/session", max_size=None, proxy=None) as socket:
                yield Firefox(socket)
        finally:
            browser.terminate()
            browser.wait(20)
