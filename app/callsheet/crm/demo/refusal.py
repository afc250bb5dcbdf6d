"""How the demo CRM says no: the bodies that HubSpot sends with an error."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

Json = Any

DAILY_MESSAGE: Final = "You have reached your daily limit."
BURST_MESSAGE: Final = "You have reached your secondly limit."


class Refusal(Exception):
    """A request, or one input of a batch, that is refused with a status and a category."""

    def __init__(
        self, message: str, *, status: int = 400, category: str = "VALIDATION_ERROR", code: str = "", name: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.category = category
        self.code = code
        self.name = name

    def body(self) -> Json:
        """The error as the body of an answer."""
        return {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid4()),
            "category": self.category,
            "errors": self._errors(),
        }

    def item(self, trace: str) -> Json:
        """The error as one of several in a batch; `trace` names the input it belongs to."""
        return {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "context": {"objectWriteTraceId": [trace]} if trace else {},
            "errors": self._errors(),
            "links": {},
        }

    def _errors(self) -> list[Json]:
        if not self.code:
            return []
        context = "requiredGranularScopes" if self.category == "MISSING_SCOPES" else "propertyName"
        return [{"message": self.message, "code": self.code, "context": {context: [self.name]}}]


def not_found(kind: str, record: str) -> Refusal:
    """There is no such record (any more)."""
    return Refusal(f"Object not found. objectId {record} of type {kind}", status=404, category="OBJECT_NOT_FOUND")


def missing_scope(name: str) -> Refusal:
    """The token has not been given a scope."""
    said = "This app hasn't been granted all required scopes to make this call."
    return Refusal(said, status=403, category="MISSING_SCOPES", code="MISSING_SCOPES", name=name)


def invalid(name: str, message: str, code: str) -> Refusal:
    """One property cannot be set like that."""
    return Refusal(f"Property values were not valid: {message}", code=code, name=name)


def throttled(policy: str) -> Json:
    """The body of a 429: it has no category, unlike every other error."""
    return {
        "status": "error",
        "message": DAILY_MESSAGE if policy == "DAILY" else BURST_MESSAGE,
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid4()),
        "policyName": policy,
    }
