"""The proofs that the money adds up."""

from django.conf import settings
from django.db import models


class MoneyCheck(models.Model):
    """One run of every check of the money, kept as a proof; rows are added, never changed."""

    checked_at = models.DateTimeField()
    checked_on = models.DateField()
    # None: the timetable or a command.
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_sound = models.BooleanField()
    # [{"what", "means", "figures": [[label, value], ...], "broken": [sentence, ...]}]
    findings = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-checked_at"], name="money_check_newest_first")]

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M}"

    @property
    def broken(self) -> list[str]:
        """The words of the checks that did not hold."""
        return [found["what"] for found in self.findings if found["broken"]]
