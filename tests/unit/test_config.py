"""Options: declared once, read from file and environment, refused when wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vox import config
from vox.client.commands import config as command
from vox.config import OPTIONS, Config, find, load
from vox.errors import BadRequest
from vox.options import Option, parse, seconds


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text)


def test_defaults_need_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOX_PORT")
    loaded = load()
    assert all(getattr(loaded, option.key) == option.default for option in OPTIONS)
    assert (loaded.engine, loaded.port, loaded.daemon) == ("espeak", 8869, False)


def test_environment_wins_over_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, 'engine = "kokoro"\nkeep_alive = "10m"\nlight = ["espeak"]\n')
    monkeypatch.setenv("VOX_ENGINE", "tone")
    loaded = load()
    assert (loaded.engine, loaded.keep_alive, loaded.light) == ("tone", 600.0, ["espeak"])


def test_engine_tables(home: Path) -> None:
    write(home, '[engines.kokoro]\ndirectory = "/m"\n[engines.tone.option]\nstep_seconds = 0.5\n'
                '[aliases.kokoro]\nalloy = "af_sky"\n')  # fmt: skip
    loaded = load()
    assert loaded.of_engine("kokoro") == {"directory": "/m"}
    assert loaded.of_engine("tone") == {"option.step_seconds": "0.5"}
    assert loaded.aliases == {"kokoro": {"alloy": "af_sky"}}
    assert loaded.of_engine("other") == {}


def test_options_and_variables_of_an_engine_are_told_apart(home: Path) -> None:
    write(home, '[engines.kokoro]\nvoice = "a"\noption.x = 1\n[engines.kokoro.env]\nOMP_NUM_THREADS = 4\n')
    loaded = load()
    assert loaded.options_of("kokoro") == {"x": "1"}
    assert loaded.variables_of("kokoro") == {"OMP_NUM_THREADS": "4"}
    assert loaded.variables_of("tone") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "unknown setting 'prot'; did you mean port"),
        ('queue = "many"', "queue = 'many': this setting is a whole number"),
        ("daemon = 3", "daemon = 3: this setting is true or false"),
        ("= 3", "can't be read"),
        ('keep_alive = "soon"', "keep_alive = 'soon'"),
        ("engines = 3", "engines = 3"),
        ("speed = 9", "speed = 9: this setting goes from 0.25 to 4"),
        ('device = "gpu"', "device = 'gpu': this setting is one of auto, cpu, cuda, mps"),
        ('[engines.tone]\ndevice = "gpu"', "engines.tone.device = 'gpu': this setting is one of"),
        ("queue = 0", "queue = 0: this setting goes from 1"),
        ('[engines.kokoro]\nkeep_alive = "soon"', "engines.kokoro.keep_alive = 'soon'"),
        ("[engines.kokoro]\nvoise = 1", "unknown engine setting 'voise'; did you mean voice"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(home: Path, text: str, message: str) -> None:
    write(home, text)
    with pytest.raises(BadRequest, match=message):
        load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("30m", 1800), ("1.5h", 5400), ("250ms", 0.25), (" 5 S ", 5), (0, 0), (-1, -1), ("-1", -1)],
)
def test_durations(text: str | float, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "5x", "m"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        seconds(text)


def test_keys_of_tables_are_found_and_checked() -> None:
    assert find("engines.kokoro.directory").type is str
    assert find("engines.tone.option.anything").help == "passed on to the engine"
    assert find("engines.tone.env.ANYTHING").help == "environment variable of its worker"
    assert find("aliases.kokoro.alloy").type is str
    for wrong in (
        "engines",
        "engines.kokoro",
        "engines.kokoro.dirctory",
        "engines.kokoro.environ.X",
        "aliases.kokoro",
        "nonsense",
    ):
        with pytest.raises(BadRequest):
            find(wrong)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_every_option_has_help_and_reads_its_own_default(option: Option) -> None:
    assert option.help and not option.help.endswith(".")
    assert parse(option, option.default) == option.default
    assert option.variable == "VOX_" + option.key.upper()


def test_unknown_options_are_a_mistake_in_the_code_too() -> None:
    with pytest.raises(TypeError, match="prot"):
        Config(prot=1)
    assert Config(port=1).port == 1
    assert config.Config().port == 8869


def test_the_presets_are_those_that_are_published() -> None:
    columns = ("exaggeration", "cfg_weight", "chunk_size", "s3gen_steps", "temperature")
    table = {
        "balanced": (0.5, 0.5, 24, 5, 0.5),
        "expressive": (0.7, 0.3, 25, 7, 0.55),
        "fast": (0.4, 0.5, 18, 5, 0.4),
        "clone_fidelity": (0.3, 0.65, 30, 7, 0.4),
        "realtime": (0.4, 0.4, 10, 4, 0.45),
        "adaptive": (0.5, 0.5, 24, 5, 0.5),
    }
    wanted = {name: dict(zip(columns, row, strict=True)) for name, row in table.items()}
    wanted["adaptive"] |= {"first_chunk_size": 12}
    assert load().presets == Config().presets == wanted


def test_presets_of_ones_own_go_beside_and_over_them_knob_by_knob(home: Path) -> None:
    write(home, "[presets.Mine]\ntemperature = 0.3\n[presets.realtime]\nchunk_size = 8\n")
    loaded = load()
    assert loaded.preset("mine") == {"temperature": 0.3}
    assert loaded.preset("REALTIME") == config.PRESETS["realtime"] | {"chunk_size": 8}
    assert loaded.preset("fast") == config.PRESETS["fast"]
    assert loaded.preset("") == {}
    with pytest.raises(BadRequest, match="unknown preset 'rapid'") as caught:
        loaded.preset("rapid")
    assert caught.value.param == "preset"
    assert all(name in str(caught.value) for name in loaded.presets)
    assert config.PRESETS["realtime"]["chunk_size"] == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[presets.mine]\ntemprature = 1", "unknown knob of a preset 'temprature'; did you mean temperature"),
        ("[presets.mine]\nloudness = 1", "known: exaggeration, cfg_weight, chunk_size, first_chunk_size"),
        ("[presets.mine]\ntemperature = 'hot'", "presets.mine.temperature = 'hot': this setting is a number"),
        ("[presets.mine]\ntemperature = true", "this setting is a number"),
        ("[presets.mine]\ntemperature = nan", "this setting is a number"),
        ("[presets.mine]\ntemperature = 9", "this setting goes from 0.05 to 2"),
        ("[presets.mine]\nchunk_size = 10.5", "this setting is a whole number"),
        ("[presets.mine]\ntemperature.x = 1", "this setting is a number"),
        ("[presets]\nmine = 3", "presets = {'mine': 3}: this setting is a table"),
        ("queue = 2.5", "queue = 2.5: this setting is a whole number"),
    ],
)
def test_a_wrong_preset_says_what_is_wrong(home: Path, text: str, message: str) -> None:
    write(home, text)
    with pytest.raises(BadRequest) as caught:
        load()
    assert message in str(caught.value)


def test_knobs_of_presets_are_settings_of_their_own() -> None:
    assert find("presets.mine.chunk_size").type is int
    assert find("presets.fast.temperature").default == 0.4
    for wrong in ("presets", "presets.mine", "presets.mine.loudness", "presets.mine.temperature.x"):
        with pytest.raises(BadRequest):
            find(wrong)


def test_presets_are_set_and_listed_by_the_command(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["config", "set", "presets.mine.temperature", "0.3"]) == 0
    assert command.run(["config", "set", "presets.fast.chunk_size", "16"]) == 0
    assert command.run(["config", "get", "presets.fast.chunk_size"]) == 0
    assert capsys.readouterr().out == "16\n"
    command.run(["config", "list", "--json"])
    listed = {line["key"]: line for line in json.loads(capsys.readouterr().out)}
    found = {key: (line["value"], line["source"]) for key, line in listed.items()}
    assert found["presets.mine.temperature"] == (0.3, "file")
    assert found["presets.fast.chunk_size"] == (16, "file")
    assert found["presets.fast.temperature"] == (0.4, "default")
    assert "presets" not in listed
    with pytest.raises(BadRequest, match="this setting goes from 5 to 1000"):
        command.run(["config", "set", "presets.fast.chunk_size", "1"])
