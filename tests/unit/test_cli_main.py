"""The last boundary: whatever happens, a line and an exit code, never a traceback."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from vox import __version__
from vox.client import cli, say


def vox(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    monkeypatch.setattr(sys, "argv", ["vox", *argv])
    return cli.main()


@pytest.fixture(autouse=True)
def no_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this process are the test runner's."""
    monkeypatch.setattr("_signal.signal", lambda number, handler: None)


def test_an_unexpected_error_goes_to_a_log_that_the_line_names(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(argv: list[str]) -> int:
        raise ZeroDivisionError("secret of nobody")

    monkeypatch.setattr(say, "run", fail)
    assert vox(monkeypatch, "x", "--json") == 1
    printed = capsys.readouterr()
    log = home / "log" / "vox.log"
    assert printed.err == (
        f"vox: unexpected ZeroDivisionError: secret of nobody; the traceback is in {log}\n"
    )
    assert json.loads(printed.out)["error"]["code"] == "bug"
    assert "Traceback" in log.read_text()
    assert "test_cli_main.py" in log.read_text()


def test_a_log_that_cannot_be_written_is_no_second_failure(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(argv: list[str]) -> int:
        raise ZeroDivisionError

    home.write_text("in the way")
    monkeypatch.setattr(say, "run", fail)
    assert vox(monkeypatch, "x") == 1
    assert "can't be written: " in capsys.readouterr().err


def test_what_the_system_refuses_is_told_without_a_log(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.write_text("in the way")
    assert vox(monkeypatch, "config", "set", "port", "1") == 1
    assert capsys.readouterr().err == f"vox: File exists: '{home}'\n"


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--voise", "x", "y"], "vox: unknown option --voise; did you mean --voice?"),
        (["daemon"], "vox: daemon: the following arguments are required: start|stop|restart|status"),
        (["daemon", "status", "--jsn"], "vox: daemon: unknown option --jsn; did you mean --json?"),
        (["ps", "is", "a", "verb"], "vox: ps: 'is' is too much; to speak these words: vox say ps ..."),
    ],
)
def test_wrong_usage_is_two_lines_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str], line: str
) -> None:
    assert vox(monkeypatch, *argv) == 2
    assert capsys.readouterr().err == f"{line}\ntry: vox --help\n"


def test_help_and_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert vox(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"vox {__version__}\n"
    assert vox(monkeypatch, "say", "-h") == 0
    assert capsys.readouterr().out.startswith("usage: vox")


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(argv: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(say, "run", interrupted)
    assert vox(monkeypatch, "x") == 130
    assert capsys.readouterr().err == ""
