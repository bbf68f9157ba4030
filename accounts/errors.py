"""The one exception that edges catch."""


class Refused(Exception):
    """A rule of the market said no.

    `str(refused)` is a sentence for the person who asked, `code` a word for programs, `help` what
    to do or whom to ask, `field` the input that is wrong (when it is one field's fault), `value`
    what was given there, and `facts` figures that a program may want (`available`, `needed`).
    """

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "refused",
        help: str = "",  # noqa: A002  the word of the API's problem documents
        field: str = "",
        value: object = None,
        facts: dict[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.help = help
        self.field = field
        self.value = value
        self.facts = facts or {}


class Forbidden(Refused):
    """The actor may know of the thing, but may not do this to it (403)."""

    def __init__(self, sentence: str, *, help: str = "") -> None:  # noqa: A002
        super().__init__(sentence, code="forbidden", help=help)


class Unknown(Refused):
    """The thing does not exist, or its existence is not the actor's to know (404)."""

    def __init__(self, sentence: str = "There is nothing here under that name.") -> None:
        super().__init__(sentence, code="not_found")


class Invalid(Refused):
    """One field of the input is wrong: what was given, what is wrong, what to do (400)."""

    def __init__(self, sentence: str, *, field: str, value: object = None) -> None:
        super().__init__(sentence, code="invalid", field=field, value=value)
