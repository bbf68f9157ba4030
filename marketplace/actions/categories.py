"""Kinds of services, which HR admins create and rename (PRODUCT 4.22)."""

from datetime import date

from django.db import transaction
from django.utils.text import slugify

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid
from accounts.models import User
from accounts.permissions import may_create_categories, require
from marketplace.models import Category

_ASK = "Ask an HR admin of your organisation."


@transaction.atomic
def create_category(*, name: str, description: str, by: User, on: date) -> Category:
    """A new kind of service; its slug stays in addresses for ever. Invalid where it exists."""
    require(may_create_categories(by), "Only an HR admin creates categories.", help=_ASK)
    slug = slugify(name)
    if not slug:
        raise Invalid(
            f"“{name}” has no letter or figure that an address could show.",
            field="name",
            value=name,
        )
    with saying(category_named_once=_exists(name), category_slug_once=_exists(name)):
        category = Category.objects.create(name=name, slug=slug, description=description)
    audit.record("category.create", category, by=by, on=on, name=name)
    return category


@transaction.atomic
def rename_category(
    category: Category, *, name: str, description: str, by: User, on: date
) -> Category:
    """Change the words of a category; what is sold in it and its address stay."""
    require(may_create_categories(by), "Only an HR admin renames categories.", help=_ASK)
    category = Category.objects.select_for_update(no_key=True).get(pk=category.pk)
    before = [category.name, category.description]
    if before == [name, description]:
        return category
    category.name, category.description = name, description
    with saying(category_named_once=_exists(name)):
        category.save(update_fields=["name", "description"])
    audit.record(
        "category.rename", category, by=by, on=on, before=before, after=[name, description]
    )
    return category


def _exists(name: str) -> Invalid:
    return Invalid(
        f"There is a category “{name}” or one that reads like it. Use that one, or another name.",
        field="name",
        value=name,
    )
