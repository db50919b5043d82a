"""What the filters of the request log look things up by. On PostgreSQL each day's partition gets its own."""

import logging
from typing import Any

from django.db import DatabaseError, migrations, models, transaction
from django.db.models import Q

log = logging.getLogger("switchboard.up")

WIDER = ("log_by_key", "log_by_team", "log_by_provider")
INDEXES = [
    models.Index(fields=["api_key_id", "-started_at", "model", "provider"], name="log_by_key"),
    models.Index(fields=["team_id", "-started_at", "model", "provider", "api_key_id"], name="log_by_team"),
    models.Index(fields=["provider", "-started_at", "model"], name="log_by_provider"),
    models.Index(fields=["model", "-started_at"], name="log_by_model"),
    models.Index(fields=["requested_model", "-started_at"], name="log_by_asked"),
    models.Index(fields=["endpoint", "stream", "-started_at"], name="log_by_endpoint"),
    models.Index(
        fields=["status", "ended_by", "-started_at"],
        name="log_troubled",
        condition=Q(status__gte=400) | ~Q(ended_by="done"),
    ),
    models.Index(fields=["cost_nano"], name="log_by_cost"),
    models.Index(fields=["latency_us"], name="log_by_latency"),
    models.Index(fields=["request_id"], name="log_by_request"),
    models.Index(fields=["session", "-started_at"], name="log_by_session", condition=~Q(session="")),
    models.Index(fields=["cache", "-started_at"], name="log_cached", condition=~Q(cache="")),
    models.Index(fields=["-started_at"], name="log_several", condition=Q(attempts__1__isnull=False)),
    models.Index(fields=["-started_at"], name="log_untried", condition=Q(attempts__0__isnull=True)),
]
# A part of an error's text, whatever the case, as Django asks for it. Of rows with an error alone.
TEXTS = """CREATE INDEX IF NOT EXISTS "log_error_text" ON "monitoring_requestlog"
USING gin (upper("error_message") gin_trgm_ops, upper("error_code") gin_trgm_ops)
WHERE ("status" >= 400 OR NOT ("ended_by" = 'done'))"""


def index_texts(apps: Any, schema_editor: Any) -> None:
    """PostgreSQL's own pg_trgm, which a database's owner may switch on. Without it the text of errors is searched row by
    row: slower, not wrong."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(TEXTS)
    except DatabaseError as error:
        log.warning("The text of errors is searched without an index, pg_trgm is not to be had: %s", error)


def forget_texts(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('DROP INDEX IF EXISTS "log_error_text"')


class Migration(migrations.Migration):

    dependencies = [
        ("monitoring", "0009_quality"),
    ]

    operations = [
        *(migrations.RemoveIndex("RequestLog", name) for name in WIDER),
        *(migrations.AddIndex("RequestLog", index) for index in INDEXES),
        migrations.RunPython(index_texts, forget_texts),
    ]
