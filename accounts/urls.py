"""Micro-enterprises, people, policies and the audit trail (mounted at the root)."""

from django.urls import URLPattern

app_name = "accounts"
urlpatterns: list[URLPattern] = []
