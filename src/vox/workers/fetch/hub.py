"""Files of a repository: from the hub or a mirror of it, the user's own cache of it, or a directory.

The client of `huggingface_hub` lists the repository and moves the bytes; where they go is ours to say, as its
newer versions begin a file anew in every process.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

from vox.workers.fetch.files import PARTS, Arrived, Refused, Say, digests, inside, megabytes, settle


class Remote(NamedTuple):
    """A file as it is listed. A poor mirror may leave out all but the name."""

    size: int | None
    digest: str | None
    """SHA-256 of a large file, the Git object id of a small one."""


class Wanted(NamedTuple):
    """A file to bring."""

    hub: str
    commit: str
    name: str
    remote: Remote
    part: str
    """Where it gathers."""


class Place(Protocol):
    """What has repositories."""

    address: str

    def listing(self, hub: str, revision: str) -> tuple[str, dict[str, Remote]]:
        """The commit behind `revision`, and its files."""
        ...

    def bring(self, file: Wanted, say: Say) -> Arrived:
        """Bring one file, to its `part` or beside it."""
        ...


def bring(
    source: dict[str, Any], known: dict[str, Any], directory: str, endpoint: str | None, say: Say
) -> dict[str, Any]:
    """Bring what is missing of the files of `source`; returns what the record says of them. `known` is what
    it said, `endpoint` an address, a directory, or None for the client's own choice. Raises `Refused`, and
    whatever the hub's client raises."""
    hub = source["hub"]
    place: Place = Directory(endpoint) if endpoint and endpoint.startswith("/") else Client(endpoint)
    same = known["commit"] and known["patterns"] == source["files"]
    commit, remote = place.listing(hub, known["commit"] if same else source["revision"])
    files = {}
    for name in _wanted(source, list(remote)):
        path = inside(source["into"], name)
        files[path] = known["files"].get(path)
        if files[path] and os.path.isfile(os.path.join(directory, path)):
            continue  # verified already
        arrived = _left(os.path.join(directory, path), remote[name])
        if arrived is None:
            part = os.path.join(directory, PARTS, commit, path)
            os.makedirs(os.path.dirname(part), exist_ok=True)
            arrived = place.bring(Wanted(hub, commit, name, remote[name], part), say)
        files[path] = settle(directory, path, arrived, files[path], hub)
    return {"commit": commit, "endpoint": place.address, "patterns": source["files"], "files": files}


def _wanted(source: dict[str, Any], names: list[str]) -> list[str]:
    """The names that match the patterns. Raises `Refused` for a pattern without any."""
    wanted: list[str] = []
    for pattern in source["files"]:
        found = [name for name in names if fnmatchcase(name, pattern)]
        if not found:
            raise Refused(f"{source['hub']}@{source['revision']} has no file {pattern!r}")
        wanted += [name for name in found if name not in wanted]
    return wanted


def _left(path: str, remote: Remote) -> Arrived | None:
    """The file itself, where a pull that was interrupted had brought it."""
    if not remote.digest or not os.path.isfile(path):
        return None
    found = digests(path)
    return Arrived(path, found[0]) if remote.digest in found else None


