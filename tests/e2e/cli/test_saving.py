"""What `vox -o` leaves behind, and what it does not."""

from __future__ import annotations

import json
import os
import signal
import stat
import wave

import pytest

from tests.e2e.cli.home import PATIENCE, Home
from tests.harness import eventually


def test_saves_a_wav_whose_sizes_are_true(daemon: Home) -> None:
    code, out, err = daemon.vox("hello", "world", "-o", "x.wav")
    assert (code, out, err) == (0, b"", "")
    with wave.open(str(daemon.directory / "x.wav")) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (24_000, 48_000)
    data = (daemon.directory / "x.wav").read_bytes()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert daemon.asked("body")[-1]["path"] == "/v1/audio/speech"
    assert daemon.asked("body")[-1]["type"] == "application/json"
    assert daemon.body() == {"input": "hello world", "response_format": "wav"}
    assert daemon.left_behind() == []


def test_sends_what_was_given_and_nothing_else(daemon: Home) -> None:
    daemon.vox("say", "stop", "-b", "kokoro/82m", "-vaf_bella", "--lang=en-gb", "-s", "1.5", "-o", "x.OGG")
    assert daemon.body() == {
        "model": "kokoro/82m",
        "input": "stop",
        "voice": "af_bella",
        "lang": "en-gb",
        "speed": 1.5,
        "response_format": "opus",
    }
    daemon.vox(
        "-p",
        "fast",
        "--keep-alive",
        "-1",
        "--no-cache",
        "--format",
        "g711_ulaw",
        "-o",
        "call",
        "--",
        "-5 degrees",
    )
    assert daemon.body() == {
        "input": "-5 degrees",
        "preset": "fast",
        "keep_alive": "-1",
        "cache": False,
        "response_format": "g711_ulaw",
    }


def test_the_environment_speaks_where_no_option_does(daemon: Home) -> None:
    environment = {"VOX_ENGINE": "kokoro", "VOX_VOICE": "bf_emma", "VOX_LANG": "en-gb", "VOX_SPEED": "2"}
    daemon.vox("x", "-v", "af_bella", "-o", "x.mp3", env=environment)
    assert daemon.body() == {
        "model": "kokoro",
        "input": "x",
        "voice": "af_bella",
        "lang": "en-gb",
        "speed": 2.0,
        "response_format": "mp3",
    }


def test_text_comes_from_a_pipe_or_a_file(daemon: Home) -> None:
    article = daemon.directory / "article.txt"
    article.write_bytes(b"\xef\xbb\xbf" + "Grüße\r\n\N{MOUSE FACE}".encode())
    assert daemon.vox("-f", "article.txt", "-o", "x.wav")[0] == 0
    assert daemon.body()["input"] == "Grüße\r\n\N{MOUSE FACE}"
    for words in ([], ["-f", "-"], ["-"]):
        assert daemon.vox(*words, "-o", "x.wav", text="piped é in\n".encode())[0] == 0
        assert daemon.body()["input"] == "piped é in\n"


def test_text_that_is_not_utf_8_is_refused(daemon: Home) -> None:
    (daemon.directory / "latin.txt").write_bytes(b"ol\xe9")
    refused = [
        (daemon.vox("-o", "x.wav", text=b"caf\xe9"), "the standard input is not UTF-8 (byte 3)"),
        (daemon.vox("-f", "latin.txt", "-o", "x.wav"), "'latin.txt' is not UTF-8 (byte 2)"),
        (daemon.vox(b"caf\xe9 ol\xc3\xa9", "-o", "x.wav"), "the text is not UTF-8"),
        (daemon.vox("-", "-o", "x.wav", text=b"\0"), "the standard input is not text"),
    ]
    assert [result for result, _ in refused] == [(1, b"", f"vox: {line}\n") for _, line in refused]
    assert daemon.asked("body") == []


def test_a_file_that_is_no_text_is_refused(daemon: Home) -> None:
    (daemon.directory / "image").write_bytes(b"\x89PNG\0\0")
    assert daemon.vox("-f", "image", "-o", "x.wav") == (1, b"", "vox: 'image' is not text\n")
    code, _, err = daemon.vox("-f", "nowhere", "-o", "x.wav")
    assert (code, err) == (1, "vox: can't read 'nowhere': No such file or directory\n")


