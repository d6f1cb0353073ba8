"""What the command line says of engines and models, and how it checks one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mini_engine import ENGINE, admin, listed, wheel, write


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
    assert [line.split()[0] for line in findings] == ["ok"] * 6
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
    assert row.index("MIT") == header.index("LICENSE")
    assert "vox engine install mini" in table.stderr and "there is no header" in table.stderr
    facts = listed()
    assert (facts["license"], facts["languages"], facts["models"][0]["bytes"]) == (
        "MIT",
        ["en-us"],
        5_000_000,
    )
    assert "there is no header" in listed("bad")["why_not"]
    (row,) = [row for row in admin("models").stdout.splitlines() if row.startswith("mini/big")]
    assert row.split() == ["mini/big", "-", "5", "MB", "en-us", "MIT", "Big"]
    (model,) = [m for m in json.loads(admin("models", "--json").stdout) if m["model"] == "mini/big"]
    assert (model["pulled"], model["license"]) == (True, "MIT")


def test_mistakes_of_the_caller_are_one_line_each(home: Path) -> None:
    assert admin("engine", "install", "kokorro", expect=1).stderr.startswith("vox: unknown engine 'kokorro'")
    assert admin("pull", "espeak/big", expect=1).stderr.startswith("vox: unknown model 'espeak/big'")
    assert "usage: vox" in admin("engine", expect=2).stderr
    (home / "config.toml").write_text("port = [")
    assert "config.toml can't be read" in admin("engines", expect=1).stderr