class Client:
    """The hub, or what poses as it, at `endpoint`; None: where HF_ENDPOINT points."""

    def __init__(self, endpoint: str | None) -> None:
        from huggingface_hub import constants

        self._endpoint = endpoint
        self._cache = str(constants.HF_HUB_CACHE)
        self.address = endpoint or str(constants.ENDPOINT)

    def listing(self, hub: str, revision: str) -> tuple[str, dict[str, Remote]]:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import OfflineModeIsEnabled

        try:
            api = HfApi(endpoint=self._endpoint)
            info = api.model_info(hub, revision=revision, files_metadata=True)
        except OfflineModeIsEnabled:
            return self._snapshot(hub, revision)
        files = {}
        for file in info.siblings or []:
            files[file.rfilename] = Remote(file.size, file.lfs.sha256 if file.lfs else file.blob_id)
        return str(info.sha), files

    def _snapshot(self, hub: str, revision: str) -> tuple[str, dict[str, Remote]]:
        """The same from the cache, for who works offline on purpose."""
        folder = os.path.join(self._cache, "models--" + hub.replace("/", "--"))
        commit = revision
        with suppress(FileNotFoundError), open(os.path.join(folder, "refs", revision)) as file:
            commit = file.read().strip()
        files = {}
        for name, path in _walk(os.path.join(folder, "snapshots", commit)):
            blob = os.path.basename(os.path.realpath(path))  # named by its digest
            files[name] = Remote(os.path.getsize(path), blob if os.path.islink(path) else None)
        if not files:
            raise Refused(
                f"HF_HUB_OFFLINE forbids to pull, and {self._cache} has no {hub}@{revision}; unset it"
            )
        return commit, files

    def bring(self, file: Wanted, say: Say) -> Arrived:
        """What arrived before an interruption is kept at `part` and not asked for again."""
        cached = self._cached(file)
        size = file.remote.size
        say(f"{file.name}: {megabytes(size)}, from {self._cache if cached else self.address}")
        if cached:
            return cached
        self._download(file, size)
        found = digests(file.part)
        if file.remote.digest and file.remote.digest not in found:
            os.unlink(file.part)
            raise Refused(
                f"{file.name} arrived damaged: its checksum is not the one that the hub lists; pull again"
            )
        return Arrived(file.part, found[0])

    def _download(self, wanted: Wanted, size: int | None) -> None:
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        url = hf_hub_url(wanted.hub, wanted.name, revision=wanted.commit, endpoint=self._endpoint)
        # A compressed answer has no length to resume at.
        headers = build_hf_headers() | {"Accept-Encoding": "identity"}
        with open(wanted.part, "ab") as file:
            if size is None or file.tell() > size:
                file.seek(0)
                file.truncate()
            if size is None or file.tell() < size:
                http_get(
                    url,
                    file,
                    resume_size=file.tell(),
                    headers=headers,
                    expected_size=size,
                    displayed_filename=wanted.name,
                )

    def _cached(self, file: Wanted) -> Arrived | None:
        """The file out of the user's cache, linked where that is possible; None where it has none, or a
        damaged one. It is never at `part`, which may be written to."""
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(file.hub, file.name, cache_dir=self._cache, revision=file.commit)
        if not isinstance(path, str):
            return None
        found = digests(path)
        if file.remote.digest and file.remote.digest not in found:
            return None
        mine = file.part + ".cached"
        with suppress(FileNotFoundError):
            os.unlink(mine)
        try:
            os.link(os.path.realpath(path), mine)
        except OSError:  # on another disk, or somebody else's
            shutil.copyfile(path, mine)
        return Arrived(mine, found[0])


class Directory:
    """Repositories as directories, `PATH/OWNER/NAME`. There each has one revision, the one asked for."""

    def __init__(self, path: str) -> None:
        self.address = path

    def listing(self, hub: str, revision: str) -> tuple[str, dict[str, Remote]]:
        folder = os.path.join(self.address, hub)
        if not os.path.isdir(folder):
            raise Refused(f"there is no {hub} in {self.address}")
        return revision, {name: Remote(os.path.getsize(path), None) for name, path in _walk(folder)}

    def bring(self, file: Wanted, say: Say) -> Arrived:
        say(f"{file.name}: {megabytes(file.remote.size)}, from {self.address}")
        shutil.copyfile(os.path.join(self.address, file.hub, file.name), file.part)
        return Arrived(file.part, digests(file.part)[0])


def _walk(folder: str) -> Iterator[tuple[str, str]]:
    """The files below `folder` as (name, path), without what hidden directories have, as Git's does."""
    for top, directories, names in os.walk(folder):
        directories[:] = [name for name in directories if not name.startswith(".")]
        for name in names:
            path = os.path.join(top, name)
            yield os.path.relpath(path, folder), path


def explain(error: Exception, source: dict[str, Any], endpoint: str | None) -> str:
    """What went wrong, for the user."""
    if isinstance(error, ImportError):
        return f"the engine's environment has no working huggingface_hub ({error}); its header must name it"
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    if isinstance(error, OSError) and (error.filename or error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return reason
    from huggingface_hub import constants, errors

    hub, address = source["hub"], endpoint or constants.ENDPOINT
    if isinstance(error, errors.GatedRepoError):
        return (
            f"{hub} asks you to accept its terms first, at {address}/{hub}, and then for HF_TOKEN to be set"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"there is no {hub} at {address}; if it is private, set HF_TOKEN"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{hub} at {address} has no revision {source['revision']!r}"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE forbids to pull; unset it"
    return f"{address} can't be reached or broke off ({reason}); what has arrived is kept: pull again"
