from __future__ import annotations

from pathlib import Path

import pytest

from vox.client import arguments, cli, help
from vox.client.arguments import UsageError, parse


def test_options_and_words_come_in_any_order() -> None:
    given = parse(["-b", "kokoro", "hello", "--voice=bella", "there", "-s1.5", "--json"])
    assert given.words == ["hello", "there"]
    assert (given.backend, given.voice, given.speed, given.json) == ("kokoro", "bella", "1.5", True)
    assert not given.no_daemon


def test_after_two_dashes_all_is_text() -> None:
    assert parse(["--", "-v", "--", "stop"]).words == ["-v", "--", "stop"]


def test_an_option_may_take_what_looks_like_one() -> None:
    assert parse(["x", "--keep-alive", "-1"]).keep_alive == "-1"
    assert parse(["x", "-o", "-"]).output == "-"
    assert parse(["--voice=a=b"]).voice == "a=b"


def test_a_preset_has_a_short_name() -> None:
    assert parse(["-p", "fast", "x"]).preset == parse(["x", "--preset=fast"]).preset == "fast"


def test_the_last_of_two_wins() -> None:
    assert parse(["-v", "a", "-v", "b"]).voice == "b"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--voise", "x"], "unknown option --voise; did you mean --voice?"),
        (["-x"], "unknown option -x; put -- before text that begins with a dash"),
        (["x", "-v"], "-v needs a value"),
        (["x", "-o", ""], "-o needs a value"),
        (["x", "--json=yes"], "--json takes no value"),
        (["-hx"], "-h takes no value"),
        (["x", "-s", "fast"], "the speed is a number such as 1.25, not 'fast'"),
        (["x", "-s", "nan"], "the speed is a number such as 1.25, not 'nan'"),
        (["x", "-f", "y"], "give either text or -f FILE, not both"),
        (["x", "--format", "mp3"], "--format says how to write a file: it needs -o FILE"),
        (["x", "--json", "-o", "-"], "--json and -o - both want the standard output"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_work(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse(words)
    assert refusal.value.message == message


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.b.WAV", "wav"), ("x.ogg", "opus"), ("x.raw", "pcm"), ("-", "wav"), ("/dev/null", "wav")],
)
def test_the_format_is_that_of_the_name(name: str, form: str) -> None:
    assert parse(["x", "-o", name]).format == form


@pytest.mark.parametrize("name", ["x.docx", "x", ".wav"])
def test_a_name_that_tells_no_format_needs_an_option(name: str) -> None:
    with pytest.raises(UsageError, match=r"\.wav \.mp3"):
        parse(["x", "-o", name])
    assert parse(["x", "-o", name, "--format", "mp3"]).format == "mp3"


def test_every_option_and_every_verb_is_explained() -> None:
    explained = help.FULL.replace(",", " ").split()
    assert {*arguments.VALUED, *arguments.FLAGS} <= {*explained, "--file"}
    verbs = help.FULL[help.FULL.index("\nverbs\n") :].split()
    assert {*cli.VERBS, "say"} <= set(verbs)


def test_every_verb_has_its_file() -> None:
    commands = Path(cli.__file__).parent / "commands"
    modules = {path.stem for path in commands.glob("*.py")} - {"__init__"}
    assert modules == set(cli.VERBS.values())
