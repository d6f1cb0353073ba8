"""Which build of torch an engine gets, from package indexes that are directories of small fake packages."""

from __future__ import annotations

import json
import os
import shutil
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.mini_engine import ENGINE, admin, publish, wheel, write
from vox import paths
from vox.config import Config
from vox.errors import BadRequest
from vox.gateway.fleet import catalog, envs, install

UV = shutil.which("uv")
NOBODY = "http://127.0.0.1:9/whl/cpu"
"""Where nobody listens."""
PINS = """[tool.vox.install]
megabytes = 1
remove = ["heavy/*.md"]
remove-on-cpu = ["heavy/**/*.so"]
[tool.vox.install.torch]
cpu = "torch==2.13.0"
cuda = "torch==2.13.0"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a usual index and one that has torch for the CPU, neither of which needs the network."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    usual, cpu = tmp_path / "usual", tmp_path / "cpu"
    for version in ("2.13.0", "2.14.0"):
        publish(usual, "torch", requires="cudart", version=version)
    publish(usual, "cudart")
    publish(usual, "tiny")
    publish(usual, "heavy", requires="torch>=2.4", files="heavy/lib/a.so heavy/b.so heavy/README.md")
    publish(cpu, "torch", requires="tiny", version="2.13.0+cpu")
    publish(cpu, "tiny", version="6.6.6")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    settings = {
        "VOX_HOME": home,
        "VOX_TORCH_INDEX": f"file://{cpu}",
        "PATH": home / "bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"file://{usual}",
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": f"file://{usual}",
        "UV_CACHE_DIR": tmp_path / "uv",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    return home


@pytest.fixture(params=["uv", "pip"])
def tool(request: pytest.FixtureRequest, home: Path) -> str:
    if request.param == "uv":
        if UV is None:
            pytest.skip("uv is not there")
        (home / "bin" / "uv").symlink_to(UV)
    return str(request.param)


def heavy(home: Path, facts: str = PINS) -> catalog.EngineSpec:
    return write(home, needs=("heavy",), facts=facts, body=f"import torch, heavy\n{ENGINE}")


def site(spec: catalog.EngineSpec) -> Path:
    (found,) = (Path(envs.python(spec)).parents[1] / "lib").glob("python*/site-packages")
    return found


def packages(spec: catalog.EngineSpec) -> dict[str, str]:
    return {package.name: package.version for package in distributions(path=[str(site(spec))])}


def device_of(spec: catalog.EngineSpec) -> str:
    marker = envs.marker(spec)
    assert marker is not None
    return marker.device


def test_for_the_cpu_torch_alone_comes_from_its_own_index_and_stays(home: Path, tool: str) -> None:
    spec = heavy(home)
    said = admin("engine", "install", "mini", "--device", "cpu").stderr
    assert packages(spec) == {"torch": "2.13.0+cpu", "tiny": "1.0", "heavy": "1.0"}
    assert not list(site(spec).rglob("*.so")) and not list(site(spec).rglob("*.md"))
    assert said.endswith("engine 'mini' is installed, with torch for cpu\n")
    assert "not marked" not in said and "CUDA" not in said
    assert device_of(spec) == "cpu"
    log = Path(paths.install_log("mini")).read_text()
    assert "torch: torch==2.13.0 for cpu\n" in log and "python" in log


def test_for_cuda_the_usual_index_has_it_and_its_size_is_told(home: Path, tool: str) -> None:
    spec = heavy(home)
    said = admin("engine", "install", "mini", "--device", "cuda").stderr
    assert packages(spec) == {"torch": "2.13.0", "cudart": "1.0", "heavy": "1.0"}
    assert {path.name for path in site(spec).rglob("*.so")} == {"a.so", "b.so"}
    assert "with torch for CUDA, about 4,000 MB more than for the CPU, needs about 4,001 MB" in said
    assert device_of(spec) == "cuda"


def test_without_an_answer_of_that_index_the_usual_one_serves_and_that_is_said(
    home: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOX_TORCH_INDEX", NOBODY)
    spec = heavy(home)
    said = admin("engine", "install", "mini", "--device", "cpu").stderr
    assert packages(spec)["torch"] == "2.13.0"
    assert f"torch 2.13.0 is not marked as made for the CPU: {NOBODY} did not answer" in said
    assert device_of(spec) == "cpu"


def test_an_index_that_lacks_the_version_is_no_failure(home: Path, tool: str) -> None:
    spec = heavy(home, PINS.replace('cpu = "torch==2.13.0"', 'cpu = "torch==2.14.0"'))
    assert "not marked" in admin("engine", "install", "mini", "--device", "cpu").stderr
    assert packages(spec)["torch"] == "2.14.0"


def test_what_stands_for_torch_has_to_be_torch(home: Path) -> None:
    heavy(home, PINS.replace('"torch==2.13.0"', '"tiny"'))
    said = admin("engine", "install", "mini", "--device", "cpu", expect=1).stderr
    assert "its header's 'tiny' is not torch" in said.splitlines()[-1]


def test_without_an_index_of_its_own_nothing_else_is_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOX_TORCH_INDEX", "")
    spec = heavy(home)
    assert "not marked" not in admin("engine", "install", "mini", "--device", "cpu").stderr
    assert packages(spec)["torch"] == "2.13.0"
    assert "extra-index" not in Path(paths.install_log("mini")).read_text()


def test_a_package_that_wants_another_torch_fails_the_build(home: Path, tool: str) -> None:
    publish(home.parent / "usual", "newer", requires="torch>=2.14")
    spec = write(home, needs=("newer",), facts=PINS)
    said = admin("engine", "install", "mini", "--device", "cpu", expect=1).stderr
    assert said.splitlines()[-1].startswith("vox: engine 'mini' was not installed: ")
    assert not envs.installed(spec)
    text = Path(paths.install_log("mini")).read_text()
    assert text.endswith("packages: torch 2.13.0+cpu\n")
    assert "torch: torch==2.13.0 for cpu\n" in text


def test_an_environment_stays_until_another_device_is_named(home: Path) -> None:
    spec = heavy(home)
    admin("engine", "install", "mini", "--device", "cpu")
    before = envs.python(spec)
    for again in ([], ["--device", "cpu"]):
        said = admin("engine", "install", "mini", *again).stderr
        assert said.startswith("engine 'mini' is installed, with torch for cpu\n")
    (home / "config.toml").write_text('device = "cuda"\n')
    admin("engine", "install", "mini")
    assert envs.python(spec) == before
    admin("engine", "install", "mini", "--device", "cuda")
    assert envs.python(spec) != before
    assert (device_of(spec), packages(spec)["torch"]) == ("cuda", "2.13.0")


def test_the_configured_device_decides_where_none_is_named(home: Path) -> None:
    spec = heavy(home)
    (home / "config.toml").write_text('device = "cuda"\n[engines.mini]\ndevice = "cpu"\n')
    admin("engine", "install", "mini")
    assert device_of(spec) == "cpu"


@pytest.mark.parametrize(
    ("named", "config", "driver", "device"),
    [
        (None, Config(), True, "cuda"),
        (None, Config(), False, "cpu"),
        (None, Config(device="cpu"), True, "cpu"),
        (None, Config(device="cpu", engines={"mini": {"device": "auto"}}), True, "cuda"),
        ("cpu", Config(device="cuda"), True, "cpu"),
        ("cuda", Config(), False, "cuda"),
    ],
)
def test_a_device_is_named_configured_or_found(
    home: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, config: Config, driver: bool, device: str
) -> None:
    monkeypatch.setattr(install, "_DRIVER", (str(home / "nowhere"), str(home / ("bin" if driver else "no"))))
    monkeypatch.setattr("sys.platform", "linux")
    assert install._device(heavy(home), named, config) == device


@pytest.mark.parametrize(("pin", "device"), [("", "cpu"), ('mps = "torch==2.13.0"\n', "mps")])
def test_an_apple_gpu_is_used_where_the_engine_can(
    home: Path, monkeypatch: pytest.MonkeyPatch, pin: str, device: str
) -> None:
    monkeypatch.setattr(install, "_DRIVER", ())
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert install._device(heavy(home, PINS + pin), None, Config()) == device


def test_a_device_that_the_engine_has_no_torch_for_is_refused(home: Path) -> None:
    said = admin("engine", "install", "mini", "--device", "mps", expect=1).stderr if heavy(home) else ""
    assert said == "vox: engine 'mini' has no torch for mps; run: vox engine install mini --device cpu\n"
    with pytest.raises(BadRequest):
        install._device(heavy(home), None, Config(device="mps"))
    assert "invalid choice: 'tpu'" in admin("engine", "install", "mini", "--device", "tpu", expect=2).stderr


def test_an_engine_without_torch_is_the_same_for_every_device(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    before = envs.python(spec)
    said = admin("engine", "install", "mini", "--device", "cuda").stderr
    assert "is the same for every device" in said and "is installed\n" in said
    assert (envs.python(spec), device_of(spec)) == (before, "")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("heavy/*.dll", "removes 'heavy/*.dll', and there is no such file"),
        ("heavy", "removes 'heavy', and there is no such file"),
        ("../../../pyvenv.cfg", "leads out of site-packages"),
        ("/etc/host*", "leads out of site-packages"),
    ],
)
def test_what_a_header_removes_has_to_be_there_and_below(home: Path, pattern: str, reason: str) -> None:
    lone = wheel(home, "heavy", files="heavy/README.md")
    facts = f"[tool.vox.install]\nno-deps = {json.dumps([lone])}\nremove = {json.dumps([pattern])}"
    spec = write(home, facts=facts)
    said = admin("engine", "install", "mini", expect=1).stderr.splitlines()[-1]
    assert said.startswith("vox: engine 'mini' was not installed: ") and reason in said
    assert not envs.installed(spec)
    assert Path(paths.install_log("mini")).read_text().endswith("packages: heavy 1.0\n")


def test_a_password_in_the_index_is_not_in_the_log(
    home: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOX_TORCH_INDEX", "http://me:secret@127.0.0.1:9/cpu")
    heavy(home)
    said = admin("engine", "install", "mini", "--device", "cpu").stderr
    log = Path(paths.install_log("mini")).read_text()
    assert "--extra-index-url http://127.0.0.1:9/cpu" in log
    assert "secret" not in log and "secret" not in said


def test_all_that_decides_what_is_installed_is_in_the_fingerprint(home: Path) -> None:
    spec = heavy(home)
    before = envs.fingerprint(spec)
    for old, new in (
        ("2.13.0", "2.12.0"),
        ("*.md", "*.txt"),
        ("*.so", "*.a"),
        ("megabytes = 1", "no-deps = []"),
    ):
        changed = envs.fingerprint(heavy(home, PINS.replace(old, new)))
        assert (changed == before) is ("megabytes" in old), old
