"""The steps that the contract takes with an adapter: what an op is, and how the sync core sends and reads."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from callsheet.crm.contract.backend import Backend, Trait
from callsheet.domain.events import new_id
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    Crm,
    Drift,
    Op,
    OpBody,
    RemoteId,
    RemoteLead,
    RemoteTouch,
    Result,
    Retry,
    Throttled,
    Touch,
    Unavailable,
    Uncertain,
)

SUMMER = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)
"""In July: a CRM that reads a time in the rep's zone is an hour off."""

CALL = Touch(
    channel="phone",
    direction="outbound",
    outcome="voicemail",
    label="Left a voicemail",
    reached=False,
    duration=timedelta(seconds=47),
    text="Asked for Ann, who is back on Monday",
    number="+442079460013",
)


def make_op(lead: RemoteId, body: OpBody, at: datetime = SUMMER, key: str = "") -> Op:
    """An op on a lead, with a new key unless one is given."""
    return Op(id=key or new_id(), lead=lead, at=at, zone="Europe/London", body=body)


def unique(word: str) -> str:
    """A name that no test before has used."""
    return f"{word} {secrets.token_hex(4)}"


def send(crm: Crm, ops: Sequence[Op]) -> list[Result]:
    """One `apply`, a failure of the whole call told as what it means for each op."""
    try:
        results = list(crm.apply(ops))
    except (Unavailable, Throttled) as error:
        return [Retry(str(error)) for _ in ops]
    except (Uncertain, Drift) as error:
        return [Ambiguous(str(error)) for _ in ops]
    assert len(results) == len(ops)
    return results


def deliver(backend: Backend, crm: Crm, op: Op) -> Result:
    """Bring an op about as the sync core does: repeat what is safe to repeat, look up what is not."""
    result: Result = Retry("not yet sent")
    for _ in range(12):
        if isinstance(result, Ambiguous) and crm.capabilities.idempotency != "native":
            backend.settle()
            if found := crm.find_effect(op):
                return found
        result = send(crm, [op])[0]
        if not isinstance(result, (Retry, Ambiguous)):
            return result
    return result


def applied(result: Result) -> Applied:
    """The result, which has to be a success."""
    assert isinstance(result, Applied), result
    return result


def pull(crm: Crm, cursor: str | None = None) -> tuple[dict[RemoteId, RemoteLead], str]:
    """All pages of changes; the newest version of each lead, and the cursor to go on with."""
    leads: dict[RemoteId, RemoteLead] = {}
    for _ in range(500):
        page = crm.changes(cursor)
        leads.update((lead.id, lead) for lead in page.leads)
        assert page.cursor != cursor or not page.more, "the cursor stands still"
        cursor = page.cursor
        if not page.more:
            return leads, cursor
    pytest.fail("the pull never ends")


def pull_history(crm: Crm, cursor: str | None = None) -> tuple[list[RemoteTouch], str]:
    """All pages of history and the cursor to go on with."""
    touches: dict[RemoteId, RemoteTouch] = {}
    for _ in range(500):
        page = crm.history(cursor)
        touches.update((touch.remote_id, touch) for touch in page.touches)
        cursor = page.cursor
        if not page.more:
            return list(touches.values()), cursor
    pytest.fail("the history never ends")


class Contract:
    """What every group of the tests starts from: a `backend` that the subclass gives, and its adapter."""

    @pytest.fixture
    def crm(self, backend: Backend) -> Iterator[Crm]:
        crm = backend.adapter()
        crm.whoami()
        yield crm
        assert not backend.faults.pending, "a fault was prepared that met no request"
        crm.close()

    @staticmethod
    def needs(backend: Backend, trait: Trait) -> None:
        if trait not in backend.traits:
            pytest.skip(f"{backend.name} has it not: {trait}")
