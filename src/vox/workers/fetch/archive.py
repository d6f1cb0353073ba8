"""What is in a `.zip` or a `.tar.gz` from somewhere: plain files with harmless names, or nothing."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from vox.workers.fetch.files import Refused

ZIP = ".zip"
ENDINGS = (ZIP, ".tar.gz", ".tgz")
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)


class _Member(NamedTuple):
    name: str
    is_file: bool
    is_directory: bool
    open: Callable[[], IO[bytes]]


def unpack(path: str, url: str, folder: str) -> dict[str, str]:
    """Unpack the archive at `path` to files below the new directory `folder`, which have numbers for names;
    returns them by their names in the archive, without the directory that all of them are in, where there is
    one, and removes the archive, whatever it was. Raises `Refused`."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    unpacked: dict[str, str] = {}
    try:
        with _opened(path, url) as archive:
            members = list(_zipped(archive) if isinstance(archive, zipfile.ZipFile) else _tarred(archive))
            for name, member in _checked(members, url).items():
                unpacked[name] = os.path.join(folder, str(len(unpacked)))
                with member.open() as content, open(unpacked[name], "wb") as file:
                    shutil.copyfileobj(content, file)
    except _DAMAGE as error:
        os.unlink(path)
        raise Refused(f"{url} arrived damaged ({error}); pull again") from None
    except Refused:
        os.unlink(path)
        raise
    os.unlink(path)
    return unpacked


def _opened(path: str, url: str) -> zipfile.ZipFile | tarfile.TarFile:
    return zipfile.ZipFile(path) if urlsplit(url).path.endswith(ZIP) else tarfile.open(path, "r:gz")


def _zipped(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        plain = kind in (0, stat.S_IFREG) and not info.is_dir()
        yield _Member(info.filename, plain, info.is_dir(), partial(archive.open, info))


def _tarred(archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:
        yield _Member(info.name, info.isreg(), info.isdir(), partial(_content, archive, info))


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    assert file is not None  # as it is a file
    return file


def _checked(members: list[_Member], url: str) -> dict[str, _Member]:
    """The files by their names without a common directory. Raises `Refused` for anything that is neither a
    file nor a directory, or that would leave its place."""
    files: dict[str, _Member] = {}
    for member in members:
        steps = [step for step in member.name.split("/") if step not in ("", ".")]
        if member.name.startswith("/") or ".." in steps:
            raise Refused(f"{url} has {member.name!r} in it, which leads out of its place")
        if not member.is_file and not member.is_directory:
            raise Refused(f"{url} has {member.name!r} in it, which is neither a file nor a directory")
        if member.is_file and files.setdefault("/".join(steps), member) is not member:
            raise Refused(f"{url} has {member.name!r} in it twice")
    if not files:
        raise Refused(f"{url} has no files in it")
    outermost = {name.partition("/")[0] for name in files}
    if len(outermost) == 1 and all("/" in name for name in files):
        return {name.partition("/")[2]: member for name, member in files.items()}
    return files
