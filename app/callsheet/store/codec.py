"""The journal's bodies as JSON and back."""

from __future__ import annotations

from typing import Any

import msgspec

from callsheet.domain.agenda import Entry
from callsheet.domain.events import BODIES, Body
from callsheet.domain.plan import Plan

_encode = msgspec.json.Encoder().encode
_bodies: dict[str, msgspec.json.Decoder[Any]] = {}
_plan: msgspec.json.Decoder[Plan] = msgspec.json.Decoder(Plan)
_entry: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


def encode(value: object) -> bytes:
    """Encode a body, an entry or a note."""
    return _encode(value)


def decode_body(kind: str, data: bytes) -> Body:
    """Decode a body of that kind.

    Raises:
        msgspec.DecodeError: the data does not have the kind's shape, or is no JSON at all.
        KeyError: no event is of that kind.
    """
    decoder = _bodies.get(kind)
    if decoder is None:
        decoder = _bodies[kind] = msgspec.json.Decoder(BODIES[kind])
    body: Body = decoder.decode(data)
    return body


def decode_entry(data: bytes) -> Entry:
    """Decode an agenda entry."""
    return _entry.decode(data)


def decode_plan(data: bytes) -> Plan:
    """Decode a version of a plan."""
    return _plan.decode(data)
