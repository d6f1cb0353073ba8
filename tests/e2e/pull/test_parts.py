"""Models whose files come from several places, some of which the user has to agree to."""

from __future__ import annotations

import io
import json
import os
import pty
import shutil
import stat
import subprocess
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.mini_engine import ADMIN, admin
from tests.pulling import FILES, add, change, pulled, record, spec
from tests.stand_in_hub import Hub
from vox.gateway.fleet import weights
from vox.workers.fetch import files, url

CODE = {"hubconf.py": b"print('hello')", "nets/base.py": b"LAYERS = 3"}
TRUST = "it is Python code that the engine runs"


def zipped(members: dict[str, bytes], kind: int = 0) -> bytes:
    """A zip; with `kind` its members are said to be of that kind of file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = kind << 16
            archive.writestr(info, content)
    return made.getvalue()


def tarred(members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "/etc/passwd"
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def below(top: str, members: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{top}/{name}": content for name, content in members.items()}


def serve(hub: Hub, name: str, content: bytes) -> str:
    """Put a file where it is on no hub; returns its address."""
    path = hub.root / "elsewhere" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"{hub.address}/elsewhere/{name}"


def part(**facts: object) -> None:
    """Give the model one more part."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    add("\n".join(["[[tool.vox.models.big.parts]]", *lines]))


@pytest.fixture
def code(hub: Hub) -> str:
    """The address of an archive that the model has a part of, which has to be agreed to."""
    address = serve(hub, "code-main.zip", zipped(below("code-main", CODE)))
    part(into="code", url=address, trust=TRUST)
    return address


def asked_elsewhere(hub: Hub) -> list[str | None]:
    """The ranges of the requests that went past the hub."""
    return [asked.range for asked in hub.asked if asked.path.startswith("/elsewhere/")]


def test_all_parts_are_pulled_to_their_places_recorded_and_verified(hub: Hub, model: Path, code: str) -> None:
    codec = hub.root / "owner" / "codec" / "deep" / "codec.bin"
    codec.parent.mkdir(parents=True)
    codec.write_bytes(b"codec")
    part(into="codec", hub="owner/codec", revision="main", files=["deep/*.bin"])
    part(into="prompts/one.wav", url=serve(hub, "one.wav", b"sound"))
    said = admin("pull", "mini", "--trust").stderr
    assert f"code-main.zip: 0.0 MB, from {code}\n" in said and "deep/codec.bin: 0.0 MB" in said
    assert (model / "codec/deep/codec.bin").read_bytes() == b"codec"
    assert (model / "prompts/one.wav").read_bytes() == b"sound"
    assert {name: (model / "code" / name).read_bytes() for name in CODE} == CODE
    assert (model / "model.onnx").read_bytes() == FILES["model.onnx"]
    assert not (model / ".parts").exists()
    found = record(model)
    assert [set(entry["files"]) for entry in found["parts"]] == [
        {"code/hubconf.py", "code/nets/base.py"},
        {"codec/deep/codec.bin"},
        {"prompts/one.wav"},
    ]
    assert found["agreed"] == [f"{code}: {TRUST}"]
    assert pulled()
    hub.asked.clear()
    assert "7 files are there, as they were when first pulled" in admin("pull", "mini").stderr
    assert hub.asked == []
    (model / "code/hubconf.py").write_bytes(b"print('evil!')")
    assert "code/hubconf.py has changed" in admin("pull", "mini", expect=1).stderr


def test_without_consent_nothing_is_pulled(hub: Hub, model: Path, code: str) -> None:
    said = admin("pull", "mini", expect=1).stderr
    assert said == (
        f"vox: model 'mini/big' brings something that asks for your trust, from {code}: {TRUST}; "
        "to agree, run: vox pull mini/big --trust\n"
    )
    assert hub.asked == [] and not model.exists()


@pytest.mark.parametrize(("answer", "code_"), [(b"y\n", 0), (b"\n", 1)])
def test_on_a_terminal_the_user_is_asked(hub: Hub, code: str, answer: bytes, code_: int) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "r+b", buffering=0) as terminal:
        with subprocess.Popen([*ADMIN, "pull", "mini"], stdin=theirs, stderr=theirs) as child:
            os.close(theirs)
            seen = b""
            with suppress(OSError):  # how a terminal ends on Linux
                while block := terminal.read(4096):
                    if b"[y/N]" not in seen and b"[y/N]" in seen + block:
                        assert hub.asked == []
                        terminal.write(answer)
                    seen += block
        assert child.returncode == code_
    assert TRUST.encode() in seen
    assert pulled() is (code_ == 0)


