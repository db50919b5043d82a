import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0008_alerts'),
        ('providers', '0004_routing'),
    ]

    operations = [
        migrations.CreateModel(
            name='QualityScore',
            fields=[
                ('request_id', models.UUIDField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True)),
                ('judged_at', models.DateTimeField(db_index=True)),
                ('team_id', models.BigIntegerField(blank=True, null=True)),
                ('team', models.CharField(blank=True, max_length=80)),
                ('provider', models.CharField(blank=True, max_length=50)),
                ('model', models.CharField(blank=True, max_length=250)),
                ('relevance', models.FloatField(blank=True, null=True)),
                ('coherence', models.FloatField(blank=True, null=True)),
                ('accuracy', models.FloatField(blank=True, null=True)),
                ('safety', models.FloatField(blank=True, null=True)),
                ('judge', models.CharField(blank=True, max_length=310)),
                ('cost_nano', models.BigIntegerField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name': 'quality score',
                'ordering': ['-at', '-request_id'],
                'indexes': [models.Index(fields=['team_id', '-at'], name='quality_by_team')],
            },
        ),
        migrations.CreateModel(
            name='QualitySettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('enabled', models.BooleanField(default=False)),
                ('provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='providers.provider')),
                ('model', models.CharField(blank=True, max_length=250)),
                ('sample_percent', models.DecimalField(decimal_places=2, default=Decimal('1.00'), max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0.01')), django.core.validators.MaxValueValidator(100)])),
                ('daily_cap', models.DecimalField(decimal_places=2, default=Decimal('1.00'), max_digits=8, validators=[django.core.validators.MinValueValidator(0)])),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'quality settings',
                'verbose_name_plural': 'quality settings',
            },
        ),
    ]
