from monitoring.models.books import BooksCheck, Reconciliation, ReconciliationLine, Rerating
from monitoring.models.duty import Duty
from monitoring.models.request_log import RequestContent, RequestLog

__all__ = ["BooksCheck", "Duty", "Reconciliation", "ReconciliationLine", "RequestContent", "RequestLog", "Rerating"]