def test_consent_is_kept_even_when_the_pull_breaks_off_and_only_for_what_was_said(
    hub: Hub, model: Path, code: str
) -> None:
    (hub.root / "elsewhere/code-main.zip").rename(hub.root / "elsewhere/away")
    said = admin("pull", "mini", "--trust", expect=1).stderr.splitlines()[-1]
    assert f"{code} can't be had (HTTPError: HTTP Error 404" in said
    assert not pulled()
    (hub.root / "elsewhere/away").rename(hub.root / "elsewhere/code-main.zip")
    hub.asked.clear()
    admin("pull", "mini")
    assert pulled()
    assert hub.downloads() == []
    change(TRUST, "it is somebody else's code")
    assert "to agree, run: vox pull mini/big --trust" in admin("pull", "mini", expect=1).stderr
    admin("pull", "mini", "--trust")
    assert weights.agreed(spec(), "big") == [f"{code}: it is somebody else's code"]


def test_a_lost_file_comes_back_from_the_archive_unless_that_has_changed(
    hub: Hub, model: Path, code: str
) -> None:
    admin("pull", "mini", "--trust")
    (model / "code/nets/base.py").unlink()
    assert not pulled()
    # The same content in another archive: those that are made on demand differ from day to day.
    serve(hub, "code-main.zip", zipped(below("code-2", dict(reversed(CODE.items())))))
    admin("pull", "mini")
    assert (model / "code/nets/base.py").read_bytes() == CODE["nets/base.py"]
    (model / "code/nets/base.py").unlink()
    serve(hub, "code-main.zip", zipped(below("code-main", CODE | {"nets/base.py": b"LAYERS = 4"})))
    said = admin("pull", "mini", expect=1).stderr
    assert f"{code} now gives another code/nets/base.py than at the first pull" in said
    serve(hub, "code-main.zip", zipped(below("code-main", {"hubconf.py": CODE["hubconf.py"]})))
    assert f"{code} no longer has code/nets/base.py" in admin("pull", "mini", expect=1).stderr


BIG = os.urandom(3 << 20)
HALF = (2 << 20) + 500


def bring(model: Path, address: str, mirror: str = "") -> bytes:
    """What arrives of a part that is one file."""
    model.mkdir(parents=True, exist_ok=True)
    found = url.bring(
        {"url": address, "into": "a/big.bin"}, {"files": {}}, str(model), mirror, lambda _: None
    )
    assert list(found["files"]) == ["a/big.bin"]
    return (model / "a/big.bin").read_bytes()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_transfer_goes_on_where_it_broke(hub: Hub, model: Path, ranges: bool) -> None:
    address = serve(hub, "big.bin", BIG)
    hub.cut_at, hub.ranges = HALF, ranges
    assert bring(model, address) == BIG
    assert asked_elsewhere(hub) == [None, f"bytes={HALF}-"]


def test_what_a_killed_pull_left_is_continued_unless_it_is_of_another_file(hub: Hub, model: Path) -> None:
    address, left = serve(hub, "big.bin", BIG), str(model / "left")
    model.mkdir(parents=True)
    for now in (BIG, BIG[::-1]):
        serve(hub, "big.bin", BIG)
        hub.asked.clear()
        hub.cut_at = HALF
        with pytest.raises(OSError, match=f"{HALF} bytes arrived of {len(BIG)}"):
            url._transfer(address, left, lambda _: None)
        serve(hub, "big.bin", now)
        url._transfer(address, left, lambda _: None)
        assert Path(left).read_bytes() == now
        url._transfer(address, left, lambda _: None)  # it is all there
        assert asked_elsewhere(hub) == [None, f"bytes={HALF}-"]
        os.unlink(left)


def test_a_file_that_has_shrunk_is_not_asked_for_at_its_old_end_for_ever(hub: Hub, model: Path) -> None:
    address = serve(hub, "big.bin", BIG)
    hub.failures = [416]
    with pytest.raises(HTTPError, match="416"):
        bring(model, address)
    assert bring(model, address) == BIG


