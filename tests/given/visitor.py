"""A visitor of the dashboard without a browser: a websocket that speaks Streamlit's messages."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit


@dataclass
class Visit:
    """What one run of a page gave."""

    seconds: float = 0.0
    """From asking until the script has run."""
    texts: list[str] = field(default_factory=list)
    """Literal text that was drawn."""
    exceptions: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """All of the text."""
        return "\n".join(self.texts)


async def visit(
    address: str,
    view: str,
    query: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    called: str = "",
) -> Visit:
    """Open one page in a session of its own, until its script has run.

    `called` is the name by which the visitor knows the server, where it is another.
    """
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    ask, found = BackMsg(), Visit()
    ask.rerun_script.query_string = urlencode(query)
    ask.rerun_script.page_name = view
    ask.rerun_script.context_info.url = f"{address}/{view}"  # as a browser: what is below waits
    begun = time.perf_counter()
    real = urlsplit(address)
    async with connect(
        f"ws://{called or real.hostname}:{real.port}/_stcore/stream",
        host=real.hostname,
        port=real.port,
        subprotocols=["streamlit"],
        max_size=None,
        additional_headers=headers,
    ) as socket:
        await socket.send(ask.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(socket.recv(), 60))
            kind = told.WhichOneof("type")
            if kind == "delta":
                element = told.delta.new_element
                shown = element.WhichOneof("type")
                if shown in ("text", "heading", "markdown"):
                    found.texts.append(getattr(element, shown).body)
                elif shown == "exception":
                    found.exceptions.append(element.exception.message)
            elif kind == "script_finished":
                found.seconds = time.perf_counter() - begun
                return found


def seen(
    address: str,
    view: str,
    query: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    called: str = "",
) -> Visit:
    """The same, waited for in a thread of its own: a browser test leaves a running loop here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(
            lambda: asyncio.run(visit(address, view, query, headers, called))
        ).result()
