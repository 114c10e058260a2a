"""Requests over one kept connection, timed; and many at once."""

import http.client
import threading
import time
from urllib.parse import urlencode


class Refused(Exception):
    """The server answered something else than was asked for."""


class Client:
    """A signed-in visitor of one server."""

    def __init__(self, port, cookie, csrf=""):
        self.port, self.headers = port, {"Cookie": cookie, "X-CSRFToken": csrf, "Accept-Language": "zh-hans"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path):
        """The answer's body."""
        return self.ask("GET", path)[1]

    def timed(self, case):
        """Milliseconds from the question to the last byte of the answer."""
        method, path, body = case()
        self.connection.close()  # servers close idle connections; all cases pay alike for a new one
        self.connection.connect()
        began = time.perf_counter()
        self.ask(method, path, body)
        return (time.perf_counter() - began) * 1000

    def ask(self, method, path, body=None):
        headers = dict(self.headers)
        if body is not None:
            body = urlencode(body)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status not in (200, 302):
            raise Refused(f"{method} {path}: {response.status}\n{text[:500].decode(errors='replace')}")
        return response, text


def throughput(make_client, path, connections=8, seconds=4):
    """Answers a second over this many connections."""
    counts = [0] * connections
    until = time.perf_counter() + seconds

    def visit(at):
        client = make_client()
        while time.perf_counter() < until:
            client.get(path)
            counts[at] += 1

    threads = [threading.Thread(target=visit, args=[at]) for at in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
