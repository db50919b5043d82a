from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"
    verbose_name = "Give access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gateway.guardrails import changes

        changes.connect()
