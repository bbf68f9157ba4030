"""What every REST edge is built from: who asks, lists, fields, and answers given only once.

The views themselves are in `accounts.rest.resources`: REST framework's own views read the settings
that name the classes below, so they cannot be imported together.
"""

from accounts.rest.access import InScope, Rate, TokenAuthentication, today_of, user_of
from accounts.rest.answers import answered_once, forget_old_answers
from accounts.rest.fields import (
    ActingMEField,
    DayField,
    KeyField,
    MoneyField,
    MonthField,
    OptionalText,
    QuantityField,
)
from accounts.rest.lists import Pages
from accounts.rest.parsing import JSONBody

__all__ = [
    "ActingMEField",
    "DayField",
    "InScope",
    "JSONBody",
    "KeyField",
    "MoneyField",
    "MonthField",
    "OptionalText",
    "Pages",
    "QuantityField",
    "Rate",
    "TokenAuthentication",
    "answered_once",
    "forget_old_answers",
    "today_of",
    "user_of",
]
