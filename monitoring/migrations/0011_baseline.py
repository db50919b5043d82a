from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0010_log_indexes")]

    operations = [
        migrations.CreateModel(
            name="MetricsBaseline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True)),
                ("by", models.CharField(max_length=150)),
            ],
            options={"ordering": ["-at", "-id"]},
        ),
    ]
