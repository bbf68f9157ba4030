"""What was uploaded from the HR system, from its preview until it is applied."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from accounts.models.people import User


class PeopleImport(models.Model):
    """One file of HR data. Its rows wait here so that exactly what was previewed is applied; they
    are emptied then, and the figures stay.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people"
        HEAD_COUNTS = "head_counts", "head counts"

    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind)
    is_full = models.BooleanField()
    effective_on = models.DateField()
    rows = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    changes = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    refused = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    notes = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    units = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    counts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=64, help_text="of the changes that were previewed")
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(applied_at__gte=F("uploaded_at")),
                name="import_is_applied_after_its_upload",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(rows=[]), name="applied_import_keeps_no_rows"
            ),
        ]
        indexes = [models.Index(fields=["-uploaded_at"], name="import_newest_first")]

    def __str__(self) -> str:
        return self.file_name
