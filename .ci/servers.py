"""Exit 0 when both servers answer for real; else say on standard output which did not, and why."""

import os
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis


def postgresql():
    # The test database is made on the server, so the one that always exists is asked.
    url = urlsplit(os.environ["SERVER_DATABASE_URL"])
    psycopg2.connect(urlunsplit(url._replace(path="/postgres")), connect_timeout=3).close()


def redis_server():
    redis.from_url(os.environ["SERVER_REDIS_URL"], socket_connect_timeout=3).ping()


for name, ask in {"PostgreSQL": postgresql, "Redis": redis_server}.items():
    try:
        ask()
    except (psycopg2.Error, redis.RedisError) as error:
        print(f"{name} does not answer ({' '.join(str(error).split())})")
        sys.exit(1)
