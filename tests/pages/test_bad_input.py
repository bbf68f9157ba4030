"""Whatever is typed, chosen, forged or sent twice: a sentence, and nothing half saved.

Every form of every page is read off the page and sent with wrong values: in all fields at once,
where each has to be told beside its own field, and in one field alone, which reaches the rules.
"""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.contrib.messages import ERROR, get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from tests.pages.addresses import ALL, PAGES, ROLES
from tests.pages.forms import forms_of
from tests.pages.test_permissions import APPS, fingerprint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_templates")]

# Each of these sees other forms of a page.
READERS = "lohm"
# Whoever is only a member sees what others do not on these.
FOR_MEMBERS = {"accounts:tokens", "contracts:ratings"}
NUL, LONG, HUGE, FAR = "a\0b", "x" * 10_000, "9" * 30, str(2**63)
# By what kind of field it is: what can never be meant, and what depends on the rule.
WRONG = {
    "number": (("NaN", "Infinity", "1e400", NUL), (HUGE, "-1", "0", "")),
    "date": (("31.02.2026", "0001-01-01", "9999-12-31", NUL), ("2199-12-31", "")),
    "select": (("x", FAR, NUL), ("999999", "")),
    "radio": (("x", FAR, NUL), ("999999", "")),
    "checkbox": ((), (FAR, "999999", NUL)),
    "hidden": ((), (FAR, NUL, LONG, "-1", "")),
    "email": (("no address", NUL), (LONG, "")),
    "text": ((NUL,), (LONG, "")),
}
MOST_VALUES = max(len(values) for kind in WRONG.values() for values in kind)
# As many fields make a form dear to print.
LARGE = 12
# Valid where the page itself suggests nothing, or nothing that would do.
WORDS = {
    "email": "new.one@example.com", "supplier": "Agency Ltd", "holidays": "2026-12-25 Christmas",
    "micro_enterprise": "Shop North", "department": "People Services", "target": "9",
    "password": "a long walk by the sea", "again": "a long walk by the sea",
    "payer": "Shop North", "payee": "Water Lab", "listed": "Shop North; 5", "code": "drought",
    "text": "The samples of March came a week late; send those of April in time.",
    "satisfied_target": "90", "satisfied_floor": "70",
    "priced_on": "2026-04-01", "valid_until_on": "2026-12-31", "last_day_on": "2026-06-30",
    "mediator": "Carl Chro",
}  # fmt: skip
ALWAYS = {
    "customers-0-micro_enterprise": "Water Lab", "customers-1-use": "", "customers-2-use": "",
    "customers-3-use": "",
    "step": "to",
}  # fmt: skip
# What the button sends that a form is sent by.
PRESSED = {"contracts:correction": {"step": ["confirm"]}}
# The row for one more service level, which nobody has to fill in.
SPARE = re.compile("level-[0-9]+-")
OURS = Path(__file__).parent.parent / "files"
GRANTS = b"""micro_enterprise,fund,fiscal_year,amount,release,reference
Shop North,operating,2026,5.00,yearly,T-1
"""
REQUESTS = b"""micro_enterprise,amount,reason
Shop North,5.00,Tools
"""
COSTS = b"""micro_enterprise,month,kind,amount,hours,source,reference
Shop North,2026-03,other,5.00,,SAP,T-1
"""
COURSES = b"""title,topic,supplier,starts_on,ends_on,price,seats
Knots,Sailing,Rope School,2026-06-20,2026-06-21,50.00,8
"""
FILES = {
    "accounts:import_people": ("people.csv", (OURS / "people.csv").read_bytes()),
    "ledger:import_grants": ("grants.csv", GRANTS),
    "ledger:import_figures": ("costs.csv", COSTS),
    "marketplace:import_outside": ("rates.csv", (OURS / "rates_like_schedule70.csv").read_bytes()),
    "learning_market:import": ("courses.csv", COURSES),
    "ledger:rule_requests": ("requests.csv", REQUESTS),
}
# What the small market itself does not allow, whatever is typed.
REFUSED = {
    "accounts:end_outcome": "it is the last one", "accounts:name_lead": "is the lead already",
    "contracts:counter": "the other side has the turn",
    "ledger:start_year": "exists already", "contracts:open_dispute": "only a part was paid",
    "contracts:correct": "March is posted, and only a locked month is corrected",
    "contracts:import_usage": "its files have a test of their own",
    "contracts:import_measurements": "its files have a test of their own",
}  # fmt: skip
PARAMETERS = {
    "page", "offerings", "q", "month", "fund", "me", "kind", "state", "sort", "show", "run", "item",
    "category", "newer", "format", "side", "whose", "contract", "login", "unit", "topic",
}  # fmt: skip
NUMBERS, AMOUNTS = ("-1", FAR, NUL), ("NaN", "1e400", NUL)
STRANGE = {
    "q": (LONG, NUL, "NaN"), "month": ("2026-13", NUL, LONG), "page": NUMBERS, "run": NUMBERS,
    "offerings": NUMBERS, "contract": NUMBERS, "newer": NUMBERS, "me": ("", "x", NUL),
    "price_from": AMOUNTS, "price_to": AMOUNTS, "quantity": AMOUNTS,
    "item": ("o-1", f"x{FAR}", NUL),
    "starts_on": ("31.02.2026", "9999-12-31", NUL), "ends_on": ("soon", "9999-12-31", NUL),
}  # fmt: skip
# A second time is a second thing, which moves no money and is taken away by a button or ignored.
MAY_HAPPEN_AGAIN = {
    "accounts:add_outcome", "accounts:tokens", "accounts:clients", "accounts:policy",
    "accounts:import_people", "ledger:checks",
    "ledger:add_rule", "ledger:change_rule", "marketplace:new_offering",
    "learning_market:new_course", "learning_market:new_run",
}  # fmt: skip
MONEY = {"ledger_transfer", "ledger_reservation", "ledger_wallet", "ledger_refundhold"}
# Signing out would leave the others nobody to be; the gallery is no page of the product.
NOT_HERE = {"account_logout", "gallery"}


