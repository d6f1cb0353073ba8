"""The wire's frames: whatever goes in comes out, however it is cut; and nothing else does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vox.wire.frames import HEADER, MAX_PAYLOAD, Decoder, Frame, Kind, WireError, pack, pack_json

FRAMES = st.builds(Frame, st.sampled_from(Kind), st.integers(0, 2**32 - 1), st.binary(max_size=300))


@given(st.lists(FRAMES, max_size=10), st.lists(st.integers(0, 4000), max_size=20))
def test_frames_survive_any_cut(frames: list[Frame], cuts: list[int]) -> None:
    data = b"".join(pack(*frame) for frame in frames)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    decoder = Decoder()
    found = [f for a, b in pairwise(edges) for f in decoder.feed(data[a:b])]
    assert found == frames
    assert decoder.at_boundary


def test_half_a_frame_is_not_at_a_boundary() -> None:
    decoder = Decoder()
    assert list(decoder.feed(pack(Kind.DATA, 1, b"abc")[:-1])) == []
    assert not decoder.at_boundary


def test_an_oversized_frame_is_refused_before_it_arrives() -> None:
    with pytest.raises(WireError, match="over the cap"):
        list(Decoder().feed(HEADER.pack(Kind.DATA, 1, MAX_PAYLOAD + 1)))
    with pytest.raises(ValueError, match="over the cap"):
        pack(Kind.DATA, 1, bytes(MAX_PAYLOAD + 1))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(WireError, match="unknown frame kind 99"):
        list(Decoder().feed(HEADER.pack(99, 1, 0)))


@pytest.mark.parametrize("payload", [b"", b"[1]", b"{", b"\xff", b"null"])
def test_control_payloads_must_be_json_objects(payload: bytes) -> None:
    with pytest.raises(WireError):
        Frame(Kind.DONE, 1, payload).json()


def test_json_round_trip() -> None:
    (frame,) = Decoder().feed(pack_json(Kind.OPEN, 7, {"op": "speak", "text": "é"}))
    assert (frame.kind, frame.stream, frame.json()) == (Kind.OPEN, 7, {"op": "speak", "text": "é"})
