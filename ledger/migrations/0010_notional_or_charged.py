from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

# The basis of a month is what its day says; a switch that is done decides it for good.
FORWARD = """
CREATE TRIGGER done_switch_never_changes BEFORE DELETE OR UPDATE OF micro_enterprise_id, starts_on,
    operating, learning, state, decided_on, decided_at
  ON ledger_chargedswitch FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER done_switch_never_changes ON ledger_chargedswitch"


def amount():
    return models.DecimalField(decimal_places=2, default=Decimal("0.00"), max_digits=18)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("accounts", "0002_audit_stays"),
        ("ledger", "0009_own_figures"),
    ]
    operations = [
        migrations.AddField(
            "transfer", "is_charged", models.BooleanField(db_default=False, default=False)
        ),
        migrations.CreateModel(
            name="ChargedSwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField()),
                ("operating", amount()),
                ("learning", amount()),
                ("reason", models.CharField(max_length=300)),
                ("state", models.CharField(choices=[("planned", "Planned"), ("done", "Done"), ("refused", "Refused"), ("cancelled", "Cancelled")], default="planned", max_length=10)),
                ("planned_on", models.DateField()),
                ("decided_on", models.DateField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("refusal", models.CharField(blank=True, max_length=300)),
                ("finished_on", models.DateField(null=True)),
                ("micro_enterprise", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="switches", to="accounts.microenterprise")),
                ("planned_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["micro_enterprise"],
                        condition=Q(state__in=["planned", "done"]),
                        name="one_switch_per_me",
                    ),
                    models.CheckConstraint(condition=Q(starts_on__day=1), name="switch_is_on_a_first"),
                    models.CheckConstraint(
                        condition=Q(operating__gte=0, learning__gte=0),
                        name="switch_grants_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=Q(state="planned", decided_on=None)
                        | ~Q(state="planned") & Q(decided_on__isnull=False),
                        name="decided_switch_names_its_day",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state="done") | Q(decided_on__gte=F("starts_on")),
                        name="switch_is_done_from_its_day_on",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
