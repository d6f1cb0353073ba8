"""Environments of engines: real ones, built by the command line's entry point from small local packages."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.mini_engine import ADMIN, ENGINE, admin, listed, wheel, write
from vox import paths
from vox.config import Config
from vox.errors import BadRequest, NotInstalled
from vox.gateway.fleet import catalog, envs, install
from vox.gateway.fleet.process import Process, Recipe

UV = shutil.which("uv")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a PATH on which there is nothing: neither uv nor other interpreters."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("VOX_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def start(*arguments: str) -> subprocess.Popen[str]:
    """The same, with a process group of its own, and not waited for."""
    return subprocess.Popen([*ADMIN, *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True)


def read_until(child: subprocess.Popen[str], word: str) -> None:
    assert child.stderr is not None
    seen = []
    for line in child.stderr:
        seen.append(line)
        if word in line:
            return
    raise AssertionError(f"{word!r} never came: {seen}")


def finish(child: subprocess.Popen[str]) -> str:
    rest = child.communicate(timeout=30)[1]
    assert child.returncode == 0, rest
    return rest


def left_behind(home: Path) -> list[str]:
    """What stands beside the published environment and the lock."""
    return [path.name for path in (home / "data" / "envs").glob(".mini*")]


def imported(spec: catalog.EngineSpec, code: str) -> str:
    command = [envs.python(spec), "-c", code]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=envs.environment()
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_an_engine_gets_its_packages_in_an_environment_of_its_own(home: Path, tool: str) -> None:
    if tool == "uv":
        if UV is None:
            pytest.skip("uv is not there")
        (home / "bin" / "uv").symlink_to(UV)
    lone = wheel(home, "lone", requires="nowhere_to_be_found")
    spec = write(
        home,
        needs=(wheel(home, "tiny"),),
        facts=f"[tool.vox.install]\nno-deps = {json.dumps([lone])}\nmegabytes = 1",
        body="import tiny, lone\n" + ENGINE,
    )
    assert listed()["installed"] is False
    assert listed()["why_not"] == "engine 'mini' is not installed; run: vox engine install mini"
    said = admin("engine", "install", "mini").stderr
    assert "needs about 1 MB" in said
    assert "engine 'mini' is installed" in said
    assert listed()["installed"] is True
    assert imported(spec, "import tiny, lone, vox.workers.host; print(tiny.NAME)") == "tiny"
    assert imported(spec, "import sys; print(sys.prefix)").startswith(str(home / "data" / "envs"))
    assert f"{tool}" in Path(paths.install_log("mini")).read_text()


def test_installing_again_does_nothing(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    before = envs.python(spec), envs.marker(spec)
    admin("engine", "install", "mini")
    assert (envs.python(spec), envs.marker(spec)) == before


def test_changed_requirements_rebuild_the_environment(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    before = envs.python(spec)
    spec = write(home, needs=(wheel(home, "tiny"),))
    reason = envs.why_not(spec)
    assert reason is not None and "have changed" in reason and "vox engine install mini" in reason
    with pytest.raises(NotInstalled, match="have changed"):
        envs.require(spec)
    admin("engine", "install", "mini")
    assert imported(spec, "import tiny; print(tiny.NAME)") == "tiny"
    assert envs.python(spec) != before
    assert not os.path.exists(before)
    assert len(left_behind(home)) == 1


def test_an_environment_without_its_interpreter_is_not_installed(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    os.unlink(envs.python(spec))
    assert not envs.installed(spec)
    admin("engine", "install", "mini")
    assert envs.installed(spec)


def test_a_failed_health_check_publishes_nothing_and_leaves_a_log(home: Path) -> None:
    write(home, body="import nowhere_to_be_found\n" + ENGINE)
    said = admin("engine", "install", "mini", expect=1).stderr
    log = paths.install_log("mini")
    last = said.splitlines()[-1]
    assert last.startswith("vox: engine 'mini' was not installed: ")
    assert "No module named 'nowhere_to_be_found'" in last
    assert log in last
    text = Path(log).read_text()
    assert "No module named 'nowhere_to_be_found'" in text and "requires-python: >=3.10" in text
    assert text.endswith("packages: none\n")
    assert left_behind(home) == []
    assert listed()["installed"] is False


def test_a_failed_rebuild_leaves_the_old_environment_alone(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    before = envs.python(spec)
    write(home, needs=(f"gone @ file://{home}/gone-1.0-py3-none-any.whl",))
    assert "gone-1.0" in admin("engine", "install", "mini", expect=1).stderr.splitlines()[-1]
    assert envs.python(spec) == before
    assert envs.installed(spec)


@pytest.fixture
def held(home: Path) -> Iterator[Callable[[], None]]:
    """A `uv` that makes half an environment, says "begun", and ends once the fixture is called."""
    gate = home / "gate"
    os.mkfifo(gate)
    script = f"""#!/bin/sh
