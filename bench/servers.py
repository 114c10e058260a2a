"""The product and the floor, each behind gunicorn with two workers, on one PostgreSQL."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg2

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"
WORKERS = 2


def database_url():
    """`BENCH_DATABASE_URL`, else an embedded PostgreSQL of its own in `var/bench`."""
    from crm import embedded_postgres

    return os.environ.get("BENCH_DATABASE_URL") or embedded_postgres.start(VAR)


def beside(url, name):
    """Another database on the same server, made if need be."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def environment(url, **more):
    """What a server of ours needs to know; as in production, but for the limits that no bench may meet."""
    port = more.get("PORT", "8000")
    return {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": "only-for-measuring-" * 3,
        "SITE_URL": f"http://127.0.0.1:{port}",
        "VAR_DIR": str(VAR),
        "LOG_LEVEL": "WARNING",
        "HOST": "127.0.0.1",
        "WEB_WORKERS": str(WORKERS),
        "API_RATE": "1000000/min",
        **more,
    }


def run(command, env):
    """A Python command of ours, its output as text."""
    result = subprocess.run([sys.executable, *command], env=env, cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    if result.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{result.stderr[-3000:]}")
    return result.stdout.strip()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def served(application, url):
    """(port, seconds until it answered, process) of a WSGI application behind gunicorn."""
    port = free_port()
    env = environment(url, PORT=str(port))
    began = time.perf_counter()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:crm.gunicorn", "--max-requests", "0", application]
    process = subprocess.Popen(  # noqa: S603
        command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(port):
            if process.poll() is not None:
                raise SystemExit(f"{application} does not start.")
            time.sleep(0.01)
        yield port, time.perf_counter() - began, process
    finally:
        process.terminate()
        process.wait(30)


def answers(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200
    except OSError:
        return False


def memory(process):
    """The largest worker's share of memory in MB (PSS: what is shared counts in parts), None where not told."""
    workers = psutil.Process(process.pid).children()
    shares = [getattr(worker.memory_full_info(), "pss", None) for worker in workers]
    return max(shares) / 2**20 if shares and None not in shares else None
