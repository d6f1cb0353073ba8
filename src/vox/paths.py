"""Where things live on disk; nobody else builds a path.

`VOX_HOME` moves everything below one directory; without it, XDG's places. Plain strings and `os.path`
only: the command line's fast path imports this module.
"""

from __future__ import annotations

import os

SOCKET_PATH_MAX = 100
"""Bytes; the kernel's own limit for a Unix socket is 108 on Linux and 104 on macOS."""


def _place(xdg: str, fallback: str, below_home: str) -> str:
    home = os.environ.get("VOX_HOME")
    if home:
        return os.path.join(os.path.abspath(home), below_home) if below_home else os.path.abspath(home)
    base = os.environ.get(xdg) or os.path.expanduser(fallback)
    return os.path.join(base, "vox")


def config_dir() -> str:
    """Holds `config.toml` and, as information only, `daemon.pid`."""
    return _place("XDG_CONFIG_HOME", "~/.config", "")


def data_dir() -> str:
    """Holds what was installed or pulled: environments, models."""
    return _place("XDG_DATA_HOME", "~/.local/share", "data")


def cache_dir() -> str:
    """Holds what can be made again."""
    return _place("XDG_CACHE_HOME", "~/.cache", "cache")


def log_dir() -> str:
    """Holds the daemon's log and each worker's last output."""
    return _place("XDG_STATE_HOME", "~/.local/state", "log")


def runtime_dir() -> str:
    """Holds the socket and the lock; 0700. Gone after a reboot, where the system has such a place."""
    if not os.environ.get("VOX_HOME") and not os.environ.get("XDG_RUNTIME_DIR"):
        return os.path.join(cache_dir(), "run")
    return _place("XDG_RUNTIME_DIR", "", "run")


def socket_path() -> str:
    """The gateway's Unix socket. A path too long for the kernel becomes a hashed name in a private
    directory below `/tmp` (not `TMPDIR`, which two sessions of one user need not share)."""
    path = os.path.join(runtime_dir(), "vox.sock")
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    from hashlib import blake2b  # rare, and 4 MB: not at the top

    name = blake2b(os.fsencode(path), digest_size=8).hexdigest()
    return os.path.join("/tmp", f"vox-{os.getuid()}", f"{name}.sock")


def lock_path() -> str:
    """The file whose `flock` makes a daemon the only one. Never deleted: the name is a meeting point."""
    return os.path.join(runtime_dir(), "vox.lock")


def pid_path() -> str:
    """The running daemon's process id: for people, never a lock."""
    return os.path.join(config_dir(), "daemon.pid")


def config_path() -> str:
    return os.path.join(config_dir(), "config.toml")


def environment_dir(engine: str) -> str:
    """The virtual environment of an engine."""
    return os.path.join(data_dir(), "envs", engine)


def model_dir(engine: str, model: str) -> str:
    """The files of a pulled model."""
    return os.path.join(data_dir(), "models", engine, model)


def voices_dir() -> str:
    """The user's own voices, a directory each."""
    return os.path.join(data_dir(), "voices")


def references_dir() -> str:
    """Recordings that belong to no voice of the user's: they came with a request or from elsewhere."""
    return os.path.join(cache_dir(), "references")


def prompts_dir() -> str:
    """Compiled voice prompts, by engine and model."""
    return os.path.join(cache_dir(), "prompts")


def engines_dir() -> str:
    """The built-in engines, one file each."""
    return os.path.join(package_dir(), "workers", "engines")


def private_engines_dir() -> str:
    """Engines of the user's own, one file each."""
    return os.path.join(config_dir(), "engines")


def package_dir() -> str:
    """The package itself."""
    return os.path.dirname(os.path.abspath(__file__))


def worker_trees_dir() -> str:
    """Holds what an engine's environment may import of vox: links to `wire` and `workers`."""
    return os.path.join(cache_dir(), "worker-path")


def install_log(engine: str) -> str:
    """What was said while the engine's environment was last built."""
    return os.path.join(log_dir(), f"install-{engine}.log")


def daemon_log() -> str:
    return os.path.join(log_dir(), "daemon.log")


def client_log() -> str:
    """Tracebacks of the command line's own failures."""
    return os.path.join(log_dir(), "vox.log")


def worker_log(name: str) -> str:
    return os.path.join(log_dir(), f"worker-{name.replace('/', '-')}.log")


def make_private(directory: str) -> str:
    """Create `directory` for this user alone (0700) if it is missing, and return it.

    Raises `PermissionError` when it is a link, belongs to somebody else, or others may enter it and that
    can't be changed.
    """
    os.makedirs(directory, mode=0o700, exist_ok=True)
    info = os.lstat(directory)
    if os.path.islink(directory) or info.st_uid != os.getuid():
        raise PermissionError(f"{directory} is a link or belongs to another user; remove it or set VOX_HOME")
    if info.st_mode & 0o077:
        os.chmod(directory, 0o700)
    return directory
