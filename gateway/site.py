"""How the admin looks: title, colours, sidebar grouped by what admins do. Data only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.text import format_lazy


def _may_see(app: str, model: str) -> Callable[[HttpRequest], bool]:
    def permission(request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))

    return permission


def _link(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may_see(app, model),
    }


def _in_shadow_list(request: HttpRequest) -> bool:
    """The shadow list is the request log, filtered."""
    return request.path.endswith("/requestlog/") and bool(request.GET.get("judged") or request.GET.get("by"))


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Switchboard",
    "SITE_HEADER": "Switchboard",
    "SITE_SUBHEADER": "One door to every model",
    "SITE_SYMBOL": "cable",
    "SITE_URL": reverse_lazy("admin:index"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("switchboard/icon.svg")},
    ],
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [
        lambda request: static("switchboard/admin.css"),
        lambda request: static("switchboard/spending.css"),
    ],
    "SCRIPTS": [
        lambda request: static("switchboard/admin.js"),
        lambda request: static("switchboard/reach.js"),
    ],
    "DASHBOARD_CALLBACK": "monitoring.admin.home.dashboard",
    "COLORS": {
        "primary": {  # a calm teal; 600 carries white text at 4.5:1 and more
            "50": "oklch(97.8% .017 185)",
            "100": "oklch(94.5% .04 184)",
            "200": "oklch(89.5% .07 183)",
            "300": "oklch(82% .1 182)",
            "400": "oklch(72% .115 184)",
            "500": "oklch(61% .105 187)",
            "600": "oklch(51.5% .09 190)",
            "700": "oklch(44.5% .077 191)",
            "800": "oklch(38% .062 193)",
            "900": "oklch(32.5% .05 195)",
            "950": "oklch(23% .04 197)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [{"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")}],
            },
            {
                "title": "Connect",
                "separator": True,
                "items": [
                    _link("Providers", "hub", "providers", "provider"),
                    _link("Tokens", "vpn_key", "providers", "token"),
                    _link("Models", "deployed_code", "providers", "model"),
                ],
            },
            {
                "title": "Route",
                "separator": True,
                "items": [
                    _link("Routes", "alt_route", "gateway", "route"),
                    {
                        "title": "Explain",
                        "icon": "route",
                        "link": reverse_lazy("explain:page"),
                        "permission": lambda request: request.user.has_perm("gateway.view_route"),
                    },
                    _link("Routing settings", "tune", "gateway", "routingsettings"),
                ],
            },
            {
                "title": "Give access",
                "separator": True,
                "items": [
                    _link("API keys", "key", "gateway", "apikey"),
                    _link("Teams", "groups", "gateway", "team"),
                    _link("Users", "person", "auth", "user"),
                    _link("Groups", "shield_person", "auth", "group"),
                ],
            },
            {
                "title": "Spend and protect",
                "separator": True,
                "items": [
                    _link("Budgets", "savings", "gateway", "budget"),
                    _link("Limits", "speed", "gateway", "limit"),
                    _link("Guardrails", "shield", "gateway", "guardrail"),
                    {
                        "title": "Shadow list",
                        "icon": "visibility",
                        "link": format_lazy("{}?judged=any", reverse_lazy("admin:monitoring_requestlog_changelist")),
                        "permission": _may_see("monitoring", "requestlog"),
                        "active": _in_shadow_list,
                    },
                    _link("Re-rate", "price_change", "monitoring", "rerating"),
                    _link("Reconciliation", "balance", "monitoring", "reconciliation"),
                    _link("Checks of the books", "fact_check", "monitoring", "bookscheck"),
                    _link("Spending settings", "tune", "gateway", "spendingsettings"),
                    _link("Cache settings", "cached", "gateway", "cachesettings"),
                ],
            },
            {
                "title": "Watch",
                "separator": True,
                "items": [
                    {
                        **_link("Request log", "receipt_long", "monitoring", "requestlog"),
                        "active": lambda request: "/requestlog/" in request.path and not _in_shadow_list(request),
                    },
                    {"title": "Request explorer", "icon": "manage_search", "link": "/logs/"},
                    {"title": "Live log", "icon": "sensors", "link": "/live/"},
                    {"title": "Dashboards", "icon": "monitoring", "link": "/dashboards/"},
                    {"title": "Playground", "icon": "chat", "link": "/playground/"},
                    _link("Provider health", "ecg_heart", "monitoring", "healthstate"),
                    _link("Alerts", "notifications", "monitoring", "alert"),
                    _link("Alert rules", "rule_settings", "monitoring", "alertrule"),
                    _link("Alert channels", "campaign", "monitoring", "alertchannel"),
                    _link("Alert messages", "outgoing_mail", "monitoring", "alertmessage"),
                    _link("Health settings", "tune", "monitoring", "healthsettings"),
                    _link("Quality scores", "grading", "monitoring", "qualityscore"),
                    _link("Quality settings", "grade", "monitoring", "qualitysettings"),
                    {"title": "API documentation", "icon": "api", "link": "/api/docs/"},
                ],
            },
        ],
    },
}
