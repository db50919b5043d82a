import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0006_rollups'),
        ('providers', '0004_routing'),
    ]

    operations = [
        migrations.CreateModel(
            name='HealthSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('window_minutes', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)])),
                ('least_failures', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(2), django.core.validators.MaxValueValidator(10000)])),
                ('down_percent', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('degraded_percent', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('recover_after', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                ('probe_minutes', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)])),
                ('paid_enabled', models.BooleanField(default=False)),
                ('paid_targets', models.TextField(blank=True, max_length=4000)),
                ('paid_minutes', models.PositiveSmallIntegerField(default=60, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10080)])),
                ('paid_cap', models.DecimalField(decimal_places=2, default=Decimal('1.00'), max_digits=8, validators=[django.core.validators.MinValueValidator(0)])),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'health settings',
                'verbose_name_plural': 'health settings',
            },
        ),
        migrations.CreateModel(
            name='HealthCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='health_checks', to='providers.provider')),
                ('model', models.CharField(blank=True, max_length=250)),
                ('kind', models.CharField(choices=[('probe', 'Free probe'), ('test', 'Token test'), ('paid', 'Paid test')], max_length=10)),
                ('at', models.DateTimeField(db_index=True)),
                ('ok', models.BooleanField(null=True)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('message', models.CharField(blank=True, max_length=500)),
                ('latency_ms', models.PositiveIntegerField(default=0)),
                ('cost_nano', models.BigIntegerField(default=0)),
                ('request_id', models.UUIDField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['provider', '-at'], name='check_by_provider')],
            },
        ),
        migrations.CreateModel(
            name='HealthSpan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='health_spans', to='providers.provider')),
                ('model', models.CharField(blank=True, max_length=250)),
                ('status', models.CharField(choices=[('healthy', 'Healthy'), ('degraded', 'Degraded'), ('down', 'Down'), ('unknown', 'Unknown'), ('off', 'Switched off')], max_length=10)),
                ('began_at', models.DateTimeField()),
                ('until', models.DateTimeField(db_index=True)),
            ],
            options={
                'ordering': ['-began_at', '-id'],
                'indexes': [models.Index(fields=['provider', 'model', '-until'], name='health_span_of')],
            },
        ),
        migrations.CreateModel(
            name='HealthState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='health', to='providers.provider')),
                ('model', models.CharField(blank=True, max_length=250)),
                ('status', models.CharField(choices=[('healthy', 'Healthy'), ('degraded', 'Degraded'), ('down', 'Down'), ('unknown', 'Unknown'), ('off', 'Switched off')], default='unknown', max_length=10)),
                ('since', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('signal', models.CharField(blank=True, choices=[('', '–'), ('traffic', 'Traffic'), ('breaker', 'Circuit breaker'), ('probe', 'Free probe'), ('test', 'Token pool')], max_length=10)),
                ('checked_at', models.DateTimeField()),
                ('called_at', models.DateTimeField(blank=True, null=True)),
                ('probed_at', models.DateTimeField(blank=True, null=True)),
                ('probe_ok', models.BooleanField(null=True)),
                ('probe_failures', models.PositiveIntegerField(default=0)),
                ('probe_failed_at', models.DateTimeField(blank=True, null=True)),
                ('probe_reason', models.CharField(blank=True, max_length=500)),
                ('probe_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'provider health',
                'verbose_name_plural': 'provider health',
                'ordering': ['provider__name', 'model'],
                'constraints': [models.UniqueConstraint(fields=('provider', 'model'), name='health_once_a_target')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='providers.provider')),
                ('model', models.CharField(blank=True, max_length=250)),
                ('status', models.CharField(choices=[('healthy', 'Healthy'), ('degraded', 'Degraded'), ('down', 'Down'), ('unknown', 'Unknown'), ('off', 'Switched off')], max_length=10)),
                ('began_at', models.DateTimeField()),
                ('down_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                ('ended_as', models.CharField(blank=True, choices=[('healthy', 'Healthy'), ('degraded', 'Degraded'), ('down', 'Down'), ('unknown', 'Unknown'), ('off', 'Switched off')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('signal', models.CharField(blank=True, choices=[('', '–'), ('traffic', 'Traffic'), ('breaker', 'Circuit breaker'), ('probe', 'Free probe'), ('test', 'Token pool')], max_length=10)),
                ('fallbacks', models.PositiveIntegerField(default=0)),
                ('counted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-began_at', '-id'],
                'indexes': [models.Index(fields=['provider', '-began_at'], name='outage_by_provider')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('provider', 'model'), name='one_open_outage')],
            },
        ),
    ]
