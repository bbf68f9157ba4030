"""The market and the pages of micro-enterprises that show it (mounted at the root)."""

from django.urls import URLPattern

app_name = "marketplace"
urlpatterns: list[URLPattern] = []
