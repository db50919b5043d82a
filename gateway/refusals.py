"""Pages for requests the site refuses before a view sees them: each says which variable to set."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf
from django.template.loader import render_to_string
from django.views.debug import SafeExceptionReporterFilter

log = logging.getLogger("switchboard.site")


class ReportFilter(SafeExceptionReporterFilter):
    """With DEBUG on, error pages list the settings; addresses hold passwords too."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|_URL|CHANNEL_LAYERS", flags=re.IGNORECASE
    )


def refused_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The site's page for 400: a refused host names ALLOWED_HOSTS."""
    if not isinstance(exception, DisallowedHost):
        return _page("bad_request", status=400)
    host = request.META.get("HTTP_HOST", "")
    name = _hostname(host)
    log.warning("refused the host %.100r: it is not in ALLOWED_HOSTS", host)
    allowed = [*settings.ALLOWED_HOSTS, *([name] if name else [])]
    return _page("refused_host", status=400, host=host, known=bool(name), allowed=",".join(allowed))


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The site's page for a failed CSRF check: a refused origin names CSRF_TRUSTED_ORIGINS."""
    refused = (csrf.REASON_BAD_ORIGIN, csrf.REASON_BAD_REFERER)
    if not any(reason.startswith(one.split("%")[0]) for one in refused):
        return _page("refused_form", status=403)
    origin = request.META.get("HTTP_ORIGIN") or _origin(request.META.get("HTTP_REFERER", ""))
    trusted = [*settings.CSRF_TRUSTED_ORIGINS, *([origin] if urlsplit(origin).netloc else [])]
    return _page("refused_origin", status=403, origin=origin, trusted=",".join(trusted))


def _page(name: str, *, status: int, **context: Any) -> HttpResponse:
    """Without the request: its context processors would ask for the host again, and be refused again."""
    return HttpResponse(render_to_string(f"errors/{name}.html", context), status=status)


def _hostname(host: str) -> str:
    """The host without its port, if it is one that could be allowed."""
    found = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?", host)
    return found[1].lower() if found else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
