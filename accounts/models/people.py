"""People as HR data knows them, and their log-ins."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class PersonQuerySet(models.QuerySet["Person"]):
    def present(self) -> Self:
        """Those who have not left the firm."""
        return self.filter(left_on=None)


class Person(models.Model):
    """A worker known from HR data; never deleted, only left; may never log in."""

    external_id = models.CharField(max_length=64, help_text="the HR system's own key")
    name = models.CharField(max_length=250)
    email = models.EmailField(blank=True)
    hr_unit = models.CharField(max_length=200, blank=True)
    job_title = models.CharField(max_length=250, blank=True)
    fte = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    # Kept for reference only: no right in the market hangs on a reporting line (PRODUCT 2, 3).
    manager_external_id = models.CharField(max_length=64, blank=True)
    # Whoever is missing in the next full file of this source has left; empty: no file decides.
    source = models.CharField(max_length=60, blank=True)
    left_on = models.DateField(null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="person_known_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="person_has_an_external_id"),
            models.CheckConstraint(condition=Q(fte__gte=0), name="fte_not_negative"),
        ]
        indexes = [
            models.Index(fields=["name"], name="person_by_name"),
            models.Index(fields=["source"], condition=Q(left_on=None), name="person_by_source"),
        ]

    def __str__(self) -> str:
        return self.name


class HeadCount(models.Model):
    """Posts of a unit that HR data counts but does not name (junior rows of an organogram)."""

    hr_unit = models.CharField(max_length=200)
    job_title = models.CharField(max_length=250)
    grade = models.CharField(max_length=60, blank=True)
    fte = models.DecimalField(max_digits=8, decimal_places=2)
    source = models.CharField(max_length=60, blank=True)
    counted_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "counted_on", "hr_unit", "job_title", "grade"],
                name="posts_counted_once_a_day",
            ),
            models.CheckConstraint(condition=Q(fte__gte=0), name="head_count_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.fte} {self.job_title} in {self.hr_unit}"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser, PermissionsMixin):
    """A log-in, or an integration client (`is_client`); belongs to at most one person.

    What it may do inside an ME hangs on the memberships of its person; the three offices are
    given by name. A client acts through the scopes of the token it came with.
    """

    email = models.EmailField()
    person = models.OneToOneField(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="user"
    )
    name = models.CharField(max_length=150, blank=True, help_text="of a client without a person")
    is_client = models.BooleanField(default=False)
    is_hr_admin = models.BooleanField(default=False)
    is_chro = models.BooleanField(default=False)
    is_auditor = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    invited_at = models.DateTimeField(null=True, blank=True)
    signed_out_at = models.DateTimeField(
        null=True, blank=True, help_text="sessions from before this instant are over"
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # Set by the REST edge for the length of one request; a browser session has none.
    token_scopes: frozenset[str] = frozenset()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_login_per_email"),
            models.CheckConstraint(
                condition=Q(is_client=False)
                | Q(person=None, is_hr_admin=False, is_chro=False, is_auditor=False),
                name="client_is_nobody",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """How pages and audit name whoever acted."""
        return self.person.name if self.person else (self.name or self.email)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's own, and the last signing-out: a closed log-in's sessions never come back."""
        salt = "accounts.models.people.User.get_session_auth_hash"
        value = f"{self.password} {self.signed_out_at or ''}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    def has_scope(self, scope: str) -> bool:
        """Whether this client's token carries the scope, such as `people:write`."""
        return self.is_client and scope in self.token_scopes
