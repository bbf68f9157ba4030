"""The gallery shows every piece, and no piece needs what the Content-Security-Policy refuses."""

import re

import pytest
from django.template.loader import render_to_string

REFUSED_BY_THE_POLICY = re.compile(
    r"<style|<script(?![^>]*\ssrc=)|\s(?:style|on[a-z]+|hx-on[^=]*)=[\"']|javascript:",
    re.IGNORECASE,
)


@pytest.fixture
def gallery(client, settings):
    settings.DEMO = True
    return client.get("/gallery/")


def test_the_gallery_is_part_of_the_demo_only(client, settings):
    settings.DEMO = settings.DEBUG = False
    assert client.get("/gallery/").status_code == 404


def test_no_piece_brings_script_or_style_of_its_own(gallery):
    assert gallery.status_code == 200
    assert not REFUSED_BY_THE_POLICY.search(gallery.text)


def test_every_id_is_used_once(gallery):
    ids = re.findall(r'\sid="([^"]+)"', gallery.text)
    assert len(ids) == len(set(ids))


def test_every_label_belongs_to_an_input(gallery):
    ids = set(re.findall(r'\sid="([^"]+)"', gallery.text))
    assert set(re.findall(r'<label[^>]*\sfor="([^"]+)"', gallery.text)) <= ids


def test_nothing_missing_prints_as_none(gallery):
    assert not re.search(r">\s*None\s*<", gallery.text)


def test_the_reader_chose_dark(client, settings):
    settings.DEMO = True
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/gallery/").text


def test_a_broken_cookie_changes_nothing(client, settings):
    settings.DEMO = True
    client.cookies["theme"] = "blue"
    assert '<html lang="en">' in client.get("/gallery/").text


@pytest.mark.parametrize("name", ["404.html", "403.html", "500.html", "503.html", "refused.html"])
def test_errors_need_no_frame_around_them(name):
    page = render_to_string(name, {"reason": "212.40 is available, 1,180.00 is needed."})
    assert "<h1>" in page
    assert "masthead-row" not in page
