"""Pulls the files of a model: `python -m vox.workers.fetch REQUEST`, inside the engine's environment.

REQUEST is JSON: `hub` (owner/name), `revision`, `files` (shell patterns), `directory`, `endpoint` (null: the
client's own choice, which honours HF_ENDPOINT). Progress goes to stderr; a failure is one sentence on stdout
and exit code 1.

The client of `huggingface_hub` lists the repository and moves the bytes; where they go is ours to say, as its
newer versions begin a file anew in every process. Checksums are trusted at the first pull, recorded in
`.vox-model.json`, and verified from then on; the commit is kept too, so a branch that moves changes nothing.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

RECORD = ".vox-model.json"
PARTS = ".parts"
_BLOCK = 1 << 20


class Refused(Exception):
    """A pull that can't go on; the message is for the user."""


class Remote(NamedTuple):
    """A file as the hub lists it. A poor mirror may leave out all but the name."""

    size: int | None
    digest: str | None
    """SHA-256 of a large file, the Git object id of a small one."""


def fetch(request: dict[str, Any], say: Callable[[str], object]) -> None:
    """Bring everything that is missing, verify all, then write the record. Raises `Refused`, and whatever the
    hub's client raises."""
    directory = request["directory"]
    os.makedirs(directory, mode=0o700, exist_ok=True)
    with open(os.path.join(directory, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        record = _read_record(request)
        known = record["files"]
        _verify(directory, known)
        if record["patterns"] == request["files"] and all(_there(directory, name) for name in known):
            say(f"{len(known)} files are there, as they were when first pulled")
            return
        _complete(request, record)
        with open(os.path.join(directory, RECORD + ".new"), "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
        os.replace(file.name, os.path.join(directory, RECORD))
        shutil.rmtree(os.path.join(directory, PARTS), ignore_errors=True)
    say(f"{len(record['files'])} files are there")


def _read_record(request: dict[str, Any]) -> dict[str, Any]:
    """The record of an earlier pull of the same revision, else an empty one."""
    path = os.path.join(request["directory"], RECORD)
    try:
        with open(path, encoding="utf-8") as file:
            record: dict[str, Any] = json.load(file)
        if (record["hub"], record["revision"]) == (request["hub"], request["revision"]):
            return record
    except FileNotFoundError:
        pass
    except (ValueError, KeyError):
        raise Refused(f"{path} can't be read; delete {request['directory']} and pull again") from None
    return {key: request[key] for key in ("hub", "revision")} | {
        "commit": None,
        "patterns": None,
        "files": {},
    }


def _there(directory: str, name: str) -> bool:
    return os.path.isfile(os.path.join(directory, name))


def _verify(directory: str, known: dict[str, Any]) -> None:
    for name, file in known.items():
        path = os.path.join(directory, name)
        if os.path.isfile(path) and _digests(path)[0] != file["sha256"]:
            raise Refused(f"{path} has changed since it was pulled; delete it and pull again to get it back")


def _digests(path: str) -> tuple[str, str]:
    """SHA-256, and the id that Git gives to the same content."""
    sha256 = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % os.path.getsize(path), usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
            git.update(block)
    return sha256.hexdigest(), git.hexdigest()


def _complete(request: dict[str, Any], record: dict[str, Any]) -> None:
    """Download what is missing and bring `record` up to date."""
    same = record["patterns"] == request["files"]
    commit, remote = _listing(request, record["commit"] if same else request["revision"])
    names = _wanted(request, list(remote))
    files = {name: _file(request, commit, name, remote[name], record["files"].get(name)) for name in names}
    record |= {"commit": commit, "endpoint": _endpoint(request), "patterns": request["files"], "files": files}


def _file(
    request: dict[str, Any], commit: str, name: str, remote: Remote, known: dict[str, Any] | None
) -> dict[str, Any]:
    """Bring one file where it is missing; returns its entry for the record: `known`, or a first one."""
    path = os.path.join(request["directory"], name)
    there = os.path.isfile(path)
    if known and there:  # verified already
        return known
    digests = _digests(path) if there else ("", "")
    if remote.digest not in digests:
        digests = _download(request, commit, name, remote, path)
    found = {"sha256": digests[0], "bytes": os.path.getsize(path)}
    if known and known != found:
        os.unlink(path)
        raise Refused(
            f"{request['hub']} now gives another {name} under the same revision than at the first pull; "
            f"to trust the new one, delete {request['directory']} and pull again"
        )
    return found


def _endpoint(request: dict[str, Any]) -> str:
    from huggingface_hub import constants

    return str(request["endpoint"] or constants.ENDPOINT)


def _listing(request: dict[str, Any], revision: str) -> tuple[str, dict[str, Remote]]:
    """The commit behind `revision`, and its files."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=request["endpoint"])
    info = api.model_info(request["hub"], revision=revision, files_metadata=True)
    files = {}
    for file in info.siblings or []:
        files[file.rfilename] = Remote(file.size, file.lfs.sha256 if file.lfs else file.blob_id)
    return str(info.sha), files


def _wanted(request: dict[str, Any], names: list[str]) -> list[str]:
    """The names that match the patterns. Raises `Refused` for a pattern without any, and for a name that
    leads out of the directory."""
    wanted: list[str] = []
    for pattern in request["files"]:
        found = [name for name in names if fnmatchcase(name, pattern)]
        if not found:
            raise Refused(f"{request['hub']}@{request['revision']} has no file {pattern!r}")
        wanted += [name for name in found if name not in wanted]
    for name in wanted:
        if name.startswith("/") or ".." in name.split("/"):
            raise Refused(
                f"{request['hub']} lists a file {name!r}, which is no place below the model's directory"
            )
    return wanted


def _download(request: dict[str, Any], commit: str, name: str, remote: Remote, path: str) -> tuple[str, str]:
    """Bring one file and return its digests; what arrived before an interruption is kept in `.parts` and not
    asked for again."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    part = os.path.join(request["directory"], PARTS, commit, name)
    os.makedirs(os.path.dirname(part), exist_ok=True)
    url = hf_hub_url(request["hub"], name, revision=commit, endpoint=request["endpoint"])
    # A compressed answer has no length to resume at.
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    with open(part, "ab") as file:
        if remote.size is None or file.tell() > remote.size:
            file.truncate(0)
        if remote.size is None or file.tell() < remote.size:
            http_get(
                url,
                file,
                resume_size=file.tell(),
                headers=headers,
                expected_size=remote.size,
                displayed_filename=name,
            )
    digests = _digests(part)
    if remote.digest and remote.digest not in digests:
        os.unlink(part)
        raise Refused(f"{name} arrived damaged: its checksum is not the one that the hub lists; pull again")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.replace(part, path)
    return digests


def _sentence(error: Exception, request: dict[str, Any]) -> str:
    """What went wrong, for the user."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, ImportError):
        return f"the engine's environment has no working huggingface_hub ({error}); its header must name it"
    from huggingface_hub import errors

    hub, endpoint = request["hub"], _endpoint(request)
    if isinstance(error, errors.GatedRepoError):
        return (
            f"{hub} asks you to accept its terms first, at {endpoint}/{hub}, and then for HF_TOKEN to be set"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"there is no {hub} at {endpoint}; if it is private, set HF_TOKEN"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{hub} at {endpoint} has no revision {request['revision']!r}"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE forbids to pull; unset it"
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    if isinstance(error, OSError) and (error.filename or error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return reason
    return f"{endpoint} can't be reached or broke off ({reason}); what has arrived is kept: pull again"


def main() -> int:
    request = json.loads(sys.argv[1])
    try:
        fetch(request, lambda line: sys.stderr.write(line + "\n"))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 the boundary: whatever the hub's client raises becomes a sentence
        sys.stdout.write(_sentence(error, request) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