def test_progress_is_told(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url, "BLOCK", 1 << 16)
    said: list[str] = []
    model.mkdir(parents=True)
    url._download(serve(hub, "big.bin", BIG), str(model / "big"), said.append)
    assert said[0].startswith("big.bin: 3.1 MB, from ")
    assert said[1:] == ["0.7 MB of 3.1 MB", "1.3 MB of 3.1 MB", "2.0 MB of 3.1 MB", "2.6 MB of 3.1 MB"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.zip", zipped({"top/../../x": b""}), "has 'top/../../x' in it, which leads out of its place"),
        ("a.zip", zipped({"/etc/x": b""}), "has '/etc/x' in it, which leads out of its place"),
        ("a.zip", zipped({"top/x": b"/etc/passwd"}, stat.S_IFLNK), "neither a file nor a directory"),
        ("a.zip", zipped({"top/": b""}), "has no files in it"),
        ("a.zip", zipped({"top/x": b"", "top//x": b""}), "has 'top//x' in it twice"),
        ("a.zip", zipped({"top/x": b"abc"})[:-30], "arrived damaged"),
        ("a.zip", zipped({"top/x": b"abcdef"}).replace(b"abcdef", b"abcdeg"), "arrived damaged"),
        ("a.tar.gz", tarred({"../x": b""}), "leads out of its place"),
        ("a.tar.gz", tarred({"/x": b""}), "leads out of its place"),
        ("a.tar.gz", tarred({"top/x": b""}, tarfile.SYMTYPE), "neither a file nor a directory"),
        ("a.tar.gz", tarred({"top/x": b""}, tarfile.LNKTYPE), "neither a file nor a directory"),
        ("a.tar.gz", tarred({"top/x": b""}, tarfile.FIFOTYPE), "neither a file nor a directory"),
        ("a.tar.gz", tarred({"top/x": os.urandom(1000)})[:-100], "arrived damaged"),
        ("a.tgz", b"no archive", "arrived damaged"),
    ],
)
def test_what_is_wrong_with_an_archive_is_said_and_nothing_of_it_is_kept(
    hub: Hub, model: Path, name: str, content: bytes, reason: str
) -> None:
    source = {"url": serve(hub, name, content), "into": "code"}
    model.mkdir(parents=True)
    with pytest.raises(files.Refused) as refusal:
        url.bring(source, {"files": {}}, str(model), "", lambda _: None)
    assert reason in str(refusal.value)
    assert [path.name for path in model.iterdir()] == [".parts"]
    assert not [path for path in (model / ".parts").iterdir() if path.is_file() and not path.suffix]


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("top", ["code-1.0/", "./code-1.0/", ""])
def test_an_archive_is_unpacked_without_its_outermost_directory(
    hub: Hub, model: Path, pack: Callable[[dict[str, bytes]], bytes], top: str
) -> None:
    content = pack({top + name: content for name, content in CODE.items()})
    address = serve(hub, "a.zip" if pack is zipped else "a.tar.gz", content)
    model.mkdir(parents=True)
    url.bring({"url": address, "into": "code"}, {"files": {}}, str(model), "", lambda _: None)
    assert {name: (model / "code" / name).read_bytes() for name in CODE} == CODE


def test_only_https_is_trusted_and_it_leads_nowhere_else(hub: Hub, model: Path) -> None:
    for address in ("http://example.org/a.zip", "ftp://example.org/a.zip", "file:///etc/passwd"):
        with pytest.raises(files.Refused, match="is not https"):
            bring(model, address)
    hub.redirects["/moved"] = serve(hub, "big.bin", BIG)
    assert bring(model, f"{hub.address}/moved") == BIG
    request = urllib.request.Request("https://example.org/a.zip")
    with pytest.raises(files.Refused, match=r"leads to http://example\.org/b"):
        url._Redirects().redirect_request(request, None, 302, "", {}, "http://example.org/b")
    onward = url._Redirects().redirect_request(request, None, 302, "", {}, "https://other.example/b")
    assert onward is not None and onward.full_url == "https://other.example/b"


def test_a_mirror_stands_before_host_and_path(home: Path, hub: Hub, model: Path) -> None:
    serve(hub, "mirror/example.org/a b/code.zip", zipped(below("top", CODE)))
    part(into="code", url="https://example.org/a%20b/code.zip")
    for mirror in (f"{hub.address}/elsewhere/mirror/", f"{hub.root}/elsewhere/mirror"):
        (home / "config.toml").write_text(f'url_mirror = "{mirror}"\n')
        admin("pull", "mini")
        assert {name: (model / "code" / name).read_bytes() for name in CODE} == CODE
        assert pulled()
        shutil.rmtree(model)


def test_a_model_may_have_parts_only(hub: Hub, model: Path) -> None:
    change('# hub = "owner/mini"\n# files = ["model.onnx", "voices/*.bin"]\n', "")
    part(into="", hub="owner/mini", files=["voices/*.bin"])
    assert not pulled()
    admin("pull", "mini")
    assert (model / "voices/ann.bin").read_bytes() == b"ann's voice"
    assert pulled() and "2 files are there, as" in admin("pull", "mini").stderr


def test_two_sources_of_one_file_are_refused(hub: Hub) -> None:
    part(into="voices/ann.bin", url=serve(hub, "ann.bin", b"another"))
    assert "two sources of the model bring voices/ann.bin" in admin("pull", "mini", expect=1).stderr
    assert not pulled()


@pytest.mark.parametrize("into", ["../x", "/x", ".parts/x", ".vox-model.json", "."])
def test_a_part_stays_below_the_model(hub: Hub, into: str) -> None:
    part(into=into, url=serve(hub, "big.bin", b"x"))
    assert "is no place for a file below the model's directory" in admin("pull", "mini", expect=1).stderr


def test_a_part_that_is_new_in_the_header_is_all_that_is_pulled(hub: Hub, model: Path) -> None:
    admin("pull", "mini")
    old = record(model)
    for key in ("parts", "agreed", "url", "into"):  # as it was written before there were parts
        del old[key]
    (model / ".vox-model.json").write_text(json.dumps(old))
    assert pulled()
    part(into="one.wav", url=serve(hub, "one.wav", b"sound"))
    assert not pulled()
    hub.asked.clear()
    admin("pull", "mini")
    assert [asked.path for asked in hub.asked] == ["/elsewhere/one.wav"]
    assert pulled()
