"""What the command line says of engines and models, and how it checks one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.mini_engine import ADMIN, ENGINE, admin, listed, wheel, write


@pytest.fixture
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which something may be put, without uv."""
    home.mkdir()
    monkeypatch.setenv("PATH", "")
    return home


def test_an_engine_is_checked_in_its_own_environment(home: Path) -> None:
    write(home, needs=(wheel(home, "tiny"),), facts="deterministic = true", body=f"import tiny\n{ENGINE}")
    assert "is not installed" in admin("engine", "check", "mini", expect=1).stderr
    admin("engine", "install", "mini")
    findings = admin("engine", "check", "mini").stdout.splitlines()
    assert {line.split()[0] for line in findings} == {"ok"}
    assert findings[0].startswith("ok      import") and findings[-1].startswith("ok      close")
    write(home, needs=(wheel(home, "tiny"),), body=ENGINE.replace("3000", "0"))
    assert "silence" in admin("engine", "check", "mini", expect=1).stdout


def test_an_engine_without_its_model_is_imported_only(home: Path) -> None:
    write(home, facts='[tool.vox.models.big]\nhub = "owner/big"\nfiles = ["*.onnx"]')
    admin("engine", "install", "mini")
    done = admin("engine", "check", "mini")
    assert "vox pull mini/big" in done.stderr
    assert done.stdout.startswith("ok      import")
    assert done.stdout.count("\n") == 1


def test_lists_are_tables_for_people_and_objects_for_programs(home: Path) -> None:
    write(home, facts='languages = ["en-us"]\n[tool.vox.models.big]\nbytes = 5_000_000\ntitle = "Big"')
    (home / "engines" / "bad.py").write_text("")
    table = admin("engines")
    header, *rows = table.stdout.splitlines()
    (row,) = [row for row in rows if row.startswith("mini ")]
    assert row.index("no") == header.index("INSTALLED")
    assert row.index("MIT") == header.index("LICENSE") > header.index("TITLE")
    (espeak,) = [row.split() for row in rows if row.startswith("espeak ")]
    assert espeak[2:5] == ["speaks", "many", "many"]
    assert not [row for row in rows if row.startswith("tone ")]  # it is for tests
    assert "vox engine install mini" in table.stderr and "there is no header" in table.stderr
    facts = listed()
    assert (facts["license"], facts["languages"], facts["models"][0]["bytes"]) == (
        "MIT",
        ["en-us"],
        5_000_000,
    )
    assert "there is no header" in listed("bad")["why_not"]
    (row,) = [row for row in admin("models").stdout.splitlines() if row.startswith("mini/big")]
    assert row.split() == ["mini/big", "-", "5", "MB", "en-us", "Big", "MIT"]
    (model,) = [m for m in json.loads(admin("models", "--json").stdout) if m["model"] == "mini/big"]
    assert (model["pulled"], model["license"]) == (True, "MIT")


def test_a_model_can_speak_other_languages_under_another_licence_than_its_engine(home: Path) -> None:
    model = '[tool.vox.models.{}]\nlanguages = ["zh", "ja"]\nlicense = "CC-BY-4.0"\n'
    write(home, facts='languages = ["en-us"]\n[tool.vox.models.one]\n' + model.format("two"))
    rows = [row.split() for row in admin("models").stdout.splitlines() if row.startswith("mini/")]
    assert rows == [
        ["mini/one", "-", "-", "en-us", "Mini", "MIT"],
        ["mini/two", "-", "-", "zh", "ja", "Mini", "CC-BY-4.0"],
    ]
    two = next(m for m in json.loads(admin("models", "--json").stdout) if m["model"] == "mini/two")
    assert (two["languages"], two["license"]) == (["zh", "ja"], "CC-BY-4.0")


def test_a_transcriber_is_listed_as_one_and_checked_as_far_as_that_goes(home: Path) -> None:
    write(home, facts='role = "transcript"')
    (row,) = [row for row in admin("engines").stdout.splitlines() if row.startswith("mini ")]
    assert row.split()[1:5] == ["no", "transcribes", "many", "-"]
    admin("engine", "install", "mini")
    done = admin("engine", "check", "mini")
    assert "no voice that could be checked" in done.stderr
    assert done.stdout.startswith("ok      import") and done.stdout.count("\n") == 1