def test_standard_output_gets_the_stream_as_it_is(daemon: Home) -> None:
    code, out, err = daemon.vox("x", "-o", "-")
    assert (code, err) == (0, "")
    assert out[:8] == b"RIFF\xff\xff\xff\xff"
    assert len(out) == 44 + 96_000
    assert len(daemon.vox("x", "-o", "-", "--format", "pcm")[1]) == 96_000


def test_a_reader_that_leaves_is_no_news(daemon: Home) -> None:
    daemon.faults(more=1_000_000)
    with daemon.start("x", "-o", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == 1


def test_a_list_that_nobody_reads_is_no_news(home: Home) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert home.vox("config", "list", stdout=writing)[::2] == (1, "")
    finally:
        os.close(writing)


def test_the_gateways_refusal_is_one_line_and_leaves_no_file(daemon: Home) -> None:
    refusal = {"message": "unknown voice 'bela'; did you mean af_bella?", "type": "t", "param": "voice"}
    daemon.faults(error=refusal)
    code, out, err = daemon.vox("x", "-v", "bela", "-o", "x.wav")
    assert (code, out, err) == (1, b"", f"vox: {refusal['message']}\n")
    code, out, err = daemon.vox("x", "-v", "bela", "--json")
    assert (code, err) == (1, f"vox: {refusal['message']}\n")
    assert json.loads(out) == {"ok": False, "error": {**refusal, "code": None}}
    assert not (daemon.directory / "x.wav").exists()
    assert daemon.left_behind() == []


def test_a_broken_stream_leaves_the_old_file(daemon: Home) -> None:
    (daemon.directory / "x.wav").write_text("old")
    daemon.faults(**{"break": True})
    code, _, err = daemon.vox("x", "-o", "x.wav")
    assert code == 1
    assert err.startswith("vox: the answer broke off")
    assert str(daemon.directory / "log" / "daemon.log") in err
    assert (daemon.directory / "x.wav").read_text() == "old"
    assert daemon.left_behind() == []


def test_a_file_is_replaced_where_its_link_points_and_keeps_its_mode(daemon: Home) -> None:
    real = daemon.directory / "real.wav"
    real.touch()
    real.chmod(0o600)
    link = daemon.directory / "link.wav"
    link.symlink_to(real)
    assert daemon.vox("x", "-o", "link.wav")[0] == 0
    assert link.is_symlink()
    assert real.stat().st_size == 44 + 96_000
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_devices_and_pipes_are_written_directly(daemon: Home) -> None:
    assert daemon.vox("x", "-o", "/dev/null") == (0, b"", "")
    code, _, err = daemon.vox("x", "-o", "/dev/full")
    assert (code, err) == (1, "vox: can't write '/dev/full': No space left on device\n")
    os.mkfifo(daemon.directory / "pipe")
    with daemon.start("x", "-o", "pipe") as process:
        assert len((daemon.directory / "pipe").read_bytes()) == 44 + 96_000
        assert process.wait(PATIENCE) == 0


def test_a_pipe_may_be_named_by_its_descriptor(daemon: Home) -> None:
    code, out, err = daemon.vox("x", "-o", "/dev/stdout")
    assert (code, err, len(out)) == (0, "", 44 + 96_000)


def test_a_bad_path_costs_no_synthesis(daemon: Home) -> None:
    code, _, err = daemon.vox("x", "-o", "no/where.wav")
    assert (code, err) == (1, "vox: can't write 'no/where.wav': No such file or directory\n")
    assert daemon.asked("body") == []


def test_json_tells_what_was_done(daemon: Home) -> None:
    code, out, _ = daemon.vox("x", "-o", "x.wav", "--json")
    assert code == 0
    assert json.loads(out) == {
        "ok": True,
        "output": "x.wav",
        "format": "wav",
        "bytes": 96_044,
        "seconds": 2.0,
        "daemon": True,
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_call_cancels_and_leaves_nothing(daemon: Home, number: signal.Signals) -> None:
    daemon.faults(hang=True)
    with daemon.start("x", "-o", "x.wav") as process:
        eventually(lambda: daemon.asked("hung"), "the request")
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert eventually(lambda: daemon.asked("left"), "the cancel")[0]["left"] is True
    assert daemon.left_behind() == []
    assert not (daemon.directory / "x.wav").exists()
