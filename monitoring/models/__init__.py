from monitoring.models.request_log import RequestContent, RequestLog

__all__ = ["RequestContent", "RequestLog"]
