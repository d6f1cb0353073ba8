"""Forms with files in them, read by the `multipart` package. Imported at the first upload."""

from __future__ import annotations

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from vox.errors import BadRequest

_FIELDS = 32
"""Parts of a form, at most."""


def parse(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Text fields and files, by name. Raises `BadRequest`."""
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    try:
        for segment, data in _segments(boundary, body):
            if segment.filename is None:
                fields[segment.name] = data.decode()
            else:
                files[segment.name] = data
    except UnicodeDecodeError:
        raise BadRequest("a text field of the form is not UTF-8") from None
    except (MultipartError, ValueError) as error:
        raise BadRequest(f"the form can't be read: {error}", code="invalid_form") from None
    return fields, files


def _segments(boundary: str, body: bytes) -> list[tuple[MultipartSegment, bytes]]:
    found: list[tuple[MultipartSegment, bytes]] = []
    parts: list[bytes] = []
    with PushMultipartParser(boundary, len(body), max_segment_count=_FIELDS) as parser:
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                segment, parts = event, []
            elif event:
                parts.append(bytes(event))
            else:
                found.append((segment, b"".join(parts)))
    return found