@pytest.fixture(scope="module")
def forms(world):
    """(form, the role that sees it) for every form of every page, each once."""
    found = {}
    for letter in READERS:
        client = signed_in(world, letter)
        for page in PAGES:
            is_new = letter != "m" or page.name in FOR_MEMBERS
            if page.name in NOT_HERE or letter not in (page.get or "") or not is_new:
                continue
            url = page.url(world)
            answer = client.get(url)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                for form in forms_of(answer.content.decode(), url):
                    found.setdefault(form.key, (form, letter))
    return [(form, letter) for form, letter in found.values() if form.name not in NOT_HERE]


def signed_in(world, letter):
    client = Client(raise_request_exception=False)
    client.force_login(getattr(world, ROLES[letter]))
    return client


def of_app(forms, app, method):
    return [
        (form, letter) for form, letter in forms
        if form.method == method
        and (form.name.split(":")[0] if ":" in form.name else "config") == app
    ]  # fmt: skip


def filled(form):
    """The page's own values, and something that makes sense in every field left empty."""
    data = form.data() | PRESSED.get(form.name, {})
    for field in form.fields.values():
        if field.name in ALWAYS and (field.name != "step" or form.name == "advance_clock"):
            data[field.name] = [ALWAYS[field.name]]
        elif SPARE.match(field.name):
            continue
        elif field.kind == "file":
            data.pop(field.name)
        elif not any(data.get(field.name, [])) and not field.name.endswith("-DELETE"):
            word = WORDS.get(field.name, "")
            may_be_typed = word and (not field.offered or word in field.offered)
            data[field.name] = [word if may_be_typed else suggested(field)]
    return data


def suggested(field):
    choices = [each for each in field.offered if each]
    if choices:
        return choices[0]
    return {"number": "5", "date": "2026-06-20", "hidden": ""}.get(field.kind, "Words of a kind")


def post(client, form, data):
    """With a good file where none was chosen."""
    if form.name in FILES and "file" not in data:
        data = data | {"file": SimpleUploadedFile(*FILES[form.name])}
    client.cookies.pop("messages", None)
    answer = client.post(form.action, data)
    connection.needs_rollback = False
    return answer


def send(client, form, data):
    """The answer; what it changed is taken back if it led on, and stays to be seen if not."""
    point = transaction.savepoint()
    answer = post(client, form, data)
    if answer.status_code in (200, 302) or answer.status_code >= 500:
        transaction.savepoint_rollback(point)
        assert "/accounts/login/" not in answer.headers.get("Location", "")
    else:
        transaction.savepoint_commit(point)
    return answer


