"""The headers of engine files: what is read from them, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vox import errors, paths
from vox.gateway.fleet import catalog

LEAST = 'title = "Mini"\nlicense = "MIT"\nenvironment = "own"\nsample-rate = 8000\n'
FULL = """
title = "Mini"
license = "MIT"
environment = "own"
modules = ["json"]
platforms = ["linux", "darwin"]
sample-rate = 24000
languages = ["en-us", "en-gb"]
language-aliases = { en = "en-us" }
speed = [0.5, 2]
streams-audio = true
deterministic = true
keep-alive = "30m"
variables = { OMP_NUM_THREADS = "{cores}" }
voice = "ann"
[tool.vox.default-voices]
en-gb = "bob"
[tool.vox.voices]
en-us = ["ann"]
en-gb = ["bob"]
[tool.vox.aliases]
alloy = "ann"
[tool.vox.models.small]
title = "a quarter"
bytes = 1000
hub = "owner/mini"
files = ["*.onnx"]
[tool.vox.models."1.7b-large"]
license = "CC-BY-4.0"
languages = ["zh"]
[[tool.vox.models."1.7b-large".parts]]
into = "speaker"
url = "https://example.org/speaker.zip"
trust = "it is Python code that the engine runs"
[[tool.vox.models."1.7b-large".parts]]
into = "mimi"
hub = "owner/mimi"
files = ["*.safetensors"]
[tool.vox.install]
no-deps = ["torchaudio==2.11.0"]
remove-on-cpu = ["torchaudio/lib/*.so"]
megabytes = 240
[tool.vox.install.torch]
cpu = "torch==2.13.0"
cuda = "torch==2.12.0"
"""


def engine(facts: str, above: str = 'requires-python = ">=3.10"\ndependencies = ["six"]\n') -> str:
    toml = f"{above}\n[tool.vox]\n{facts}"
    lines = [f"# {line}".rstrip() for line in toml.splitlines()]
    return "\n".join(['"""An engine."""', "# /// script", *lines, "# ///", "raise SystemExit('imported')"])


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own engines; no built-in ones."""
    monkeypatch.setenv("VOX_HOME", str(tmp_path))
    monkeypatch.setattr(paths, "engines_dir", lambda: str(tmp_path / "built-in"))
    directory = tmp_path / "engines"
    directory.mkdir()
    return directory


def test_every_fact_of_a_header_is_read(private: Path) -> None:
    (private / "mini.py").write_text(engine(FULL))
    spec = catalog.load().engines["mini"]
    assert spec.path == str(private / "mini.py")
    assert spec.private
    assert (spec.requires_python, spec.dependencies) == (">=3.10", ("six",))
    assert (spec.platforms, spec.modules) == (("linux", "darwin"), ("json",))
    assert spec.sample_rate == 24000
    assert (spec.languages, spec.language_aliases) == (("en-us", "en-gb"), {"en": "en-us"})
    assert spec.speed == (0.5, 2.0)
    assert (spec.streams_audio, spec.streams_text, spec.deterministic) == (True, False, True)
    assert spec.keep_alive == 1800
    assert spec.variables == {"OMP_NUM_THREADS": "{cores}"}
    assert (spec.voice, spec.default_voices, spec.aliases) == ("ann", {"en-gb": "bob"}, {"alloy": "ann"})
    assert spec.voices == {"en-us": ("ann",), "en-gb": ("bob",)}
    assert spec.install == catalog.InstallSpec(
        no_deps=("torchaudio==2.11.0",),
        torch=catalog.TorchSpec(cpu="torch==2.13.0", cuda="torch==2.12.0"),
        remove_on_cpu=("torchaudio/lib/*.so",),
        megabytes=240,
    )
    assert list(spec.models) == ["small", "1.7b-large"]
    assert spec.default_model == "small"
    assert spec.models["small"] == catalog.ModelSpec(
        "small", "a quarter", 1000, "owner/mini", "main", ("*.onnx",)
    )
    assert spec.models["1.7b-large"] == catalog.ModelSpec(
        "1.7b-large",
        license="CC-BY-4.0",
        languages=("zh",),
        parts=(
            catalog.PartSpec(
                "speaker",
                url="https://example.org/speaker.zip",
                trust="it is Python code that the engine runs",
            ),
            catalog.PartSpec("mimi", hub="owner/mimi", files=("*.safetensors",)),
        ),
    )


def test_what_a_header_leaves_out_has_a_default(private: Path) -> None:
    (private / "mini.py").write_text(engine(LEAST, above=""))
    spec = catalog.load().engines["mini"]
    assert spec.models == {"default": catalog.ModelSpec("default", "", 0, "", "main", ())}
    assert (spec.keep_alive, spec.speed, spec.dependencies) == (300, (1.0, 1.0), ())


def test_languages_are_those_of_the_voices_unless_stated(private: Path) -> None:
    (private / "mini.py").write_text(engine(LEAST + '[tool.vox.voices]\nes = ["eva"]'))
    assert catalog.load().engines["mini"].languages == ("es",)


def test_engines_and_models_are_found_in_any_case(private: Path) -> None:
    (private / "mini.py").write_text(engine(FULL))
    spec = catalog.load().find("MINI")
    assert spec.name == "mini"
    assert spec.model("1.7B-Large").name == "1.7b-large"
    assert spec.model("").name == "small"


