"""Which entry of the routing table a path means."""

from __future__ import annotations

import pytest

from vox.gateway.http import Paths

PATHS = Paths(
    [
        "/v1/models",
        "/v1/models/{model}",
        "/tts/{voice}",
        "/tts/{voice}/stream",
        "/tts/{voice}/stream-input",
        "/tts/x",
    ]
)


@pytest.mark.parametrize(
    ("path", "entry", "param"),
    [
        ("/v1/models", "/v1/models", ""),
        ("/v1/models/kokoro/82m", "/v1/models/{model}", "kokoro/82m"),
        ("/v1/models/", "", ""),
        ("/v1/modelsx", "", ""),
        ("/tts/a", "/tts/{voice}", "a"),
        ("/tts/x", "/tts/x", ""),
        ("/tts/a/stream", "/tts/{voice}/stream", "a"),
        ("/tts/a/stream-input", "/tts/{voice}/stream-input", "a"),
        ("/tts/a/b/stream", "/tts/{voice}/stream", "a/b"),
        ("/tts/stream", "/tts/{voice}", "stream"),
        ("/tts//stream", "/tts/{voice}", "/stream"),
        ("/tts/a/streams", "/tts/{voice}", "a/streams"),
        ("/tts/{voice}", "/tts/{voice}", "{voice}"),
        ("", "", ""),
    ],
)
def test_the_longest_that_fits(path: str, entry: str, param: str) -> None:
    assert PATHS.find(path) == (entry, param)
