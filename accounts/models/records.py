"""What was done or tried, and what was sent."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models.micro_enterprises import MicroEnterprise
from accounts.models.people import User


class AuditEvent(models.Model):
    """Who did or tried what, and when; rows are added, never changed (a trigger sees to it)."""

    at = models.DateTimeField()
    on = models.DateField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    action = models.CharField(max_length=80, help_text="such as micro_enterprise.activate")
    target = models.CharField(max_length=200, blank=True, help_text="kind and id, never a name")
    micro_enterprise = models.ForeignKey(MicroEnterprise, null=True, on_delete=models.PROTECT)
    was_refused = models.BooleanField(default=False)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"


class SentMail(models.Model):
    """A mail of the demo, kept so that it can be read on a page instead of being delivered."""

    sent_at = models.DateTimeField()
    sender = models.CharField(max_length=254)
    to = models.CharField(max_length=1000)
    subject = models.CharField(max_length=500)
    body = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["-sent_at"], name="mail_newest_first")]

    def __str__(self) -> str:
        return self.subject


class IdempotentAnswer(models.Model):
    """The first answer to a POST with an Idempotency-Key, written in the write's transaction."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64, help_text="of method, address and body")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(encoder=DjangoJSONEncoder, null=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_used_once")
        ]
        indexes = [models.Index(fields=["answered_at"], name="answer_by_age")]

    def __str__(self) -> str:
        return self.key