def test_an_engine_is_named_with_hyphens_where_its_file_has_underscores(private: Path) -> None:
    (private / "big_engine.py").write_text(engine(LEAST))
    engines = catalog.load()
    assert list(engines.engines) == ["big-engine"]
    assert engines.find("Big_Engine") is engines.find("big-engine") is engines.engines["big-engine"]
    (private / "no good.py").write_text(engine(LEAST))
    assert "the name 'no good' is not" in catalog.load().broken["no good"]


def test_an_unknown_name_is_answered_with_near_ones(private: Path) -> None:
    (private / "kokoro.py").write_text(engine(FULL))
    engines = catalog.load()
    with pytest.raises(errors.NotFound, match="did you mean kokoro") as failure:
        engines.find("kokorro")
    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")
    with pytest.raises(errors.NotFound, match="did you mean kokoro/small") as failure:
        engines.find("kokoro").model("smal")
    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ENGINE = None\n", "there is no header"),
        ("# /// script\n# [tool.vox]\nENGINE = None\n", "does not end"),
        (engine("title = "), "Invalid value"),
        (engine(LEAST + "sample-rat = 1"), "sample-rat"),
        (engine(LEAST, above='requires = ">=3"\n'), "requires"),
        (engine(LEAST.replace('"own"', '"mine"')), "environment"),
        (engine(LEAST.replace("8000", '"8 kHz"')), "sample-rate"),
        (engine('title = "Mini"\n'), "license"),
        (engine(LEAST + 'keep-alive = "long"'), "long"),
        (engine(LEAST + "speed = [2, 1]"), "speed"),
        (engine(LEAST + 'voice = "eve"\n[tool.vox.voices]\nes = ["eva"]'), "no voice 'eve'"),
        (engine(LEAST + '[tool.vox.aliases]\nnova = "x"\n[tool.vox.voices]\nes = ["eva"]'), "nova"),
        (engine(LEAST + '[tool.vox.models.a]\nfiles = ["x"]'), "no hub"),
        (engine(LEAST + '[[tool.vox.models.a.parts]]\ninto = "x"\nfiles = ["x"]'), "no hub"),
        (engine(LEAST + '[[tool.vox.models.a.parts]]\ninto = "x"'), "either a hub or a url"),
        (engine(LEAST + '[[tool.vox.models.a.parts]]\ninto = "x"\nhub = "a/b"\nurl = "c"'), "either a hub"),
        (engine(LEAST + '[tool.vox.install.torch]\ncpu = "torch"'), "cuda"),
        (engine(LEAST + '[tool.vox.models.".."]\n'), "'..'"),
        (engine(LEAST + '[tool.vox.models."a/b"]\n'), "a/b"),
        (engine(LEAST + '[tool.vox.models.a]\nhubb = "x"'), "hubb"),
    ],
)
def test_a_broken_file_of_the_users_is_listed_with_the_reason(private: Path, text: str, reason: str) -> None:
    (private / "bad.py").write_text(text)
    (private / "good.py").write_text(engine(LEAST))
    engines = catalog.load()
    assert list(engines.engines) == ["good"]
    assert reason in engines.broken["bad"]
    assert str(private / "bad.py") in engines.broken["bad"]
    with pytest.raises(errors.NotFound, match="can't be used") as failure:
        engines.find("bad")
    assert reason in failure.value.message


def test_a_file_that_is_no_text_or_has_a_name_of_no_engine_is_listed_as_broken(private: Path) -> None:
    (private / "binary.py").write_bytes(b"\xff\xfe\x00")
    (private / "my engine.py").write_text(engine(LEAST))
    (private / "_helper.py").write_text("")
    (private / "notes.txt").write_text("")
    assert sorted(catalog.load().broken) == ["binary", "my engine"]


def test_a_built_in_name_can_not_be_taken(private: Path, tmp_path: Path) -> None:
    (tmp_path / "built-in").mkdir()
    (tmp_path / "built-in" / "mini.py").write_text(engine(LEAST))
    (private / "mini.py").write_text(engine(LEAST.replace("Mini", "Other")))
    engines = catalog.load()
    assert engines.engines["mini"].title == "Mini"
    assert "built-in" in engines.broken["mini"]


def test_a_broken_built_in_header_is_a_bug(private: Path, tmp_path: Path) -> None:
    (tmp_path / "built-in").mkdir()
    (tmp_path / "built-in" / "mini.py").write_text(engine(LEAST + "oops = 1"))
    with pytest.raises(ValueError, match="oops"):
        catalog.load()


def test_the_built_in_engines_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOX_HOME", str(tmp_path))
    engines = catalog.load()
    assert "espeak" in engines.engines
    assert not engines.broken
    for spec in engines.engines.values():
        assert Path(spec.path).parent == Path(paths.engines_dir())
        assert spec.environment == "own" or not any(model.files for model in spec.models.values())


def test_reading_the_headers_imports_no_engine_and_nothing_heavy() -> None:
    code = (
        "import sys; from vox.gateway.fleet import catalog, envs, weights; catalog.load();"
        "print(*sorted({'numpy', 'vox.workers', 'dataclasses', 'hashlib', 'subprocess', 'tempfile', 'json'}"
        " & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
