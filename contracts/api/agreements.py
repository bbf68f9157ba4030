"""`contracts/`: drafts, and every event of the negotiation as an address of its own."""

from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import may_see_every_negotiation, memberships_of
from accounts.rest import KeyField, MoneyField, QuantityField
from accounts.rest.answers import once, retried
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter
from accounts.rest.resources import Resource, Row
from contracts.actions import agreements
from contracts.api.bodies import (
    AcceptBody,
    AdjustmentBody,
    CounterBody,
    DraftBody,
    EndBody,
    OfferBody,
    ReasonBody,
    ReviseBody,
    TermsBody,
)
from contracts.api.open_rows import BreachRow, ProposalRow, SuspensionRow
from contracts.api.term_rows import LevelRow, MeasureRow, Sections
from contracts.lifecycle import ended_because_on, state_on
from contracts.models import Contract, ContractEvent, EndProposal, Signature
from contracts.queries.agreements import events_of, in_state, visible_to
from contracts.terms import SECTIONS, Measure, Terms, terms_of
from marketplace.api.levels import PercentField
from marketplace.api.offerings import ParametersField
from marketplace.models import OfferingVersion, ServiceOffering
from marketplace.price_plans import Plan
from marketplace.queries import version_on

State = Contract.State


class SignatureRow(Row[Signature]):
    micro_enterprise = KeyField(source="party", read_only=True)

    class Meta:
        model = Signature
        fields = ("micro_enterprise", "hash", "signed_on", "signed_at")


class OpenEndRow(Row[EndProposal]):
    """The last day that one side has named; the other may confirm it by naming it too."""

    micro_enterprise = KeyField(source="proposed_for", read_only=True)

    class Meta:
        model = EndProposal
        fields = ("micro_enterprise", "last_day_on", "proposed_on", "answer_until_on", "reason")


class ContractRow(Row[Contract]):
    """A contract with its current terms.

    `sections`, `signatures` and `open_end` are null for whoever is of neither party: price and
    measures of active contracts are open to the firm, their negotiation is not (PRODUCT 4.22).
    """

    state = serializers.SerializerMethodField()
    ended_because = serializers.SerializerMethodField()
    title = serializers.CharField(source="current.title", read_only=True)
    version = serializers.IntegerField(source="current.number", read_only=True)
    hash = serializers.CharField(source="current.hash", read_only=True)
    plan = serializers.CharField(source="current.plan", read_only=True)
    price = MoneyField(source="current.price", read_only=True)
    parameters = ParametersField(source="current.parameters", read_only=True)
    unit = serializers.CharField(source="current.unit", read_only=True)
    expected_quantity = QuantityField(
        source="current.expected_quantity", read_only=True, allow_null=True
    )
    cap_quantity = QuantityField(source="current.cap_quantity", read_only=True, allow_null=True)
    measures = MeasureRow(source="current.measures", many=True, read_only=True)
    levels = LevelRow(source="current.levels", many=True, read_only=True)
    credit_cap = PercentField(source="current.credit_cap", read_only=True)
    adjustment = serializers.SerializerMethodField()
    sections = serializers.SerializerMethodField()
    signatures = serializers.SerializerMethodField()
    open_end = serializers.SerializerMethodField()
    over_because = serializers.SerializerMethodField()
    mediator = serializers.SerializerMethodField(help_text="who mediates disputes; a person")
    notice_days = serializers.SerializerMethodField()
    suspensions = serializers.SerializerMethodField()
    proposals = serializers.SerializerMethodField()
    breaches = serializers.SerializerMethodField()

    class Meta:
        model = Contract
        fields = (
            "id", "state", "ended_because", "ended_on", "offering", "title", "buyer", "provider",
            "turn", "starts_on", "ends_on", "offered_on", "answer_until_on", "created_on",
            "version", "hash", "plan", "price", "parameters", "unit", "expected_quantity",
            "cap_quantity", "measures", "levels", "credit_cap", "adjustment", "mediator",
            "sections",
            "signatures", "open_end",
            "over_after_on", "over_because", "notice_days", "renews_months", "suspensions",
            "proposals", "breaches",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(State.choices))
    def get_state(self, contract: Contract) -> str:
        return state_on(contract, on=self.context["on"]).value

    @extend_schema_field(serializers.ChoiceField(Contract.EndedBecause.choices, allow_null=True))
    def get_ended_because(self, contract: Contract) -> str | None:
        return str(ended_because_on(contract, on=self.context["on"])) or None

    @extend_schema_field(AdjustmentBody(allow_null=True))
    def get_adjustment(self, contract: Contract) -> Any:
        return contract.current.terms.get("adjustment") if contract.current else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_mediator(self, contract: Contract) -> str | None:
        if not self._is_open(contract) or contract.current is None:
            return None
        named = contract.current.terms.get("mediator")
        return None if named is None else str(named)

    @extend_schema_field(Sections(allow_null=True))
    def get_sections(self, contract: Contract) -> Any:
        if not self._is_open(contract) or contract.current is None:
            return None
        return {name: contract.current.terms[name] for name in SECTIONS}

    @extend_schema_field(SignatureRow(many=True, allow_null=True))
    def get_signatures(self, contract: Contract) -> Any:
        if not self._is_open(contract):
            return None
        return SignatureRow(contract.signatures.all(), many=True).data

    @extend_schema_field(OpenEndRow(allow_null=True))
    def get_open_end(self, contract: Contract) -> Any:
        ends = contract.end_proposals.all() if self._is_open(contract) else ()
        named = [end for end in ends if end.state == EndProposal.State.OPEN]
        return OpenEndRow(named[0]).data if named else None

    @extend_schema_field(serializers.ChoiceField(Contract.EndedBecause.choices, allow_null=True))
    def get_over_because(self, contract: Contract) -> str | None:
        return contract.over_because or None

    @extend_schema_field(serializers.IntegerField())
    def get_notice_days(self, contract: Contract) -> int:
        return terms_of(contract.current.terms).notice_days if contract.current else 0

    @extend_schema_field(SuspensionRow(many=True, allow_null=True))
    def get_suspensions(self, contract: Contract) -> Any:
        if not self._is_open(contract):
            return None
        return SuspensionRow(contract.suspensions.all(), many=True).data

    @extend_schema_field(ProposalRow(many=True, allow_null=True))
    def get_proposals(self, contract: Contract) -> Any:
        if not self._is_open(contract):
            return None
        on = self.context["on"]
        standing = [each for each in contract.proposals.all() if each.answer_until_on >= on]
        return ProposalRow([each for each in standing if each.state == "open"], many=True).data

    @extend_schema_field(BreachRow(many=True, allow_null=True))
    def get_breaches(self, contract: Contract) -> Any:
        if not self._is_open(contract):
            return None
        return BreachRow(contract.breaches.all(), many=True).data

    def _is_open(self, contract: Contract) -> bool:
        """Whether the negotiation is this user's to see; asked once for all rows."""
        mine = self.context["view"].open_parties
        return mine is None or bool({contract.buyer_id, contract.provider_id} & mine)


