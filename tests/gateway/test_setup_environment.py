"""Reading the environment and ``.env``, and the settings made of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from gateway.databases import database
from gateway.environment import Environment, Reader, read_file
from providers.env import overlay
from providers.vendors import all_vendors
from tests.isolation import documented


def test_the_real_environment_wins_and_what_leaves_the_file_is_gone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=file\nB=file\n# a comment\n\nexport C='quoted'\n")
    environment = Environment({"A": "real"}, path=file)
    assert dict(environment.current) == {"A": "real", "B": "file", "C": "quoted"}
    assert environment.from_file["A"] == "file"
    file.write_text("A=file\n")
    assert dict(environment.reload()) == {"A": "real"}
    file.unlink()
    assert dict(environment.reload()) == {"A": "real"}
    assert "B" not in os.environ


def test_a_line_that_cannot_be_read_is_named_by_number_and_the_old_values_stay(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n")
    environment = Environment({}, path=file)
    file.write_text("A=2\nSECRET = hush\n")
    with pytest.raises(ImproperlyConfigured, match="line 2") as caught:
        environment.reload()
    assert "hush" not in str(caught.value)
    assert environment.current["A"] == "1"


def test_a_file_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match=r"\.env"):
        read_file(tmp_path / ".env")


def test_a_bad_setting_names_its_variable() -> None:
    read = Reader({"N": "many", "NEGATIVE": "-1", "INF": "inf", "HALF": "1.5", "F": "maybe", "C": "x"})
    for name, reading in {
        "N": lambda: read.number("N", 1),
        "NEGATIVE": lambda: read.number("NEGATIVE", 1),
        "INF": lambda: read.number("INF", 1),
        "HALF": lambda: read.whole("HALF", 1),
        "F": lambda: read.flag("F", False),
        "C": lambda: read.choice("C", "a", ("a", "b")),
    }.items():
        with pytest.raises(ImproperlyConfigured, match=f"^{name}="):
            reading()


def test_empty_counts_as_not_set() -> None:
    read = Reader({"X": "  "})
    assert (read.number("X", 3), read.flag("X", True), read.words("X", ("a",)), read.text("X")) == (3, True, ["a"], "")
    assert read.choice("X", "a", ("a", "b")) == "a"
    assert read.names == {"X"}


@pytest.mark.parametrize(
    "url",
    [
        "hush",
        "mysql://u:hush@h/n",
        "postgres://u:hush@h",
        "postgres://u:hu/sh@h/n",
        "postgres://u:hush@[::1/n",
        "pw://:hush@h/n",
    ],
)
def test_a_database_url_of_the_wrong_form_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="^DATABASE_URL") as caught:
        database(url, tmp_path)
    assert "hu" not in str(caught.value)


def test_a_database_url_with_an_encoded_password_is_read(tmp_path: Path) -> None:
    config = database("postgres://user:p%40ss%2Fw@db.test:5433/name?sslmode=require", tmp_path)
    assert (config["PASSWORD"], config["HOST"], config["PORT"], config["NAME"]) == ("p@ss/w", "db.test", 5433, "name")
    assert config["OPTIONS"]["sslmode"] == "require"


def test_the_example_file_documents_what_is_read_and_nothing_else() -> None:
    named = documented()
    read = set(settings.READ.names)
    providers = {name for name in named - read if _is_a_providers(name)}
    assert read - named == set()
    assert named - read - providers == {"SWITCHBOARD_ENV_FILE", "OTEL_EXPORTER_OTLP_ENDPOINT"} & named


def _is_a_providers(name: str) -> bool:
    value = "http://x.test" if name.endswith("_URL") else "1"
    found = (overlay(slug, vendor, {name: value}) for slug, vendor in all_vendors().items())
    return any(over.variables or over.tokens for over in found)


def start(tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, "DATA_DIR": str(tmp_path), **environ},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"PORT": "70000"}, "PORT"),
        ({"DATABASE_URL": "postgres://u:hush@127.0.0.1/n"}, "ENCRYPTION_KEYS"),
        ({"REDIS_URL": "redis://127.0.0.1"}, "DATABASE_URL"),
        ({"CSRF_TRUSTED_ORIGINS": "example.org"}, "CSRF_TRUSTED_ORIGINS"),
    ],
)
def test_a_start_with_a_bad_setting_says_which_in_one_line(environ: dict[str, str], names: str, tmp_path: Path) -> None:
    cleared = {"DATABASE_URL": "", "REDIS_URL": "", "ENCRYPTION_KEYS": "", **environ}
    done = start(tmp_path, **cleared)
    assert done.returncode == 1
    assert names in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr
