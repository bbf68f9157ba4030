"""Which statements went out by mail."""

from django.db import models
from django.db.models import Q

from accounts.models import MicroEnterprise


class StatementMail(models.Model):
    """The statement of one ME and month was mailed; once, because the row is written before."""

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="statement_mails"
    )
    month = models.DateField()
    sent_on = models.DateField()
    reader_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "micro_enterprise"], name="statement_mailed_once"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="mailed_month_is_a_first"),
        ]

    def __str__(self) -> str:
        return f"Statement of {self.micro_enterprise}, {self.month:%Y-%m}"
