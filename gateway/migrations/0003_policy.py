"""Limits, budgets, guardrails and the answer cache; tags of keys."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import gateway.models.budget
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gateway', '0002_routing'),
        ('providers', '0004_routing'),
    ]

    operations = [
        migrations.CreateModel(
            name='CacheSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('mode', models.CharField(choices=[('off', 'Off, whatever a call asks'), ('asked', 'When a call asks for it'), ('on', 'On, unless a call asks otherwise')], default='asked', max_length=5)),
                ('seconds', models.PositiveIntegerField(default=3600, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31622400)], verbose_name='answers keep (seconds)')),
                ('share_between_teams', models.BooleanField(default=False, help_text="One team's answer may be another's. Off: each team has answers of its own.")),
                ('join', models.BooleanField(default=False, help_text='Those in flight are answered by one call.', verbose_name='join identical requests')),
                ('memory_megabytes', models.PositiveIntegerField(default=64, validators=[django.core.validators.MaxValueValidator(1000000)])),
                ('disk_megabytes', models.PositiveIntegerField(default=0, help_text='0: no answers are kept on disk.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('use_redis', models.BooleanField(default=True, help_text='Where there is one: all processes share it.')),
                ('similar_model', models.CharField(blank=True, help_text='Any name Switchboard knows. Empty: only the same request is answered from the cache.', max_length=250, verbose_name='embeddings model')),
                ('similar_threshold', models.FloatField(default=0.95, help_text='Cosine similarity from which on a request counts as the same.', validators=[django.core.validators.MinValueValidator(0.5), django.core.validators.MaxValueValidator(1)], verbose_name='similarity')),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'cache settings',
                'verbose_name_plural': 'cache settings',
            },
        ),
        migrations.CreateModel(
            name='SpendingSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('assumed_input_price', models.DecimalField(blank=True, decimal_places=6, help_text='USD for a million input units of a model without a known price. Empty: hard budgets refuse it.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(0)])),
                ('assumed_output_price', models.DecimalField(blank=True, decimal_places=6, help_text='USD for a million output units of such a model.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(0)])),
                ('assumed_output', models.PositiveIntegerField(default=4096, help_text='The most output of a call that names no maximum, sent to the vendor where a hard budget holds.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000000)])),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'spending settings',
                'verbose_name_plural': 'spending settings',
            },
        ),
        migrations.AddField(
            model_name='apikey',
            name='cache',
            field=models.CharField(blank=True, choices=[('off', 'Off, whatever a call asks'), ('asked', 'When a call asks for it'), ('on', 'On, unless a call asks otherwise')], help_text='Empty: as everywhere.', max_length=5, verbose_name='answer cache'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='cache_seconds',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: as everywhere.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31622400)], verbose_name='answers keep (seconds)'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='tags',
            field=models.JSONField(blank=True, default=list, help_text='Of all its calls, beside those they name by x-switchboard-tags.'),
        ),
        migrations.AddField(
            model_name='route',
            name='assumed_output',
            field=models.PositiveIntegerField(blank=True, help_text='The most output of a call that names no maximum, where a hard budget holds. Empty: as usual.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000000)]),
        ),
        migrations.AddField(
            model_name='route',
            name='cache',
            field=models.CharField(blank=True, choices=[('off', 'Off, whatever a call asks'), ('asked', 'When a call asks for it'), ('on', 'On, unless a call asks otherwise')], help_text='Empty: as everywhere.', max_length=5, verbose_name='answer cache'),
        ),
        migrations.AddField(
            model_name='route',
            name='cache_seconds',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: as everywhere.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31622400)], verbose_name='answers keep (seconds)'),
        ),
        migrations.AddField(
            model_name='route',
            name='cache_shared',
            field=models.BooleanField(blank=True, help_text='Unknown: as everywhere.', null=True, verbose_name='share answers between teams'),
        ),
        migrations.AddField(
            model_name='route',
            name='cache_similar',
            field=models.BooleanField(default=False, help_text='From the cache, by the embeddings model of its settings.', verbose_name='answer similar requests'),
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('enabled', models.BooleanField(default=True)),
                ('subject', models.CharField(choices=[('everyone', 'Everyone together'), ('team', 'A team'), ('key', 'An API key'), ('provider', 'A provider'), ('model', 'A model'), ('tag', 'A tag')], max_length=10)),
                ('model', models.CharField(blank=True, help_text="A model's own id, <provider>:<id>, or a pattern of either (gpt-4o*).", max_length=250)),
                ('tag', models.CharField(blank=True, help_text="Calls carry it by x-switchboard-tags, or by their API key's tags.", max_length=60)),
                ('measure', models.CharField(choices=[('cost', 'Money'), ('usage', 'Usage: input and output units')], default='cost', max_length=6)),
                ('amount', models.PositiveBigIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(4611686018427387904)])),
                ('period', models.CharField(choices=[('day', 'Day'), ('week', 'Week'), ('month', 'Calendar month'), ('total', 'In total')], default='month', max_length=6)),
                ('mode', models.CharField(choices=[('hard', 'Hard: never more than that'), ('soft', 'Soft: alerts only'), ('shadow', 'Shadow: notes what it would have refused')], default='hard', max_length=6)),
                ('thresholds', models.JSONField(blank=True, default=gateway.models.budget.usual_thresholds, help_text='Percent of the amount; an event tells when each is reached.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('api_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to='gateway.apikey', verbose_name='API key')),
                ('provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to='providers.provider')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to='gateway.team')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='BudgetEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('kind', models.CharField(choices=[('threshold', 'Threshold reached'), ('over_hold', 'A vendor billed more than was held'), ('lease_lost', 'A lease came back from a process that is gone'), ('mismatch', 'The books differ'), ('corrected', 'Corrected')], max_length=12)),
                ('exchange_id', models.UUIDField(blank=True, null=True)),
                ('text', models.CharField(max_length=500)),
                ('budget', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='gateway.budget')),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='BudgetPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('spent', models.BigIntegerField(default=0)),
                ('leased', models.BigIntegerField(default=0)),
                ('calls', models.PositiveBigIntegerField(default=0)),
                ('refused', models.PositiveBigIntegerField(default=0)),
                ('told', models.PositiveSmallIntegerField(default=0)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='periods', to='gateway.budget')),
            ],
            options={
                'ordering': ['-starts_at'],
            },
        ),
        migrations.CreateModel(
            name='BudgetLease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder', models.CharField(db_index=True, max_length=36)),
                ('amount', models.BigIntegerField(default=0)),
                ('renewed_at', models.DateTimeField()),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leases', to='gateway.budgetperiod')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exchange_id', models.UUIDField()),
                ('amount', models.BigIntegerField()),
                ('at', models.DateTimeField(db_index=True)),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='gateway.budgetperiod')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetRaise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.PositiveBigIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(4611686018427387904)])),
                ('starts_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('made_by', models.CharField(blank=True, editable=False, max_length=150)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='raises', to='gateway.budget')),
            ],
            options={
                'verbose_name': 'temporary raise',
                'ordering': ['ends_at'],
            },
        ),
        migrations.CreateModel(
            name='Guardrail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('enabled', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=100, help_text='Guardrails run in this order, lowest first.')),
                ('kind', models.CharField(choices=[('pii', 'Personal data and secrets'), ('words', 'Words'), ('patterns', 'Patterns (regular expressions)'), ('safety', 'Safety classifier'), ('toxicity', 'Toxicity classifier'), ('size', 'Input size'), ('models', 'Allowed models'), ('schema', 'JSON schema of replies')], max_length=10)),
                ('on_requests', models.BooleanField(default=True, verbose_name='checks requests')),
                ('on_replies', models.BooleanField(default=False, verbose_name='checks replies')),
                ('action', models.CharField(choices=[('block', 'Block: refuse the call'), ('redact', 'Redact: put a placeholder in its place'), ('restore', 'Redact, and restore in the reply'), ('log', 'Log only')], default='block', max_length=8)),
                ('shadow', models.BooleanField(default=False, help_text='Only notes what it would have done.')),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('on_failure', models.CharField(choices=[('closed', 'Closed: refuse the call'), ('open', 'Open: let it through')], default='closed', max_length=6)),
                ('timeout', models.FloatField(default=5.0, help_text='Seconds for one check.', validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(120)])),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('api_keys', models.ManyToManyField(blank=True, related_name='guardrails', to='gateway.apikey', verbose_name='API keys')),
                ('routes', models.ManyToManyField(blank=True, related_name='guardrails', to='gateway.route')),
                ('teams', models.ManyToManyField(blank=True, related_name='guardrails', to='gateway.team')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Limit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(choices=[('everyone', 'Everyone together'), ('each_key', 'Each API key (of a team, or of all)'), ('key', 'One API key'), ('team', 'A team together'), ('provider', 'A provider'), ('model', 'A model')], max_length=10)),
                ('model', models.CharField(blank=True, help_text="A model's own id, <provider>:<id>, or a pattern of either (gpt-4o*).", max_length=250)),
                ('requests_per_minute', models.PositiveBigIntegerField(blank=True, help_text='In any 60 seconds. Empty: any.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000000)], verbose_name='requests a minute')),
                ('usage_per_minute', models.PositiveBigIntegerField(blank=True, help_text='Input and output units together, in any 60 seconds. Empty: any.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000000)], verbose_name='usage a minute')),
                ('parallel', models.PositiveBigIntegerField(blank=True, help_text='More get 429 at once. Empty: any.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000000)], verbose_name='requests at once')),
                ('enabled', models.BooleanField(default=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('api_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='gateway.apikey', verbose_name='API key')),
                ('provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='providers.provider')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='gateway.team')),
            ],
            options={
                'ordering': ['subject', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='budgetperiod',
            constraint=models.UniqueConstraint(fields=('budget', 'starts_at'), name='one_row_a_period'),
        ),
        migrations.AddConstraint(
            model_name='budgetlease',
            constraint=models.UniqueConstraint(fields=('period', 'holder'), name='one_lease_a_holder'),
        ),
        migrations.AddConstraint(
            model_name='budgetentry',
            constraint=models.UniqueConstraint(fields=('exchange_id', 'period'), name='booked_once'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.UniqueConstraint(condition=models.Q(('subject', 'key')), fields=('api_key',), name='one_limit_a_key'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.UniqueConstraint(condition=models.Q(('subject__in', ('team', 'each_key'))), fields=('team', 'subject'), name='one_limit_a_team'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.UniqueConstraint(condition=models.Q(('subject', 'provider')), fields=('provider',), name='one_limit_a_provider'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.UniqueConstraint(condition=models.Q(('subject', 'model')), fields=('model',), name='one_limit_a_model'),
        ),
    ]
