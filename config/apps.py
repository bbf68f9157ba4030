from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app without tables, so that commands which need every app have a home."""

    name = "config"
