import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import monitoring.models.alert_channel
import providers.crypto
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gateway', '0003_policy'),
        ('monitoring', '0007_health'),
        ('providers', '0004_routing'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('budget', 'Budget'), ('error_rate', 'Error rate'), ('latency', 'Latency'), ('provider_down', 'Provider down'), ('pool_small', 'Token pool small'), ('token_expiring', 'Token expiring'), ('journal_lag', 'Journal behind'), ('price_unknown', 'Price unknown')], max_length=20)),
                ('severity', models.CharField(choices=[('info', 'Info'), ('warning', 'Warning'), ('critical', 'Critical')], max_length=10)),
                ('subject', models.CharField(max_length=200)),
                ('title', models.CharField(max_length=200)),
                ('text', models.CharField(blank=True, max_length=1000)),
                ('value', models.FloatField(null=True)),
                ('level', models.IntegerField(default=0)),
                ('passing', models.BooleanField(default=False)),
                ('team_id', models.BigIntegerField(null=True)),
                ('state', models.CharField(choices=[('pending', 'Waiting whether it lasts'), ('firing', 'Open'), ('ended', 'Over')], default='pending', max_length=10)),
                ('began_at', models.DateTimeField()),
                ('fired_at', models.DateTimeField(null=True)),
                ('last_seen_at', models.DateTimeField()),
                ('calm_since', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.CharField(blank=True, max_length=150)),
                ('revision', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['-began_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AlertChannel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(choices=[('email', 'E-mail'), ('slack', 'Slack'), ('discord', 'Discord'), ('teams', 'Microsoft Teams'), ('webhook', 'Webhook')], max_length=10)),
                ('enabled', models.BooleanField(default=True)),
                ('address', providers.crypto.EncryptedTextField(editable=True, help_text='Stored encrypted; it is never shown again.')),
                ('secret', providers.crypto.EncryptedTextField(blank=True, default='', editable=True, verbose_name='signing secret')),
                ('fingerprint', models.CharField(editable=False, max_length=16)),
                ('hint', models.CharField(blank=True, editable=False, max_length=200)),
                ('quiet_from', models.TimeField(blank=True, null=True)),
                ('quiet_until', models.TimeField(blank=True, null=True)),
                ('quiet_zone', models.CharField(default='UTC', max_length=60, verbose_name='time zone')),
                ('quiet_days', models.JSONField(blank=True, default=monitoring.models.alert_channel.every_day)),
                ('quiet_mode', models.CharField(choices=[('hold', 'Hold everything until they end'), ('critical', 'Only critical ones pass, the others are held')], default='critical', max_length=10, verbose_name='in quiet times')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'alert channel',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ProcessReport',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('web', 'Web'), ('worker', 'Worker')], max_length=10)),
                ('host', models.CharField(max_length=100)),
                ('version', models.CharField(blank=True, max_length=40)),
                ('started_at', models.DateTimeField()),
                ('at', models.DateTimeField(db_index=True)),
                ('journal_lag_s', models.FloatField(default=0)),
                ('journal_bytes', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'ordering': ['host', 'name'],
            },
        ),
        migrations.CreateModel(
            name='AlertMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('news', 'Alerts'), ('test', 'Test')], default='news', max_length=10)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed')], default='waiting', max_length=10)),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('held', models.BooleanField(default=False)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('asked_by', models.CharField(blank=True, max_length=150)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='monitoring.alertchannel')),
            ],
            options={
                'verbose_name': 'alert message',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AlertNews',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('firing', 'Began'), ('worse', 'Became worse'), ('repeat', 'Still so'), ('recovery', 'Over')], max_length=10)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='news', to='monitoring.alert')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='news', to='monitoring.alertmessage')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='alertmessage',
            name='alerts',
            field=models.ManyToManyField(related_name='messages', through='monitoring.AlertNews', to='monitoring.alert'),
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(choices=[('budget', 'Budget'), ('error_rate', 'Error rate'), ('latency', 'Latency'), ('provider_down', 'Provider down'), ('pool_small', 'Token pool small'), ('token_expiring', 'Token expiring'), ('journal_lag', 'Journal behind'), ('price_unknown', 'Price unknown')], max_length=20)),
                ('enabled', models.BooleanField(default=True)),
                ('severity', models.CharField(choices=[('info', 'Info'), ('warning', 'Warning'), ('critical', 'Critical')], default='warning', max_length=10)),
                ('threshold', models.FloatField(blank=True, help_text='Empty: the usual one of its kind.', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1000000000000.0)])),
                ('window_minutes', models.PositiveIntegerField(default=10, help_text='Minutes that the figures are taken of.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(44640)], verbose_name='looks back')),
                ('least_requests', models.PositiveIntegerField(default=20, help_text='Fewer requests than these in that time say nothing.', verbose_name='least requests')),
                ('wait_minutes', models.PositiveIntegerField(default=0, help_text='Minutes that it must last before anybody is told. 0: at once.', validators=[django.core.validators.MaxValueValidator(1440)], verbose_name='only after')),
                ('calm_minutes', models.PositiveIntegerField(default=5, help_text='Minutes that it must be gone before it counts as over: what flaps is told once.', validators=[django.core.validators.MaxValueValidator(1440)], verbose_name='over after')),
                ('per', models.CharField(choices=[('all', 'All together'), ('provider', 'Each provider'), ('model', 'Each model'), ('team', 'Each team')], default='provider', help_text='Each is an alert of its own.', max_length=10, verbose_name='judged for')),
                ('model', models.CharField(blank=True, help_text="The provider's own id of it. Empty: all.", max_length=250)),
                ('repeat_minutes', models.PositiveIntegerField(default=240, help_text='Minutes, while it lasts and nobody has acknowledged it. 0: never.', validators=[django.core.validators.MaxValueValidator(44640)], verbose_name='tell again every')),
                ('notify_recovery', models.BooleanField(default=True, verbose_name='tell when it is over')),
                ('group_seconds', models.PositiveIntegerField(default=30, help_text='Seconds that a message waits for what belongs to it. 0: none.', validators=[django.core.validators.MaxValueValidator(3600)], verbose_name='gather for')),
                ('problem', models.CharField(blank=True, editable=False, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('channels', models.ManyToManyField(blank=True, help_text='None: it is shown here only.', related_name='rules', to='monitoring.alertchannel')),
                ('provider', models.ForeignKey(blank=True, help_text='Empty: all.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='providers.provider')),
                ('team', models.ForeignKey(blank=True, help_text='Empty: all.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='gateway.team')),
            ],
            options={
                'verbose_name': 'alert rule',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='alert',
            name='rule',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alerts', to='monitoring.alertrule'),
        ),
        migrations.AddConstraint(
            model_name='alertnews',
            constraint=models.UniqueConstraint(fields=('message', 'alert'), name='alert_once_a_message'),
        ),
        migrations.AddIndex(
            model_name='alertmessage',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'sending'])), fields=['next_at'], name='message_due'),
        ),
        migrations.AddIndex(
            model_name='alertmessage',
            index=models.Index(fields=['channel', '-created_at'], name='message_by_channel'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['state', '-began_at'], name='alert_by_state'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['team_id', '-began_at'], name='alert_by_team'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'ended'), _negated=True), fields=('rule', 'subject'), name='alert_open_once'),
        ),
    ]
