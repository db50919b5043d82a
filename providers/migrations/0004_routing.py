"""How providers are dispatched, the life of tokens, breakers, roles and what happened to them."""

import datetime
from typing import Any

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from providers.vendors import all_vendors


def say_how_they_are_dispatched(apps: Any, schema_editor: Any) -> None:
    """What was enabled shares the load, aggregators step in for others."""
    aggregators = [slug for slug, vendor in all_vendors().items() if vendor.kind == "aggregator"]
    rows = apps.get_model("providers", "Provider").objects.using(schema_editor.connection.alias).filter(enabled=True)
    rows.exclude(vendor__in=aggregators).update(dispatch="pooled")
    rows.filter(vendor__in=aggregators).update(dispatch="fallback")


def say_whether_they_are_enabled(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("providers", "Provider").objects.using(schema_editor.connection.alias)
    rows.exclude(dispatch="off").update(enabled=True)


def suspend_what_was_rejected(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("providers", "TokenState").objects.using(schema_editor.connection.alias)
    rows.filter(health="invalid").update(health="suspended", suspensions=1)


def call_rejected_what_is_suspended(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("providers", "TokenState").objects.using(schema_editor.connection.alias)
    rows.filter(health__in=["suspended", "probation", "retired"]).update(health="invalid")


class Migration(migrations.Migration):
    dependencies = [
        ("providers", "0003_model_facts"),
    ]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="dispatch",
            field=models.CharField(
                choices=[
                    ("off", "Off: gets nothing"),
                    ("exclusive", "Exclusive: its models go there and nowhere else"),
                    ("pooled", "Pooled: shares the models that several providers have, by weight"),
                    ("fallback", "Fallback: only when the others are unavailable"),
                ],
                default="off",
                help_text="What it gets of the models that other providers have too. A prefix always means this provider.",
                max_length=10,
            ),
        ),
        migrations.RunPython(say_how_they_are_dispatched, say_whether_they_are_enabled),
        migrations.RemoveField(
            model_name="provider",
            name="enabled",
        ),
        migrations.AddField(
            model_name="provider",
            name="max_in_flight",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Calls at once from one process; more wait for a short while or go elsewhere. Empty: no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="smallest_pool",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="An event is raised when fewer tokens than this may be used. 0: never."
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="weight",
            field=models.PositiveIntegerField(
                default=1,
                help_text="Its share among pooled providers of the same priority.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000),
                ],
            ),
        ),
        migrations.AddField(
            model_name="token",
            name="expires_at",
            field=models.DateTimeField(blank=True, help_text="Not used from then on. Empty: never.", null=True),
        ),
        migrations.AddField(
            model_name="token",
            name="max_in_flight",
            field=models.PositiveIntegerField(
                blank=True, help_text="In one process. Empty: no limit.", null=True, verbose_name="calls at once"
            ),
        ),
        migrations.AddField(
            model_name="token",
            name="requests_per_minute",
            field=models.PositiveIntegerField(blank=True, help_text="Empty: no limit.", null=True),
        ),
        migrations.AddField(
            model_name="token",
            name="usage_per_minute",
            field=models.PositiveIntegerField(
                blank=True, help_text="Input and output units together. Empty: no limit.", null=True
            ),
        ),
        migrations.AddField(
            model_name="tokenstate",
            name="quota",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="tokenstate",
            name="rotated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="tokenstate",
            name="suspensions",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="provider",
            name="priority",
            field=models.PositiveIntegerField(
                default=100, help_text="When several providers have a model, the lowest number answers first."
            ),
        ),
        migrations.AlterField(
            model_name="tokenstate",
            name="health",
            field=models.CharField(
                choices=[
                    ("healthy", "Healthy"),
                    ("cooling", "Resting"),
                    ("suspended", "Suspended"),
                    ("probation", "On probation"),
                    ("retired", "Retired"),
                ],
                default="healthy",
                max_length=10,
            ),
        ),
        migrations.RunPython(suspend_what_was_rejected, call_rejected_what_is_suspended),
        migrations.CreateModel(
            name="BreakerState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(blank=True, max_length=250)),
                (
                    "state",
                    models.CharField(
                        choices=[("closed", "Closed"), ("open", "Open"), ("half_open", "Half-open")],
                        default="closed",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("wait", models.FloatField(default=0)),
                (
                    "changed_at",
                    models.DateTimeField(default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)),
                ),
                ("updated_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="breakers", to="providers.provider"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("provider", "model"), name="breaker_once_per_target")],
            },
        ),
        migrations.CreateModel(
            name="ProviderEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("token", "Token"), ("breaker", "Circuit breaker"), ("pool", "Token pool")],
                        max_length=10,
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=250)),
                ("before", models.CharField(blank=True, max_length=20)),
                ("after", models.CharField(blank=True, max_length=20)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="providers.provider"
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="providers.token",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["provider", "-at"], name="event_by_provider"),
                    models.Index(fields=["token", "-at"], name="event_by_token"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Called as <provider>:<name>.",
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_-]*\\Z", "Small letters, digits, - and _, starting with a letter."
                            )
                        ],
                    ),
                ),
                ("model_id", models.CharField(help_text="The vendor's own id.", max_length=250, verbose_name="model")),
                (
                    "parameters",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='What fills in for what the app left out: {"temperature": 0.2}',
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="roles", to="providers.provider"
                    ),
                ),
            ],
            options={
                "ordering": ["provider", "name"],
                "constraints": [models.UniqueConstraint(fields=("provider", "name"), name="role_once_per_provider")],
            },
        ),
    ]
