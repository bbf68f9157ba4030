"""`contracts/ID/`: the events of a contract that runs; each names the party that is acted for."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from accounts.rest import ActingMEField, DayField, OptionalText
from accounts.rest.answers import retried
from contracts.actions import amendments, breaches, notices, suspensions
from contracts.actions.breaches import LONGEST_TEXT
from contracts.api.agreements import TERMS, ContractRow, Contracts
from contracts.api.bodies import AcceptBody, PartyBody, ReasonBody, TermsBody
from contracts.models import Contract, Proposal
from contracts.terms import terms_of


class PartyOrOfficeBody(serializers.Serializer[Any]):
    """Left out, the CHRO orders it for integrity, and then the reason is needed."""

    micro_enterprise = ActingMEField(source="party", required=False)
    reason = OptionalText(500)


class AmendBody(AcceptBody, TermsBody):
    """With `valid_from_on` it proposes: `hash` is of the current terms, and what is left out stays.

    Without, it signs the amendment whose `hash` was read.
    """

    valid_from_on = DayField(required=False)
    note = OptionalText(1000)


class RenewBody(PartyBody, TermsBody):
    """With `ends_on` it proposes a later end; with `hash` it signs the renewal that was read."""

    hash = serializers.CharField(source="seen_hash", max_length=64, required=False)
    note = OptionalText(1000)


class BreachBody(PartyBody):
    text = serializers.CharField(max_length=LONGEST_TEXT)


class NoteBody(PartyBody):
    note = OptionalText(500)


class DropBody(ReasonBody):
    kind = serializers.ChoiceField(choices=Proposal.Kind.choices)


class RunningContracts(Contracts):
    """Contracts of the own MEs, and of others those that run; a client drafts and no more."""

    @extend_schema(request=PartyOrOfficeBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def suspend(self, request: Request, pk: str) -> Response:
        """Propose to suspend it, or confirm what the other side proposes; the CHRO orders it."""
        return self._by_party_or_office(suspensions.suspend, suspensions.order_suspension)

    @extend_schema(request=PartyOrOfficeBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def resume(self, request: Request, pk: str) -> Response:
        """Propose to resume it, or confirm it; what the CHRO suspended, only the CHRO resumes."""
        return self._by_party_or_office(suspensions.resume, suspensions.order_resumption)

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def notice(self, request: Request, pk: str) -> Response:
        """End it with the notice of its terms: its days, then to the end of that month."""
        return self._happened(notices.give_notice, self.get_object(), self.asked(ReasonBody))

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="withdraw-notice")
    @retried
    def withdraw_notice(self, request: Request, pk: str) -> Response:
        """Propose that it goes on, or confirm what the other side proposes."""
        return self._happened(notices.withdraw_notice, self.get_object(), self.asked(ReasonBody))

    @extend_schema(request=AmendBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def amend(self, request: Request, pk: str) -> Response:
        """Propose other terms from a day to come, or sign those that the other side proposes."""
        contract, given = self.get_object(), self.asked(AmendBody)
        if "valid_from_on" not in given:
            _only_signature(given)
            return self._happened(amendments.accept_amendment, contract, given)
        _without_term(given)
        return self._proposed(amendments.propose_amendment, contract, given)

    @extend_schema(request=RenewBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def renew(self, request: Request, pk: str) -> Response:
        """Propose a later end, or sign the renewal that the other side proposes."""
        contract, given = self.get_object(), self.asked(RenewBody)
        if "seen_hash" in given:
            _only_signature(given)
            return self._happened(amendments.accept_renewal, contract, given)
        if "ends_on" not in given:
            raise Invalid(
                "Name the new last day, or the hash of the renewal that you sign.", field="ends_on"
            )
        ends_on = given.pop("ends_on")
        _without_term(given)
        return self._proposed(amendments.propose_renewal, contract, given | {"ends_on": ends_on})

    @extend_schema(request=BreachBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def breach(self, request: Request, pk: str) -> Response:
        """Give notice of a breach; not cured in time it ends the contract for cause."""
        return self._happened(breaches.report_breach, self.get_object(), self.asked(BreachBody))

    @extend_schema(request=NoteBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def cure(self, request: Request, pk: str) -> Response:
        """Confirm, as the complainant, that the breach is cured."""
        return self._happened(breaches.cure_breach, self.get_object(), self.asked(NoteBody))

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="chronic-failure")
    @retried
    def chronic_failure(self, request: Request, pk: str) -> Response:
        """End it today, as the buyer, because a level was missed again and again."""
        return self._happened(breaches.end_chronic, self.get_object(), self.asked(ReasonBody))

    @extend_schema(request=ReasonBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def complete(self, request: Request, pk: str) -> Response:
        """Say, as the provider, that the outcome is reached; confirm it, as the buyer."""
        contract, given = self.get_object(), self.asked(ReasonBody)
        if given["party"].pk == contract.buyer_id:
            given.pop("reason", None)
            return self._happened(breaches.confirm_completion, contract, given)
        return self._happened(breaches.claim_completion, contract, given)

    @extend_schema(request=DropBody, responses=ContractRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="drop-proposal")
    @retried
    def drop_proposal(self, request: Request, pk: str) -> Response:
        """Take the own proposal back, or turn the other side's down."""
        return self._happened(breaches.drop_proposal, self.get_object(), self.asked(DropBody))

    def _by_party_or_office(
        self, of_party: Callable[..., Contract], of_office: Callable[..., Contract]
    ) -> Response:
        given = self.asked(PartyOrOfficeBody)
        if "party" in given:
            return self._happened(of_party, self.get_object(), given)
        return self._happened(of_office, self.get_object(), {"reason": "", **given})

    def _proposed(
        self, event: Callable[..., Contract], contract: Contract, given: dict[str, Any]
    ) -> Response:
        """Terms that are not sent stay as they are."""
        changes = {name: given.pop(name) for name in list(given) if name in TERMS - {"ends_on"}}
        if contract.current is None:
            raise AssertionError(f"{contract} has no terms.")
        given["terms"] = terms_of(contract.current.terms).with_changes(**changes)
        return self._happened(event, contract, given)


def _only_signature(given: dict[str, Any]) -> None:
    """Whoever signs what the other side wrote changes none of it."""
    if extra := given.keys() - {"party", "seen_hash", "note"}:
        raise Invalid(
            "Whoever signs changes nothing. Leave it out, or propose other terms.", field=min(extra)
        )
    given.pop("note", None)


def _without_term(given: dict[str, Any]) -> None:
    """The first day stays, and only a renewal moves the last one."""
    for name in ("starts_on", "ends_on"):
        if name in given:
            raise Invalid(
                "First and last day stay. Renew the contract, or name a last day.", field=name
            )
