"""Pulls the files of a model: `python -m vox.workers.fetch REQUEST`, inside the engine's environment.

REQUEST is JSON: `directory` of the model; `main` and `parts`, its sources, as `ModelSpec` and `PartSpec` of
the gateway's catalog describe them (`main` is null where all comes in parts); `endpoint`, the address of the
hub or a directory in its place (null: the client's own choice, which honours HF_ENDPOINT); `mirror`, which
stands before host and path of a part's `url`; `agreed`, what the user has agreed to. Progress goes to stderr;
a failure is one sentence on stdout and exit code 1.

Checksums are trusted at the first pull, recorded in `.vox-model.json`, and verified from then on; the commit
is kept too, so a branch that moves changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from typing import Any

from vox.workers.fetch import hub, url
from vox.workers.fetch.files import LOCK, PARTS, RECORD, Refused, Say, digests

_IDENTITY = ("main", "hub", "revision", "url", "into")
"""What makes a source the one that the record speaks of."""
_MAIN: dict[str, Any] = {"main": True, "url": "", "into": ""}
_NOTHING: dict[str, Any] = {"commit": None, "endpoint": "", "patterns": [], "files": {}}


class Pull:
    """One request, carried out by `run`."""

    def __init__(self, request: dict[str, Any], say: Say) -> None:
        self._request = request
        self._directory = str(request["directory"])
        self._say = say
        main = [request["main"] | _MAIN] if request["main"] else []
        self._sources: list[dict[str, Any]] = main + [part | {"main": False} for part in request["parts"]]
        self._present = self._sources[0]
        self._entries: list[dict[str, Any]] = []
        """What the record says, by source."""

    def run(self) -> None:
        """Bring everything that is missing and verify all; the record is written whenever a source is whole.
        Raises `Refused`, and whatever the hub's client raises."""
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        with open(os.path.join(self._directory, LOCK), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read()
            for source in self._sources:
                self._verify(self._known(source)["files"])
            due = [source for source in self._sources if not self._whole(source)]
            if self._request["agreed"]:  # before anything comes, so that nobody is asked twice
                self._write()
            for source in due:
                self._bring(source)
                self._write()
            self._entries = [self._known(source) for source in self._sources]
            self._write()
            shutil.rmtree(os.path.join(self._directory, PARTS), ignore_errors=True)
        count = sum(len(entry["files"]) for entry in self._entries)
        self._say(f"{count} files are there" + ("" if due else ", as they were when first pulled"))

    def explain(self, error: Exception) -> str:
        """What went wrong, for the user."""
        if isinstance(error, Refused):
            return str(error)
        if self._present["url"]:
            return url.explain(error, self._present)
        return hub.explain(error, self._present, self._request["endpoint"])

    def _read(self) -> None:
        path = os.path.join(self._directory, RECORD)
        try:
            with open(path, encoding="utf-8") as file:
                record: dict[str, Any] = json.load(file)
            parts = [_NOTHING | part | {"main": False} for part in record.pop("parts", [])]
            self._entries = [_NOTHING | record | _MAIN, *parts]
            for entry in self._entries:
                _identity(entry)
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError):
            raise Refused(f"{path} can't be read; delete {self._directory} and pull again") from None

    def _write(self) -> None:
        entries = [{key: entry[key] for key in (*_IDENTITY, *_NOTHING)} for entry in self._entries]
        parts = [entry for entry in entries if not entry.pop("main")]
        main = [entry for entry in entries if entry not in parts]
        record = main[-1] if main else {"hub": "", "revision": "main"} | _NOTHING  # the last one is asked for
        record |= {"parts": parts, "agreed": self._request["agreed"]}
        with open(os.path.join(self._directory, RECORD + ".new"), "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
        os.replace(file.name, os.path.join(self._directory, RECORD))

    def _known(self, source: dict[str, Any]) -> dict[str, Any]:
        """What the record says of `source`."""
        found = [entry for entry in self._entries if _identity(entry) == _identity(source)]
        return found[0] if found else _NOTHING | {key: source[key] for key in _IDENTITY}

    def _whole(self, source: dict[str, Any]) -> bool:
        known = self._known(source)
        there = (os.path.isfile(os.path.join(self._directory, path)) for path in known["files"])
        return bool(known["files"]) and known["patterns"] == source["files"] and all(there)

    def _verify(self, files: dict[str, Any]) -> None:
        for name, file in files.items():
            path = os.path.join(self._directory, name)
            if os.path.isfile(path) and digests(path)[0] != file["sha256"]:
                raise Refused(f"{path} has changed since it was pulled; delete it and pull again to get it")

    def _bring(self, source: dict[str, Any]) -> None:
        self._present = source
        known = self._known(source)
        if source["url"]:
            found = url.bring(source, known, self._directory, self._request["mirror"], self._say)
        else:
            found = hub.bring(source, known, self._directory, self._request["endpoint"], self._say)
        for other in self._sources:
            twice = found["files"].keys() & self._known(other)["files"].keys() if other is not source else ()
            for path in twice:
                raise Refused(f"two sources of the model bring {path}; its header has to tell them apart")
        self._entries = [entry for entry in self._entries if _identity(entry) != _identity(source)]
        self._entries.append(known | found)


def _identity(source: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(source[key] for key in _IDENTITY)


def main() -> int:
    pull = Pull(json.loads(sys.argv[1]), lambda line: sys.stderr.write(line + "\n"))
    try:
        pull.run()
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 the boundary: whatever the hub's client raises becomes a sentence
        sys.stdout.write(pull.explain(error) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
