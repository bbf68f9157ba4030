"""What is delivered and how far it is a success, entered and answered in the browser."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me, today
from accounts.permissions import may_see_negotiation, require_known
from contracts.actions import delivery, results, settlement
from contracts.forms.delivery import ContestForm, ResultForm, UsageForm
from contracts.models import Contract, Overage, SuccessMeasure, SuccessResult, Usage
from contracts.queries import worklist
from contracts.views.agreements import found_contract
from ledger.months import text_of
from marketplace.units import counted

PAGE_SIZE = 25


@require_safe
def work(request: MemberRequest) -> HttpResponse:
    """What our ME delivers this month: each running contract, what is entered, what is missing."""
    on, me = today(request), acting_me(request)
    months = worklist.months(on=on)
    asked = request.GET.get("month", "")
    month = next((each for each in months if text_of(each) == asked), months[0])
    page = Paginator(worklist.contracts(me, month=month), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "me": me,
        "month": month,
        "months": [(text_of(each), f"{each:%B %Y}") for each in months],
        "page": page,
        "rows": worklist.rows(list(page), month=month),
        "import_url": reverse("contracts:import_usage"),
    }
    return render(request, "contracts/delivery.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def report_usage(request: MemberRequest, pk: int) -> HttpResponse:
    """A delivered quantity; a form of its own, which the contract's page links."""
    contract, on = found_contract(request, pk), today(request)
    delivery.require_provider(contract, by=request.user, on=on)

    def deed(form: forms.Form) -> str:
        made = delivery.report_usage(contract, by=request.user, on=on, **form.cleaned_data)
        unit = contract.current.price_plan.item if contract.current else ""
        return (
            f"{counted(made.quantity, unit)} entered.\n{contract.buyer} may contest it;"
            " otherwise it counts."
        )

    form = UsageForm(request.POST or None, initial={"used_on": on})
    return form_page(
        request, contract, form, deed, title="Enter what was delivered", button="Enter delivery",
        anchor="delivery",
    )  # fmt: skip


@require_POST
def confirm_usage(request: MemberRequest, pk: int, usage: int) -> HttpResponse:
    found = one_of_contract(Usage, request, pk, usage)

    def deed() -> str:
        delivery.confirm_usage(found, by=request.user, on=today(request))
        return "Delivery confirmed."

    return happen(request, pk, deed, anchor="delivery")


@require_http_methods(["GET", "HEAD", "POST"])
def contest_usage(request: MemberRequest, pk: int, usage: int) -> HttpResponse:
    found = one_of_contract(Usage, request, pk, usage)
    delivery.require_buyer(found.contract, by=request.user, on=today(request))

    def deed(form: forms.Form) -> str:
        delivery.contest_usage(found, by=request.user, on=today(request), **form.cleaned_data)
        return "Delivery contested.\nIt is not charged while you and the provider disagree."

    title = f"Contest {found.quantity.normalize():,f} of {found.used_on:%-d %B %Y}"
    return form_page(
        request, found.contract, ContestForm(request.POST or None), deed, title=title,
        button="Contest delivery", anchor="delivery",
    )  # fmt: skip


@require_POST
def withdraw_usage(request: MemberRequest, pk: int, usage: int) -> HttpResponse:
    found = one_of_contract(Usage, request, pk, usage)

    def deed() -> str:
        delivery.withdraw_usage(found, by=request.user, on=today(request))
        return "Entry withdrawn.\nIt is not charged; enter it anew if the quantity was wrong."

    return happen(request, pk, deed, anchor="delivery")


@require_http_methods(["GET", "HEAD", "POST"])
def enter_result(request: MemberRequest, pk: int, measure: int, month: date) -> HttpResponse:
    """The month's value of one measure."""
    contract = found_contract(request, pk)
    measures = SuccessMeasure.objects.filter(version__contract=contract)
    found = measures.select_related("version__contract__buyer", "version__contract__provider")
    measured = found.filter(pk=measure).first()
    if measured is None:
        raise Unknown
    results.require_member(results.measurer_of(measured), by=request.user, on=today(request))

    def deed(form: forms.Form) -> str:
        results.enter_result(
            measured, month=month, by=request.user, on=today(request), **form.cleaned_data
        )
        return f"{measured}: value of {month:%B %Y} entered.\nThe other side confirms or contests."

    form = ResultForm(request.POST or None)
    form.fields["value"].label = f"{measured}, {measured.unit}"
    form.fields["value"].help_text = (
        f"{measured.method}; target {measured.target.normalize():f},"
        f" floor {measured.floor.normalize():f}"
    )
    return form_page(
        request, contract, form, deed, title=f"Result of {month:%B %Y}", button="Enter value",
        anchor="results", month=month,
    )  # fmt: skip


