import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

# A published budget may only be started, once; what it was decided by stays with it.
FORWARD = """
CREATE FUNCTION refuse_change_of_published_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.started_on IS NULL
     AND to_jsonb(NEW) - 'started_on' = to_jsonb(OLD) - 'started_on' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'The budget % is published.', OLD.id
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE FUNCTION refuse_rule_of_published_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- The row lock makes a change of the rules and the publishing wait for each other.
  PERFORM 1 FROM ledger_budget WHERE id = NEW.budget_id AND state = 'published' FOR SHARE;
  IF FOUND THEN
    RAISE EXCEPTION 'The budget % is published.', NEW.budget_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER published_budget_never_changes BEFORE UPDATE OR DELETE ON ledger_budget
  FOR EACH ROW WHEN (OLD.state = 'published')
  EXECUTE FUNCTION refuse_change_of_published_plan();
CREATE TRIGGER published_budget_gets_no_rule BEFORE INSERT ON ledger_budgetrule
  FOR EACH ROW WHEN (NEW.budget_id IS NOT NULL)
  EXECUTE FUNCTION refuse_rule_of_published_plan();
CREATE TRIGGER decided_request_stays BEFORE INSERT OR UPDATE OR DELETE ON ledger_budgetrequest
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_budget();
CREATE TRIGGER deciding_board_stays BEFORE INSERT OR UPDATE OR DELETE ON ledger_boardseat
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_budget();
DROP TRIGGER published_allocation_stays ON ledger_allocation;
CREATE TRIGGER published_allocation_stays
  BEFORE INSERT OR DELETE OR UPDATE OF rule_id, micro_enterprise_id, amount, reference, figures
  ON ledger_allocation FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_budget();
"""
BACKWARD = """
DROP TRIGGER published_allocation_stays ON ledger_allocation;
CREATE TRIGGER published_allocation_stays
  BEFORE INSERT OR DELETE OR UPDATE OF rule_id, micro_enterprise_id, amount, reference
  ON ledger_allocation FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_budget();
DROP TRIGGER deciding_board_stays ON ledger_boardseat;
DROP TRIGGER decided_request_stays ON ledger_budgetrequest;
DROP TRIGGER published_budget_gets_no_rule ON ledger_budgetrule;
DROP TRIGGER published_budget_never_changes ON ledger_budget;
DROP FUNCTION refuse_rule_of_published_plan();
DROP FUNCTION refuse_change_of_published_plan();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_audit_stays'),
        ('ledger', '0003_held_money'),
    ]

    operations = [
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('fund', models.CharField(choices=[('operating', 'Operating'), ('learning', 'Learning'), ('incentive', 'Incentive')], max_length=10)),
                ('fiscal_year', models.PositiveSmallIntegerField()),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('waiting', 'Waiting'), ('published', 'Published')], default='draft', max_length=10)),
                ('drafted_on', models.DateField()),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seen', models.CharField(blank=True, max_length=64)),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('needs_second', models.BooleanField(default=False)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('published_on', models.DateField(null=True)),
                ('starts_on', models.DateField(null=True)),
                ('counts_from', models.DateField(null=True)),
                ('started_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('fund', 'fiscal_year', 'version'), name='one_budget_per_fund_year_and_version'), models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='budget_version_from_1'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), models.Q(('counts_from__isnull', False), ('published_by__isnull', False), ('published_on__isnull', False), ('starts_on__isnull', False), models.Q(('seen', ''), _negated=True)), _connector='OR'), name='published_budget_says_when_and_what'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('published_by')), _negated=True), _connector='OR'), name='budget_confirmed_by_somebody_else'), models.CheckConstraint(condition=models.Q(models.Q(('needs_second', True), ('state', 'published'), _negated=True), ('confirmed_by__isnull', False), _connector='OR'), name='own_budget_has_a_second_hr_admin'), models.CheckConstraint(condition=models.Q(('started_on', None), ('state', 'published'), _connector='OR'), name='only_a_published_budget_starts')],
            },
        ),
        migrations.AddField(
            model_name='budgetrule',
            name='budget',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='ledger.budget'),
        ),
        migrations.AddField(
            model_name='budgetrule',
            name='reason',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AlterField(
            model_name='budgetrule',
            name='kind',
            field=models.CharField(choices=[('single', 'Single'), ('list', 'List'), ('department_to_customers', 'Department To Customers'), ('fixed', 'Fixed'), ('per_head', 'Per Head'), ('revenue_share', 'Revenue Share'), ('last_use', 'Last Use'), ('requests', 'Requests')], max_length=24),
        ),
        migrations.AddConstraint(
            model_name='budgetrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('budget', None), ('kind__in', ['single', 'list', 'department_to_customers'])), models.Q(('budget__isnull', False), models.Q(('kind__in', ['single', 'list']), _negated=True)), _connector='OR'), name='rule_is_alone_or_of_a_budget'),
        ),
        migrations.AddField(
            model_name='allocation',
            name='figures',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='allocation',
            name='brought',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=18),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('brought__gte', 0)), name='brought_is_not_negative'),
        ),
        migrations.CreateModel(
            name='BudgetRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='ledger.budgetrule')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budget_requests', to='accounts.microenterprise')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('reason', models.CharField(max_length=500)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_on', models.DateField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rule', 'micro_enterprise'), name='one_request_per_rule_and_me'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='request_asks_for_something'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='request_says_why')],
            },
        ),
        migrations.CreateModel(
            name='BoardSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='board', to='ledger.budgetrule')),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='board_seats', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rule', 'peer'), name='one_seat_per_peer_and_board')],
            },
        ),
        migrations.CreateModel(
            name='RequestVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='ledger.budgetrequest')),
                ('seat', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='ledger.boardseat')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('voted_on', models.DateField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('request', 'seat'), name='one_vote_per_peer_and_request'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='vote_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='MoneyReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=24)),
                ('name', models.CharField(max_length=80)),
                ('ended_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('code',), name='one_reason_per_code')],
            },
        ),
        migrations.CreateModel(
            name='MoneyMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='money_moved_away', to='accounts.microenterprise')),
                ('payee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='money_moved_here', to='accounts.microenterprise')),
                ('fund', models.CharField(choices=[('operating', 'Operating'), ('learning', 'Learning'), ('incentive', 'Incentive')], max_length=10)),
                ('fiscal_year', models.PositiveSmallIntegerField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('reason', models.CharField(max_length=24)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('key', models.CharField(max_length=80)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('declined', 'Declined')], default='waiting', max_length=10)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_on', models.DateField()),
                ('needs_second', models.BooleanField(default=False)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key',), name='move_asked_once_per_key'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='move_moves_something'), models.CheckConstraint(condition=models.Q(('payer', models.F('payee')), _negated=True), name='move_has_two_sides'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='move_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('decided_on', None), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_on__isnull', False)), _connector='OR'), name='move_decided_on_a_day'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), _connector='OR'), name='move_confirmed_by_somebody_else'), models.CheckConstraint(condition=models.Q(models.Q(('needs_second', True), ('state', 'done'), _negated=True), ('confirmed_by__isnull', False), _connector='OR'), name='own_move_has_a_second_hr_admin')],
            },
        ),
        migrations.CreateModel(
            name='Freeze',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='freezes', to='accounts.microenterprise')),
                ('fund', models.CharField(blank=True, choices=[('operating', 'Operating'), ('learning', 'Learning'), ('incentive', 'Incentive')], max_length=10)),
                ('reason', models.CharField(max_length=200)),
                ('frozen_on', models.DateField()),
                ('frozen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_on', models.DateField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_because', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_on', None)), fields=('micro_enterprise', 'fund'), name='frozen_once_per_me_and_fund'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='freeze_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_by', None), ('lifted_on', None)), models.Q(('lifted_by__isnull', False), ('lifted_on__gte', models.F('frozen_on'))), _connector='OR'), name='freeze_lifted_by_somebody_after_it_began')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
