from monitoring.models.alert import Alert, AlertKind, AlertRule, Severity
from monitoring.models.alert_channel import AlertChannel, AlertMessage, AlertNews
from monitoring.models.baseline import MetricsBaseline
from monitoring.models.books import BooksCheck, Reconciliation, ReconciliationLine, Rerating
from monitoring.models.duty import Duty
from monitoring.models.health import HealthCheck, HealthSettings, HealthSpan, HealthState, Outage
from monitoring.models.process_report import ProcessReport
from monitoring.models.quality import QualityScore, QualitySettings
from monitoring.models.request_log import RequestContent, RequestLog
from monitoring.models.rollup import (
    AttemptDay,
    AttemptHour,
    AttemptMinute,
    DayRollup,
    HourRollup,
    MinuteRollup,
    RollupMark,
    RollupState,
)

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertKind",
    "AlertMessage",
    "AlertNews",
    "AlertRule",
    "AttemptDay",
    "AttemptHour",
    "AttemptMinute",
    "BooksCheck",
    "DayRollup",
    "Duty",
    "HealthCheck",
    "HealthSettings",
    "HealthSpan",
    "HealthState",
    "HourRollup",
    "MetricsBaseline",
    "MinuteRollup",
    "Outage",
    "ProcessReport",
    "QualityScore",
    "QualitySettings",
    "Reconciliation",
    "ReconciliationLine",
    "RequestContent",
    "RequestLog",
    "Rerating",
    "RollupMark",
    "RollupState",
    "Severity",
]
