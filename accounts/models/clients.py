"""What integration clients may ask the token endpoint for, and when tokens were last used."""

from django.db import models


class ClientScopes(models.Model):
    """The scopes given to a client's id and secret; its tokens never have others."""

    application = models.OneToOneField(
        "oauth2_provider.Application", on_delete=models.CASCADE, related_name="client_scopes"
    )
    scopes = models.CharField(max_length=300, help_text="separated by spaces")
    # The last day on which a token was fetched by this id and secret.
    used_on = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "client scopes"

    def __str__(self) -> str:
        return f"Scopes of {self.application_id}"


class TokenUse(models.Model):
    """The last day on which a token was sent: one that nobody uses any more can be revoked."""

    token = models.OneToOneField(
        "oauth2_provider.AccessToken", on_delete=models.CASCADE, related_name="use"
    )
    used_on = models.DateField()

    def __str__(self) -> str:
        return f"Token {self.token_id} used on {self.used_on}"
