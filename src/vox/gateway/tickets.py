"""Signed paths, for callers that can't send a key: Twilio opens the address that it was given, and no more.

A ticket says until when it holds and is signed with an API key, so it ends with that key; nothing is kept.
"""

from __future__ import annotations

from _blake2 import blake2b  # hashlib would bring OpenSSL along, 4 MB of it
from _operator import _compare_digest  # what hmac.compare_digest is; hmac imports hashlib

_FOR_EVER = 0


def issue(key: str, purpose: str, until: float | None) -> str:
    """A ticket that holds until `until`, in seconds since 1970; None for ever."""
    expiry = f"{_FOR_EVER if until is None else int(until):x}"
    return f"{expiry}-{_signature(key, purpose, expiry)}"


def valid(ticket: str, keys: list[str], purpose: str, now: float) -> bool:
    """Whether one of `keys` signed it and it holds at `now`."""
    expiry, _, given = ticket.partition("-")
    signed = sum(_compare_digest(_signature(key, purpose, expiry).encode(), given.encode()) for key in keys)
    try:
        end = int(expiry, 16)
    except ValueError:
        return False
    return bool(signed) and (end == _FOR_EVER or now < end)


def _signature(key: str, purpose: str, expiry: str) -> str:
    secret = blake2b(key.encode()).digest()  # a key may be longer than BLAKE2 takes
    return blake2b(f"{purpose} {expiry}".encode(), key=secret, digest_size=16).hexdigest()