@pytest.mark.parametrize("app", APPS)
def test_every_form_answers_wrong_values_in_words(world, forms, app):
    wrong, before, known = [], fingerprint(), set()
    for form, letter in of_app(forms, app, "post"):
        client, data = signed_in(world, letter), filled(form)
        answer = send(client, form, data)
        if form.name not in REFUSED and (answer.status_code not in (200, 302) or told(answer)):
            wrong.append(f"{form.name}: a good answer got {answer.status_code} {told(answer)}")
        fields = fields_to_try(form)
        familiar = known & {field.name for field in fields}
        tries = [(field, *values_to_try(form, field, known)) for field in fields]
        for sent in (*together(tries), *alone(tries, familiar)):
            wrong += complaints_about(client, form, data, sent)
    if fingerprint() != before:
        wrong.append(f"{app}: something was kept of what was refused")
    assert not wrong, "\n".join(wrong)


def together(tries):
    """Lists of (field, value, is_never): each field meets each of its values, all at once."""
    for turn in range(MOST_VALUES):
        yield [
            (field, never[(turn + at) % len(never)], True)
            for at, (field, never, _) in enumerate(tries) if turn < len(never)
        ]  # fmt: skip
        yield [
            (field, perhaps[(turn + at) % len(perhaps)], False)
            for at, (field, _, perhaps) in enumerate(tries)
            if turn < len(perhaps) and field.kind != "hidden"
        ]  # fmt: skip


def alone(tries, familiar):
    """What a form may take reaches the rules behind it only if all else is good.

    All values in a small form and in what is hidden; one for each field of a large form, and none
    where a large form repeats the fields of another one.
    """
    is_large = len(tries) > LARGE
    for at, (field, _, perhaps) in enumerate(tries):
        if field.kind == "hidden" or not is_large:
            yield from ([(field, value, False)] for value in perhaps)
        elif perhaps and field.name not in familiar:
            yield [(field, perhaps[at % len(perhaps)], False)]


def complaints_about(client, form, data, sent):
    """Whoever is not told its error among others is asked again alone."""
    if not sent:
        return
    answer = send(client, form, data | {field.name: [value] for field, value, _ in sent})
    for field, value, is_never in sent:
        found = list(complaints(answer, form, field, value, is_never=is_never))
        if found and len(sent) > 1 and answer.status_code < 500:
            again = send(client, form, data | {field.name: [value]})
            found = list(complaints(again, form, field, value, is_never=is_never))
        yield from found


def fields_to_try(form):
    """Of rows that repeat, the first; files have a test of their own."""
    left_out = re.compile("csrfmiddlewaretoken|.*-[1-9][0-9]*-|.*-(INITIAL|MIN_NUM|MAX_NUM)_FORMS")
    return [
        each for each in form.fields.values()
        if each.kind != "file" and not left_out.match(each.name)
    ]  # fmt: skip


def values_to_try(form, field, known):
    """All once for each app, a few for the same field of another form, none for the same form."""
    never, perhaps = WRONG.get(field.kind, WRONG["text"])
    if (form.name, field.name) in known:
        return (), ()
    if field.name in known:
        never, perhaps = never[-1:], perhaps[:2]
    known.update({field.name, (form.name, field.name)})
    return never, perhaps


def complaints(answer, form, field, value, *, is_never):
    what = f"{form.name}, {field.name} ({field.kind}) = {value[:30]!r}: "
    said = answer.content.decode() if answer.status_code == 400 else told(answer)
    if answer.status_code >= 500:
        yield what + repr(answer.exc_info[1])
    elif is_never and answer.status_code in (200, 302) and not said:
        yield what + "was taken"
    elif is_never and not names(said, field, value):
        yield what + f"{answer.status_code} without a word on the field"
    elif answer.status_code == 400 and not re.search(
        "error-summary|role=.alert|class=.error", said
    ):
        yield what + "400 without a word"


def told(answer):
    """What the next page would say went wrong."""
    kept = get_messages(answer.wsgi_request)
    return " ".join(str(each) for each in kept if each.level == ERROR)


