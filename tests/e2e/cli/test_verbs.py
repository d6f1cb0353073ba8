"""The verbs of the command line."""

from __future__ import annotations

import json
import socket
import stat

import pytest

from tests.e2e.cli.home import PATIENCE, Home
from tests.harness import eventually
from vox import __version__


def test_daemon_start_status_stop(home: Home) -> None:
    assert home.vox("daemon", "status")[0] == 1
    code, out, _ = home.vox("daemon", "status", "--json")
    assert (code, json.loads(out)) == (1, {"running": False})
    code, out, err = home.vox("daemon", "start", "--port", "0", "--host", "::1")
    assert (code, err) == (0, "")
    [started] = home.asked("started")
    assert started["started"][:6] == ["-m", "vox.gateway", "--host", "::1", "--port", "0"]
    assert "--lazy" not in started["started"]
    assert out.decode() == f"the daemon is running (pid {started['pid']})\n"
    assert (
        home.vox("daemon", "start")[1].decode() == f"the daemon is already running (pid {started['pid']})\n"
    )
    again = home.vox("daemon", "start", "--port", "1", "--host", "::1")[1].decode()
    assert again.endswith(
        "; --host and --port take effect after: vox daemon restart --host ::1 --port 1\n"
    ), again
    code, out, _ = home.vox("daemon", "status")
    assert code == 0
    assert f"\nat       {home.socket}\nlog      {home.directory}/log/daemon.log\n" in out.decode()
    assert f"pid {started['pid']}, version {__version__}, up 2 min" in out.decode()
    assert "kokoro/82m  4711  ready  412 MB  0     4 min" in out.decode()
    status = json.loads(home.vox("daemon", "status", "--json")[1])
    assert status["running"] is True
    assert (status["queue"], status["workers"][0]["rss"]) == (0, 412_000_000)
    assert home.vox("daemon", "stop") == (0, b"the daemon has stopped\n", "")
    assert not home.socket.exists()
    assert home.vox("daemon", "stop") == (0, b"the daemon is not running\n", "")


def test_daemon_restart_is_another_process(daemon: Home) -> None:
    assert daemon.vox("daemon", "restart")[0] == 0
    first, second = (note["pid"] for note in daemon.asked("started"))
    assert first != second


@pytest.mark.parametrize("settings", ["prot = 1", "port = 70000"])
def test_settings_that_would_not_start_do_not_stop_the_daemon(daemon: Home, settings: str) -> None:
    daemon.config(settings)
    code, out, err = daemon.vox("daemon", "restart")
    assert (code, out, len(err.splitlines())) == (1, b"", 1)
    daemon.config("")
    assert daemon.vox("daemon", "restart", "--port", "-1")[0] == 1
    assert daemon.vox("daemon", "status")[0] == 0
    assert len(daemon.asked("started")) == 1


def test_ps_lists_what_is_loaded(daemon: Home) -> None:
    code, out, _ = daemon.vox("ps")
    heading, worker = out.decode().splitlines()
    assert heading.split() == ["NAME", "PID", "STATE", "RAM", "VRAM", "LEAVES", "IN"]
    assert worker.split() == ["kokoro/82m", "4711", "ready", "412", "MB", "0", "4", "min"]
    assert json.loads(daemon.vox("ps", "--json")[1])["workers"][0]["pid"] == 4711
    daemon.vox("daemon", "stop")
    code, _, err = daemon.vox("ps")
    assert (code, err) == (1, "vox: the daemon is not running; vox daemon start\n")


def test_voices_are_listed_by_engine_and_language(daemon: Home) -> None:
    code, out, _ = daemon.vox("voices", "kokoro/82m", "--lang", "EN", "--json")
    assert code == 0
    assert [voice["id"] for voice in json.loads(out)] == ["af_bella", "bf_emma"]
    assert daemon.asked()[-1]["path"] == "/v1/audio/voices?model=kokoro%2F82m"
    code, out, _ = daemon.vox("voices", env={"PYTHONIOENCODING": "ascii"})
    assert (code, len(out.splitlines())) == (0, 4)
    assert daemon.asked()[-1]["path"] == "/v1/audio/voices"
    assert daemon.vox("voices", "--lang", "tlh")[0] == 1


def test_voices_need_no_daemon(home: Home) -> None:
    code, out, _ = home.vox("voices", "kokoro", "--json")
    assert (code, len(json.loads(out))) == (0, 3)


