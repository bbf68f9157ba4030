"""Categories of the market, for HR admins."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import permissions
from accounts.errors import Refused
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.paging import page_of
from marketplace.actions.categories import create_category, rename_category
from marketplace.forms.categories import CategoryForm
from marketplace.models import Category, OutsideOffer, ServiceOffering


@require_http_methods(["GET", "HEAD", "POST"])
def categories(request: MemberRequest) -> HttpResponse:
    _require_hr_admin(request)
    form = CategoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_category(**form.cleaned_data, by=request.user, on=today(request))
            messages.success(request, f"{made} is a category now.\nProviders can publish in it.")
            return redirect("marketplace:categories")
        except Refused as reason:
            explain_in(form, reason)
    page = page_of(_counted(), request.GET.get("page"))
    trail = [("Home", "/"), ("Categories", "")]
    context = {"form": form, "page": page, "trail": trail}
    return render(request, "marketplace/categories.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def category(request: MemberRequest, pk: int) -> HttpResponse:
    _require_hr_admin(request)
    found = get_object_or_404(Category, pk=pk)
    initial = {"name": found.name, "description": found.description}
    form = CategoryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            found = rename_category(found, **form.cleaned_data, by=request.user, on=today(request))
            messages.success(request, f"The category is called {found} now.")
            return redirect("marketplace:categories")
        except Refused as reason:
            explain_in(form, reason)
    back_url = reverse("marketplace:categories")
    trail = [("Categories", back_url), (found.name, "")]
    context = {"form": form, "category": found, "trail": trail, "back_url": back_url}
    return render(request, "marketplace/category.html", context, status=status_for(form))


def _counted() -> QuerySet[Category]:
    """Categories with the number of offerings inside and of offers outside in each."""
    inside = ServiceOffering.objects.filter(state=ServiceOffering.State.PUBLISHED)
    return Category.objects.annotate(
        inside=_count_of(inside), outside=_count_of(OutsideOffer.objects.all())
    )


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    own = rows.filter(category=OuterRef("pk")).order_by().values("category")
    counts = own.annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def _require_hr_admin(request: MemberRequest) -> None:
    permissions.require(
        permissions.may_create_categories(request.user),
        "Categories are created and renamed by HR admins.",
        help="Ask an HR admin of your organisation for a new one.",
    )
