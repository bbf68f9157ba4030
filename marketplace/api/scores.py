"""`scores/`: satisfaction, in sums of at least five raters and in nothing smaller."""

from datetime import date

from django.db.models import Q, QuerySet
from rest_framework import mixins, serializers

from accounts.models import User
from accounts.rest import MonthField
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource, Row
from marketplace.models import SatisfactionScore
from marketplace.queries import scores_visible_to


class ScoreRow(Row[SatisfactionScore]):
    """Of an offering, or of all of a provider (`offering` null); nulls below 5 raters."""

    provider = serializers.SerializerMethodField()
    n = serializers.SerializerMethodField(help_text="counted ratings")
    raters = serializers.SerializerMethodField(help_text="distinct persons")
    invited = serializers.SerializerMethodField()
    response_rate = serializers.SerializerMethodField(help_text="ratings per invitation, 0 to 1")
    from_month = MonthField(read_only=True)
    to_month = MonthField(read_only=True)

    class Meta:
        model = SatisfactionScore
        fields = (
            "id", "offering", "provider", "csat", "lower_bound", "mean", "n", "raters", "invited",
            "response_rate", "from_month", "to_month",
        )  # fmt: skip

    def get_provider(self, score: SatisfactionScore) -> str:
        return str(score.offering.provider_id if score.offering else score.provider_id)

    def get_n(self, score: SatisfactionScore) -> int | None:
        return self._shown(score, score.n)

    def get_raters(self, score: SatisfactionScore) -> int | None:
        return self._shown(score, score.raters)

    def get_invited(self, score: SatisfactionScore) -> int | None:
        return self._shown(score, score.invited)

    def get_response_rate(self, score: SatisfactionScore) -> str | None:
        rate = score.response_rate
        return None if score.csat is None or rate is None else f"{rate:.4f}"

    def _shown(self, score: SatisfactionScore, figure: int) -> int | None:
        return None if score.csat is None else figure


class ScoreFilters(FilterSet):
    """Never by buyer, person or contract: a sum that can be cut that fine is a name."""

    offering = KeyFilter()
    provider = KeyFilter(method="by_provider")
    to_month = MonthFilter()

    def by_provider(
        self, rows: QuerySet[SatisfactionScore], name: str, value: str
    ) -> QuerySet[SatisfactionScore]:
        return rows.filter(Q(provider=int(value)) | Q(offering__provider=int(value)))


class Scores(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[SatisfactionScore]):
    """The headline of each revealed month, the newest first."""

    scopes = {"GET": "market:read"}
    queryset = SatisfactionScore.objects.all()
    serializer_class = ScoreRow
    filterset_class = ScoreFilters

    def rows(self, user: User, on: date) -> QuerySet[SatisfactionScore]:
        return scores_visible_to(user)

    def loaded(self, rows: QuerySet[SatisfactionScore]) -> QuerySet[SatisfactionScore]:
        return rows.select_related("offering")
