"""`ratings/`: the own ones, and nobody else's, whoever asks (PRODUCT 4.16, 4.22)."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Unknown
from accounts.models import User
from accounts.rest import KeyField, MonthField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.fields import unknown_key
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Nothing, Resource, Row
from contracts.actions import ratings
from contracts.models import Contract, Rating


class RatingRow(Row[Rating]):
    month = MonthField(read_only=True)

    class Meta:
        model = Rating
        fields = ("id", "contract", "month", "score", "comment", "rated_at", "withdrawn_on")


class RatingBody(serializers.Serializer[Any]):
    contract = KeyField(queryset=Contract.objects.all())
    month = MonthField(help_text="the month that is rated")
    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = OptionalText(ratings.LONGEST_COMMENT)


class RatingFilters(FilterSet):
    contract = KeyFilter()
    month = MonthFilter()


class Ratings(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Rating]):
    """One's own ratings; they count in sums of five or more, from the 15th on."""

    queryset = Rating.objects.all()
    serializer_class = RatingRow
    filterset_class = RatingFilters

    def rows(self, user: User, on: date) -> QuerySet[Rating]:
        own = Rating.objects.filter(person=user.person_id or 0)
        return own if user.person_id else own.none()

    @extend_schema(request=RatingBody, responses={201: RatingRow})
    @retried
    def create(self, request: Request) -> Response:
        """Rate a contract for a month; given anew until the 14th, it replaces the first."""
        given = self.asked(RatingBody)
        contract = given.pop("contract")
        try:
            rated = ratings.rate(contract, **given, by=self.user, on=self.on)
        except Unknown:
            # Whose it is to know hangs on the month as well; the answer is that of any wrong id.
            raise unknown_key("contract", contract.pk) from None
        return self.shown(rated, 201)

    @extend_schema(request=Nothing, responses=RatingRow)
    @action(detail=True, methods=["post"])
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the own rating back; it counts no more from the next computation."""
        rating = self.get_object()
        ratings.withdraw_rating(rating.contract, month=rating.month, by=self.user, on=self.on)
        return self.shown(rating)
