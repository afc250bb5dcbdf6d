"""The names of the styles: what a colour means, never which one it is. Each is said by a word or a sign as well."""

from __future__ import annotations

from typing import Final

QUIET: Final = "$ink-quiet"
"""What can wait."""

HEAD: Final = "bold $ink-head"
"""The head of a section."""

STRONG: Final = "bold $ink-strong"
"""The name, the number, the time: what the eye looks for first."""

WARM: Final = "$ink-warm"
"""What needs the rep now."""

WARM_HEAD: Final = "bold $ink-warm"

LATE: Final = "$ink-late"
"""Later than planned, or soon to be; nothing is broken yet."""

BROKEN: Final = "bold $ink-broken"
"""A broken promise, and nothing else."""

FINE: Final = "$ink-fine"

KEY: Final = "bold $ink-warm"
"""A key to press."""

KEY_BOX: Final = "bold $ink-warm on $key-ground"

RULE: Final = "$rule"
"""Lines and tracks."""
