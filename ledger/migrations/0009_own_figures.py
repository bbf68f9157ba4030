import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Entries are proofs: a correction is another entry, and only says of the old one that it was
# replaced, once.
FORWARD = """
CREATE TRIGGER cost_never_changes BEFORE DELETE OR UPDATE OF micro_enterprise_id, month, amount,
    source, reference, entered_on, entered_by_id, replaces_id, kind, hours
  ON ledger_costrecord FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cost_replaced_for_good BEFORE UPDATE ON ledger_costrecord
  FOR EACH ROW WHEN (OLD.replaced_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sale_never_changes BEFORE DELETE OR UPDATE OF micro_enterprise_id, month, amount,
    source, reference, entered_on, entered_by_id, replaces_id
  ON ledger_outsidesale FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sale_replaced_for_good BEFORE UPDATE ON ledger_outsidesale
  FOR EACH ROW WHEN (OLD.replaced_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verdict_never_changes BEFORE DELETE OR UPDATE ON ledger_valueverdict
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER verdict_never_changes ON ledger_valueverdict;
DROP TRIGGER sale_replaced_for_good ON ledger_outsidesale;
DROP TRIGGER sale_never_changes ON ledger_outsidesale;
DROP TRIGGER cost_replaced_for_good ON ledger_costrecord;
DROP TRIGGER cost_never_changes ON ledger_costrecord;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_scopes_of_clients'),
        ('ledger', '0008_subsidies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CostRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('source', models.CharField(help_text='where the figure is from', max_length=120)),
                ('reference', models.CharField(help_text='its key in the source', max_length=80)),
                ('entered_on', models.DateField()),
                ('replaced_on', models.DateField(null=True)),
                ('kind', models.CharField(choices=[('labour', 'Labour'), ('other', 'Other')], max_length=6)),
                ('hours', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ('entered_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('micro_enterprise', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
                ('replaces', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.costrecord')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_on', None)), fields=('micro_enterprise', 'month', 'kind', 'reference'), name='cost_recorded_once'), models.UniqueConstraint(fields=('replaces',), name='cost_corrected_once'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='cost_month_is_a_first'), models.CheckConstraint(condition=models.Q(('month__lte', models.F('entered_on'))), name='cost_of_a_month_that_has_begun'), models.CheckConstraint(condition=models.Q(models.Q(('hours__gte', 0), ('kind', 'labour')), models.Q(('hours', 0), ('kind', 'other')), _connector='OR'), name='only_labour_has_hours'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='cost_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('source', ''), _negated=True), models.Q(('reference', ''), _negated=True)), name='cost_has_a_source')],
            },
        ),
        migrations.CreateModel(
            name='OutsideSale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18)),
                ('source', models.CharField(help_text='where the figure is from', max_length=120)),
                ('reference', models.CharField(help_text='its key in the source', max_length=80)),
                ('entered_on', models.DateField()),
                ('replaced_on', models.DateField(null=True)),
                ('entered_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('micro_enterprise', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.microenterprise')),
                ('replaces', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.outsidesale')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_on', None)), fields=('micro_enterprise', 'month', 'reference'), name='sale_recorded_once'), models.UniqueConstraint(fields=('replaces',), name='sale_corrected_once'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='sale_month_is_a_first'), models.CheckConstraint(condition=models.Q(('month__lte', models.F('entered_on'))), name='sale_of_a_month_that_has_begun'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='sale_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('source', ''), _negated=True), models.Q(('reference', ''), _negated=True)), name='sale_has_a_source')],
            },
        ),
        migrations.CreateModel(
            name='ValueVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('is_judged', models.BooleanField()),
                ('value_added', models.DecimalField(decimal_places=2, max_digits=18)),
                ('labour', models.DecimalField(decimal_places=2, max_digits=18)),
                ('has_paying_customer', models.BooleanField()),
                ('has_met_outcome', models.BooleanField()),
                ('judged_on', models.DateField()),
                ('policy_version', models.PositiveIntegerField(default=0)),
                ('led_to', models.CharField(blank=True, choices=[('proposed', 'Proposed'), ('incubating', 'Incubating'), ('active', 'Active'), ('probation', 'Probation'), ('dissolving', 'Dissolving'), ('dissolved', 'Dissolved'), ('rejected', 'Rejected')], max_length=10)),
                ('micro_enterprise', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='accounts.microenterprise')),
            ],
            options={
                'indexes': [models.Index(fields=['month'], name='verdict_by_month')],
                'constraints': [models.UniqueConstraint(fields=('micro_enterprise', 'month'), name='one_verdict_per_me_and_month'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='verdict_month_is_a_first'), models.CheckConstraint(condition=models.Q(('led_to__in', ['', 'active', 'probation'])), name='verdict_leads_to_a_state')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
