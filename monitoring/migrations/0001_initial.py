"""The request log. On PostgreSQL its table is partitioned by day from the first row on: it could not be later."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

ID = '"id" uuid NOT NULL PRIMARY KEY'


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel; on PostgreSQL partitioned by range of ``started_at``. A unique index there must hold the partition
    key: the primary key is (id, started_at), so that a row is still found by its id alone."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: Any = to_state.apps.get_model(app_label, self.name)
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return None
        sql, params = schema_editor.table_sql(model)
        columns = sql.removesuffix(")").replace(ID, ID.removesuffix(" PRIMARY KEY"))
        if columns.count("PRIMARY KEY") or not sql.endswith(")"):
            raise NotImplementedError(f"Django writes this table otherwise than expected: {sql}")
        partitioned = f'{columns}, PRIMARY KEY ("id", "started_at")) PARTITION BY RANGE ("started_at")'
        schema_editor.execute(partitioned, params or None)


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="RequestContent",
            fields=[
                ("request_id", models.UUIDField(primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(db_index=True)),
                ("sealed", models.BinaryField()),
            ],
        ),
        CreatePartitionedModel(
            name="RequestLog",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("endpoint", models.CharField(max_length=40)),
                ("api_key_id", models.BigIntegerField(blank=True, null=True)),
                ("api_key", models.CharField(blank=True, max_length=80)),
                ("team_id", models.BigIntegerField(blank=True, null=True)),
                ("team", models.CharField(blank=True, max_length=80)),
                ("requested_model", models.CharField(blank=True, max_length=250)),
                ("provider", models.CharField(blank=True, max_length=50)),
                ("vendor", models.CharField(blank=True, max_length=50)),
                ("model", models.CharField(blank=True, max_length=250)),
                ("token", models.CharField(blank=True, max_length=16, verbose_name="token fingerprint")),
                ("wire", models.CharField(blank=True, max_length=20)),
                ("stream", models.BooleanField(default=False)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                (
                    "ended_by",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled by the app"),
                            ("interrupted", "Interrupted"),
                        ],
                        max_length=12,
                    ),
                ),
                ("finish", models.CharField(blank=True, max_length=20)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_message", models.TextField(blank=True)),
                ("input", models.PositiveBigIntegerField(default=0, verbose_name="input usage")),
                ("output", models.PositiveBigIntegerField(default=0, verbose_name="output usage")),
                ("cached_input", models.PositiveBigIntegerField(default=0, verbose_name="cached input")),
                ("cache_write_input", models.PositiveBigIntegerField(default=0, verbose_name="cache-written input")),
                ("reasoning", models.PositiveBigIntegerField(default=0, verbose_name="reasoning usage")),
                ("usage_basis", models.CharField(default="none", max_length=10)),
                ("latency_us", models.PositiveBigIntegerField(default=0)),
                ("first_byte_us", models.PositiveBigIntegerField(default=0)),
                ("dropped", models.CharField(blank=True, max_length=300)),
                ("attempts", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "request",
                "verbose_name_plural": "request log",
                "ordering": ["-started_at", "-id"],
            },
        ),
        migrations.AddIndex("RequestLog", models.Index(fields=["-started_at", "-id"], name="log_newest")),
        migrations.AddIndex("RequestLog", models.Index(fields=["api_key_id", "-started_at"], name="log_by_key")),
        migrations.AddIndex("RequestLog", models.Index(fields=["team_id", "-started_at"], name="log_by_team")),
        migrations.AddIndex("RequestLog", models.Index(fields=["provider", "-started_at"], name="log_by_provider")),
    ]
