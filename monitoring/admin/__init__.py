"""The request log, the books and the first page of the admin."""

from monitoring.admin.alert import AlertAdmin
from monitoring.admin.alert_channel import AlertChannelAdmin
from monitoring.admin.alert_message import AlertMessageAdmin
from monitoring.admin.alert_rule import AlertRuleAdmin
from monitoring.admin.books_check import BooksCheckAdmin
from monitoring.admin.health import HealthSettingsAdmin, HealthStateAdmin
from monitoring.admin.quality import QualityScoreAdmin, QualitySettingsAdmin
from monitoring.admin.reconciliation import ReconciliationAdmin
from monitoring.admin.request_log import RequestLogAdmin
from monitoring.admin.rerating import ReratingAdmin

__all__ = [
    "AlertAdmin",
    "AlertChannelAdmin",
    "AlertMessageAdmin",
    "AlertRuleAdmin",
    "BooksCheckAdmin",
    "HealthSettingsAdmin",
    "HealthStateAdmin",
    "QualityScoreAdmin",
    "QualitySettingsAdmin",
    "ReconciliationAdmin",
    "RequestLogAdmin",
    "ReratingAdmin",
]
