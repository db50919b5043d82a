"""The rollups: minutes, hours and days of requests and of attempts, what is to be rolled up, and how far it is."""

from django.db import migrations, models

KEY = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
TARGET = [("provider", models.CharField(blank=True, max_length=50)), ("model", models.CharField(blank=True, max_length=250))]
REQUESTS = ["requests", "failed", "refused", "cancelled", "cached", "fallbacks", "unpriced"]
SUMS = [
    *("retries", "input", "output", "cached_input", "cache_write_input", "reasoning", "cost_nano", "saved_nano"),
    *("written", "writing_us"),
]
BINS = 58


def counts(*names):
    return [(name, models.IntegerField(default=0)) for name in names]


def sums(*names):
    return [(name, models.BigIntegerField(default=0)) for name in names]


def bins(prefix):
    return [(f"{prefix}{number:02}", models.IntegerField(null=True)) for number in range(BINS)]


def rollup(name):
    by_key = models.Index(
        fields=["api_key_id", "level", "at"], name=f"{name.lower()}_key", condition=models.Q(api_key_id__gt=0)
    )
    return migrations.CreateModel(
        name=name,
        fields=[
            KEY,
            ("level", models.SmallIntegerField()),
            ("at", models.BigIntegerField()),
            ("team_id", models.BigIntegerField(default=0)),
            ("api_key_id", models.BigIntegerField(default=0)),
            *TARGET,
            *counts(*REQUESTS),
            *sums(*SUMS),
            *bins("l"),
            *bins("f"),
        ],
        options={
            "abstract": False,
            "indexes": [models.Index(fields=["level", "at"], name=f"{name.lower()}_at"), by_key],
        },
    )


def attempts(name):
    return migrations.CreateModel(
        name=name,
        fields=[
            KEY,
            ("at", models.BigIntegerField(db_index=True)),
            *TARGET,
            *counts("attempts", "failures", "rate_limited", "timeouts"),
            *sums("cost_nano"),
            *bins("d"),
        ],
        options={"abstract": False},
    )


class Migration(migrations.Migration):

    dependencies = [
        ("monitoring", "0005_duty"),
    ]

    operations = [
        rollup("MinuteRollup"),
        rollup("HourRollup"),
        rollup("DayRollup"),
        attempts("AttemptMinute"),
        attempts("AttemptHour"),
        attempts("AttemptDay"),
        migrations.CreateModel(
            name="RollupMark",
            fields=[KEY, ("unit", models.SmallIntegerField()), ("at", models.BigIntegerField())],
            options={"indexes": [models.Index(fields=["unit", "at"], name="rollupmark_at")]},
        ),
        migrations.CreateModel(
            name="RollupState",
            fields=[
                KEY,
                ("minutes_from", models.BigIntegerField()),
                ("hours_from", models.BigIntegerField()),
                ("log_from", models.BigIntegerField(default=0)),
                ("marked_from", models.BigIntegerField()),
                ("rolled_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
