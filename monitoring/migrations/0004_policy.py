"""What policy says of a request, and the tables of those who check the books."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0003_request_plan'),
    ]

    operations = [
        migrations.CreateModel(
            name='BooksCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('periods', models.PositiveIntegerField(default=0)),
                ('calls', models.PositiveBigIntegerField(default=0)),
                ('differences', models.JSONField(blank=True, default=list)),
            ],
            options={
                'verbose_name': 'check of the books',
                'verbose_name_plural': 'checks of the books',
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.CharField(blank=True, max_length=150)),
                ('kind', models.CharField(choices=[('openai', 'OpenAI'), ('anthropic', 'Anthropic'), ('openrouter', 'OpenRouter'), ('generic', 'Any: by a mapping of columns')], max_length=10)),
                ('provider', models.CharField(max_length=50)),
                ('file_name', models.CharField(max_length=200)),
                ('mapping', models.JSONField(blank=True, default=dict)),
                ('since', models.DateField(blank=True, null=True)),
                ('until', models.DateField(blank=True, null=True)),
                ('rows', models.PositiveBigIntegerField(default=0)),
                ('unread', models.PositiveBigIntegerField(default=0)),
                ('problems', models.JSONField(blank=True, default=list)),
                ('theirs_nano', models.BigIntegerField(blank=True, null=True)),
                ('ours_nano', models.BigIntegerField(default=0)),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='ReconciliationLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('token', models.CharField(blank=True, max_length=120)),
                ('model', models.CharField(blank=True, max_length=250)),
                ('theirs_requests', models.BigIntegerField(blank=True, null=True)),
                ('theirs_input', models.BigIntegerField(blank=True, null=True)),
                ('theirs_output', models.BigIntegerField(blank=True, null=True)),
                ('theirs_nano', models.BigIntegerField(blank=True, null=True)),
                ('ours_requests', models.BigIntegerField(default=0)),
                ('ours_input', models.BigIntegerField(default=0)),
                ('ours_output', models.BigIntegerField(default=0)),
                ('ours_nano', models.BigIntegerField(default=0)),
                ('ours_unknown', models.BigIntegerField(default=0)),
            ],
            options={
                'ordering': ['-day', 'token', 'model'],
            },
        ),
        migrations.CreateModel(
            name='Rerating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.CharField(blank=True, max_length=150)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('provider', models.CharField(blank=True, max_length=50)),
                ('model', models.CharField(blank=True, max_length=250)),
                ('unknown_only', models.BooleanField(default=False, verbose_name='only unknown costs')),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('seen', models.PositiveBigIntegerField(default=0)),
                ('changed', models.PositiveBigIntegerField(default=0)),
                ('before_nano', models.BigIntegerField(default=0)),
                ('after_nano', models.BigIntegerField(default=0)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.AddField(
            model_name='requestlog',
            name='cache',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='requestlog',
            name='first_cost_nano',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='first cost'),
        ),
        migrations.AddField(
            model_name='requestlog',
            name='judged',
            field=models.CharField(blank=True, choices=[('blocked', 'Blocked'), ('shadow', 'Would have been refused or changed'), ('changed', 'Redacted'), ('noted', 'Noted'), ('failed', 'A guardrail failed')], max_length=10),
        ),
        migrations.AddField(
            model_name='requestlog',
            name='rated_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='rated again at'),
        ),
        migrations.AddField(
            model_name='requestlog',
            name='saved_nano',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='saved'),
        ),
        migrations.AddField(
            model_name='requestlog',
            name='tags',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='requestlog',
            name='verdicts',
            field=models.JSONField(default=list),
        ),
        migrations.AddIndex(
            model_name='requestlog',
            index=models.Index(condition=models.Q(('judged', ''), _negated=True), fields=['judged', '-started_at'], name='log_judged'),
        ),
        migrations.AddField(
            model_name='reconciliationline',
            name='reconciliation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='monitoring.reconciliation'),
        ),
    ]
