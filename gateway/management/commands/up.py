"""``manage.py up``: prepares everything and serves. ``make run`` calls it."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import ExitStack
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from gateway import environment, preparing, reloading, serving, welcome
from gateway.celery import app as celery_app
from gateway.celery import begin_to_work, end_work
from gateway.embedded import Embedded
from gateway.locks import RunningFile, SoleLock, Taken

log = logging.getLogger("switchboard.up")


class Command(BaseCommand):
    help = "Prepares the database and static files and serves on HOST:PORT until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._up()
        except (serving.Unavailable, preparing.Unreachable, Taken, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped before it served.")

    def _up(self) -> None:
        with ExitStack() as stack:
            listener = stack.enter_context(serving.listen(settings.HOST, settings.PORT))
            preparing.reach_database()
            self._be_the_only_one(stack)
            made = preparing.prepare()
            for warning in (*made.notes, *reloading.warnings(), *_redis_warnings()):
                self.stderr.write(self.style.WARNING(f"Warning: {warning}"))
            self.stdout.write(welcome.text(listener.getsockname()[1], made))
            self.stdout.flush()
            connection.close()
            serving.allow_many_connections()
            if settings.EMBEDDED:
                embedded = Embedded(celery_app, schedule=settings.DATA_DIR / "beat-schedule")
                stack.callback(embedded.stop)
                embedded.start()
                stack.callback(end_work)
                begin_to_work()  # the signals are those of a worker process
            went_well = serving.serve(
                listener, grace=settings.SHUTDOWN_GRACE, trust_proxy=settings.TRUST_PROXY, hang_up=read_again
            )
        if not went_well:
            raise CommandError("the server did not start or stop as it should; the log above says why.")
        self.stdout.write("Stopped.")

    def _be_the_only_one(self, stack: ExitStack) -> None:
        """Without Redis, processes would not know of each other's channels, limits and tasks."""
        if settings.REDIS_URL:
            return
        running = RunningFile(settings.DATA_DIR)
        running.take()
        stack.callback(running.release)
        if not settings.POSTGRES:
            return
        sole = SoleLock(connection.get_connection_params(), lost=lambda: os.kill(os.getpid(), signal.SIGTERM))
        stack.callback(sole.release)
        try:
            sole.take()
        except psycopg.Error as error:
            raise CommandError(f"DATABASE_URL: the database cannot be used: {type(error).__name__}.") from None
        sole.watch()


def read_again() -> None:
    """What SIGHUP does, on a thread of its own."""
    try:
        synced = reloading.announce(environment.reload())
        log.warning(
            "The environment was read again: %d tokens new, %d changed, %d gone.",
            synced.made,
            synced.changed,
            synced.removed,
        )
        for warning in reloading.warnings():
            log.warning(warning)
    except Exception as error:
        log.error("The environment could not be read again: %s", error)
    finally:
        connection.close()


def _redis_warnings() -> list[str]:
    if not settings.REDIS_URL:
        return []
    import redis

    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        return [f"REDIS_URL: Redis does not answer ({type(error).__name__}); serving on without it until it does."]
    return []
