"""The server process: its socket, its signals, and uvicorn in it."""

from __future__ import annotations

import errno
import resource
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

APPLICATION = "gateway.asgi:application"
BACKLOG = 2048


class Unavailable(Exception):
    """The address cannot be had; the message names HOST or PORT."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket: from here on the port is ours, and early requests wait in it. Raises ``Unavailable``."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise Unavailable(f"HOST={host!r} is not an address of this machine: use 127.0.0.1 or 0.0.0.0.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Unavailable(_why(error, host, port)) from None
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"PORT={port} on {host} is in use by another program. Stop it, or set PORT to a free one (PORT={port + 1})."
        )
    if error.errno == errno.EACCES:
        return f"PORT={port} needs more rights than this user has: set PORT to 1024 or above."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host!r} is not an address of this machine: use 127.0.0.1 or 0.0.0.0."
    return f"HOST={host!r}, PORT={port}: {error.strerror}."


def allow_many_connections() -> None:
    """Each open stream takes two file descriptors; the usual soft limit of 1,024 would end at 500 of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 1_048_576
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, 1_048_576)), hard))
    except (ValueError, OSError):
        pass  # the soft limit stays; the server runs with fewer streams


def serve(
    listener: socket.socket,
    *,
    grace: int,
    trust_proxy: bool,
    hang_up: Callable[[], None],
) -> bool:
    """Runs the application until SIGINT or SIGTERM; running calls get ``grace`` seconds. ``hang_up`` is called on a
    thread for each SIGHUP. Returns whether the application came up and went down as it should."""
    config = uvicorn.Config(
        APPLICATION,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # compressing for each viewer would hold up the loop that answers calls
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="*" if trust_proxy else "127.0.0.1,::1",
        timeout_keep_alive=75,  # above the 60 s of most load balancers, which must be the ones to close
        timeout_graceful_shutdown=grace,
        log_config=None,
    )
    server = uvicorn.Server(config)

    def on_hang_up(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=hang_up, name="reload", daemon=True).start()

    # uvicorn raises the signals it caught once more when it is done; these handlers take them, so the exit code is 0.
    for caught in (signal.SIGINT, signal.SIGTERM):
        signal.signal(caught, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, on_hang_up)
    server.run(sockets=[listener])
    lifespan = server.lifespan
    return server.started and not (
        getattr(lifespan, "shutdown_failed", False) or getattr(lifespan, "error_occurred", False)
    )
