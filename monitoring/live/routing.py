"""The WebSocket door: origin, session, address. ``websocket_application`` takes ASGI scopes of type websocket."""

from __future__ import annotations

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from channels.sessions import SessionMiddlewareStack
from django.urls import path, re_path

from monitoring.live.consumer import LogConsumer
from monitoring.live.origin import OwnOrigin

urlpatterns = [
    path("ws/logs/", LogConsumer.as_asgi()),
    re_path(r"", WebsocketDenier.as_asgi()),  # without it an unknown address is a traceback in the server's log
]
websocket_application = OwnOrigin(SessionMiddlewareStack(URLRouter(urlpatterns)))
