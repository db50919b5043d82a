"""The request log, the books and the first page of the admin."""

from monitoring.admin.books_check import BooksCheckAdmin
from monitoring.admin.reconciliation import ReconciliationAdmin
from monitoring.admin.request_log import RequestLogAdmin
from monitoring.admin.rerating import ReratingAdmin

__all__ = ["BooksCheckAdmin", "ReconciliationAdmin", "RequestLogAdmin", "ReratingAdmin"]
