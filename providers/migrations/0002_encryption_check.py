from django.db import migrations, models

import providers.crypto


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="EncryptionCheck",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("sealed", providers.crypto.EncryptedTextField(editable=False)),
            ],
        ),
    ]
