import contracts.models.changes
import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_audit_stays'),
        ('contracts', '0004_disputes'),
        ('marketplace', '0002_published_versions_stay'),
    ]

    operations = [
        migrations.CreateModel(
            name='Breach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivered_on', models.DateField()),
                ('text', models.CharField(max_length=1000)),
                ('cure_until_on', models.DateField(help_text='by the policy of the day it was delivered')),
                ('state', models.CharField(choices=[('open', 'Open'), ('cured', 'Cured'), ('uncured', 'Uncured'), ('moot', 'Moot')], default='open', max_length=8)),
                ('answered_on', models.DateField(null=True)),
                ('reminded_on', models.DateField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='breaches', to='contracts.contract')),
                ('reported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reported_for', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
            ],
            options={
                'verbose_name_plural': 'breaches',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('contract', 'reported_for'), name='one_open_breach_per_party'), models.CheckConstraint(condition=models.Q(('cure_until_on__gt', models.F('delivered_on'))), name='breach_leaves_time_to_cure'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='breach_says_what_is_broken')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('suspend', 'Suspend'), ('resume', 'Resume'), ('withdraw_notice', 'Withdraw Notice'), ('amend', 'Amend'), ('renew', 'Renew'), ('complete', 'Complete')], max_length=15)),
                ('proposed_on', models.DateField()),
                ('answer_until_on', models.DateField(help_text='by the policy of the day it was proposed')),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('state', models.CharField(choices=[('open', 'Open'), ('confirmed', 'Confirmed'), ('dropped', 'Dropped'), ('replaced', 'Replaced')], default='open', max_length=10)),
                ('answered_on', models.DateField(null=True)),
                ('reminded_on', models.DateField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='contracts.contract')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_for', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.contractversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('contract', 'kind'), name='one_open_proposal_of_a_kind'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['amend', 'renew']), ('version__isnull', False)), models.Q(models.Q(('kind__in', ['amend', 'renew']), _negated=True), ('version', None)), _connector='OR'), name='changed_terms_have_a_version')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('is_open', models.BooleanField(default=True)),
                ('is_ordered', models.BooleanField(default=False)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('decided_on', models.DateField()),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='contracts.contract')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('contract', '='), (contracts.models.changes._Days('first_on', django.db.models.expressions.CombinedExpression(models.F('last_on'), '+', models.Value(1)), models.Value('[)')), '&&')], name='suspended_days_never_overlap'), models.CheckConstraint(condition=models.Q(('last_on__gte', django.db.models.expressions.CombinedExpression(models.F('first_on'), '-', models.Value(1)))), name='suspension_ends_after_it_begins'), models.UniqueConstraint(condition=models.Q(('is_open', True)), fields=('contract',), name='one_open_suspension_per_contract')],
            },
        ),
        migrations.AddField(
            model_name='contract',
            name='over_after_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='contract',
            name='over_because',
            field=models.CharField(blank=True, choices=[('expired', 'Expired'), ('notice', 'Notice'), ('cancelled', 'Cancelled'), ('mutual', 'Mutual'), ('cause', 'Cause'), ('chronic_failure', 'Chronic Failure'), ('completed', 'Completed'), ('suspension_lapsed', 'Suspension Lapsed'), ('dissolved', 'Dissolved')], max_length=20),
        ),
        migrations.AddField(
            model_name='contract',
            name='renews_months',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('over_after_on', None), ('over_because', '')), models.Q(('over_after_on__isnull', False), models.Q(('over_because', ''), _negated=True), ('state__in', ['active', 'suspended', 'notice'])), _connector='OR'), name='looming_end_says_why'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'notice'), _negated=True), ('ended_on__isnull', False), _connector='OR'), name='notice_names_its_last_day'),
        ),
    ]