def test_a_model_of_parts_alone_is_pulled_too(home: Path) -> None:
    part = (
        '[[tool.vox.models.big.parts]]\ninto = "x"\nurl = "https://example.org/x.zip"\ntrust = "it is code"'
    )
    write(home, facts=part)
    (row,) = [row for row in admin("models").stdout.splitlines() if row.startswith("mini/big ")]
    assert row.split()[1] == "no"
    admin("engine", "install", "mini")
    said = admin("pull", "mini", expect=1).stderr
    assert "https://example.org/x.zip: it is code; to agree, run: vox pull mini/big --trust" in said


def test_an_engine_of_another_platform_is_listed_without_advice(home: Path) -> None:
    write(home, facts='platforms = ["amiga"]')
    listing = admin("engines")
    assert [row.split()[1] for row in listing.stdout.splitlines() if row.startswith("mini ")] == ["no"]
    assert "amiga" not in listing.stderr
    assert "amiga only" in listed()["why_not"]


def test_a_table_fits_the_terminal(home: Path) -> None:
    lines = admin("models").stdout.splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("kokoro/82m "))
    controller, terminal = pty.openpty()
    environment = os.environ | {"COLUMNS": "60"}
    with open(controller, "rb") as screen, open(terminal, "wb") as stdout:
        subprocess.run([*ADMIN, "models"], check=True, stdout=stdout, env=environment)
        kokoro = [screen.readline() for _ in lines][place].decode().rstrip()
    assert kokoro.startswith("kokoro/82m ") and kokoro.endswith("…")
    assert len(kokoro) == 60
    assert "GPL-3.0-or-later (espeak-ng, phonemizer, pykakasi)" in admin("models").stdout


def test_a_directory_of_the_users_own_needs_no_pull(home: Path) -> None:
    write(home, facts='[tool.vox.models.big]\nhub = "owner/big"\nfiles = ["*.onnx"]')
    own = home / "own"
    (home / "config.toml").write_text(f'[engines.mini]\ndirectory = "{own}"\n')

    def big() -> tuple[str, dict[str, Any], str]:
        table = admin("models")
        (row,) = [row for row in table.stdout.splitlines() if row.startswith("mini/big ")]
        (fact,) = [
            fact for fact in json.loads(admin("models", "--json").stdout) if fact["hub"] == "owner/big"
        ]
        return row, fact, table.stderr

    row, fact, note = big()
    assert (row.split()[1], fact["pulled"]) == ("no", False)
    assert f"engines.mini.directory is {own}, which is not a directory" in note
    own.mkdir()
    assert f"engines.mini.directory is {own}, which is empty" in big()[2]
    assert "which is empty" in admin("engine", "install", "mini").stderr
    (own / "a.onnx").touch()
    row, fact, note = big()
    assert (row.split()[1:3], fact["pulled"], fact["directory"]) == (["own", "dir"], True, str(own))
    assert note == ""
    assert "vox pull" not in admin("engine", "install", "mini").stderr


@pytest.mark.parametrize(
    ("verb", "about"),
    [("engines", "whether they are installed"), ("models", "how large"), ("pull", "verify")],
)
def test_help_says_what_a_verb_does(home: Path, verb: str, about: str) -> None:
    assert about in admin(verb, "--help").stdout


def test_mistakes_of_the_caller_are_one_line_each(home: Path) -> None:
    assert admin("engine", "install", "kokorro", expect=1).stderr.startswith("vox: unknown engine 'kokorro'")
    assert admin("pull", "espeak/big", expect=1).stderr.startswith("vox: unknown model 'espeak/big'")
    assert "usage: vox" in admin("engine", expect=2).stderr
    (home / "config.toml").write_text("port = [")
    assert "config.toml can't be read" in admin("engines", expect=1).stderr
