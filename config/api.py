"""`/api/v1/`: where every resource lives, and what is said about all of them."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, inline_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from accounts.api import AuditEvents, CustomerOutcomes, Memberships, People, Roles
from accounts.errors import Unknown
from accounts.models import Organization
from accounts.rest import today_of
from accounts.rest.access import OfTheFirm
from accounts.rest.resources import AlwaysJSON
from contracts.api import (
    Contracts,
    Corrections,
    Disputes,
    Measurements,
    OutsidePurchases,
    Overages,
    Ratings,
    SettlementRuns,
    SuccessResults,
    UsageEntries,
)
from learning_market.api import CourseRuns, Courses, LearningPurchases
from ledger.api import (
    Allocations,
    BudgetRequests,
    BudgetRounds,
    Budgets,
    CostRecords,
    Forecasts,
    Freezes,
    Grants,
    Journal,
    Moves,
    OutsideSales,
    Profits,
    ShadowStatements,
    Statements,
    Switches,
    Transfers,
    ValueVerdicts,
    Wallets,
    YearEnds,
)
from marketplace.api import Categories, MicroEnterprises, Offerings, OutsideOffers, Scores

app_name = "api"
router = SimpleRouter()
RESOURCES: dict[str, type[ViewSetMixin]] = {
    "people": People,
    "micro-enterprises": MicroEnterprises,
    "memberships": Memberships,
    "roles": Roles,
    "customer-outcomes": CustomerOutcomes,
    "categories": Categories,
    "offerings": Offerings,
    "outside-offers": OutsideOffers,
    "scores": Scores,
    "wallets": Wallets,
    "transfers": Transfers,
    "statements": Statements,
    "forecasts": Forecasts,
    "year-ends": YearEnds,
    "switches": Switches,
    "grants": Grants,
    "allocations": Allocations,
    "budgets": Budgets,
    "budget-rounds": BudgetRounds,
    "budget-requests": BudgetRequests,
    "moves": Moves,
    "freezes": Freezes,
    "shadow-statements": ShadowStatements,
    "profits": Profits,
    "value-verdicts": ValueVerdicts,
    "journal": Journal,
    "cost-records": CostRecords,
    "outside-sales": OutsideSales,
    "outside-purchases": OutsidePurchases,
    "contracts": Contracts,
    "usage": UsageEntries,
    "settlement-runs": SettlementRuns,
    "success-results": SuccessResults,
    "measurements": Measurements,
    "disputes": Disputes,
    "overages": Overages,
    "corrections": Corrections,
    "ratings": Ratings,
    "courses": Courses,
    "course-runs": CourseRuns,
    "learning-purchases": LearningPurchases,
    "audit-events": AuditEvents,
}
for name, resource in RESOURCES.items():
    router.register(name, resource, name)


class Root(APIView):
    """The organisation, its currency and its day, and where everything else is."""

    permission_classes = [OfTheFirm]
    content_negotiation_class = AlwaysJSON
    http_method_names = ["get", "head"]

    @extend_schema(
        responses=inline_serializer(
            "Root",
            {
                "name": serializers.CharField(),
                "currency": serializers.CharField(help_text="ISO 4217"),
                "time_zone": serializers.CharField(),
                "today": serializers.DateField(),
                "links": serializers.DictField(child=serializers.URLField()),
            },
        )
    )
    def get(self, request: Request) -> Response:
        organization = Organization.objects.first()
        if organization is None:
            raise Unknown("No organisation has been founded here yet.")
        names = [prefix for prefix, _, _ in router.registry]
        links = {name: reverse(f"api:{name}-list", request=request) for name in names}
        more = {name: reverse(f"api:{name}", request=request) for name in ("schema", "docs")}
        return Response(
            {
                "name": organization.name,
                "currency": organization.currency,
                "time_zone": organization.time_zone,
                "today": today_of(request),
                "links": links | more,
            }
        )


class Document(SpectacularAPIView):
    """The OpenAPI document; `?format=json` for JSON, YAML otherwise. Open to everybody."""

    permission_classes = [AllowAny]
    authentication_classes = []


class Docs(SpectacularSwaggerSplitView):
    """The documentation with its script in a file of its own, as the strict CSP asks."""

    permission_classes = [AllowAny]
    authentication_classes = []
    template_name = "api/docs.html"
    url_name = "api:schema"


urlpatterns: list[URLPattern | URLResolver] = [
    path("", Root.as_view(), name="root"),
    path("schema/", Document.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    *router.urls,
]