@pytest.mark.parametrize("words", [["engines"], ["engine", "check", "tone"], ["models"], ["pull", "kokoro"]])
def test_what_concerns_the_disk_is_handed_on_word_for_word(home: Home, words: list[str]) -> None:
    home.faults(engines=["done"])
    assert home.vox(*words, "--json") == (0, b'["done"]\n', "")
    assert home.asked("started")[0]["started"] == ["-P", "-m", "vox.gateway.admin", *words, "--json"]


def test_serve_becomes_the_gateway(home: Home) -> None:
    with home.start("serve", "--port", "0") as process:
        [started] = eventually(lambda: home.asked("started"), "the start")
        assert started["started"] == ["-m", "vox.gateway", "--port", "0"]
        assert (started["pid"], started["cwd"]) == (process.pid, "/")
        process.kill()


def test_config_changes_the_file_and_keeps_its_comments(home: Home) -> None:
    home.config("# mine\nspeed = 1.5  # brisk\n\n[engines.kokoro]\nvoice = 'af_bella'\n")
    assert home.vox("config", "set", "daemon", "yes") == (0, b"", "")
    assert home.vox("config", "set", "keep_alive", "30m") == (0, b"", "")
    assert home.vox("config", "set", "light", "espeak,say") == (0, b"", "")
    assert home.vox("config", "set", "engines.piper.option.steps", "4") == (0, b"", "")
    assert home.vox("config", "unset", "engines.kokoro.voice") == (0, b"", "")
    text = (home.directory / "config.toml").read_text()
    assert text.startswith("# mine\nspeed = 1.5  # brisk\n")
    assert stat.S_IMODE((home.directory / "config.toml").stat().st_mode) == 0o600
    values = {"daemon": "true", "keep_alive": "1800", "light": "espeak,say", "speed": "1.5", "port": "8869"}
    for key, value in {**values, "engines.piper.option.steps": "4", "engines.kokoro.voice": ""}.items():
        assert home.vox("config", "get", key) == (0, f"{value}\n".encode(), ""), key
    assert 'keep_alive = "30m"' in text


def test_config_list_says_where_a_value_comes_from(home: Home) -> None:
    home.config("port = 9000\n[aliases.kokoro]\nme = 'af_bella'\n")
    out = home.vox("config", "list", "--json", env={"VOX_SPEED": "2"})[1]
    found = {line["key"]: line for line in json.loads(out)}
    assert (found["port"]["value"], found["port"]["source"]) == (9000, "file")
    assert (found["speed"]["value"], found["speed"]["source"]) == (2.0, "environment")
    assert (found["queue"]["value"], found["queue"]["source"]) == (256, "default")
    assert found["aliases.kokoro.me"]["value"] == "af_bella"
    assert all(line["help"] for line in found.values())
    assert "port" in home.vox("config", "list")[1].decode()


def test_config_unset_leaves_no_empty_table_but_every_comment(home: Home) -> None:
    home.config(
        "[engines.kokoro]\nvoice = 'af_bella'\n[aliases.kokoro]\nme = 'af_bella'\n"
        "[engines.piper]\nvoice = 'x'\noption.steps = 4\n[engines.say]\n# mine\nvoice = 'y'\n"
    )
    for key in ("engines.kokoro.voice", "aliases.kokoro.me", "engines.piper.option.steps"):
        assert home.vox("config", "unset", key) == (0, b"", ""), key
    assert home.vox("config", "unset", "engines.say.voice") == (0, b"", "")
    text = (home.directory / "config.toml").read_text()
    assert text == "[engines.piper]\nvoice = 'x'\n[engines.say]\n# mine\n"
    assert "is not set" in home.vox("config", "unset", "engines.kokoro.voice")[2]


@pytest.mark.parametrize("settings", ["port = \n", "prot = 1\n", "port = 'many'\n"])
def test_config_names_the_file_that_is_broken(home: Home, settings: str) -> None:
    home.config(settings)
    for words in (["list"], ["get", "speed"]):
        code, out, err = home.vox("config", *words)
        assert (code, out) == (1, b"")
        assert str(home.directory / "config.toml") in err
    home.config("")
    assert home.vox("config", "list", env={"VOX_PORT": "many"})[2].startswith("vox: VOX_PORT: ")


def test_config_refuses_what_is_wrong_and_leaves_the_file(home: Home) -> None:
    home.config("port = 9000\nprot = 1\n")
    code, _, err = home.vox("config", "set", "prot", "1")
    assert (code, err) == (1, "vox: unknown setting 'prot'; did you mean port?\n")
    assert home.vox("config", "set", "port", "many")[0] == 1
    assert home.vox("config", "get", "port")[0] == 1
    assert home.vox("config", "unset", "prot")[0] == 0
    assert (home.directory / "config.toml").read_text() == "port = 9000\n"
    home.config("port = \n")
    code, _, err = home.vox("config", "set", "port", "1")
    assert code == 1
    assert str(home.directory / "config.toml") in err


