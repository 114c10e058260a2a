"""Another program that receives webhooks: a small HTTP server that keeps a state of its own from what it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Receiver:
    """Keeps every message it accepted by its id; `answers` are the codes it gives next, 200 when none is left."""

    def __init__(self):
        self.received, self.messages, self.state, self.answers = [], {}, {}, []
        self.broken_for = set()  # cases of which it accepts nothing
        self.ready = threading.Event()  # until it is set, a caller waits for the answer
        self.ready.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = receiver.take(dict(self.headers), body)
                receiver.ready.wait()
                self.send_response(code)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args):
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers, body):
        message = json.loads(body)
        code = self.answers.pop(0) if self.answers else 200
        if message.get("case") in self.broken_for:
            code = 500
        self.received.append((headers, body, code))
        if code < 300:
            self.messages[headers["webhook-id"]] = message
            if record := message.get("record"):
                self.state[record["type"], record["id"]] = message["to_state"]
        return code

    @property
    def kinds(self):
        return [json.loads(body)["type"] for _headers, body, code in self.received if code < 300]


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()
