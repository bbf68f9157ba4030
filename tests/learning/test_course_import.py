"""Courses come in from a file."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from learning_market.course_import import import_courses
from learning_market.models import Course, CourseRun
from tests import make
from tests.make import TODAY
from tests.real_data import real_data

HEAD = "reference,title,topic,provider,supplier,starts_on,ends_on,price,seats,place\n"
ROWS = (
    "C1,Reading meters,Data,Lab,,2026-05-04,2026-05-05,450.00,8,Room 2\n"
    "C1,Reading meters,Data,Lab,,2026-06-01,2026-06-02,450.00,8,Room 2\n"
    'C2,"Statistics, gently",Data,,Open School,2026-05-11,,"1,200.00",,Online\n'
    "C3,Only an idea,Other,,Open School,,,,,\n"
)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _somebody():
    make.hr_admin()
    make.me("Lab")


def _import(text, **options):
    return import_courses(text.encode(), name="courses.csv", by=None, on=TODAY, **options)


def test_a_file_makes_courses_and_runs_once_however_often_it_comes():
    done = _import(HEAD + ROWS)
    assert (done.read, done.created, done.refused) == (4, 4, [])
    assert (Course.objects.count(), CourseRun.objects.count()) == (3, 3)
    run = CourseRun.objects.get(course__title="Statistics, gently")
    assert (run.price, run.seats, run.ends_on, run.course.taught_by) == (
        1200, None, run.starts_on, "Open School",
    )  # fmt: skip
    again = _import(HEAD + ROWS)
    assert (again.created, again.unchanged) == (0, 4)
    changed = _import(HEAD + ROWS.replace("Only an idea", "A better idea"))
    assert (changed.updated, changed.unchanged) == (1, 3)


def test_a_dry_run_changes_nothing():
    assert _import(HEAD + ROWS, is_dry_run=True).created == 4
    assert not Course.objects.exists()


@pytest.mark.parametrize(
    ("row", "field", "sentence"),
    [
        ("C9,,Data,Lab,,,,,,", "title", "The title is empty"),
        ("C9,T,Data,Nobody,,,,,,", "provider", "No micro-enterprise is called 'Nobody'"),
        ("C9,T,Data,,,,,,,", "supplier", "Name the provider"),
        ("C9,T,Data,Lab,,soon,,,,", "starts_on", "'soon' is no day"),
        ("C9,T,Data,Lab,,2026-05-04,2026-05-01,,,", "ends_on", "lies before the first"),
        ("C9,T,Data,Lab,,,,-5,,", "price", "'-5' is no price"),
        ("C9,T,Data,Lab,,,,NaN,,", "price", "'NaN' is no price"),
        ("C9,T,Data,Lab,,,,1e40,,", "price", "is no price"),
        ("C9,T,Data,Lab,,,,,0,", "seats", "'0' is no number of seats"),
        ("C9,=2+2,Data,Lab,,,,,,", "title", "begins like a formula"),
        (f"C9,{'x' * 201},Data,Lab,,,,,,", "title", "200 is the limit"),
    ],
)
def test_a_faulty_row_is_named_and_nothing_is_saved(row, field, sentence):
    done = _import(HEAD + ROWS + row + "\n")
    assert [(each.row, each.field) for each in done.refused] == [(6, field)]
    assert sentence in done.refused[0].message
    assert not Course.objects.exists()


def test_the_command_answers_in_json_and_ends_in_1_where_it_was_refused(tmp_path):
    path = tmp_path / "courses.csv"
    path.write_text(HEAD + ROWS)
    out = StringIO()
    call_command("import_courses", str(path), "--json", stdout=out)
    assert json.loads(out.getvalue())["created"] == 4
    path.write_text("name,when\nx,y\n")
    with pytest.raises(CommandError):
        call_command("import_courses", str(path), "--json", stdout=StringIO())


def test_the_real_open_learning_library_comes_in():
    data = (real_data("mit-learning-catalogue") / "oll_metadata.csv").read_bytes()
    preset = "open-learning-library"
    done = import_courses(data, name="oll.csv", preset=preset, by=None, on=TODAY)
    assert (done.read, done.refused) == (64, [])
    assert Course.objects.filter(title="Introduction to Probability and Statistics").exists()
    again = import_courses(data, name="oll.csv", preset=preset, by=None, on=TODAY)
    assert again.unchanged == 64
