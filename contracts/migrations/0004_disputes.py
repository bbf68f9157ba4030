import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


# Disputes of one line never exceed it, two at once included: the lock on the line makes them wait
# for each other. What was withdrawn before anything was held takes nothing of it.
FORWARD = """
CREATE FUNCTION refuse_dispute_beyond_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE line contracts_settlementline%ROWTYPE; disputed numeric;
BEGIN
  SELECT * INTO line FROM contracts_settlementline WHERE id = NEW.line_id FOR NO KEY UPDATE;
  SELECT coalesce(sum(amount), 0) INTO disputed FROM contracts_dispute
    WHERE line_id = NEW.line_id AND id <> NEW.id AND because <> 'withdrawn';
  IF disputed + NEW.amount > line.amount OR line.contract_id <> NEW.contract_id THEN
    RAISE EXCEPTION 'The line of % is disputed beyond its amount.', line.amount
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER dispute_within_its_line
  BEFORE INSERT OR UPDATE OF line_id, amount, contract_id ON contracts_dispute
  FOR EACH ROW WHEN (NEW.line_id IS NOT NULL) EXECUTE FUNCTION refuse_dispute_beyond_its_line();
CREATE TRIGGER settled_dispute_never_changes BEFORE UPDATE OR DELETE ON contracts_dispute
  FOR EACH ROW WHEN (OLD.state = 'settled') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decided_seat_never_changes BEFORE UPDATE OR DELETE ON contracts_panelseat
  FOR EACH ROW WHEN (OLD.decided_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER decided_seat_never_changes ON contracts_panelseat;
DROP TRIGGER settled_dispute_never_changes ON contracts_dispute;
DROP TRIGGER dispute_within_its_line ON contracts_dispute;
DROP FUNCTION refuse_dispute_beyond_its_line();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_audit_stays'),
        ('contracts', '0003_service_levels'),
        ('ledger', '0003_held_money'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='of the line or the overage')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('reason', models.CharField(max_length=500)),
                ('state', models.CharField(choices=[('open', 'Open'), ('settled', 'Settled')], default='open', max_length=8)),
                ('opened_on', models.DateField()),
                ('key', models.CharField(blank=True, max_length=80)),
                ('mediation_days', models.PositiveSmallIntegerField()),
                ('panel_days', models.PositiveSmallIntegerField()),
                ('offer_days', models.PositiveSmallIntegerField()),
                ('held_amount', models.DecimalField(decimal_places=2, default=0, max_digits=18)),
                ('held_on', models.DateField(null=True)),
                ('answer_until_on', models.DateField()),
                ('answer', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('rejected', 'Rejected'), ('offered', 'Offered')], max_length=8)),
                ('answered_on', models.DateField(null=True)),
                ('answer_note', models.CharField(blank=True, max_length=500)),
                ('offer_percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('offer_until_on', models.DateField(null=True)),
                ('offer_answer', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('rejected', 'Rejected'), ('offered', 'Offered')], max_length=8)),
                ('offer_answered_on', models.DateField(null=True)),
                ('mediator_named_on', models.DateField(null=True)),
                ('proposal_percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('proposal_note', models.CharField(blank=True, max_length=500)),
                ('proposed_on', models.DateField(null=True)),
                ('buyer_agreed_on', models.DateField(null=True)),
                ('provider_agreed_on', models.DateField(null=True)),
                ('proposal_rejected_on', models.DateField(null=True)),
                ('withdrawn_on', models.DateField(null=True)),
                ('because', models.CharField(blank=True, choices=[('withdrawn', 'withdrawn by the buyer'), ('accepted', 'accepted by the provider'), ('silence', 'accepted by the provider’s silence'), ('offer', 'the provider’s offer, accepted by the buyer'), ('proposal', 'the mediator’s proposal, accepted by both'), ('panel', 'the median of the panel'), ('mediator', 'the mediator’s proposal, as the panel did not decide in time'), ('half', 'half, as nobody decided in time'), ('waits', 'nothing was paid: it is decided with the overage that waits')], max_length=10)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('decided_on', models.DateField(null=True)),
                ('settled_on', models.DateField(null=True)),
                ('buyer_amount', models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ('provider_amount', models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='contracts.contract')),
                ('held_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='contracts.settlementline')),
                ('mediator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mediates', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('overage', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispute', to='contracts.overage')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['contract', 'month'], name='dispute_open_by_contract')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('line__isnull', False), ('overage', None)), models.Q(('line', None), ('overage__isnull', False)), _connector='OR'), name='dispute_is_about_one_thing'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='dispute_is_about_money'), models.CheckConstraint(condition=models.Q(('held_amount__gte', 0), ('held_amount__lte', models.F('amount'))), name='dispute_holds_no_more_than_it_is_about'), models.CheckConstraint(condition=models.Q(('held_amount', 0), models.Q(('held_from__isnull', False), ('held_on__isnull', False), ('overage', None)), _connector='OR'), name='held_money_says_whose_it_was'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'settled'), _negated=True), models.Q(('buyer_amount__gte', 0), ('decided_on__isnull', False), ('percent__isnull', False), ('provider_amount__gte', 0), ('settled_on__isnull', False), models.Q(('because', ''), _negated=True)), _connector='OR'), name='settled_dispute_says_how'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'settled'), _negated=True), ('held_amount', django.db.models.expressions.CombinedExpression(models.F('buyer_amount'), '+', models.F('provider_amount'))), models.Q(('amount', django.db.models.expressions.CombinedExpression(models.F('buyer_amount'), '+', models.F('provider_amount'))), ('overage__isnull', False)), _connector='OR'), name='every_cent_held_goes_out'), models.CheckConstraint(condition=models.Q(models.Q(('offer_percent', None), ('offer_percent__range', (0, 100)), _connector='OR'), models.Q(('proposal_percent', None), ('proposal_percent__range', (0, 100)), _connector='OR'), models.Q(('percent', None), ('percent__range', (0, 100)), _connector='OR')), name='dispute_percent_is_a_part'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('contract', 'key'), name='disputed_once_per_key')],
            },
        ),
        migrations.CreateModel(
            name='PanelSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chosen_on', models.DateField()),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('decided_on', models.DateField(null=True)),
                ('chosen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='panel', to='contracts.dispute')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='panel_seats', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('dispute', 'member'), name='one_seat_per_member'), models.CheckConstraint(condition=models.Q(models.Q(('decided_on', None), ('percent', None)), models.Q(('decided_on__isnull', False), ('percent__range', (0, 100))), _connector='OR'), name='decided_seat_names_its_day')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin_month', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('confirmed', 'Confirmed'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('entered_on', models.DateField()),
                ('answered_on', models.DateField(null=True)),
                ('counted_in', models.DateField(help_text='the month whose lines it is in', null=True)),
                ('key', models.CharField(blank=True, max_length=80)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='contracts.contract')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entered_for', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('counted_in', None), ('state', 'confirmed')), fields=['contract'], name='correction_to_count')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='correction_changes_something'), models.CheckConstraint(condition=models.Q(('origin_month__day', 1)), name='correction_month_is_a_first'), models.CheckConstraint(condition=models.Q(('state', 'proposed'), models.Q(('answered_by__isnull', False), ('answered_on__isnull', False)), _connector='OR'), name='answered_correction_says_by_whom'), models.CheckConstraint(condition=models.Q(('counted_in', None), models.Q(('counted_in__gt', models.F('origin_month')), ('state', 'confirmed')), _connector='OR'), name='only_confirmed_corrections_count'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('contract', 'key'), name='corrected_once_per_key')],
            },
        ),
        migrations.CreateModel(
            name='CarriedAmount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('origin_month', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('counted_in', models.DateField(help_text='the month whose lines it is in', null=True)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='carried', to='contracts.contract')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='carried', to='ledger.settlementrun')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('counted_in', None)), fields=['contract'], name='carried_to_count')],
                'constraints': [models.UniqueConstraint(fields=('contract', 'month', 'origin_month'), name='carried_once_per_origin'), models.CheckConstraint(condition=models.Q(('amount__lt', 0)), name='carried_is_owed'), models.CheckConstraint(condition=models.Q(('counted_in', None), ('counted_in__gt', models.F('month')), _connector='OR'), name='carried_into_a_later_month')],
            },
        ),
        migrations.RemoveConstraint(
            model_name='overage',
            name='answered_overage_says_by_whom',
        ),
        migrations.AlterField(
            model_name='overage',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('paid', 'Paid'), ('contested', 'Contested'), ('waived', 'Waived')], default='waiting', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='overage',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'waiting'), ('answered_on__isnull', False), _connector='OR'), name='answered_overage_says_when'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
