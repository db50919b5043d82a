"""``python -m tests.services [pytest arguments]``: runs the tests on PostgreSQL and Redis.

DATABASE_URL and REDIS_URL if they are set, else servers on this machine, else own ones started from the installed
programs in a temporary directory. The tests get databases of their own, taken away afterwards.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from cryptography.fernet import Fernet
from psycopg import sql

from tests.isolation import SERVICES

REDIS_DATABASES = range(15, 0, -1)  # the last ones first: applications begin at 0
CLAIM_SECONDS = 7200


class Missing(Exception):
    """A server that is neither running nor installed; the message says what to do."""


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def made_database(server_url: str, name: str) -> Iterator[str]:
    """An empty database on the server of ``server_url``, dropped at the end."""
    admin_url = with_database(server_url, "postgres")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield with_database(server_url, name)
    finally:
        drop_database(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Drops a database if it is there, whoever is still connected to it."""
    with psycopg.connect(with_database(server_url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def postgres(stack: ExitStack) -> str:
    """The URL of a server on which databases can be made. Raises ``Missing``."""
    given = os.environ.get("DATABASE_URL", "")
    if given:
        return given
    user = getpass.getuser()
    for url in (
        "postgresql://postgres@127.0.0.1:5432/postgres",
        f"postgresql://{user}@127.0.0.1:5432/postgres",
        "postgresql:///postgres?host=/var/run/postgresql",
        "postgresql://postgres@/postgres?host=/var/run/postgresql",
    ):
        if _may_make_databases(url):
            return url
    return stack.enter_context(_own_postgres())


def _may_make_databases(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


@contextmanager
def _own_postgres() -> Iterator[str]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, programs), os.environ.get("PATH", "")])
    initdb, server = shutil.which("initdb", path=path), shutil.which("postgres", path=path)
    if not initdb or not server:
        raise Missing("PostgreSQL is neither running nor installed: apt install postgresql, or set DATABASE_URL.")
    with _directory() as (home, account):
        data, port = home / "data", _free_port()
        run = [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "--locale=C.UTF-8", "-E", "UTF8"]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL, user=account, cwd=home)
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(home), "-c", "fsync=off", "-c", "max_connections=200"]
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with _process([server, "-D", str(data), *options], account=account, log=home / "postgres.log"):
            _wait_for(lambda: _may_make_databases(url), "PostgreSQL", log=home / "postgres.log")
            yield url


def redis_server(stack: ExitStack) -> str:
    """The URL of an empty Redis database. Raises ``Missing``."""
    given = os.environ.get("REDIS_URL", "")
    if given:
        return given
    if _answers("redis://127.0.0.1:6379/0"):
        return _empty_database("redis://127.0.0.1:6379", stack)
    return stack.enter_context(_own_redis())


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _empty_database(server: str, stack: ExitStack) -> str:
    """One that nobody uses, kept for this run: two runs at once must not empty each other's."""
    for number in REDIS_DATABASES:
        with redis.Redis.from_url(f"{server}/0") as claims, redis.Redis.from_url(f"{server}/{number}") as client:
            claim = f"switchboard-tests:{number}"
            if client.dbsize() == 0 and claims.set(claim, os.getpid(), nx=True, ex=CLAIM_SECONDS):
                stack.callback(_give_back, server, claim)
                return f"{server}/{number}"
    raise Missing("Every database of the local Redis holds something: set REDIS_URL to one that may be emptied.")


def _give_back(server: str, claim: str) -> None:
    with redis.Redis.from_url(f"{server}/0") as claims:
        claims.delete(claim)


@contextmanager
def _own_redis() -> Iterator[str]:
    server = shutil.which("redis-server")
    if not server:
        raise Missing("Redis is neither running nor installed: apt install redis-server, or set REDIS_URL.")
    with _directory() as (home, account):
        port = _free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)]
        url = f"redis://127.0.0.1:{port}/0"
        with _process([server, *options], account=account, log=home / "redis.log"):
            _wait_for(lambda: _answers(url), "Redis", log=home / "redis.log")
            yield url


@contextmanager
def _directory() -> Iterator[tuple[Path, str | None]]:
    """A directory, and the account its server runs as: PostgreSQL refuses to run as root."""
    account = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="switchboard-services-") as name:
        if account:
            shutil.chown(name, user=account)
        yield Path(name), account


@contextmanager
def _process(command: list[str], *, account: str | None, log: Path) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, user=account, cwd=log.parent)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(ready: Callable[[], bool], name: str, *, log: Path, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise Missing(f"{name} did not start: {log.read_text()[-2000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(arguments: list[str]) -> int:
    with ExitStack() as stack:
        try:
            database, cache = postgres(stack), redis_server(stack)
        except Missing as error:
            print(error, file=sys.stderr)
            return 1
        name = f"switchboard_{uuid.uuid4().hex[:8]}"  # Django makes and drops test_<name>
        environ = {
            **os.environ,
            SERVICES: "1",
            "DATABASE_URL": with_database(database, name),
            "REDIS_URL": cache,
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        }
        try:
            return subprocess.call([sys.executable, "-m", "pytest", *arguments], env=environ)
        finally:
            drop_database(database, f"test_{name}")  # a run that was cut off leaves it behind


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
