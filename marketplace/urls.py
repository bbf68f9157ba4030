"""The market and the pages of micro-enterprises that show it (mounted at the root)."""

from django.urls import path

from marketplace.views import (
    browse,
    categories,
    compare,
    micro_enterprises,
    offering,
    our_offerings,
    outside,
    subsidies,
)

app_name = "marketplace"
urlpatterns = [
    path("market/", browse.browse, name="browse"),
    path("market/compare/", compare.compare, name="compare"),
    path("market/offerings/", our_offerings.our_offerings, name="our_offerings"),
    path("market/offerings/new/", our_offerings.new_offering, name="new_offering"),
    path("market/offerings/<int:pk>/", offering.offering, name="offering"),
    path("market/offerings/<int:pk>/edit/", our_offerings.edit_offering, name="edit_offering"),
    path(
        "market/offerings/<int:pk>/publish/",
        our_offerings.publish_offering,
        name="publish_offering",
    ),
    path(
        "market/offerings/<int:pk>/withdraw/",
        our_offerings.withdraw_offering,
        name="withdraw_offering",
    ),
    path("market/offerings/<int:pk>/new-version/", our_offerings.new_version, name="new_version"),
    path("market/offerings/<int:pk>/subsidy/", subsidies.allow_subsidy, name="allow_subsidy"),
    path("market/offerings/<int:pk>/subsidy/end/", subsidies.end_subsidy, name="end_subsidy"),
    path("market/offerings/<int:pk>/discard/", our_offerings.discard_draft, name="discard_draft"),
    path("market/outside/new/", outside.record_outside, name="record_outside"),
    path("market/outside/import/", outside.import_outside, name="import_outside"),
    path("market/outside/import/apply/", outside.apply_import, name="apply_import"),
    path("market/outside/<int:pk>/", outside.outside, name="outside"),
    path("mes/", micro_enterprises.mes, name="mes"),
    path("mes/<int:pk>/", micro_enterprises.me, name="me"),
    path("mes/<int:pk>/activate/", micro_enterprises.activate, name="activate"),
    path("hr/categories/", categories.categories, name="categories"),
    path("hr/categories/<int:pk>/", categories.category, name="category"),
]