echo venv >> {home}/calls
{sys.executable} -m venv --without-pip "$4"
echo begun
read line < {gate}
"""
    uv = home / "bin" / "uv"
    uv.write_text(script)
    uv.chmod(0o755)

    def release() -> None:
        with open(gate, "w") as file:
            file.write("go\n")

    yield release
    with open(os.open(gate, os.O_RDWR | os.O_NONBLOCK), "w") as file:  # whoever still waits may go
        file.write("go\n")


def test_a_killed_install_counts_for_nothing_and_the_next_one_cleans_up(
    home: Path, held: Callable[[], None]
) -> None:
    spec = write(home)
    with start("engine", "install", "mini") as child:
        read_until(child, "begun")
        os.killpg(child.pid, signal.SIGKILL)
    assert not envs.installed(spec)
    stale = left_behind(home)
    assert len(stale) == 1
    (home / "bin" / "uv").unlink()
    admin("engine", "install", "mini")
    assert envs.installed(spec)
    assert stale[0] not in left_behind(home)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_install_cleans_up_at_once(
    home: Path, held: Callable[[], None], number: signal.Signals, code: int
) -> None:
    write(home)
    with start("engine", "install", "mini") as child:
        read_until(child, "begun")
        child.send_signal(number)
        said = child.communicate(timeout=30)[1]
    assert child.returncode == code
    assert "Traceback" not in said
    assert left_behind(home) == []


def test_two_installs_at_once_build_one_environment(home: Path, held: Callable[[], None]) -> None:
    spec = write(home)
    with start("engine", "install", "mini") as first:
        read_until(first, "begun")
        with start("engine", "install", "mini") as second:
            read_until(second, "waiting for that")
            held()
            finish(first)
            assert "begun" not in finish(second)
    assert (home / "calls").read_text().splitlines() == ["venv"]
    assert envs.installed(spec)


def test_what_a_killed_installer_started_is_waited_for(home: Path, held: Callable[[], None]) -> None:
    spec = write(home)
    with start("engine", "install", "mini") as first:
        read_until(first, "begun")
        first.kill()
        with start("engine", "install", "mini") as second:
            read_until(second, "waiting for that")
            held()
            read_until(second, "begun")
            held()
            finish(second)
    assert envs.installed(spec)
    assert len(left_behind(home)) == 1


def test_an_engine_is_removed_once(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    admin("engine", "remove", "mini")
    assert not envs.installed(spec)
    assert left_behind(home) == []
    assert "is not installed" in admin("engine", "remove", "mini", expect=1).stderr


def test_nothing_is_built_where_there_is_no_room(home: Path) -> None:
    write(home, facts="[tool.vox.install]\nmegabytes = 1_000_000_000")
    said = admin("engine", "install", "mini", expect=1).stderr
    assert "1,000,000,000 MB" in said and "MB are free" in said
    assert left_behind(home) == []


def test_an_interpreter_may_be_named(home: Path) -> None:
    spec = write(home)
    admin("engine", "install", "mini")
    before = envs.python(spec)
    other = home / "bin" / "python3.20"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    admin("engine", "install", "mini", "--python", "python3.20")
    assert envs.python(spec) != before
    marker = envs.marker(spec)
    assert marker is not None and marker.python == str(other)
    said = admin("engine", "install", "mini", "--python", "/nowhere/python", expect=1).stderr
    assert said == "vox: /nowhere/python is not a Python interpreter that runs\n"


def test_without_a_fitting_interpreter_the_sentence_says_what_would_do(home: Path) -> None:
    write(home)
    path = home / "engines" / "mini.py"
    path.write_text(path.read_text().replace(">=3.10", ">=3.99"))
    said = admin("engine", "install", "mini", expect=1).stderr
    assert "needs Python >=3.99" in said and "vox engine install mini --python PATH" in said
    named = admin("engine", "install", "mini", "--python", sys.executable, expect=1).stderr
    assert f"{sys.executable} is Python 3." in named and ">=3.99" in named


@pytest.mark.parametrize(
    ("version", "requires", "meets"),
    [
        ((3, 11, 7), "", True),
        ((3, 9, 18), "", False),  # less than worker code itself needs
        ((3, 11, 7), ">=3.10,<3.14", True),
        ((3, 14, 0), ">=3.10, <3.14", False),
        ((3, 12, 1), "<=3.12", False),
        ((3, 12, 1), "==3.12.*", True),
        ((3, 11, 7), "==3.12.*", False),
        ((3, 11, 7), "!=3.11.*", False),
        ((3, 11, 7), ">3.11", True),
    ],
)
def test_python_versions_are_compared(version: tuple[int, ...], requires: str, meets: bool) -> None:
    assert install.satisfies(version, requires) is meets


def test_a_range_that_can_not_be_read_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"~=3\.11"):
        install.satisfies((3, 11, 7), "~=3.11")


def test_an_engine_of_the_base_environment_needs_its_modules_only(home: Path) -> None:
    there = write(home, "there", facts='environment = "base"\nmodules = ["msgspec"]')
    gone = write(
        home, "gone", needs=("nowhere-to-be-found>=2",), facts='environment = "base"\nmodules = ["nowhere.x"]'
    )
    assert (envs.python(there), envs.why_not(there)) == (sys.executable, None)
    reason = f"engine 'gone' needs the Python module nowhere.x; run: {sys.executable} -m pip install "
    assert envs.why_not(gone) == reason + "'nowhere-to-be-found>=2'"
    assert "nothing to install" in admin("engine", "install", "there").stderr
    assert reason in admin("engine", "install", "gone", expect=1).stderr
    assert "nothing to remove" in admin("engine", "remove", "there", expect=1).stderr


def test_an_engine_of_another_system_says_so(home: Path) -> None:
    spec = write(home, facts='platforms = ["amiga"]')
    assert envs.why_not(spec) == "engine 'mini' runs on amiga only"
    assert "runs on amiga only" in admin("engine", "install", "mini", expect=1).stderr


@pytest.mark.parametrize("python", [sys.executable, getattr(sys, "_base_executable", sys.executable)])
def test_a_worker_can_import_its_own_side_and_nothing_of_the_gateway(home: Path, python: str) -> None:
    code = """
