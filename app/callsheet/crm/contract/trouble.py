"""What every adapter has to make of a CRM that cannot be reached, refuses, or answers nonsense."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.steps import CALL, Contract, applied, deliver, make_op, send, unique
from callsheet.sync.port import (
    Ambiguous,
    AuthBroken,
    Crm,
    CrmError,
    Drift,
    LeadPatch,
    Note,
    Retry,
    Throttled,
    Unavailable,
)


def _everywhere(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change of every value in an answer, from the inside out."""

    def altered(value: Any) -> Any:
        match value:
            case dict():
                return change({name: altered(inner) for name, inner in value.items()})
            case list():
                return change([altered(inner) for inner in value])
            case _:
                return change(value)

    return altered


def _without(*names: str) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        return {k: v for k, v in value.items() if k not in names} if isinstance(value, dict) else value

    return _everywhere(change)


MANGLED: Mapping[str, Callable[[Any], Any]] = {
    "no ids": _without("id", "Id"),
    "no times": _everywhere(
        lambda value: (
            {k: v for k, v in value.items() if not any(word in k.lower() for word in ("at", "time", "stamp"))}
            if isinstance(value, dict)
            else value
        )
    ),
    "unknown words": _everywhere(lambda value: "⁇ no word of ours" if isinstance(value, str) else value),
    "no words": _everywhere(lambda value: None if isinstance(value, str) else value),
    "numbers for words": _everywhere(lambda value: 7 if isinstance(value, str) else value),
    "words for numbers": _everywhere(
        lambda value: f"{value}!" if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    ),
    "no lists": _everywhere(lambda value: None if isinstance(value, list) else value),
    "words for records": _everywhere(
        lambda value: ["odd" for _ in value] if isinstance(value, list) and value else value
    ),
    "nothing": lambda _: {},
    "a list": lambda _: [],
    "null": lambda _: None,
}
"""What a CRM's answers may turn into when it changes its interface without a word."""


class TroubleContract(Contract):
    """Nothing is lost, nothing is believed that is not the CRM's, and the sync is told what it means."""

    shapes: ClassVar[Mapping[str, Callable[[Any], Any]]] = MANGLED
    """What answers are turned into; empty where another class of the same adapter has tried it."""

    def test_no_network_is_no_loss(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Offline"))
        backend.faults.offline = True
        try:
            with pytest.raises(Unavailable):
                crm.changes(None)
            assert isinstance(send(crm, [make_op(lead, CALL)])[0], Retry)
        finally:
            backend.faults.offline = False

    def test_throttling_says_how_long(self, backend: Backend, crm: Crm) -> None:
        backend.faults.throttle(after=7, writes_only=False)
        with pytest.raises(Throttled) as caught:
            crm.changes(None)
        assert caught.value.after == timedelta(seconds=7)

    def test_a_throttled_delivery_arrives_later(self, backend: Backend, crm: Crm) -> None:
        op = make_op(backend.make_lead(unique("Throttled")), CALL)
        backend.faults.throttle()
        assert isinstance(send(crm, [op])[0], Retry)
        applied(deliver(backend, crm, op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1

    def test_a_key_that_no_longer_holds_stops_everything_and_loses_nothing(self, backend: Backend, crm: Crm) -> None:
        op = make_op(backend.make_lead(unique("Locked out")), CALL)
        backend.faults.expired = True
        try:
            for call in (lambda: crm.changes(None), lambda: crm.history(None), lambda: crm.apply([op])):
                with pytest.raises(AuthBroken):
                    call()
        finally:
            backend.faults.expired = False
        backend.settle()
        assert not backend.effects(op.id)
        applied(deliver(backend, backend.adapter(), op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1

    def test_an_answer_of_another_shape_is_told_and_not_believed(self, backend: Backend, crm: Crm) -> None:
        """Fields that are missing, words that nobody knows, lists that are none: a sentence, never a crash."""
        lead = backend.make_lead(unique("Odd"), email=f"{secrets.token_hex(6)}@odd.example", phone="+442079460013")
        for how, mangle in self.shapes.items():
            op = make_op(lead, Note("Has a dog"))
            applied(deliver(backend, crm, op))
            backend.settle()
            backend.faults.mangle = mangle
            try:
                for call in (
                    lambda: crm.changes(None), lambda: crm.history(None), lambda: crm.resolve([lead]), crm.vocabulary,
                    lambda op=op: crm.find_effect(op), lambda op=op: send(crm, [op]),
                    lambda: send(crm, [make_op(lead, LeadPatch(stage="meeting"))]),
                ):  # fmt: skip
                    with suppress(CrmError):
                        call()
            finally:
                backend.faults.mangle = None
            crm.whoami()
            backend.settle()
            there = len(backend.effects(op.id))
            # a look-up believes what it is told: a list that is empty says that it is not there
            assert there == 1 or (there and crm.capabilities.idempotency != "native"), how

    @pytest.mark.parametrize("portal", ["html", "redirect"])
    def test_a_captive_portal_is_not_believed(self, backend: Backend, crm: Crm, portal: str) -> None:
        lead = backend.make_lead(unique("Hotel"))
        getattr(backend.faults, portal)(writes_only=False)
        with pytest.raises(Drift):
            crm.changes(None)
        op = make_op(lead, CALL)
        getattr(backend.faults, portal)()
        assert isinstance(send(crm, [op])[0], Ambiguous)
        applied(deliver(backend, crm, op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1
