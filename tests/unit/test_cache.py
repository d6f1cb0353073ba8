"""The cache: what goes in comes out, bounded, and it never tells what was said."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from vox.config import Config
from vox.gateway.cache import Cache, Sound, prune


def cache() -> Cache:
    return Cache(Config)


def test_a_sound_comes_back_also_after_a_restart() -> None:
    first = cache()
    key = first.key("segment", "espeak", "hello")
    first.put(key, Sound(22050, 100, b"\1\2" * 100))
    first.close()
    second = cache()
    assert second.key("segment", "espeak", "hello") == key
    assert second.has(key)
    assert asyncio.run(second.get(key)) == Sound(22050, 100, b"\1\2" * 100)
    second.close()


def test_keys_differ_in_everything_that_differs() -> None:
    made = cache()
    parts = [("a", 1), ("a", "1"), ("a1",), ("a", None), ("a", 1.5), (("a", 1),), ("a", 1, {})]
    assert len({made.key(*part) for part in parts}) == len(parts)
    made.close()


def test_another_home_has_other_keys(home: Path, monkeypatch: object) -> None:
    one = cache().key("hello")
    os.environ["VOX_HOME"] = str(home / "other")
    assert cache().key("hello") != one
    os.environ["VOX_HOME"] = str(home)


def test_the_text_is_nowhere(home: Path) -> None:
    made = cache()
    made.put(made.key("segment", "a very private sentence"), Sound(8000, 1, b"\0\0"))
    made.close()
    for folder, _, names in os.walk(home):
        for name in names:
            path = Path(folder, name)
            assert "private" not in str(path)
            assert b"private" not in path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_a_miss(home: Path) -> None:
    made = cache()
    key = made.key("x")
    made.put(key, Sound(8000, 1, b"\0\0"))
    made.close()
    (path,) = (home / "cache" / "audio" / key[:2]).iterdir()
    for damage in (b"", b"VOX", b"XXXX" + bytes(20)):
        path.write_bytes(damage)
        again = cache()
        assert asyncio.run(again.get(key)) is None
        again.close()


def test_pruning_keeps_the_most_recently_used_within_the_bounds(tmp_path: Path) -> None:
    folder = tmp_path / "ab"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(32))
    for age in range(10):
        path = folder / str(age)
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    prune(str(tmp_path), most=450, age=3.5, now=1000)
    assert sorted(path.name for path in folder.iterdir()) == ["0", "1", "2", "3"]
    prune(str(tmp_path), most=250, age=100, now=1000)
    assert sorted(path.name for path in folder.iterdir()) == ["0", "1"]
    assert (tmp_path / "secret").exists()


def test_a_full_disk_costs_nothing_but_the_cache(home: Path) -> None:
    made = cache()
    key = made.key("x")
    (home / "cache" / "audio" / key[:2]).write_bytes(b"a file where a directory should be")
    made.put(key, Sound(8000, 1, b"\0\0"))
    made.close()
    assert asyncio.run(cache().get(key)) is None
