import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models
from django.db.models import F, Q


def amount():
    return models.DecimalField(decimal_places=2, default=Decimal("0.00"), max_digits=18)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_statement_mails")]
    operations = [
        migrations.AddField("wallet", "closed_on", models.DateField(null=True)),
        migrations.AddConstraint(
            "wallet",
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(balance=0, reserved=0),
                name="closed_wallet_is_empty",
            ),
        ),
        migrations.CreateModel(
            name="WalletClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("closed_on", models.DateField()),
                ("closed_at", models.DateTimeField()),
                ("rule", models.CharField(max_length=20)),
                ("policy_version", models.PositiveIntegerField(default=0)),
                ("allocation", amount()),
                ("free", amount()),
                ("earned", amount()),
                ("carried", amount()),
                ("shared", amount()),
                ("lapsed", amount()),
                ("reserved", amount()),
                ("lapses_on", models.DateField(null=True)),
                ("decayed_on", models.DateField(null=True)),
                ("decayed", amount()),
                ("successor", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="carried_into", to="ledger.wallet")),
                ("wallet", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="closing", to="ledger.wallet")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["lapses_on"], condition=Q(decayed_on=None), name="closing_that_lapses")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(free=F("earned") + F("carried") + F("shared") + F("lapsed")),
                        name="closing_divides_what_was_free",
                    ),
                    models.CheckConstraint(
                        condition=Q(earned__gte=0, carried__gte=0, shared__gte=0, lapsed__gte=0)
                        & Q(reserved__gte=0, decayed__gte=0),
                        name="closing_is_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=Q(decayed_on=None, decayed=0)
                        | Q(decayed_on__isnull=False, lapses_on__isnull=False)
                & Q(decayed_on__gte=F("lapses_on"))
                & Q(decayed__lte=F("earned") + F("carried") + F("reserved")),
                        name="carried_money_lapses_on_its_day",
                    ),
                    models.CheckConstraint(
                        condition=Q(successor__isnull=False) | Q(earned=0, carried=0, reserved=0),
                        name="carried_money_has_a_wallet",
                    ),
                ],
            },
        ),
    ]
