"""Why a request went where it went, and the conversation it belongs to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0002_request_cost"),
    ]

    operations = [
        migrations.AddField(
            model_name="requestlog",
            name="plan",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="requestlog",
            name="session",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
