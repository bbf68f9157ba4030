"""Whom and what the story means by the names in its files."""

from functools import cached_property

from accounts.models import Membership, MicroEnterprise, Person, User
from marketplace.models import Category, ServiceOffering

DOMAIN = "norrin.example"


class Cast:
    """Looks each name up once; a log-in is named by what stands before the @."""

    def __init__(self) -> None:
        self.offering_keys: dict[str, int] = {}

    @cached_property
    def _users(self) -> dict[str, User]:
        rows = User.objects.select_related("person").order_by("pk")
        return {user.email.split("@")[0]: user for user in rows}

    @cached_property
    def _mes(self) -> dict[str, MicroEnterprise]:
        return {me.name: me for me in MicroEnterprise.objects.order_by("pk")}

    @cached_property
    def _leads(self) -> dict[int, User]:
        rows = Membership.objects.filter(is_lead=True, ends_on=None)
        led = rows.values_list("micro_enterprise", "person__user__email")
        return {me: self._users[email.split("@")[0]] for me, email in led}

    def user(self, login: str) -> User:
        return self._users[login]

    def person(self, login: str) -> Person:
        person = self._users[login].person
        if person is None:
            raise AssertionError(f"{login} is nobody.")
        return person

    def me(self, name: str) -> MicroEnterprise:
        return self._mes[name]

    def lead(self, me: MicroEnterprise) -> User:
        return self._leads[me.pk]

    @cached_property
    def _members(self) -> dict[int, list[User]]:
        rows = Membership.objects.filter(ends_on=None, person__user__isnull=False)
        found: dict[int, list[User]] = {}
        ordered = rows.order_by("micro_enterprise", "person__external_id")
        for me, email in ordered.values_list("micro_enterprise", "person__user__email"):
            found.setdefault(me, []).append(self._users[email.split("@")[0]])
        return found

    def members(self, me: MicroEnterprise) -> list[User]:
        """Everybody with a log-in who is a member today, in the order of hiring."""
        return self._members.get(me.pk, [])

    def offering(self, key: str) -> ServiceOffering:
        """As it is now, by the key that the files give it."""
        rows = ServiceOffering.objects.select_related("provider", "category", "current")
        return rows.get(pk=self.offering_keys[key])

    @cached_property
    def categories(self) -> dict[str, Category]:
        return {category.name: category for category in Category.objects.all()}

    def look_again(self) -> None:
        """People and MEs have changed, so that what was looked up is no longer true."""
        for name in ("_users", "_mes", "_leads", "_members"):
            self.__dict__.pop(name, None)
