"""Somebody of the firm, typed as people type a colleague."""

from typing import Any

from django import forms

from accounts.models import Person, User

_MOST_NAMED = 5


class PersonField(forms.EmailField):
    """An e-mail address, as the person with that log-in."""

    def clean(self, value: Any) -> Any:
        address = super().clean(value)
        if not address:
            return None
        users = User.objects.select_related("person").filter(is_active=True)
        user = users.filter(email__iexact=address).first()
        if user is None:
            raise forms.ValidationError(
                f"Nobody with a log-in has the address {address}. Check its spelling."
            )
        return user


class MediatorField(forms.CharField):
    """A part of a name or an e-mail address, as the key of the one person with a log-in it fits.

    It is shown by the address, which fits one only.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=250, **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        user = User.objects.filter(person=value).first()
        return user.email if user else ""

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        found = self._found(words)
        if len(found) == 1:
            return found[0].pk
        if not found:
            raise forms.ValidationError(
                f"Nobody with a log-in is called “{words}” or has that address. Check its spelling."
            )
        named = "; ".join(f"{each.name}, {each.user.email}" for each in found[:_MOST_NAMED])
        more = " and more" if len(found) > _MOST_NAMED else ""
        raise forms.ValidationError(
            f"“{words}” fits several people: {named}{more}. Enter the address of one of them."
        )

    @staticmethod
    def _found(words: str) -> list[Person]:
        """The one with that address, else all whose name holds every word; a few are enough."""
        people = Person.objects.select_related("user").filter(user__is_active=True, left_on=None)
        if exact := list(people.filter(user__email__iexact=words)[:1]):
            return exact
        for word in words.split():
            people = people.filter(name__icontains=word)
        return list(people.order_by("name", "pk")[: _MOST_NAMED + 1])