def test_config_set_reminds_of_what_does_not_follow(daemon: Home) -> None:
    _, _, err = daemon.vox("config", "set", "port", "8870", env={"VOX_PORT": "0"})
    assert "vox daemon restart" in err
    assert "VOX_PORT in the environment wins" in err
    assert daemon.vox("config", "set", "speed", "2") == (0, b"", "")


def test_edits_at_once_lose_none(home: Home) -> None:
    keys = ["port", "queue", "queue_all", "max_text", "cache_mb", "cache_days"]
    edits = [home.start("config", "set", key, "7") for key in keys]
    for edit in edits:
        with edit:
            edit.communicate(timeout=PATIENCE)
    text = (home.directory / "config.toml").read_text()
    assert sorted(text.split()) == sorted(" = 7 ".join([*keys, ""]).split())


def test_doctor_finds_what_is_wrong(home: Home) -> None:
    model = {"name": "82m", "pulled": False}
    home.faults(
        engines=[
            {
                "name": "espeak",
                "installed": True,
                "why_not": None,
                "models": [{"name": "ng", "pulled": True}],
            },
            {"name": "kokoro", "installed": True, "why_not": None, "models": [model]},
        ]
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    code, out, err = home.vox("doctor", "--json", env={"VOX_PORT": port})
    found = {line["what"]: line for line in json.loads(out)}
    assert (code, err) == (0, ""), out
    assert found["daemon"]["state"] == "ok"
    assert found["engine espeak"]["detail"] == "ready"
    assert "vox pull kokoro/82m" in found["engine kokoro"]["detail"]
    code, out, _ = home.vox("doctor", "--json", env={"VOX_PORT": port, "VOX_ENGINE": "kokoro"})
    found = {line["what"]: line for line in json.loads(out)}
    assert (code, found["engine kokoro"]["state"]) == (1, "fail")


def test_doctor_sees_a_taken_port_a_stale_pid_file_and_an_old_daemon(daemon: Home) -> None:
    daemon.faults(version="0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = daemon.vox("doctor", env={"VOX_PORT": port})
    assert found[0] == 1
    lines = {line[6:18].strip(): line for line in found[1].decode().splitlines()}
    assert lines["port"].startswith("fail")
    assert lines["daemon"].startswith("warn")
    daemon.vox("daemon", "stop")
    (daemon.directory / "daemon.pid").write_text("1\n")
    (daemon.directory / "config.toml").write_text("nonsense = 1\n")
    lines = {line[6:18].strip(): line for line in daemon.vox("doctor")[1].decode().splitlines()}
    assert lines["pid file"].startswith("warn")
    assert lines["settings"].startswith("fail")


def test_doctor_judges_an_engine_by_the_directory_it_is_given(home: Home) -> None:
    home.config("port = 0\nengines.kokoro.directory = '/srv/kokoro'\n")
    there = {"name": "82m", "pulled": True, "directory": "/srv/kokoro", "why_not": None}
    missing = {"name": "82m", "pulled": False, "directory": None, "why_not": "/srv/kokoro is no directory"}
    for model, line in ((there, "ready, from /srv/kokoro"), (missing, "/srv/kokoro is no directory")):
        home.faults(engines=[{"name": "kokoro", "installed": True, "why_not": None, "models": [model]}])
        found = {line["what"]: line for line in json.loads(home.vox("doctor", "--json")[1])}
        state = "ok" if model is there else "warn"
        assert found["engine kokoro"] == {"state": state, "what": "engine kokoro", "detail": line}


def test_doctor_tells_what_is_broken_from_what_is_not_installed(home: Home) -> None:
    missing = "engine 'piper' is not installed; run: vox engine install piper"
    home.faults(
        engines=[
            {"name": "piper", "installed": False, "why_not": missing, "models": []},
            {"name": "mine", "installed": False, "why_not": "mine.py: no header"},
        ]
    )
    code, out, _ = home.vox("doctor", "--json", env={"VOX_PORT": "70000"})
    found = {line["what"]: (line["state"], line["detail"]) for line in json.loads(out)}
    assert code == 1
    assert found["engine piper"] == ("-", "is not installed; run: vox engine install piper")
    assert found["engine mine"] == ("fail", "mine.py: no header")
    assert found["settings"][0] == "fail"
    assert "70000" in found["settings"][1]
