"""`audit-events/`: who did or tried what, for auditors."""

from datetime import date

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers

from accounts import permissions
from accounts.models import AuditEvent, User
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter
from accounts.rest.resources import Resource, Row


class AuditEventRow(Row[AuditEvent]):
    details = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEvent
        fields = (
            "id", "at", "on", "actor", "action", "target", "micro_enterprise", "was_refused",
            "details",
        )  # fmt: skip


class AuditEventFilters(FilterSet):
    actor = KeyFilter()
    action = django_filters.CharFilter()
    target = django_filters.CharFilter()
    micro_enterprise = KeyFilter()
    was_refused = django_filters.BooleanFilter()
    on = DayFilter()


class AuditEvents(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[AuditEvent]):
    """The audit trail, newest first; names stand nowhere in it, only kinds and ids."""

    queryset = AuditEvent.objects.all()
    serializer_class = AuditEventRow
    filterset_class = AuditEventFilters

    def rows(self, user: User, on: date) -> QuerySet[AuditEvent]:
        permissions.require(
            permissions.may_read_audit(user), "Only an auditor reads the audit trail."
        )
        return AuditEvent.objects.all()
