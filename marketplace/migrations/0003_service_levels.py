from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER published_level_never_changes BEFORE INSERT OR UPDATE OR DELETE
  ON marketplace_offeredlevel
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published();
"""
BACKWARD = "DROP TRIGGER published_level_never_changes ON marketplace_offeredlevel;"


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0002_published_versions_stay")]

    operations = [
        migrations.AddField(
            model_name="offeringversion",
            name="credit_cap",
            field=models.DecimalField(decimal_places=2, default=Decimal("15.00"), help_text="percent of the month that all credits together are at most", max_digits=5),
        ),
        migrations.AddConstraint(
            model_name="offeringversion",
            constraint=models.CheckConstraint(condition=models.Q(("credit_cap__gte", 0), ("credit_cap__lte", 100)), name="offering_caps_credits_at_a_share"),
        ),
        migrations.CreateModel(
            name="OfferedLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="levels", to="marketplace.offeringversion")),
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
                    models.UniqueConstraint(fields=("version", "number"), name="offered_level_numbered_once"),
                    models.UniqueConstraint(models.F("version"), django.db.models.functions.text.Lower("name"), name="offered_level_named_once"),
                    models.CheckConstraint(condition=models.Q(models.Q(("bonus", None), ("bonus_above", None)), models.Q(("bonus__gt", 0), ("bonus__isnull", False), ("bonus_above__isnull", False)), _connector="OR"), name="offered_level_bonus_has_both_figures"),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
