"""A chat endpoint that answers by rule: it reads the data of a prompt, as a model would.

    with chat.serving() as endpoint:
        endpoint.faults = ["429", "html"]    # what the next questions meet instead of an answer

It keeps what it was asked. Faults: see FAULTS.
"""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MARKS = "<data>\n", "\n</data>"
PAGE = "<!doctype html><html><body>Sign in</body></html>"
SAID = {
    "prose": "Certainly! The + pole seems to be about animals.",
    "html": "<p>animals</p>",
    "empty": "",
    "list": '["+"]',
    "category": '{"clear_pole": "+", "category": "no such", "positive": "x"}',
    "contradiction": '{"clear_pole": "none", "positive": "animals"}',
    "short": '{"choices": ["left"]}',
    "hostile": '{"clear_pole": "+", "positive": "\\u0000<script>alert(1)</script> \\ud800"}',
}
"""Answers of a model that are none, by name."""
FAULTS = ("429", "slow", "drip", "page", "other", "500", "400", "gone", *SAID)


class Endpoint(ThreadingHTTPServer):
    """The server; `rule` takes the data of a prompt and gives the answer's text."""

    daemon_threads = True

    def __init__(self, rule):
        super().__init__(("127.0.0.1", 0), Handler)
        self.rule, self.faults, self.asked, self.headers, self.again = rule, [], [], [], "0"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_):
        """A client that hung up is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Quiet."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.headers.append(dict(self.headers))
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "429":
            return self.send(429, '{"error": "slow down"}', {"Retry-After": self.server.again})
        if fault == "500":
            return self.send(500, "broken")
        if fault == "400":
            return self.send(400, '{"error": "unsupported parameter: max_tokens"}')
        if fault == "page":
            return self.send(200, PAGE)
        if fault == "other":
            return self.send(200, '{"ok": true}')
        if fault == "gone":
            self.close_connection = True
            return None
        if fault == "slow":
            time.sleep(1.5)
        self.server.asked.append(body)
        text = SAID[fault] if fault in SAID else self.server.rule(data(body), body)
        counts = {"prompt_tokens": 900, "completion_tokens": 30}
        made = {"choices": [{"message": {"content": text}}], "usage": counts}
        return self.send(200, json.dumps(made), drip=fault == "drip")

    def send(self, status, text, headers=None, drip=False):
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        for part in text if drip else [text]:
            self.wfile.write(part.encode())
            self.wfile.flush()
            time.sleep(0.05 if drip else 0)


def data(body):
    """The data between the marks of the last message."""
    text = body["messages"][-1]["content"]
    assert text.count(MARKS[0]) == text.count(MARKS[1]) == 1
    return json.loads(text.partition(MARKS[0])[2].partition(MARKS[1])[0])


def label(found, _body=None):
    """Label by rule: the first item of each pole, and the first category."""
    return json.dumps(
        {
            "clear_pole": "both",
            "category": found["categories"][0],
            "positive": f"like {found['positive_pole'][0][0]}",
            "negative": f"like {found['negative_pole'][0][0]}",
            "confidence": 4,
        }
    )


@contextlib.contextmanager
def serving(rule=label):
    """An endpoint on this machine while the block runs."""
    endpoint = Endpoint(rule)
    thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
        thread.join()
        endpoint.server_close()
