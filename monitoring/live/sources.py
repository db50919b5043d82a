"""Listens to everything that is no request, in whichever thread it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from gateway.budgets.happenings import BudgetNews, budget_event
from monitoring.alerts.happenings import AlertChange, alert_changed
from monitoring.health.topic import HealthChange, health_changed
from monitoring.live import events
from monitoring.live.events import News
from providers.happenings import Happening, happened
from providers.topic import Topic

Unsubscribe = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The process's own topics; tests give others."""

    providers: Topic[Happening] = happened
    health: Topic[HealthChange] = health_changed
    budgets: Topic[BudgetNews] = budget_event
    alerts: Topic[AlertChange] = alert_changed

    def subscribe(self, tell: Callable[[News], None]) -> list[Unsubscribe]:
        """``tell`` is called in the thread of whoever told, and must return at once."""

        return [
            self.providers.subscribe(lambda told: tell(events.of_happening(told))),
            self.health.subscribe(lambda told: tell(events.of_health(told, now=timezone.now()))),
            self.budgets.subscribe(lambda told: tell(events.of_budget(told))),
            self.alerts.subscribe(lambda told: tell(events.of_alert(told))),
        ]
