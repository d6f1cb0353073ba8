"""The contract that every engine is held to finds what breaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.mini_engine import ENGINE
from vox.workers.check import Check


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (("Ready(8000", "Ready(16000"), "failed  load: it makes 16000 Hz, its header says 8000 Hz"),
        (('"id": "ann"', '"id": "bob"'), "failed  load: its header names voices that it hasn't: ann"),
        (('[{"id": "ann", "name": "Ann", "language": "en-us"}]', "[]"), "failed  load: it has no voices"),
        (("return Ready", "raise OSError('no disk') or"), "failed  load: OSError: no disk"),
        (("* 400)", "* 1)"), "failed  speak: 'One"),
        ((".tobytes()", ".tobytes() + b'x' * (_ == 3)"), "failed  speak: 16001"),
        (("3000, -3000", "0, 0"), "became silence"),
        (('!= "ann"', "is None"), "failed  refuse an unknown voice: it spoke"),
        (('"unknown_voice"', '"engine_failed"'), "failed  refuse an unknown voice: the code"),
        (("for _ in range(10)", "for _ in range(next(COUNT))"), "failed  repeat itself: it spoke otherwise"),
        (
            (
                "for _ in range(10)",
                "self.n = getattr(self, 'n', 9) + (segment.text[0] == 'S')\n        for _ in range(self.n)",
            ),
            "failed  speak again",
        ),
        (("yield array", 'LEAK.append(b"x" * 50_000); yield array'), "failed  give its memory back"),
        (("class Mini", "class Mini(Nowhere)"), "failed  import: NameError"),
    ],
)
def test_what_an_engine_breaks_of_its_contract_is_found(
    tmp_path: Path, broken: tuple[str, str], finding: str
) -> None:
    path = tmp_path / "mini.py"
    assert broken[0] in ENGINE
    path.write_text(
        ENGINE.replace(*broken).replace("ENGINE =", "COUNT = itertools.count(10)\nLEAK = []\nENGINE =")
    )
    request: dict[str, Any] = {
        "name": "mini",
        "path": str(path),
        "model": "default",
        "directory": None,
        "device": "cpu",
    }
    request |= {"options": {}, "sample_rate": 8000, "voice": "ann", "voices": ["ann"], "deterministic": True}
    lines: list[str] = []
    check = Check(request | {"language": "en-us"}, lines.append)
    check.run()
    assert check.failed
    assert any(finding in line for line in lines), lines
