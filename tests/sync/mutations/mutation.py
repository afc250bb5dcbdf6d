"""A bug to be put into the sync on purpose: a piece of the source of a function, and what stands there instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mutation:
    """What goes wrong, where, and how.

    `kind` is the class of CRM in which it does most harm.
    """

    what: str
    where: Any
    name: str
    old: str
    new: str
    kind: str = ""
