"""The names under which our effects are kept in Odoo: external ids, unique there, made from the op's key."""

from __future__ import annotations

import re
from typing import Final, Literal

MODULE: Final = "callsheet"

Kind = Literal["touch", "message", "note", "task", "lead"]
"""What an external id names: a call or done activity, the chatter message beside it, a note, a next step, a lead."""

_NAME: Final = re.compile(r"callsheet\.(touch|message|note)_([0-9A-Za-z-]{1,64})")
_KEY: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


def local(kind: Kind, key: str) -> str:
    """The external id without its module.

    Raises:
        ValueError: the key holds what an external id cannot.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot be part of an external id")
    return f"{kind}_{key}"


def external(kind: Kind, key: str) -> str:
    """The whole external id."""
    return f"{MODULE}.{local(kind, key)}"


def key_of(external_id: object) -> str:
    """The key of the op that made a touch or note, by its external id; nothing when it is not ours."""
    found = _NAME.fullmatch(external_id) if isinstance(external_id, str) else None
    return found[2] if found else ""