import importlib, vox.workers.host, vox.workers.plugins, vox.wire.frames
for name in ("vox.gateway", "vox.config", "vox.errors", "vox.client"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{name} can be imported")
print(vox.__file__)
"""
    done = subprocess.run(
        [python, "-c", code], check=False, capture_output=True, text=True, cwd="/", env=envs.environment()
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(home / "cache"))


def test_the_workers_path_is_made_once_however_many_ask_and_again_when_it_is_gone(home: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = {future.result() for future in [pool.submit(envs.worker_path) for _ in range(64)]}
    (tree,) = found
    assert sorted(os.listdir(os.path.join(tree, "vox"))) == ["__init__.py", "wire", "workers"]
    os.unlink(os.path.join(tree, "vox", "wire"))
    assert envs.worker_path() == tree
    assert os.path.isfile(os.path.join(tree, "vox", "wire", "frames.py"))


def test_a_worker_inherits_no_setting_of_ours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOX_API_KEYS", "secret")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    found = envs.environment()
    assert not [key for key in found if key.startswith("VOX_")]
    assert "PYTHONHOME" not in found
    assert found["HF_ENDPOINT"] == "http://127.0.0.1:1"


def test_a_worker_has_what_its_header_and_the_configuration_set(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = write(
        home, facts='variables = { MINI_A = "{cores}", MINI_B = "b", MINI_C = "c", PYTHONPATH = "/x" }'
    )
    monkeypatch.setenv("MINI_B", "ours")
    monkeypatch.setenv("MINI_C", "ours")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    config = Config(engines={"mini": {"env.MINI_C": "{cores} set", "env.MINI_D": "d", "voice": "ann"}})
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    found = envs.variables(spec, config)
    assert found == {"MINI_A": str(cores), "MINI_C": f"{cores} set", "MINI_D": "d", "PYTHONPATH": "/x"}
    whole = envs.environment(found)
    assert [whole[f"MINI_{letter}"] for letter in "ABCD"] == [str(cores), "ours", f"{cores} set", "d"]
    assert whole["PYTHONPATH"] == envs.worker_path()


def test_the_variables_of_a_recipe_reach_its_process_and_make_it_another(home: Path) -> None:
    script = home / "bin" / "show"
    script.write_text('#!/bin/sh\necho "MINI_A=$MINI_A"\n')
    script.chmod(0o755)
    recipe = Recipe(name="mini", python=str(script), variables=(("MINI_A", "4"),))

    async def said() -> str:
        process = Process(recipe)
        assert await process.exited == 0
        return process.last_words()

    assert asyncio.run(said()) == "MINI_A=4"
    assert recipe != Recipe(name="mini", python=str(script), variables=(("MINI_A", "5"),))


def test_the_variables_hold_while_an_engine_is_installed_and_checked(home: Path) -> None:
    assert_set = "import os\nassert os.environ['MINI_A'] == 'set', 'not set'\n"
    write(home, facts='variables = { MINI_A = "set" }', body=assert_set + ENGINE)
    admin("engine", "install", "mini")
    assert admin("engine", "check", "mini").stdout.startswith("ok      import")
    (home / "config.toml").write_text('[engines.mini.env]\nMINI_A = "other"\n')
    assert "AssertionError: not set" in admin("engine", "check", "mini", expect=1).stdout
