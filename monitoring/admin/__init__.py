"""The request log and the first page of the admin."""

from monitoring.admin.request_log import RequestLogAdmin

__all__ = ["RequestLogAdmin"]
