"""The rep's settings: one validated file, where things are kept, and where the CRM's key comes from.

`read` gives the settings, `find_paths` the folders, `find_token` the key. Everything that can be wrong with the file is
said as `SettingsError`, with file, line and key. Writing the file is in `callsheet.settings.edit`.
"""

from __future__ import annotations

from callsheet.settings.file import SettingsError, check, parse, placed, read
from callsheet.settings.paths import HomeError, Paths, find_paths
from callsheet.settings.schema import Settings
from callsheet.settings.secrets import Secret, TokenError, find_token, forget_token, store_token

__all__ = [
    "HomeError",
    "Paths",
    "Secret",
    "Settings",
    "SettingsError",
    "TokenError",
    "check",
    "find_paths",
    "find_token",
    "forget_token",
    "parse",
    "placed",
    "read",
    "store_token",
]
