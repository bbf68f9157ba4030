from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER service_level_never_changes BEFORE UPDATE OR DELETE ON contracts_servicelevel
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER counted_measurement_never_changes BEFORE UPDATE OR DELETE ON contracts_measurement
  FOR EACH ROW WHEN (OLD.counted_in IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER counted_measurement_never_changes ON contracts_measurement;
DROP TRIGGER service_level_never_changes ON contracts_servicelevel;
"""
KEPT = models.F("measured") - models.F("maintenance") - models.F("buyer_caused")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_stays"),
        ("contracts", "0002_signed_rows_stay"),
        ("marketplace", "0003_service_levels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="contractversion",
            name="credit_cap",
            field=models.DecimalField(decimal_places=2, default=Decimal("15.00"), max_digits=5),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="satisfaction_percent",
            field=models.DecimalField(decimal_places=2, max_digits=5, null=True),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="satisfaction_target",
            field=models.DecimalField(decimal_places=2, max_digits=5, null=True),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="satisfaction_floor",
            field=models.DecimalField(decimal_places=2, max_digits=5, null=True),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(condition=models.Q(("credit_cap__gte", 0), ("credit_cap__lte", 100)), name="version_caps_credits_at_a_share"),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(condition=models.Q(models.Q(("satisfaction_floor", None), ("satisfaction_percent", None), ("satisfaction_target", None)), models.Q(("satisfaction_floor__isnull", False), ("satisfaction_floor__lt", models.F("satisfaction_target")), ("satisfaction_percent__gt", 0), ("satisfaction_percent__isnull", False), ("satisfaction_target__isnull", False), ("satisfaction_target__lte", 100)), _connector="OR"), name="version_adjusts_by_a_target_above_its_floor"),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="kind",
            field=models.CharField(choices=[("fee", "Fee"), ("usage", "Usage"), ("credit", "Credit"), ("earn_back", "Earn-back"), ("bonus", "Bonus"), ("satisfaction", "Satisfaction"), ("correction", "Correction"), ("carried", "Carried")], max_length=12),
        ),
        migrations.CreateModel(
            name="ServiceLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="levels", to="contracts.contractversion")),
                ("number", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("promise", models.CharField(max_length=200)),
                ("unit", models.CharField(help_text="what is counted", max_length=40)),
                ("measurer", models.CharField(choices=[("provider", "Provider"), ("buyer", "Buyer")], max_length=8)),
                ("excludes_maintenance", models.BooleanField()),
                ("excludes_buyer_caused", models.BooleanField()),
                ("tiers", models.JSONField()),
                ("earns_back", models.BooleanField()),
                ("bonus_above", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("bonus", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "number"), name="service_level_numbered_once"),
                    models.UniqueConstraint(models.F("version"), django.db.models.functions.text.Lower("name"), name="service_level_named_once"),
                    models.CheckConstraint(condition=models.Q(models.Q(("bonus", None), ("bonus_above", None)), models.Q(("bonus__gt", 0), ("bonus__isnull", False), ("bonus_above__isnull", False)), _connector="OR"), name="service_level_bonus_has_both_figures"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("contract", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="measurements", to="contracts.contract")),
                ("level", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="measurements", to="contracts.servicelevel")),
                ("term", models.CharField(max_length=60)),
                ("month", models.DateField()),
                ("measured", models.PositiveBigIntegerField()),
                ("met", models.PositiveBigIntegerField()),
                ("maintenance", models.PositiveBigIntegerField(default=0, help_text="measured during planned maintenance, not counted")),
                ("buyer_caused", models.PositiveBigIntegerField(default=0, help_text="missed because of the buyer, not counted")),
                ("exclusion_reason", models.CharField(blank=True, max_length=300)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("state", models.CharField(choices=[("entered", "Entered"), ("confirmed", "Confirmed"), ("contested", "Contested")], default="entered", max_length=10)),
                ("contest_reason", models.CharField(blank=True, max_length=300)),
                ("entered_on", models.DateField()),
                ("entered_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("answered_on", models.DateField(null=True)),
                ("answered_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("counted_in", models.DateField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("contract", "term", "month"), name="one_measurement_a_month"),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="measurement_month_is_a_first"),
                    models.CheckConstraint(condition=models.Q(("measured__gt", 0)), name="measurement_measures"),
                    models.CheckConstraint(condition=models.Q(("met__lte", KEPT)), name="met_lies_within_what_counts"),
                    models.CheckConstraint(condition=models.Q(models.Q(("buyer_caused", 0), ("maintenance", 0)), models.Q(("exclusion_reason", ""), _negated=True), _connector="OR"), name="exclusion_has_a_reason"),
                    models.CheckConstraint(condition=models.Q(("counted_in", None), ("counted_in__gte", models.F("month")), _connector="OR"), name="measurement_counts_from_its_month_on"),
                ],
                "indexes": [
                    models.Index(condition=models.Q(("counted_in", None)), fields=["contract"], name="measurement_to_count"),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
