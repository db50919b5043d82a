"""Ways from a dashboard into other pages; "" where a page is not there or not for this viewer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from monitoring.access import Viewer
from monitoring.rollups.figures import Span


def page(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def requests(span: Span, now: datetime, filters: Iterable[tuple[str, str]] = ()) -> str:
    """The log explorer with the same stretch of time and the same filters (the address's words and values)."""
    path = page("logs:list")
    if not path:
        return ""
    times = [("since", _text(span.since))]
    if span.until <= now:
        times.append(("until", _text(span.until)))
    return f"{path}?{urlencode([*times, *filters])}"


def configure(provider_id: int, viewer: Viewer) -> str:
    """The provider's page in the admin."""
    staff = bool(getattr(viewer.user, "is_staff", False))
    return page("admin:providers_provider_change", provider_id) if staff and _may_view(viewer, "provider") else ""


def budget(budget_id: int, viewer: Viewer) -> str:
    staff = bool(getattr(viewer.user, "is_staff", False))
    allowed = staff and (viewer.may("gateway.view_budget") or viewer.may("gateway.change_budget"))
    return page("admin:gateway_budget_change", budget_id) if allowed else ""


def _may_view(viewer: Viewer, model: str) -> bool:
    return viewer.may(f"providers.view_{model}") or viewer.may(f"providers.change_{model}")


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
