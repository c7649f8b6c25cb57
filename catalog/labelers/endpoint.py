"""A chat endpoint that speaks as OpenAI's does: one question, one answer, every fault a sentence.

Named in the environment, off where it is not: DIMS_LABELER_URL (such as http://localhost:8080/v1),
DIMS_LABELER_MODEL, DIMS_LABELER_KEY (may be left out); DIMS_LABELER_PER_MINUTE questions at most,
DIMS_LABELER_TIMEOUT seconds for one. The key is sent to the endpoint and nowhere else: what comes
back is searched for it before anything is kept.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.util.retry import Retry

from catalog.errors import LabelerFailed, SettingRefused

Messages = Sequence[Mapping[str, str]]
PER_MINUTE, TIMEOUT = 60.0, 120.0
TRIES = 5
"""Further tries where the endpoint says that it is busy or broken (429, 500, 502, 503, 504)."""
LONGEST_WAIT = 120
"""Seconds that an endpoint may ask to wait by Retry-After; more are not waited."""
LARGEST = 1 << 20
"""Bytes of an answer; a chat completion of a few hundred tokens has a few thousand."""
SECRET = 8
"""Characters from which on a key is looked for in answers; shorter ones are no secret."""
_BUSY = (429, 500, 502, 503, 504)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Settings:
    """Where a machine is asked, and how often."""

    url: str
    """Its base, to which /chat/completions is added."""
    model: str
    key: str = field(default="", repr=False)
    per_minute: float = PER_MINUTE
    timeout: float = TIMEOUT
    tries: int = TRIES

    @property
    def place(self) -> str:
        """Scheme, host and path: what may be shown and kept."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    @property
    def here(self) -> bool:
        """Whether the endpoint is on this machine, so that nothing leaves it."""
        return urlsplit(self.url).hostname in _LOOPBACK


@dataclass(frozen=True)
class Reply:
    """What the model said, and what it took; None where the endpoint does not count tokens."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    seconds: float


def settings() -> Settings:
    """The endpoint of the environment; SettingRefused where none is named, or not rightly."""
    url, model = (os.environ.get(f"DIMS_LABELER_{name}", "").strip() for name in ("URL", "MODEL"))
    if not url or not model:
        raise SettingRefused(
            "No machine labels here: name an endpoint in DIMS_LABELER_URL (such as "
            "http://localhost:8080/v1) and its model in DIMS_LABELER_MODEL, and start again."
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingRefused("DIMS_LABELER_URL is no address such as http://localhost:8080/v1.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingRefused(
            "DIMS_LABELER_URL holds more than an address, which would be kept with every answer: "
            "put the key into DIMS_LABELER_KEY."
        )
    return Settings(
        url.rstrip("/"),
        model,
        os.environ.get("DIMS_LABELER_KEY", "").strip(),
        _number("DIMS_LABELER_PER_MINUTE", PER_MINUTE),
        _number("DIMS_LABELER_TIMEOUT", TIMEOUT),
    )


def _number(name: str, usual: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else usual
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise SettingRefused(f"{name} is {text!r}: give a number above 0.")
    return value


class Endpoint:
    """Asks one question after another, never faster than the settings say."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen
        self._refused: set[str] = set()
        self._next = 0.0
        retries = Retry(
            total=chosen.tries,
            connect=2,
            read=1,
            redirect=0,
            status_forcelist=_BUSY,
            allowed_methods=None,
            backoff_factor=0.5,
            backoff_max=30,
            retry_after_max=LONGEST_WAIT,
            raise_on_status=False,
        )
        self._pool = urllib3.PoolManager(
            retries=retries, timeout=urllib3.Timeout(connect=10, read=chosen.timeout)
        )

    def ask(self, messages: Messages, most_tokens: int) -> Reply:
        """The model's answer to `messages`, of so many tokens at most.

        LabelerFailed, with the reason, where none came: busy, slow, out of reach, or something
        else than a chat completion.
        """
        options = {"temperature": 0, "max_tokens": most_tokens}
        while True:
            time.sleep(max(0.0, self._next - time.monotonic()))
            begun = time.monotonic()
            self._next = begun + 60 / self.settings.per_minute
            kept = {name: value for name, value in options.items() if name not in self._refused}
            asked = {"model": self.settings.model, "messages": list(messages), **kept}
            status, body = self._send(asked)
            named = {name for name in kept if name in body} if status == 400 else set()
            if not named:
                return self._reply(status, body, time.monotonic() - begun)
            self._refused |= named  # some models take neither: asked again without

    def _send(self, asked: dict[str, Any]) -> tuple[int, str]:
        key = self.settings.key
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        try:
            response = self._pool.request(
                "POST",
                f"{self.settings.url}/chat/completions",
                body=json.dumps(asked).encode(),
                headers=headers,
                preload_content=False,
            )
            try:
                return response.status, self._read(response)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise LabelerFailed(_why(error)) from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> str:
        """The whole body, by a deadline: an endpoint that drips is a slow one."""
        read, deadline = bytearray(), time.monotonic() + self.settings.timeout
        while chunk := response.read1(1 << 16):
            read += chunk
            if len(read) > LARGEST:
                raise LabelerFailed("its answer is too long")
            if time.monotonic() > deadline:
                raise LabelerFailed("it is slow")
        text = read.decode("utf-8", errors="replace")
        key = self.settings.key
        return text.replace(key, "[key]") if len(key) >= SECRET else text

    def _reply(self, status: int, body: str, seconds: float) -> Reply:
        if status != 200:
            busy = "it is busy (429)" if status == 429 else f"it answers {status}"
            raise LabelerFailed(f"{busy}: {' '.join(body.split())[:160] or 'nothing more'}")
        if body.lstrip().startswith("<"):
            raise LabelerFailed("it sends HTML, no chat completion: is the address its base?")
        try:
            found = json.loads(body)
            text = found["choices"][0]["message"]["content"]
            used = found.get("usage") or {}
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise LabelerFailed("it sends something else than a chat completion") from error
        counts = (used.get("prompt_tokens"), used.get("completion_tokens"))
        known = [count if isinstance(count, int) else None for count in counts]
        return Reply(text if isinstance(text, str) else "", known[0], known[1], seconds)


def _why(error: urllib3.exceptions.HTTPError) -> str:
    """What kept an answer from coming, in a few words without the address."""
    cause: BaseException | None = error
    if isinstance(error, urllib3.exceptions.MaxRetryError):
        cause = error.reason
    refused = isinstance(cause, urllib3.exceptions.NewConnectionError)  # is a TimeoutError too
    if isinstance(cause, urllib3.exceptions.TimeoutError) and not refused:
        return "it is slow"
    if refused or isinstance(cause, urllib3.exceptions.ProtocolError):
        return "it cannot be reached, or hangs up"
    if isinstance(cause, urllib3.exceptions.ResponseError):
        return "it sends on to another address: name that one"
    return f"it cannot be asked ({type(cause).__name__})"