@require_POST
def confirm_result(request: MemberRequest, pk: int, result: int) -> HttpResponse:
    found = one_of_contract(SuccessResult, request, pk, result)

    def deed() -> str:
        results.confirm_result(found, by=request.user, on=today(request))
        return "Value confirmed."

    return happen(request, pk, deed, anchor="results", month=found.month)


@require_http_methods(["GET", "HEAD", "POST"])
def contest_result(request: MemberRequest, pk: int, result: int) -> HttpResponse:
    found = one_of_contract(SuccessResult, request, pk, result)
    results.require_other_side(found, by=request.user, on=today(request))

    def deed(form: forms.Form) -> str:
        results.contest_result(found, by=request.user, on=today(request), **form.cleaned_data)
        return "Value contested.\nThe measurer enters it anew."

    title = f"Contest {found.value.normalize():f} for “{found.measure}”"
    return form_page(
        request, found.contract, ContestForm(request.POST or None), deed, title=title,
        button="Contest value", anchor="results", month=found.month,
    )  # fmt: skip


@require_POST
def accept_overage(request: MemberRequest, pk: int, overage: int) -> HttpResponse:
    found = one_of_contract(Overage, request, pk, overage)

    def deed() -> str:
        settlement.accept_overage(found, by=request.user, on=today(request))
        return f"{found.amount:,.2f} paid.\nIt is an entry of {today(request):%B %Y}."

    return happen(request, pk, deed, anchor="settled")


@require_http_methods(["GET", "HEAD", "POST"])
def contest_overage(request: MemberRequest, pk: int, overage: int) -> HttpResponse:
    found = one_of_contract(Overage, request, pk, overage)
    settlement.require_signer(found, by=request.user, on=today(request))

    def deed(form: forms.Form) -> str:
        settlement.contest_overage(found, by=request.user, on=today(request), **form.cleaned_data)
        return "Overage contested.\nNothing moves, and the service goes on."

    title = f"Contest {found.amount:,.2f} of {found.month:%B %Y}"
    return form_page(
        request, found.contract, ContestForm(request.POST or None), deed, title=title,
        button="Contest overage", anchor="settled",
    )  # fmt: skip


def one_of_contract(model: Any, request: MemberRequest, pk: int, key: int, *related: str) -> Any:
    """A row of the contract of the address; Unknown where either is not the reader's to know.

    That a contract runs is for the whole firm to see, what was delivered for its parties.
    """
    contract = found_contract(request, pk)
    parties = contract.buyer, contract.provider
    require_known(may_see_negotiation(request.user, *parties, on=today(request)))
    found = model.objects.select_related("contract__buyer", "contract__provider", *related)
    row = found.filter(pk=key, contract=contract).first()
    if row is None:
        raise Unknown
    return row


def _address(contract: Contract, anchor: str, month: date | None) -> str:
    asked = f"?month={text_of(month)}" if month else ""
    return f"{reverse('contracts:contract', args=[contract.pk])}{asked}#{anchor}"


def form_page(
    request: MemberRequest,
    contract: Contract,
    form: forms.Form,
    deed: Callable[[forms.Form], str],
    *,
    title: str,
    button: str,
    anchor: str,
    month: date | None = None,
) -> HttpResponse:
    """Show the form, or do what it says and go back to where it came from."""
    back = _address(contract, anchor, month)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, deed(form))
            return redirect(back)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            field = reason.field if reason.field in form.fields else None
            form.add_error(field, f"{reason} {reason.help}".strip())
    context = {
        "form": form,
        "title": title,
        "button": button,
        "back": back,
        "contract": contract,
        "trail": [
            ("Contracts", reverse("contracts:contracts")),
            (contract.offering.name, back),
            (title, ""),
        ],
    }
    status = 400 if form.errors else 200
    return render(request, "contracts/delivery_form.html", context, status=status)


def happen(
    request: MemberRequest,
    pk: int,
    deed: Callable[[], str],
    *,
    anchor: str,
    month: date | None = None,
) -> HttpResponse:
    contract = found_contract(request, pk)
    try:
        messages.success(request, deed())
    except (Forbidden, Unknown):
        raise
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
    return redirect(_address(contract, anchor, month))
