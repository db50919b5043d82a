from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "monitoring"
    verbose_name = "Watch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gateway.usage_source import usage_source
        from monitoring.books.key_usage import key_usage

        usage_source.register(key_usage)
