import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from packaging.requirements import Requirement

from config import env, tasks
from config.celery import app
from devstack import checks
from devstack.checkout import note
from devstack.pytest_plugin import own_database
from devstack.servers import INITDB_LOCALE

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXPLAINED = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def read_in(*files: str) -> set[str]:
    words = "".join((ROOT / name).read_text() for name in files)
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', words))


def outcome(
    *command: str, folder: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    inherited = dict(os.environ)
    inherited.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # conftest.py's, for this process only
    return subprocess.run(
        command,
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_database_is_postgresql_and_folds_case_beyond_english(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('ÉÑŽ')")
        assert cursor.fetchone() == ("éñž",)


def test_compose_makes_the_same_kind_of_database_as_run():
    assert " ".join(INITDB_LOCALE) in COMPOSE


def test_every_variable_that_settings_read_is_explained_and_reaches_the_container():
    read = read_in("config/settings.py")
    assert len(read) > 9
    assert read <= EXPLAINED
    assert {
        name for name in read - {"DEBUG", "STATIC_BUILT"} if f"    {name}:" not in COMPOSE
    } == set()


def test_no_secret_stands_in_the_compose_file():
    for name in re.findall(r"\w*(?:PASSWORD|SECRET)\w*: .*", COMPOSE):
        assert "?fill it in .env}" in name


def test_only_one_module_reads_the_environment():
    apps = [name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()]
    modules = [path for name in apps for path in (ROOT / name).rglob("*.py")]
    readers = [
        path for path in modules if re.search(r"environ\b(?!\.setdefault)", path.read_text())
    ]
    assert readers == [ROOT / "config/env.py"]


def test_the_lock_names_no_host_and_holds_what_the_project_asks_for():
    assert "://" not in (ROOT / "requirements.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for each in map(Requirement, [*project["dependencies"], *extras["local"], *extras["test"]]):
        assert each.specifier.contains(version(each.name)), each


def test_a_missing_variable_is_one_sentence():
    said = outcome(sys.executable, "manage.py", "check", SECRET_KEY="")
    assert said.returncode == 1
    assert said.stderr == "Set SECRET_KEY in the environment; .env.example explains it.\n"


@pytest.mark.parametrize(
    ("reader", "value", "sentence"),
    [
        (lambda: env.flag("RENDAN_WORD", default=True), "yes", "must be on or off, not 'yes'"),
        (lambda: env.database("RENDAN_WORD"), "sqlite:///x", "must start with postgres://"),
        (lambda: env.redis("RENDAN_WORD"), "amqp://x", "must start with redis://"),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch, reader, value, sentence):
    monkeypatch.setenv("RENDAN_WORD", value)
    with pytest.raises(SystemExit, match=sentence):
        reader()


def test_a_socket_is_named_to_celery_in_its_own_words(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "unix:///here/valkey.sock?db=2")
    assert env.broker("REDIS_URL") == "redis+socket:///here/valkey.sock?virtual_host=2"


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("unix:///here/valkey.sock", "unix:///here/valkey.sock?db=3"),
        ("redis://:word@queue.example:6379/0", "redis://:word@queue.example:6379/3"),
    ],
)
def test_each_process_that_tests_has_a_queue_of_its_own(url, own):
    assert own_database(url, 3) == own


def test_production_settings_raise_no_warning():
    said = outcome(*checks.command("deployment"), **checks.PRODUCTION)
    assert said.returncode == 0, said.stderr


def test_production_refuses_plain_http_except_to_its_supervisor():
    with override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["testserver"]):
        client = Client()
        assert client.get("/accounts/login/").status_code == 301
        assert client.get("/healthz").status_code == 200


def test_the_product_says_what_is_missing_until_it_is_ready(client, db):
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": True, "broker": True, "migrations": True, "workers": False}


@pytest.mark.django_db(transaction=True)
def test_a_worker_answers_and_takes_work_from_every_queue(client):
    with start_worker(app, perform_ping_check=False, shutdown_timeout=30):
        assert client.get("/readyz").status_code == 200
        for queue in settings.CELERY_TASK_QUEUES:
            result = tasks.forget_what_expired.apply_async(queue=queue.name)
            assert result.get(timeout=10) is None


def test_no_page_allows_inline_script(client, db):
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_nobody_signs_up_without_an_invitation(client, db):
    client.post("/accounts/signup/", {"email": "x@y.example", "password1": "q", "password2": "q"})
    assert not get_user_model().objects.exists()


def test_an_organisation_that_starts_empty_is_given_no_made_up_people(db):
    with override_settings(DEMO=False):
        call_command("prepare")
    assert not get_user_model().objects.exists()


@pytest.fixture
def checkout(tmp_path):
    """A checkout of its own: a ./run may be up in this one while its tests pass."""
    shutil.copytree(ROOT / "devstack", tmp_path / "devstack")
    return tmp_path


def test_a_second_run_in_the_same_checkout_is_told_to_stop_the_first(checkout):
    (checkout / "var").mkdir()
    with (checkout / "var/lock").open("w+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note(lock, "./run", {})
        said = outcome(sys.executable, "-m", "devstack", folder=checkout)
    assert said.returncode == 1
    assert said.stderr == (
        f"./run (process {os.getpid()}) is already at work in this checkout; "
        "stop it first (Ctrl-C).\n"
    )


def test_a_taken_port_is_answered_with_what_to_do(checkout):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = outcome(sys.executable, "-m", "devstack", folder=checkout, PORT=port)
    assert said.returncode == 1
    assert said.stderr == f"Port {port} is taken; choose another, like PORT=8001 ./run\n"


def test_unknown_words_are_answered_with_the_known_ones():
    said = outcome(sys.executable, "-m", "devstack", "fly")
    assert said.returncode == 2
    assert "./run manage ARGS" in said.stderr


@pytest.mark.parametrize(
    ("given", "hosts", "is_secure", "address"),
    [
        ("", ["market.example", "other.example"], True, "https://market.example"),
        ("", [".example.com"], True, "https://example.com"),
        ("", ["market.example"], False, "http://127.0.0.1:8000"),
        ("https://market.example/", ["10.0.0.7"], True, "https://market.example"),
    ],
)
def test_mails_link_to_the_address_where_people_reach_the_site(
    monkeypatch, given, hosts, is_secure, address
):
    monkeypatch.setenv("PUBLIC_URL", given)
    monkeypatch.delenv("PORT", raising=False)
    assert env.address("PUBLIC_URL", hosts=hosts, is_secure=is_secure) == address


def test_an_address_without_a_scheme_stops_the_start(monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "market.example")
    with pytest.raises(SystemExit, match="PUBLIC_URL must start with https://"):
        env.address("PUBLIC_URL", hosts=[], is_secure=True)
