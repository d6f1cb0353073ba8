"""The documentation is fresh, its links lead somewhere, and its examples do what they say."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from docs import commands, generate
from docs.generate import ROOT
from vox import config
from vox.client import arguments
from vox.client.cli import VERBS
from vox.client.console import Parser
from vox.errors import VoxError
from vox.gateway.fleet import catalog
from vox.gateway.fleet.catalog import EngineSpec
from vox.options import parse
from vox.workers.check import Check

PAGES = sorted({*generate.pages(), *ROOT.glob("bench/*.md")})
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SHELL = set("|&;<>")


def blocks(page: Path, language: str) -> list[str]:
    """The code of that language on a page."""
    return [code for name, code in _FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def everywhere(language: str, containing: str = "") -> list[object]:
    """Such code of all pages, each a parameter that is named for its page."""
    return [
        pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, code in enumerate(blocks(page, language))
        if containing in code
    ]


def guide(name: str) -> Path:
    return ROOT / "docs" / "guides" / f"{name}.md"


# The generator


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "docs.generate", "--check"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_generated_blocks_are_fresh() -> None:
    done = check()
    assert (done.returncode, done.stderr) == (0, "")


def test_generated_blocks_know_nothing_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "morse.py").write_text(blocks(guide("engines-of-your-own"), "python")[0])
    (tmp_path / "config.toml").write_text('engine = "morse"\n')
    done = check(VOX_HOME=str(tmp_path), VOX_PORT="1", VOX_VOICE="nobody", HOME="/", COLUMNS="40", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only page there is; it asks for the only block there is, and has something else."""
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "BLOCKS", {"two words": lambda: "new\n\nand newer"})
    page = tmp_path / "PAGE.md"
    page.write_text("before\n<!-- generated: two words -->\nold\n<!-- /generated -->\nafter\n")
    return page


def test_check_names_what_is_stale_and_leaves_it(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = page.read_text()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err == "stale: PAGE.md\nrun: make docs\n"
    assert page.read_text() == before


def test_what_was_generated_is_fresh_and_the_rest_untouched(page: Path) -> None:
    assert generate.main([]) == 0
    assert page.read_text() == (
        "before\n<!-- generated: two words -->\nnew\n\nand newer\n<!-- /generated -->\nafter\n"
    )
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("three words", "there is no block 'three words'"), (None, "no page has the block two words")],
)
def test_a_misplaced_block_is_named(
    page: Path, name: str | None, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page.read_text()
    other = text.replace("two words", name) if name else ""
    page.write_text(text + other if name else "nothing\n")
    assert generate.main([]) == 1
    assert complaint in capsys.readouterr().err


# Links


def anchors(page: Path) -> set[str]:
    """What headings are called in addresses, the way GitHub does it."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> Iterator[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in _LINK.findall(text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        if re.match(r"[a-z]+:", target):
            continue
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link in _LINK.findall(index.read_text(encoding="utf-8"))}
    assert set(ROOT.glob("docs/*/*.md")) - linked == set()


# Commands


def calls(script: str) -> Iterator[list[str]]:
    """The words after each `vox` in lines that begin with `$ `."""
    for line in script.replace("\\\n", " ").splitlines():
        if not line.startswith("$ "):
            continue
        words = shlex.shlex(line[2:], posix=True, punctuation_chars="".join(_SHELL))
        words.whitespace_split = True
        for is_shell, run in groupby(words, key=lambda word: set(word) <= _SHELL):
            command = list(run)
            while command and re.match(r"[A-Z_]+=", command[0]):
                del command[0]
            if not is_shell and command and command[0].rpartition("/")[2] == "vox":
                yield command[1:]


def understand(words: list[str]) -> None:
    """Raises what `vox` itself would say of these words."""
    if not words or words[0] not in VERBS:
        arguments.parse(words[1:] if words[:1] == ["say"] else words)
        return
    parser = commands.parser(words[0])
    given = parser.read(words) if isinstance(parser, Parser) else parser.parse_args(words[1:])
    if words[0] == "config" and "key" in given:
        option = config.find(given.key)
        if "value" in given:
            parse(option, given.value)


@pytest.mark.parametrize("script", everywhere("console", "$ "))
def test_commands_are_understood(script: str) -> None:
    for words in calls(script):
        understand(words)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("$ vox -l de 'Guten Tag' -o - | aplay  # loud", [["-l", "de", "Guten Tag", "-o", "-"]]),
        ("$ A=b .venv/bin/vox ps && vox doctor", [["ps"], ["doctor"]]),
        ("$ echo vox | vox say \\\n  no", [["say", "no"]]),
        ("vox is not called here", []),
    ],
)
def test_calls_are_found_in_scripts(line: str, found: list[list[str]]) -> None:
    assert list(calls(line)) == found


@pytest.mark.parametrize("words", ["--voise x", "daemon begin", "engine instal x", "config set prot 1"])
def test_what_vox_does_not_know_is_noticed(words: str) -> None:
    with pytest.raises((SystemExit, VoxError)):
        understand(words.split())


# Code


@pytest.mark.parametrize("source", everywhere("python"))
def test_python_examples_compile(source: str) -> None:
    compile(source, "<example>", "exec", dont_inherit=True)


@pytest.mark.parametrize("example", blocks(ROOT / "docs" / "reference" / "config.md", "toml"))
def test_examples_of_settings_are_accepted(example: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(example)
    settings = config.load(str(file))
    for head, tables in tomllib.loads(example).items():
        for name, values in tables.items():
            assert getattr(settings, head)[name] == values
            for key in values:
                config.find(f"{head}.{name}.{key}")


def test_the_example_of_a_launch_agent_is_a_property_list() -> None:
    (example,) = blocks(guide("server"), "xml")
    assert plistlib.loads(example.encode())["ProgramArguments"][1] in VERBS


@pytest.fixture
def engine_guide(tmp_path: Path) -> tuple[EngineSpec, EngineSpec]:
    """The complete engine of the guide, and one with its example of a header."""
    (whole,), (header,) = (blocks(guide("engines-of-your-own"), language) for language in ("python", "toml"))
    comments = "".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())
    found = []
    for name, text in (("morse", whole), ("header", f"# /// script\n{comments}# ///\n")):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        found.append(catalog.read(str(path), private=True))
    return found[0], found[1]


def test_the_example_engine_keeps_the_contract(engine_guide: tuple[EngineSpec, EngineSpec]) -> None:
    spec = engine_guide[0]
    request: dict[str, Any] = {"name": spec.name, "path": spec.path, "model": spec.default_model}
    request |= {key: getattr(spec, key) for key in ("sample_rate", "voice", "deterministic")}
    request |= {
        "directory": None,
        "device": "auto",
        "options": {},
        "voices": ["low", "high"],
        "language": "en",
    }
    said: list[str] = []
    Check(request, said.append).run()
    assert [line for line in said if not line.startswith("ok ")] == []
    assert any(line.split()[1] == "speak" for line in said)


def test_the_example_of_a_header_is_one(engine_guide: tuple[EngineSpec, EngineSpec]) -> None:
    spec = engine_guide[1]
    assert (spec.environment, list(spec.models)) == ("own", ["small"])
    assert "huggingface-hub" in spec.dependencies
