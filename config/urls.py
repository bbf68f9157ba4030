from django.urls import include, path

from accounts.rest.oauth import Token
from config import health
from config.demo.views import advance_clock
from config.gallery import gallery

handler500 = "config.faults.fault"
urlpatterns = [
    path("api/v1/", include("config.api")),
    path("oauth/token/", Token.as_view(), name="oauth_token"),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("accounts/", include("config.entrance")),
    path("demo/day/", advance_clock, name="advance_clock"),
    path("gallery/", gallery, name="gallery"),
    path("", include("accounts.urls")),
    path("", include("ledger.urls")),
    path("", include("marketplace.urls")),
    path("learning/", include("learning_market.urls")),
    path("", include("contracts.urls")),
    path("", include("insights.urls")),
]
