import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        # Its many changes of labels render every model that stands: while there are few.
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='BudgetRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('single', 'Single'), ('list', 'List'), ('department_to_customers', 'Department To Customers')], max_length=24)),
                ('fund', models.CharField(choices=[('operating', 'Operating'), ('learning', 'Learning'), ('incentive', 'Incentive')], max_length=10)),
                ('fiscal_year', models.PositiveSmallIntegerField()),
                ('release', models.CharField(choices=[('yearly', 'Yearly'), ('monthly', 'Monthly')], default='yearly', max_length=8)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published')], default='draft', max_length=10)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
                ('terms', models.JSONField(default=dict)),
                ('drafted_on', models.DateField()),
                ('drafted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('published_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('published_on__isnull', False), _connector='OR'), name='published_rule_names_its_day'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('drafted_by')), _negated=True), _connector='OR'), name='rule_confirmed_by_somebody_else'), models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', False), ('kind', 'department_to_customers')), models.Q(models.Q(('kind', 'department_to_customers'), _negated=True), ('department', None)), _connector='OR'), name='rule_names_its_department')],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='ledger.budgetrule')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='accounts.microenterprise')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('stopped_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rule', 'micro_enterprise', 'reference'), name='allocated_once_per_rule_and_me'), models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('reference',), name='allocation_reference_used_once'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='allocation_grants_something')],
            },
        ),
        migrations.CreateModel(
            name='MoneyCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_at', models.DateTimeField()),
                ('checked_on', models.DateField()),
                ('checked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('is_sound', models.BooleanField()),
                ('findings', models.JSONField(default=list)),
            ],
            options={
                'indexes': [models.Index(fields=['-checked_at'], name='money_check_newest_first')],
            },
        ),
        migrations.CreateModel(
            name='SettlementRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('computed', 'Computed'), ('posted', 'Posted'), ('locked', 'Locked')], default='open', max_length=10)),
                ('goal', models.CharField(choices=[('open', 'Open'), ('computed', 'Computed'), ('posted', 'Posted'), ('locked', 'Locked')], default='computed', max_length=10)),
                ('opened_at', models.DateTimeField()),
                ('computed_at', models.DateTimeField(null=True)),
                ('posted_at', models.DateTimeField(null=True)),
                ('posted_on', models.DateField(null=True)),
                ('locked_at', models.DateTimeField(null=True)),
                ('policy_version', models.PositiveIntegerField(default=0)),
                ('digest', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('month',), name='one_settlement_run_per_month'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='run_month_is_a_first'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['posted', 'locked']), _negated=True), ('posted_on__isnull', False), _connector='OR'), name='posted_run_names_its_day')],
            },
        ),
        migrations.CreateModel(
            name='SettlementChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='ledger.settlementrun')),
                ('number', models.PositiveIntegerField()),
                ('first_buyer', models.PositiveBigIntegerField(help_text='key of the first buyer ME, inclusive')),
                ('last_buyer', models.PositiveBigIntegerField(help_text='key of the last buyer ME, inclusive')),
                ('contract_count', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('open', 'Open'), ('computed', 'Computed'), ('posted', 'Posted')], default='open', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failure', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'number'), name='chunk_numbered_once'), models.CheckConstraint(condition=models.Q(('last_buyer__gte', models.F('first_buyer'))), name='chunk_is_a_range')],
            },
        ),
        migrations.CreateModel(
            name='Wallet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to='accounts.microenterprise')),
                ('fund', models.CharField(blank=True, choices=[('operating', 'Operating'), ('learning', 'Learning'), ('incentive', 'Incentive')], max_length=10)),
                ('fiscal_year', models.PositiveSmallIntegerField(null=True)),
                ('system', models.CharField(blank=True, choices=[('treasury', 'Treasury'), ('outside', 'Outside'), ('held', 'Held')], max_length=10)),
                ('balance', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=18)),
                ('reserved', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=18)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'fund', 'fiscal_year'), name='one_wallet_per_me_fund_and_year'), models.UniqueConstraint(condition=models.Q(('system', ''), _negated=True), fields=('system',), name='one_wallet_per_system'), models.CheckConstraint(condition=models.Q(models.Q(('fiscal_year__isnull', False), ('owner__isnull', False), ('system', ''), models.Q(('fund', ''), _negated=True)), models.Q(models.Q(('system', ''), _negated=True), ('balance', 0), ('fiscal_year', None), ('fund', ''), ('owner', None), ('reserved', 0)), _connector='OR'), name='wallet_is_of_an_me_or_of_the_system'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='reserved_not_negative'), models.CheckConstraint(condition=models.Q(('balance__gte', models.F('reserved'))), name='wallet_never_overspent')],
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause_route', models.CharField(max_length=60)),
                ('cause_id', models.PositiveBigIntegerField()),
                ('payer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='paid', to='ledger.wallet')),
                ('payee', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='received', to='ledger.wallet')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('kind', models.CharField(choices=[('grant', 'Grant'), ('charge', 'Charge'), ('credit', 'Credit'), ('purchase', 'Purchase'), ('learning', 'Learning'), ('move', 'Move'), ('carry_over', 'Carry Over'), ('lapse', 'Lapse'), ('levy', 'Levy'), ('hold', 'Hold'), ('release', 'Release'), ('upside', 'Upside')], max_length=10)),
                ('month', models.DateField()),
                ('reference', models.CharField(max_length=120)),
                ('posted_on', models.DateField()),
                ('posted_at', models.DateTimeField()),
                ('posted_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['payer', 'month'], name='transfer_paid'), models.Index(fields=['payee', 'month'], name='transfer_received'), models.Index(fields=['cause_route', 'cause_id'], name='transfer_by_cause')],
                'constraints': [models.UniqueConstraint(fields=('reference',), name='transfer_reference_used_once'), models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='transfer_has_a_reference'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='transfer_moves_something'), models.CheckConstraint(condition=models.Q(('payer', models.F('payee')), _negated=True), name='transfer_has_two_sides'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='transfer_month_is_a_first')],
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause_route', models.CharField(max_length=60)),
                ('cause_id', models.PositiveBigIntegerField()),
                ('wallet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='ledger.wallet')),
                ('kind', models.CharField(choices=[('pre_committed', 'Pre Committed'), ('committed', 'Committed'), ('dispute_window', 'Dispute Window')], max_length=14)),
                ('month', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('made_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
                ('closed_on', models.DateField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_on', None)), fields=['wallet', 'kind'], name='reservation_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on', None)), fields=('cause_route', 'cause_id', 'wallet', 'kind', 'month'), name='promised_once_per_cause_kind_and_month'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='reservation_holds_something'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='reservation_month_is_a_first')],
            },
        ),
    ]
