"""More facts of a model, its prices, and where each fact comes from."""

from decimal import Decimal
from typing import Any

import django.core.validators
from django.db import migrations, models

from providers.vendors import all_vendors

FACTS = ("mode", "context_window", "max_output", "vision", "tools", "reasoning")


def say_where_facts_come_from(apps: Any, schema_editor: Any) -> None:
    """A value that is the vendor file's came from there; any other may be an admin's and stays one."""
    shipped = {(slug, fact.id): fact for slug, vendor in all_vendors().items() for fact in vendor.models}
    model = apps.get_model("providers", "Model")
    rows = model.objects.using(schema_editor.connection.alias).exclude(source="admin").select_related("provider")
    for row in rows.only("model_id", "source", "sources", *FACTS, "provider__vendor"):
        fact = shipped.get((row.provider.vendor, row.model_id))
        for name in FACTS:
            value = getattr(row, name)
            if value is not None and fact is not None and value == getattr(fact, name):
                row.sources[name] = "shipped"
        if fact is None:
            row.sources["mode"] = "guess"
        row.save(update_fields=["sources"])


class Migration(migrations.Migration):
    dependencies = [
        ("providers", "0002_encryption_check"),
    ]

    operations = [
        migrations.AddField(
            model_name="model",
            name="audio",
            field=models.BooleanField(blank=True, null=True, verbose_name="audio input"),
        ),
        migrations.AddField(
            model_name="model",
            name="dimensions",
            field=models.PositiveIntegerField(blank=True, help_text="Length of its embeddings.", null=True),
        ),
        migrations.AddField(
            model_name="model",
            name="listed",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="model",
            name="price_audio_input",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="audio input",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_audio_output",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="audio output",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_cache_write",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="cache write",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_cached_input",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="cached input",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_input",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="input",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_output",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="output",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_reasoning",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for a million. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="reasoning",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="price_request",
            field=models.DecimalField(
                blank=True,
                decimal_places=9,
                help_text="USD for one request or search. Empty: the known price.",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="request",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="sources",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="model",
            name="streaming",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="model",
            name="structured_output",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="model",
            name="mode",
            field=models.CharField(
                choices=[
                    ("chat", "Chat"),
                    ("responses", "Responses"),
                    ("embedding", "Embedding"),
                    ("rerank", "Rerank"),
                    ("transcription", "Transcription"),
                    ("other", "Other"),
                ],
                default="chat",
                max_length=20,
            ),
        ),
        migrations.RunPython(say_where_facts_come_from, migrations.RunPython.noop),
    ]