class EventRow(Row[ContractEvent]):
    """One link of the contract's chain: what happened, when, by whom, for which party."""

    micro_enterprise = KeyField(source="party", read_only=True, allow_null=True)
    version = serializers.IntegerField(source="version.number", read_only=True, allow_null=True)

    class Meta:
        model = ContractEvent
        fields = (
            "id", "number", "kind", "on", "at", "actor", "micro_enterprise", "version", "note",
            "previous_hash", "hash",
        )  # fmt: skip


class ContractFilters(FilterSet):
    micro_enterprise = KeyFilter(method="by_party", label="a party, on either side")
    buyer = KeyFilter()
    provider = KeyFilter()
    offering = KeyFilter()
    turn = KeyFilter(label="the party that answers next")
    state = django_filters.ChoiceFilter(choices=State.choices, method="by_state")
    starts_on = DayFilter()
    ends_on = DayFilter()

    def by_party(self, rows: QuerySet[Contract], name: str, value: str) -> QuerySet[Contract]:
        return rows.filter(Q(buyer=value) | Q(provider=value))

    def by_state(self, rows: QuerySet[Contract], name: str, value: str) -> QuerySet[Contract]:
        return in_state(rows, value, on=self.on)


class Contracts(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Contract]):
    """Contracts of the own MEs, and of others those that run; a client drafts and no more."""

    scopes = {"GET": "contracts:read", "POST": "contracts:write", "PATCH": "contracts:write"}
    queryset = Contract.objects.all()
    serializer_class = ContractRow
    filterset_class = ContractFilters

    @cached_property
    def open_parties(self) -> set[int] | None:
        """The MEs whose negotiations this user reads; None for all of them."""
        if may_see_every_negotiation(self.user) or self.user.is_client:
            return None
        mine = memberships_of(self.user, on=self.on)
        return set(mine.values_list("micro_enterprise", flat=True))

    def rows(self, user: User, on: date) -> QuerySet[Contract]:
        return visible_to(user, on=on)

    def loaded(self, rows: QuerySet[Contract]) -> QuerySet[Contract]:
        return rows.select_related("current", "buyer", "provider").prefetch_related(
            "current__measures",
            "current__levels",
            "signatures",
            "end_proposals",
            "suspensions",
            "breaches",
            "proposals__version",
        )

    @extend_schema(request=DraftBody, responses={201: ContractRow})
    @once
    def create(self, request: Request) -> Response:
        """Draft a contract: what is left out is as the offering says; nothing is promised yet."""
        given = self.asked(DraftBody)
        acting, offering = given.pop("micro_enterprise"), given.pop("offering")
        buyer = given.pop("buyer", acting)
        drafted = agreements.draft(
            offering, buyer=buyer, party=acting, terms=_offered_terms(offering, given, on=self.on),
            by=self.user, on=self.on,
        )  # fmt: skip
        return self.shown(drafted, 201)

    @extend_schema(request=ReviseBody, responses=ContractRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rewrite a draft before anybody has signed it."""
        return self._changed(agreements.revise, ReviseBody)

    @extend_schema(request=OfferBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def offer(self, request: Request, pk: str) -> Response:
        """Sign first; the buyer's money is pre-committed while the other side thinks."""
        contract, given = self.get_object(), self.asked(OfferBody)
        if contract.current is not None:
            given.setdefault("seen_hash", contract.current.hash)
        return self._happened(agreements.offer, contract, given)

    @extend_schema(request=CounterBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def counter(self, request: Request, pk: str) -> Response:
        """Answer with other terms: a new version, signed, and the turn goes to the other side."""
        return self._changed(agreements.counter, CounterBody)

    @extend_schema(request=AcceptBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def accept(self, request: Request, pk: str) -> Response:
        """Sign the terms that were read; what was pre-committed is committed."""
        return self._happened(agreements.accept, self.get_object(), self.asked(AcceptBody))

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def decline(self, request: Request, pk: str) -> Response:
        """Say no to the offer; what was pre-committed is free again."""
        return self._happened(agreements.decline, self.get_object(), self.asked(ReasonBody))

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the own offer back before it is answered."""
        return self._happened(agreements.withdraw, self.get_object(), self.asked(ReasonBody))

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a signed contract up before it starts, in time; all is released."""
        return self._happened(agreements.cancel, self.get_object(), self.asked(ReasonBody))

    @extend_schema(request=EndBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def end(self, request: Request, pk: str) -> Response:
        """Name the last day; the other side ends the contract by naming the same day."""
        return self._happened(agreements.propose_end, self.get_object(), self.asked(EndBody))

    @extend_schema(responses=EventRow(many=True), filters=False)
    @action(detail=True, filterset_class=None, serializer_class=EventRow)
    def events(self, request: Request, pk: str) -> Response:
        """The contract's chained events, newest first; for its parties and auditors."""
        events = events_of(self.get_object(), by=self.user, on=self.on)
        page = self.paginate_queryset(self.filter_queryset(events))  # type: ignore[arg-type]
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _changed(self, event: Callable[..., Contract], body: type[TermsBody]) -> Response:
        """An event that carries terms: those that are not sent stay as they are."""
        contract, given = self.get_object(), self.asked(body)
        changes = {name: given.pop(name) for name in list(given) if name in TERMS}
        if contract.current is None:
            raise AssertionError(f"{contract} has no terms.")
        given["terms"] = terms_of(contract.current.terms).with_changes(**changes)
        return self._happened(event, contract, given)

    def _happened(
        self, event: Callable[..., Contract], contract: Contract, given: dict[str, Any]
    ) -> Response:
        return self.shown(event(contract, **given, by=self.user, on=self.on))


TERMS = frozenset(Terms.__dataclass_fields__)


def _offered_terms(offering: ServiceOffering, given: dict[str, Any], *, on: date) -> Terms:
    """What the offering says, with what was sent in its place."""
    version = version_on(offering, on=on)
    if version is None:
        raise AssertionError(f"{offering} was published without a version.")
    given.setdefault("price", version.price)
    given.setdefault("parameters", version.parameters)
    if Plan(version.plan).counts and version.usual_quantity is not None:
        given.setdefault("expected_quantity", version.usual_quantity)
    given.setdefault("measures", _offered_measures(version))
    levels = (each.level.without_bonus() for each in version.levels.all())
    given.setdefault("levels", tuple(levels))
    given.setdefault("credit_cap", version.credit_cap)
    if given.get("expected_quantity"):
        given.setdefault("cap_quantity", given["expected_quantity"])
    return Terms(**given)


def _offered_measures(version: OfferingVersion) -> tuple[Measure, ...]:
    names = Measure.__dataclass_fields__
    return tuple(
        Measure(**{name: getattr(each, name) for name in names}) for each in version.measures.all()
    )
