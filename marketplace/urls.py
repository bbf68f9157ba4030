"""The market and the pages of micro-enterprises that show it (mounted at the root)."""

from django.urls import path

from marketplace.views import categories, micro_enterprises

app_name = "marketplace"
urlpatterns = [
    path("mes/", micro_enterprises.mes, name="mes"),
    path("mes/<int:pk>/", micro_enterprises.me, name="me"),
    path("mes/<int:pk>/activate/", micro_enterprises.activate, name="activate"),
    path("hr/categories/", categories.categories, name="categories"),
    path("hr/categories/<int:pk>/", categories.category, name="category"),
]
