"""An engine's options, read against its table."""

from __future__ import annotations

from typing import Any

import pytest

from vox.workers.engine import EngineError
from vox.workers.knobs import Knob, read

KNOWN = {
    "temperature": Knob(0.8, 0.0, 2.0),
    "chunk_size": Knob(24, 1),
    "shout": Knob(False),
    "mode": Knob("off", among=("off", "fast")),
}


def test_what_is_not_given_has_its_default() -> None:
    assert read({}, KNOWN, "x") == {"temperature": 0.8, "chunk_size": 24, "shout": False, "mode": "off"}


def test_values_may_come_as_text() -> None:
    given = {"temperature": "1", "chunk_size": "12", "shout": "true", "mode": "fast"}
    found = read(given, KNOWN, "x")
    assert found == {"temperature": 1.0, "chunk_size": 12, "shout": True, "mode": "fast"}
    assert [type(value) for value in found.values()] == [float, int, bool, str]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"temprature": 1}, "x has no option 'temprature'; it has temperature, chunk_size, shout, mode"),
        ({"temperature": 3}, "option temperature is a number from 0 to 2, not 3"),
        ({"temperature": "hot"}, "not 'hot'"),
        ({"temperature": float("nan")}, "from 0 to 2"),
        ({"chunk_size": 0}, "a whole number from 1, not 0"),
        ({"chunk_size": 1.5}, "a whole number"),
        ({"chunk_size": float("inf")}, "a whole number"),
        ({"shout": "maybe"}, "true or false"),
        ({"mode": "slow"}, "one of off, fast"),
        ({"temperature": None}, "a number"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], words: str) -> None:
    with pytest.raises(EngineError, match="option") as caught:
        read(given, KNOWN, "x")
    assert words in str(caught.value)
    assert (caught.value.code, caught.value.param) == ("invalid_value", next(iter(given)))
