"""One file for every machine: what differs comes from the environment, read in config/env.py."""

from pathlib import Path

from csp.constants import NONE, SELF
from kombu import Exchange, Queue

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

# What differs between a laptop, the tests and production. Everything else is the same.
DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)
HTTPS = env.flag("HTTPS", default=True)
STATIC_BUILT = env.flag("STATIC_BUILT", default=True)
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1")
# Where people reach the site, for links in mails that no visit causes.
PUBLIC_URL = env.address("PUBLIC_URL", hosts=ALLOWED_HOSTS, is_secure=HTTPS)
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
DATABASES = {"default": env.database("DATABASE_URL")}
REDIS_URL = env.redis("REDIS_URL")

INSTALLED_APPS = [
    "config",
    "insights",
    "contracts",
    "learning_market",
    "marketplace",
    "ledger",
    "accounts",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "csp",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "lucide",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.refusals.SearchableAddress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.first_visit.LeadToFounding",
    "config.zone.OrganizationsTime",
    # A page is closed unless it says login_not_required, so that a forgotten word shows nothing.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.sign_in.PagesAreForTheFirm",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.refusals.ProblemsBelowApi",
    "config.refusals.RefusedPage",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "insights.frame.frame",
            ],
        },
    }
]

# Time and words. The organisation's own zone is a value of its row; see accounts/clock.py.
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"

# People: by e-mail, with accounts that HR made.
AUTH_USER_MODEL = "accounts.User"
# The check overlooks a constraint on lower(email), which is stricter than what it looks for.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.sign_in.ByInvitation"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # HR vouches for the addresses
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = True
# The proxy that ends TLS names the visitor, whom the limits of sign-in count by address.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0

# Sessions lie in the database behind the cache: losing Redis signs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "rendan",
    }
}

# The queue. The late acknowledgement hands a killed worker's task to the next one.
CELERY_BROKER_URL = env.broker("REDIS_URL")
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
CELERY_RESULT_EXPIRES = 3600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# Each queue has an exchange of its own: on a shared one every queue would get every task.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name)
    for name in ("settlement", "scores", "delivery", CELERY_TASK_DEFAULT_QUEUE)
]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ROUTES = {"contracts.tasks.*": {"queue": "settlement"}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE

# How statements call what money was for: the route of its page, and who knows its name.
NAMES_OF_CAUSES = {
    "contracts:contract": "contracts.queries.names.contract_names",
    "contracts:dispute": "contracts.queries.names.dispute_names",
    "contracts:outside_purchase": "contracts.queries.names.outside_purchase_names",
    "contracts:settlement_run": "ledger.queries.month_names",
    "learning_market:purchase": "learning_market.queries.purchase_names",
    "marketplace:me": "accounts.queries.me_names",
    "ledger:budget": "ledger.queries.budget_names",
    "ledger:year_end": "ledger.year_figures.year_names",
    "ledger:move": "ledger.moving.names",
    "ledger:switch": "ledger.switch_figures.switch_names",
}

# Mail. The demo delivers none and shows it at /demo/mails/.
vars().update(env.mail("EMAIL_URL", "consolemail://"))
if DEMO:
    EMAIL_BACKEND = "accounts.mail.DemoMailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Rendan <rendan@localhost>")

# Transport. Without HTTPS (a laptop, the tests) nothing may insist on it.
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Static files: built once with names that carry their hash, or straight from the folders.
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "var" / "static"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_BUILT
_STATIC_STORAGE = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if STATIC_BUILT
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_STORAGE},
}
MEDIA_ROOT = BASE_DIR / "var" / "media"

# The API. Everything a version does not say is in config/api.py and the apps' api.py.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.rest.access.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.rest.access.InScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.rest.access.Rate"],
    "DEFAULT_PAGINATION_CLASS": "accounts.rest.lists.Pages",
    "DEFAULT_FILTER_BACKENDS": ["accounts.rest.lists.Filters"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rest.parsing.JSONBody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "config.schema.Schema",
    "EXCEPTION_HANDLER": "config.refusals.explain",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Of one log-in; 0 is without a limit.
API_REQUESTS_PER_MINUTE = 1200
# Of one client at the token endpoint, from one address; 0 is without a limit.
TOKEN_REQUESTS_PER_MINUTE = 30
SPECTACULAR_SETTINGS = {
    "TITLE": "Rendan",
    "DESCRIPTION": "The internal market of an organisation of micro-enterprises.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    # Each state names its words where it stands; two resources may use the same ones.
    "POSTPROCESSING_HOOKS": [
        "config.schema.without_marks",
        "config.token_schema.with_token_endpoint",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    # Folded: unfolded, the browser works for minutes on a document of this size.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "defaultModelsExpandDepth": -1,
        "docExpansion": "none",
        "filter": True,
    },
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth2_provider.AccessToken"  # noqa: S105  # a model
OAUTH2_PROVIDER = {
    # What version 4 does by default: hashed tokens, no implicit or password grant (RFC 9700).
    **{
        f"COMPLIANT_BCP_RFC9700_{part}": True
        for part in (
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "REDIRECT_URI_SCHEME",
            "REFRESH_TOKEN",
            "TOKEN_STORAGE",
        )
    },
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "SCOPES_BACKEND_CLASS": "accounts.rest.oauth.GivenScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "SCOPES": {
        "people:read": "Read people, micro-enterprises, roles and memberships",
        "people:write": "Create and change people, micro-enterprises, roles and memberships",
        "market:read": "Read offerings and outside offers",
        "market:write": "Create and change offerings and outside offers",
        "contracts:read": "Read contracts",
        "contracts:write": "Draft contracts",
        "usage:write": "Report what was used",
        "money:read": "Read wallets, transfers and statements",
        "money:write": "Grant money, and record costs and sales outside",
        "learning:read": "Read courses and learning purchases",
        "learning:write": "Create courses and learning purchases",
        "settlement:run": "Settle a month",
    },
}

# Faults go to the process's own output, where ./run and a container's supervisor show them.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {"not yet": {"()": "config.health.NotYet"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["not yet"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "propagate": True}},
}

# What apps above the ledger prove of the money, run with the ledger's own checks.
MONEY_CHECKS = [
    "ledger.year_checks.CHECKS",
    "ledger.profit_checks.CHECKS",
    "ledger.basis_checks.CHECKS",
    "contracts.checks.CHECKS",
]
# What is paid outside is real money, also while an ME is notional.
REAL_MONEY_CAUSES = ["contracts:outside_purchase"]
# Who tells what signed things will cost in fiscal years to come.
SIGNED_PLANS = ["contracts.queries.future.signed_plans"]
FUTURE_COMMITMENTS = ["contracts.queries.future.future_commitments"]
# Who tells what was measured of the service levels that offerings promise.
LEVELS_ATTAINED = "contracts.queries.attained.attained_levels"
# What happens when an ME begins to dissolve, what still keeps it, and what happens at its end.
WHEN_DISSOLVING = [
    "marketplace.actions.offerings.withdraw_all_of",
    "contracts.actions.dissolving.dissolve",
]
BLOCKS_DISSOLUTION = ["contracts.actions.dissolving.blockers", "ledger.dissolving.blockers"]
WHEN_DISSOLVED = ["ledger.dissolving.return_money"]
