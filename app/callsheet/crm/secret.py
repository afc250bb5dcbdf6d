"""A credential, held so that nothing shows it by accident."""

from __future__ import annotations

from callsheet.sync.port import AuthBroken


class Secret:
    """A credential that no representation, log line or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The credential itself, for a header.

        Raises:
            AuthBroken: it is empty, or holds what no header can carry.
        """
        if not self._value:
            raise AuthBroken("There is no API key. Run `callsheet connect` again.")
        if not (self._value.isascii() and self._value.isprintable()):
            raise AuthBroken("The API key holds characters that no key has. Copy it again and run `callsheet connect`.")
        return self._value
