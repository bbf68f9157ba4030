"""What integration clients may ask the token endpoint for."""

from django.db import models


class ClientScopes(models.Model):
    """The scopes given to a client's id and secret; its tokens never have others."""

    application = models.OneToOneField(
        "oauth2_provider.Application", on_delete=models.CASCADE, related_name="client_scopes"
    )
    scopes = models.CharField(max_length=300, help_text="separated by spaces")

    class Meta:
        verbose_name_plural = "client scopes"

    def __str__(self) -> str:
        return f"Scopes of {self.application_id}"
