"""The shadow list: what guardrails and budgets said of requests. Filters of the log, its columns, and the figures that
the pages of budgets and guardrails show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from gateway.admin import verdict_cells
from gateway.admin.watched import Said
from gateway.models import Budget, Guardrail
from monitoring.explorer.filters import TROUBLED
from monitoring.models import RequestLog
from providers.admin import cells

MOST_READ = 5_000  # rows of the last day whose verdicts are counted
MOST_NAMES = 300
MOST_SHOWN = 3
REFUSED = ("budget_exceeded", "budget_unavailable", "price_unknown")
TONES: dict[str, cells.Tone] = {
    "blocked": "red",
    "shadow": "yellow",
    "changed": "blue",
    "noted": "grey",
    "failed": "red",
}
SHORT = {"blocked": "blocked", "shadow": "shadow", "changed": "redacted", "noted": "noted", "failed": "check failed"}


class JudgedFilter(admin.SimpleListFilter):
    title = "verdict"
    parameter_name = "judged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "Any: the shadow list"), *RequestLog.Judged.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in ("any", *RequestLog.Judged.values):
            return queryset
        found = queryset.filter(~Q(judged=""))  # as the index says it
        return found if value == "any" else found.filter(judged=value)


class ByFilter(DropdownFilter):
    """Those a guardrail or a budget spoke of, by its name: what a shadow would have refused, and what was."""

    title = "guardrail or budget"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What may be seen anyway; one that is gone by now can still be asked for by a link."""
        may = request.user.has_perm
        found = list(Guardrail.objects.values_list("name", flat=True)) if may("gateway.view_guardrail") else []
        if may("gateway.view_budget"):
            found += Budget.objects.order_by("name").values_list("name", flat=True)[:MOST_NAMES]
        if (given := self.used_parameters.get(self.parameter_name)) and given not in found:
            found.append(str(given))
        return [(name, name) for name in dict.fromkeys(found)]

    def has_output(self) -> bool:
        return super().has_output() or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = (self.value() or "").replace("\0", "")
        return queryset.filter(spoken_by(name)) if name else queryset


class CacheFilter(admin.SimpleListFilter):
    title = "answer cache"
    parameter_name = "cache"
    HITS = ("hit", "similar", "joined")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", "Answered from it"),
            ("hit", "Hit"),
            ("similar", "Hit by a similar request"),
            ("joined", "Joined a call in flight"),
            ("stored", "Kept for later"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "any":
            return queryset.filter(cache__in=self.HITS)
        return queryset.filter(cache=value) if value in (*self.HITS, "stored") else queryset


class TagFilter(TextFilter):
    title = "tag"
    parameter_name = "tag"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        tag = (self.value() or "").strip().replace("\0", "")
        return queryset.filter(_holds("tags", tag)) if tag else queryset


def spoken_by(name: str) -> Q:
    """Rows with a verdict of that name; and those that a hard budget of that name refused, which leaves an error."""
    refused = TROUBLED & Q(error_code__in=REFUSED, error_message__contains=f"budget {name!r}")
    return (~Q(judged="") & _holds("verdicts", name)) | refused


def _holds(field: str, text: str) -> Q:
    """Whether a tag is the text, or a verdict is by it."""
    if connection.features.supports_json_field_contains:
        return Q(**{f"{field}__contains": [text if field == "tags" else {"by": text}]})
    return Q(_Among(F(field), Value(text), of=field))


class _Among(Func):
    """SQLite, which has no question for that: looks at each element of the list."""

    output_field = BooleanField()

    def __init__(self, *expressions: Any, of: str) -> None:
        super().__init__(*expressions)
        self.of = of

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        (listed, first), (wanted, second) = (compiler.compile(one) for one in self.get_source_expressions())
        element = "one.value" if self.of == "tags" else "CASE one.type WHEN 'object' THEN one.value ->> 'by' END"
        return f"EXISTS(SELECT 1 FROM json_each({listed}) AS one WHERE {element} = {wanted})", (*first, *second)


# --- columns -----------------------------------------------------------------------------------


def verdicts_of(row: RequestLog) -> list[Mapping[str, Any]]:
    return [one for one in row.verdicts if isinstance(one, dict)] if isinstance(row.verdicts, list) else []


def chip(row: RequestLog) -> SafeString:
    """The most that was said, with who said what in its title; "" where nothing was."""
    if not row.judged:
        return SafeString("")
    title = verdict_cells.words(verdicts_of(row)[:20])
    return cells.chip(SHORT.get(row.judged, row.judged), TONES.get(row.judged, "grey"), title=title)


def by(row: RequestLog) -> SafeString | str:
    """Who spoke, the first few."""
    names = list(dict.fromkeys(str(one.get("by", "")) for one in verdicts_of(row)))
    if not names:
        return cells.EMPTY
    kinds = dict.fromkeys(verdict_cells.SHORT_KINDS.get(str(one.get("kind")), "") for one in verdicts_of(row))
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return cells.two_lines(", ".join(names[:MOST_SHOWN]) + more, ", ".join(one for one in kinds if one))


def found(row: RequestLog) -> SafeString | str:
    """Kinds and counts, of all verdicts together."""
    parts = [verdict_cells.what(str(one["what"])) for one in verdicts_of(row) if one.get("what")][:MOST_SHOWN]
    return format_html_join(" ", "{}", ((one,) for one in parts)) if parts else cells.EMPTY


def lines(row: RequestLog) -> list[verdict_cells.VerdictLine]:
    """The verdicts of a request in their order, each with where to see more of who spoke."""
    rows = verdicts_of(row)
    urls = _urls({str(one.get("by", "")) for one in rows})
    return [
        verdict_cells.line(one, url=urls.get((one.get("kind") == "budget", str(one.get("by"))), "")) for one in rows
    ]


def _urls(names: set[str]) -> dict[tuple[bool, str], str]:
    """Pages by whether it is a budget's and its name."""
    found: dict[tuple[bool, str], str] = {}
    if not names:
        return found
    for model, word in ((Guardrail, "guardrail"), (Budget, "budget")):
        for pk, name in model.objects.filter(name__in=names).values_list("pk", "name"):
            found[word == "budget", name] = reverse(f"admin:gateway_{word}_change", args=[pk])
    return found


# --- figures for others' pages -------------------------------------------------------------------


def log_url(**wanted: str) -> str:
    return f"{reverse('admin:monitoring_requestlog_changelist')}?{urlencode(wanted)}"


def sayings(request: HttpRequest) -> dict[str, Said]:
    """What guardrails said in the last day, by name; nothing to who may not see the log."""
    if not request.user.has_perm("monitoring.view_requestlog"):
        return {}
    since = timezone.now() - timedelta(days=1)
    rows = RequestLog.objects.filter(~Q(judged=""), started_at__gte=since).order_by("-started_at", "-id")
    read = list(rows.values_list("verdicts", flat=True)[:MOST_READ])
    counts: dict[str, dict[str, int]] = {}
    for verdict in _each(read):
        if verdict.get("kind") == "budget":
            continue
        action = str(verdict.get("action", ""))
        word = "shadow" if verdict.get("shadow") and action not in ("log", "failed") else action
        of = counts.setdefault(str(verdict.get("by", "")), {})
        of[word] = of.get(word, 0) + 1
    capped = len(read) == MOST_READ
    return {name: Said(of, log_url(by=name, judged="any"), capped) for name, of in counts.items()}


def _each(read: list[Any]) -> Iterator[Mapping[str, Any]]:
    for verdicts in read:
        yield from (one for one in verdicts if isinstance(one, dict)) if isinstance(verdicts, list) else ()
