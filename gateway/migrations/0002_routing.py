"""Routes, routing settings, and who waits for whom."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0001_initial"),
        ("providers", "0004_routing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Route",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=250,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[^\\s*]*\\*?[^\\s*]*\\Z", "No blanks, and at most one *."
                            )
                        ],
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=300)),
                ("enabled", models.BooleanField(default=True)),
                (
                    "strategy",
                    models.CharField(
                        choices=[
                            ("ordered", "Ordered: the first that answers"),
                            ("weighted", "Weighted: shared by weight"),
                            ("round_robin", "Round robin: one after the other"),
                            ("least_busy", "Least busy: fewest calls in flight"),
                            ("lowest_latency", "Lowest latency: as measured lately"),
                            ("auto", "Auto: scored for each request"),
                        ],
                        default="ordered",
                        max_length=20,
                    ),
                ),
                (
                    "goal",
                    models.CharField(
                        blank=True,
                        help_text="What auto looks for: the kind of request decides where it is empty.",
                        max_length=20,
                    ),
                ),
                (
                    "weight_capability",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "weight_cost",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "weight_performance",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "weight_availability",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "parameters",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='What fills in for what the app left out: {"temperature": 0.2}',
                    ),
                ),
                (
                    "context_fallback",
                    models.CharField(blank=True, help_text="Where a request goes that is too long.", max_length=250),
                ),
                (
                    "content_fallback",
                    models.CharField(
                        blank=True,
                        help_text="Where a request goes that a vendor's content policy refused.",
                        max_length=250,
                    ),
                ),
                (
                    "max_attempts",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(50),
                        ],
                    ),
                ),
                (
                    "retries",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MaxValueValidator(10)]
                    ),
                ),
                (
                    "deadline",
                    models.FloatField(
                        blank=True,
                        help_text="For a whole call, in seconds. Empty: as usual.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "slow_start",
                    models.FloatField(
                        blank=True,
                        help_text="A stream without content after this many seconds goes to the next target. 0: off. Empty: as usual.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                ("hedge", models.BooleanField(blank=True, null=True)),
                (
                    "sticky",
                    models.BooleanField(
                        blank=True, help_text="Whether conversations stay where they began.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="max_in_flight",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="In one process; more wait shortly, then get 429. Empty: any.",
                null=True,
                verbose_name="calls at once",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="priority",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "High"), (1, "Normal"), (2, "Low")],
                default=1,
                help_text="Who goes first when calls have to wait.",
            ),
        ),
        migrations.CreateModel(
            name="RouteTarget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "model",
                    models.CharField(help_text="A model of the provider; without one, any name.", max_length=250),
                ),
                (
                    "weight",
                    models.PositiveIntegerField(default=1, validators=[django.core.validators.MaxValueValidator(1000)]),
                ),
                ("when_stream", models.BooleanField(blank=True, null=True, verbose_name="only streams")),
                ("when_tools", models.BooleanField(blank=True, null=True, verbose_name="only with tools")),
                ("when_images", models.BooleanField(blank=True, null=True, verbose_name="only with images")),
                ("min_input", models.PositiveIntegerField(blank=True, help_text="Estimated input units.", null=True)),
                ("max_input", models.PositiveIntegerField(blank=True, help_text="Estimated input units.", null=True)),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="providers.provider",
                    ),
                ),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="targets", to="gateway.route"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="gateway.team",
                    ),
                ),
            ],
            options={
                "ordering": ["route", "position", "id"],
            },
        ),
        migrations.CreateModel(
            name="RoutingSettings",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "last_resort",
                    models.CharField(
                        blank=True,
                        help_text="The name tried when all else failed, as a local model: ollama:llama3.2",
                        max_length=250,
                    ),
                ),
                (
                    "sticky",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("named", "When the app names the session"),
                            ("conversation", "Conversations: by name, else by their first messages"),
                        ],
                        default="conversation",
                        max_length=12,
                    ),
                ),
                (
                    "sticky_seconds",
                    models.FloatField(
                        default=3600,
                        help_text="How long a conversation stays with its target and token without a turn.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "max_attempts",
                    models.PositiveSmallIntegerField(
                        default=12,
                        help_text="Over all targets and tokens of a call.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(50),
                        ],
                    ),
                ),
                (
                    "retries",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="How often all targets are tried again when each failed in a way that may pass.",
                        validators=[django.core.validators.MaxValueValidator(10)],
                    ),
                ),
                (
                    "backoff_base",
                    models.FloatField(
                        default=0.25,
                        help_text="The wait before the first retry; each next one is twice as long.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "backoff_cap",
                    models.FloatField(
                        default=8,
                        help_text="The longest wait before a retry.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "deadline",
                    models.FloatField(
                        default=1800,
                        help_text="For a whole call with all its attempts.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "slow_start",
                    models.FloatField(
                        default=0,
                        help_text="A stream without content after this many seconds goes to the next target. 0: off.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "hedge",
                    models.BooleanField(
                        default=False,
                        help_text="Ask a second target when the first is slower than 19 of 20 calls were; costs more.",
                    ),
                ),
                (
                    "breaker_window",
                    models.FloatField(
                        default=60,
                        help_text="Failures are counted over this time.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "breaker_minimum",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="Calls in the window before a breaker may open.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "breaker_rate",
                    models.FloatField(
                        default=0.5,
                        help_text="The share of failed calls that opens it.",
                        validators=[
                            django.core.validators.MinValueValidator(0.01),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "breaker_open",
                    models.FloatField(
                        default=15,
                        help_text="How long it stays open before the first probe; doubles.",
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "breaker_longest",
                    models.FloatField(
                        default=300,
                        help_text="The longest it stays open.",
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                (
                    "breaker_probes",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="Good probes that close it.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                    ),
                ),
                (
                    "max_in_flight",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Calls at once in one process. Empty: any.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("queue_length", models.PositiveIntegerField(default=200, help_text="Calls that may wait for room.")),
                (
                    "queue_seconds",
                    models.FloatField(
                        default=5,
                        help_text="The longest a call waits for room.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(86400.0),
                        ],
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "default_backend",
                    models.ForeignKey(
                        blank=True,
                        help_text="The primary for models several providers have; it also gets names that no provider lists.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="providers.provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "routing settings",
                "verbose_name_plural": "routing settings",
            },
        ),
    ]