def names(said, field, value):
    """The error stands beside the field or is linked to it, or the sentence has name or value."""
    if "<html" not in said:
        return (
            f"{field.label or field.name}:".lower() in said.lower()
            or value in said
            or repr(value) in said
        )
    beside = rf'(id="\w+_{field.name}[-_]error|href="#\w+_{field.name}\b)'
    return field.kind == "hidden" or re.search(beside, said) is not None


def test_a_wrong_word_in_an_address_is_no_fault(world, forms):
    """Each parameter of each page; what a page does not know is of no matter to it."""
    asked = {name for form, _ in forms if form.method == "get" for name in form.fields}
    names = sorted(asked | PARAMETERS)
    wrong = []
    for page in [each for each in PAGES if each.get and each.name not in NOT_HERE]:
        client = signed_in(world, next(each for each in READERS + ALL if each in page.get))
        for turn in range(3):
            chosen = {name: STRANGE.get(name, STRANGE["q"])[turn] for name in names}
            path = page.url(world).partition("?")[0]
            answer = client.get(path, chosen)
            connection.needs_rollback = False
            if answer.status_code >= 500:
                wrong.append(f"{page} {turn}: {answer.exc_info[1]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [*FILES, "ledger:department"])
def test_a_file_that_is_none_is_refused_in_words(world, forms, name):
    form, letter = next(each for each in forms if each[0].name == name and each[0].method == "post")
    usual, content = FILES.get(name, ("rows.csv", b"micro_enterprise,use,heads\n"))
    header = content.splitlines()[0]
    wrong, client, before = [], signed_in(world, letter), fingerprint()
    for what, file, data in bad_files(header):
        answer = send(
            client, form, filled(form) | {"file": SimpleUploadedFile(file or usual, data)}
        )
        said = answer.content.decode()
        good = {400, 409, *((200, 302) if what.startswith("20,000") else ())}
        if answer.status_code not in good:
            wrong.append(f"{what}: {answer.status_code} {getattr(answer, 'exc_info', '')}")
        elif answer.status_code >= 400 and not re.search(
            "error-summary|Rows to mend|Rows with faults", said
        ):
            wrong.append(f"{what}: {answer.status_code} without a word")
    assert not wrong, "\n".join(wrong)
    assert fingerprint() == before


def bad_files(header):
    rows = b"\n".join(b",".join([b"x%d" % at] * (header.count(b",") + 1)) for at in range(20_000))
    yield "an empty file", "", b""
    yield "a binary file", "", bytes(range(256)) * 40
    yield "one line of 2 MB", "", b"x" * 2_000_000
    yield "UTF-16", "", header.decode().encode("utf-16") + "\nx".encode("utf-16")
    yield "another header", "", b"colour,taste\nred,sweet\n"
    yield "20,000 rows of nonsense", "", header + b"\n" + rows
    yield "a torn workbook", "book.xlsx", workbook()[:300]
    yield "a workbook that claims 4 GB", "book.xlsx", bomb()


def workbook():
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as parts:
        parts.writestr("[Content_Types].xml", "<Types/>" * 100)
        parts.writestr("xl/workbook.xml", "<workbook/>" * 100)
    return kept.getvalue()


def bomb():
    """Its list of contents says that one part unpacks to four billion bytes."""
    data = bytearray(workbook())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (2**32 - 2).to_bytes(4, "little")
    return bytes(data)


def rows():
    """How many there are of each kind, and all that is said of the money."""
    return [
        (table, count, content if table in MONEY else None)
        for table, count, content in fingerprint()
    ]


def test_what_is_sent_twice_is_done_once(world, forms):
    wrong = []
    for form, letter in forms:
        if form.method != "post" or form.name in MAY_HAPPEN_AGAIN | set(REFUSED):
            continue
        client, data, point = signed_in(world, letter), filled(form), transaction.savepoint()
        first, after_first = post(client, form, data), rows()
        second, after_second = post(client, form, data), rows()
        transaction.savepoint_rollback(point)
        if after_first != after_second:
            changed = set(after_first) ^ set(after_second)
            wrong.append(f"{form.name}: the second time {sorted(changed)}")
        if max(first.status_code, second.status_code) >= 500:
            wrong.append(f"{form.name}: {first.status_code}, then {second.status_code}")
    assert not wrong, "\n".join(wrong)
