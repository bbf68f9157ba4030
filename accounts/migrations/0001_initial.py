import accounts.models.micro_enterprises
import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.operations
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(
        ),
        django.contrib.postgres.operations.TrigramExtension(
        ),
        migrations.CreateModel(
            name='FoundingCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('wrong_attempts', models.PositiveSmallIntegerField(default=0)),
                ('singleton', models.BooleanField(default=True, editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('singleton',), name='one_founding_code'), models.CheckConstraint(condition=models.Q(('singleton', True)), name='founding_code_is_the_one')],
            },
        ),
        migrations.CreateModel(
            name='HeadCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hr_unit', models.CharField(max_length=200)),
                ('job_title', models.CharField(max_length=250)),
                ('grade', models.CharField(blank=True, max_length=60)),
                ('fte', models.DecimalField(decimal_places=2, max_digits=8)),
                ('source', models.CharField(blank=True, max_length=60)),
                ('counted_on', models.DateField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'counted_on', 'hr_unit', 'job_title', 'grade'), name='posts_counted_once_a_day'), models.CheckConstraint(condition=models.Q(('fte__gte', 0)), name='head_count_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('name', models.CharField(max_length=80)),
            ],
            options={
                'ordering': ['day'],
                'constraints': [models.UniqueConstraint(fields=('day',), name='holiday_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('currency', models.CharField(help_text='ISO 4217, such as EUR', max_length=3)),
                ('time_zone', models.CharField(default='UTC', max_length=60)),
                ('fiscal_year_start_month', models.PositiveSmallIntegerField(default=1)),
                ('moved_by_days', models.IntegerField(default=0)),
                ('founded_at', models.DateTimeField()),
                ('singleton', models.BooleanField(default=True, editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('singleton',), name='one_organization'), models.CheckConstraint(condition=models.Q(('singleton', True)), name='organization_is_the_one'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='currency_is_iso_4217'), models.CheckConstraint(condition=models.Q(('fiscal_year_start_month__range', (1, 12))), name='fiscal_year_starts_in_a_month')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(help_text="the HR system's own key", max_length=64)),
                ('name', models.CharField(max_length=250)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('hr_unit', models.CharField(blank=True, max_length=200)),
                ('job_title', models.CharField(blank=True, max_length=250)),
                ('fte', models.DecimalField(decimal_places=2, default=1, max_digits=5)),
                ('manager_external_id', models.CharField(blank=True, max_length=64)),
                ('source', models.CharField(blank=True, max_length=60)),
                ('left_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['name'], name='person_by_name'), models.Index(condition=models.Q(('left_on', None)), fields=['source'], name='person_by_source')],
                'constraints': [models.UniqueConstraint(fields=('external_id',), name='person_known_once'), models.CheckConstraint(condition=models.Q(('external_id', ''), _negated=True), name='person_has_an_external_id'), models.CheckConstraint(condition=models.Q(('fte__gte', 0)), name='fte_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254)),
                ('person', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='user', to='accounts.person')),
                ('name', models.CharField(blank=True, help_text='of a client without a person', max_length=150)),
                ('is_client', models.BooleanField(default=False)),
                ('is_hr_admin', models.BooleanField(default=False)),
                ('is_chro', models.BooleanField(default=False)),
                ('is_auditor', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('invited_at', models.DateTimeField(blank=True, null=True)),
                ('signed_out_at', models.DateTimeField(blank=True, help_text='sessions from before this instant are over', null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='one_login_per_email'), models.CheckConstraint(condition=models.Q(('is_client', False), models.Q(('is_auditor', False), ('is_chro', False), ('is_hr_admin', False), ('person', None)), _connector='OR'), name='client_is_nobody')],
            },
        ),
        migrations.CreateModel(
            name='MicroEnterprise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('frontline', 'Frontline'), ('service', 'Service'), ('platform', 'Platform')], max_length=10)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('incubating', 'Incubating'), ('active', 'Active'), ('probation', 'Probation'), ('dissolving', 'Dissolving'), ('dissolved', 'Dissolved'), ('rejected', 'Rejected')], default='proposed', max_length=10)),
                ('purpose', models.CharField(blank=True, max_length=500)),
                ('legal_entity', models.CharField(blank=True, max_length=120)),
                ('hr_unit', models.CharField(blank=True, help_text='the HR unit it grew from', max_length=200)),
                ('has_outside_customer', models.BooleanField(default=False)),
                ('formed_on', models.DateField()),
                ('formed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('activated_on', models.DateField(blank=True, null=True)),
                ('rejected_because', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='micro_enterprise_named_once'), models.UniqueConstraint(condition=models.Q(('hr_unit', ''), _negated=True), fields=('hr_unit',), name='one_me_per_hr_unit'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='micro_enterprise_has_a_name'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), ('activated_on__isnull', False), _connector='OR'), name='active_me_was_activated'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'rejected'), _negated=True), models.Q(('rejected_because', ''), _negated=True), _connector='OR'), name='rejected_me_knows_why')],
            },
        ),
        migrations.CreateModel(
            name='CustomerOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='accounts.microenterprise')),
                ('name', models.CharField(max_length=200)),
                ('customer', models.CharField(max_length=120)),
                ('metric', models.CharField(max_length=120)),
                ('unit', models.CharField(max_length=30)),
                ('baseline', models.DecimalField(decimal_places=4, max_digits=14)),
                ('target', models.DecimalField(decimal_places=4, max_digits=14)),
                ('source', models.CharField(max_length=200)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='outcome_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('baseline', models.F('target')), _negated=True), name='outcome_changes_something')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('on', models.DateField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('action', models.CharField(help_text='such as micro_enterprise.activate', max_length=80)),
                ('target', models.CharField(blank=True, help_text='kind and id, never a name', max_length=200)),
                ('micro_enterprise', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='accounts.microenterprise')),
                ('was_refused', models.BooleanField(default=False)),
                ('details', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
            ],
            options={
                'indexes': [models.Index(fields=['-at'], name='audit_newest_first')],
            },
        ),
        migrations.CreateModel(
            name='PeopleImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('uploaded_at', models.DateTimeField()),
                ('file_name', models.CharField(max_length=255)),
                ('source', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('people', 'People'), ('head_counts', 'head counts')], max_length=12)),
                ('is_full', models.BooleanField()),
                ('effective_on', models.DateField()),
                ('rows', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('changes', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('refused', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('notes', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('units', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('counts', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('digest', models.CharField(help_text='of the changes that were previewed', max_length=64)),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-uploaded_at'], name='import_newest_first')],
                'constraints': [models.CheckConstraint(condition=models.Q(('applied_at', None), ('applied_at__gte', models.F('uploaded_at')), _connector='OR'), name='import_is_applied_after_its_upload'), models.CheckConstraint(condition=models.Q(('applied_at', None), ('rows', []), _connector='OR'), name='applied_import_keeps_no_rows')],
            },
        ),
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60)),
                ('number', models.PositiveIntegerField(help_text='version of this key, from 1')),
                ('value', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('valid_from_on', models.DateField()),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('set_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'number'), name='policy_numbered_once')],
            },
        ),
        migrations.CreateModel(
            name='RightsGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rights', to='accounts.microenterprise')),
                ('right', models.CharField(choices=[('decide', 'Decide'), ('hire', 'Hire'), ('distribute', 'Distribute')], max_length=10)),
                ('extent', models.CharField(blank=True, max_length=300)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('granted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends_on', None)), fields=('micro_enterprise', 'right'), name='right_granted_once_at_a_time'), models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='right_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roles', to='accounts.microenterprise')),
                ('name', models.CharField(max_length=250)),
                ('description', models.CharField(blank=True, max_length=1000)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('micro_enterprise', 'name'), name='role_named_once')],
            },
        ),
        migrations.CreateModel(
            name='OutcomeLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='accounts.role')),
                ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='accounts.customeroutcome')),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends_on', None)), fields=('role', 'outcome'), name='role_tied_once_to_an_outcome'), models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', django.db.models.expressions.CombinedExpression(models.F('starts_on'), '-', models.Value(datetime.timedelta(days=1)))), _connector='OR'), name='tie_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.person')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.microenterprise')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.role')),
                ('is_lead', models.BooleanField(default=False)),
                ('is_acting_lead', models.BooleanField(default=False)),
                ('named_as', models.CharField(blank=True, choices=[('lead', 'Lead'), ('acting_lead', 'Acting Lead')], max_length=11)),
                ('may_sign', models.BooleanField(default=False)),
                ('allocation_percent', models.DecimalField(decimal_places=2, default=100, max_digits=5)),
                ('share_points', models.PositiveIntegerField(default=0)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('is_imported', models.BooleanField(default=False)),
                ('person_accepted_at', models.DateTimeField(blank=True, null=True)),
                ('lead_accepted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), ('micro_enterprise', '='), (accounts.models.micro_enterprises._Days('starts_on', 'ends_on', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)), '&&')], name='one_membership_per_person_me_and_day'), models.CheckConstraint(condition=models.Q(models.Q(('lead_accepted_at__isnull', False), ('person_accepted_at__isnull', False)), models.Q(('is_acting_lead', False), ('is_lead', False), ('may_sign', False), ('share_points', 0)), _connector='OR'), name='rights_need_both_acceptances'), models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='membership_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('allocation_percent__gt', 0), ('allocation_percent__lte', 100)), name='allocation_is_a_share_of_the_person')],
            },
        ),
        migrations.CreateModel(
            name='SentMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sent_at', models.DateTimeField()),
                ('sender', models.CharField(max_length=254)),
                ('to', models.CharField(max_length=1000)),
                ('subject', models.CharField(max_length=500)),
                ('body', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['-sent_at'], name='mail_newest_first')],
            },
        ),
        migrations.CreateModel(
            name='IdempotentAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.CharField(max_length=200)),
                ('request_hash', models.CharField(help_text='of method, address and body', max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                ('answered_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['answered_at'], name='answer_by_age')],
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='idempotency_key_used_once')],
            },
        ),
    ]
