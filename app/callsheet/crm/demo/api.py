"""The face of the demo CRM: paths, bodies and answers in the HubSpot dialect, dated and with the v3 and v4 aliases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from callsheet.crm.demo import account as account_api
from callsheet.crm.demo import batch, search
from callsheet.crm.demo.account import Account, Ask, Json
from callsheet.crm.demo.records import Record
from callsheet.crm.demo.refusal import Refusal, missing_scope, throttled
from callsheet.crm.demo.schema import LEADS

VERSION: Final = "2026-09"
_SCOPED: Final = ("/crm/objects/", "/crm/associations/", "/crm/properties/", "/crm/pipelines/")
PORTAL_PAGE: Final = b"<html><body>Welcome to the airport. Please sign in.</body></html>"

_ALIAS: Final = re.compile(r"^/crm/v[34]/(objects|properties|pipelines|owners|associations)(?=/|$)")
_DATED: Final = re.compile(rf"^/(crm/[a-z]+|account-info|marketing/marketing-events)/(?:{VERSION}|v3)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and a body, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def answer(account: Account, method: str, target: str, headers: Mapping[str, str], content: bytes) -> Answer:
    """Carry out one request. `target` is the path with its query, `headers` have names in lower case."""
    if account.nasty.portal:
        return Answer(200, {"content-type": "text/html"}, PORTAL_PAGE)
    if account.nasty.broken:
        return _answer(account, account.nasty.broken, b"upstream broke")
    try:
        refused = _let_in(account, headers)
        if refused is not None:
            return refused
        status, body = _route(account, method, target, content)
    except Refusal as refusal:
        return _answer(account, refusal.status, refusal.body())
    return _answer(account, status, body)


def _let_in(account: Account, headers: Mapping[str, str]) -> Answer | None:
    token = headers.get("authorization", "").removeprefix("Bearer ").strip()
    if account.nasty.credentials == "malformed" or (token and not re.fullmatch(r"[\w-]{4,200}", token)):
        return _answer(account, 530, b"error code: 1016")
    if account.nasty.credentials == "revoked" or token not in account.tokens:
        raise Refusal("Authentication credentials not found.", status=401, category="INVALID_AUTHENTICATION")
    policy = account.nasty.takes_throttle()
    if not policy:
        return None
    extra = {"retry-after": "7"} if account.nasty.throttle == "burst" else {}
    return _answer(account, 429, throttled(policy), extra)


def _answer(account: Account, status: int, body: Json, extra: Mapping[str, str] | None = None) -> Answer:
    headers = {"date": format_datetime(account.now(), usegmt=True), **(extra or {})}
    if account.nasty.budget >= 0:
        headers["x-hubspot-ratelimit-daily-remaining"] = str(account.nasty.budget)
    if body is None:
        return Answer(status, headers, b"")
    if isinstance(body, bytes):
        return Answer(status, {**headers, "content-type": "text/plain"}, body)
    return Answer(status, {**headers, "content-type": "application/json;charset=utf-8"}, json.dumps(body).encode())


def _route(account: Account, method: str, target: str, content: bytes) -> tuple[int, Json]:
    parts = urlsplit(target)
    query = {name: ",".join(values) for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    path = _ALIAS.sub(rf"/crm/\1/{VERSION}", parts.path.rstrip("/"))
    path = _DATED.sub(r"/\1", path)
    for verb, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path)
        if verb == method and found:
            arguments = [unquote(part) for part in found.groups()]
            if path.startswith(_SCOPED):
                _scoped(account, arguments, writing=verb != "GET" and not path.endswith(("/search", "/read")))
            try:
                return handler(Ask(account, arguments, query, _decoded(content)))
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                raise Refusal("The body is not of the form that this path takes.") from None
    raise Refusal(f"No such path: {parts.path[:100]}", status=404, category="OBJECT_NOT_FOUND")


def _scoped(account: Account, arguments: Sequence[str], *, writing: bool) -> None:
    kinds = [one for one in arguments if one in account.book.schema.kinds]
    if arguments[0] not in kinds:
        raise Refusal(f"Unable to infer object type from: {arguments[0][:50]}")
    for kind in kinds:
        if kind in account.nasty.unreadable or (kind == LEADS and not account.sales_hub):
            raise missing_scope(f"crm.objects.{kind}.read")
    if writing and kinds[-1] in account.nasty.unwritable:
        raise missing_scope(f"crm.objects.{kinds[-1]}.write")


def _decoded(content: bytes) -> Json:
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        raise Refusal("Invalid input JSON") from None
    if not isinstance(body, dict):
        raise Refusal("Invalid input JSON: an object was expected")
    return body


# Single objects ---------------------------------------------------------------------------------------------------


def _search(ask: Ask) -> tuple[int, Json]:
    kind = ask.path[0]
    if ask.account.nasty.takes_search(ask.account.now()):
        return 429, throttled("SECONDLY")
    rows = search.indexed(ask.account.book.records[kind].values(), ask.account.now() - ask.account.nasty.lag)
    total, found, after = search.page(rows, ask.body, ask.account.book.schema[kind], ask.account.nasty.search_cap)
    wanted = [str(name) for name in ask.body.get("properties") or []]
    results = [batch.shown(ask.account.nasty, record, wanted, values) for record, values in found]
    return 200, {"total": total, "results": results, **({"paging": {"next": {"after": after}}} if after else {})}


def _create(ask: Ask) -> tuple[int, Json]:
    kind, values = ask.path[0], batch.written(ask.body)
    ask.account.nasty.check(kind, "", values, new=True)
    record, _ = batch.Batch(ask.account.book, ask.account.nasty, ask.account.now()).create(kind, ask.body)
    return 201, batch.shown(ask.account.nasty, record, list(values))


def _list(ask: Ask) -> tuple[int, Json]:
    archived = ask.query.get("archived", "").lower() == "true"
    limit, after = min(int(ask.query.get("limit") or 10), 100), int(ask.query.get("after") or 0)
    rows = [row for row in ask.account.book.records[ask.path[0]].values() if (row.archived_at is not None) == archived]
    rows = sorted((row for row in rows if int(row.id) > after), key=lambda row: int(row.id))
    results = [batch.shown(ask.account.nasty, row, _names(ask.query)) for row in rows[:limit]]
    paging = {"paging": {"next": {"after": rows[limit - 1].id}}} if len(rows) > limit else {}
    return 200, {"results": results, **paging}


def _get(ask: Ask) -> tuple[int, Json]:
    record = _one(ask)
    found = batch.shown(ask.account.nasty, record, _names(ask.query))
    linked = {
        to: {"results": [{"id": other, "type": f"{record.kind}_to_{to}"} for other in ids]}
        for to in (ask.query.get("associations") or "").split(",")
        if to in ask.account.book.schema.kinds and (ids := ask.account.book.linked(record.kind, record.id, to))
    }
    return 200, {**found, **({"associations": linked} if linked else {})}


def _patch(ask: Ask) -> tuple[int, Json]:
    record, values = _one(ask), batch.written(ask.body)
    ask.account.nasty.check(record.kind, "", values, new=False)
    ask.account.book.update(record, values, ask.account.now())
    return 200, batch.shown(ask.account.nasty, record, list(values))


def _delete(ask: Ask) -> tuple[int, Json]:
    record = ask.account.book.records[ask.path[0]].get(ask.path[1])
    if record is not None and record.archived_at is None:
        ask.account.book.archive(record, ask.account.now())
    return 204, None


def _merge(ask: Ask) -> tuple[int, Json]:
    kept = ask.account.book.get(ask.path[0], str(ask.body.get("primaryObjectId")))
    gone = ask.account.book.get(ask.path[0], str(ask.body.get("objectIdToMerge")))
    survivor = ask.account.book.merge(kept, gone, ask.account.now(), new_id=ask.account.nasty.merge_new_id)
    return 200, batch.shown(ask.account.nasty, survivor, [])


def _one(ask: Ask) -> Record:
    by, archived = ask.query.get("idProperty", ""), ask.query.get("archived", "").lower() == "true"
    return batch.one(ask.account.book, ask.account.nasty, ask.path[0], ask.path[1], by, archived=archived)


def _names(query: Mapping[str, str]) -> list[str]:
    return [name for name in (query.get("properties") or "").split(",") if name]


# Batches ----------------------------------------------------------------------------------------------------------


def _batch(ask: Ask) -> tuple[int, Json]:
    kind, verb = ask.path
    inputs = ask.body.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= batch.MAX_INPUTS:
        raise Refusal(f"A batch holds 1 to {batch.MAX_INPUTS} inputs.")
    if verb == "archive":
        for item in inputs:
            _delete(Ask(ask.account, [kind, str(item.get("id"))], ask.query, {}))
        return 204, None
    done = batch.Batch(ask.account.book, ask.account.nasty, ask.account.now())
    match verb:
        case "read":
            return done.read(kind, inputs, ask.body, archived=ask.query.get("archived", "").lower() == "true")
        case "create":
            return done.write(kind, inputs, done.create)
        case "update":
            return done.write(kind, inputs, done.update)
        case _:
            if ask.account.nasty.no_upsert:
                raise Refusal("Upsert is not available for this object.", status=404, category="OBJECT_NOT_FOUND")
            return done.write(kind, inputs, done.upsert)


def _associate(ask: Ask) -> tuple[int, Json]:
    inputs = ask.body.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= 2000:
        raise Refusal("A batch of associations holds 1 to 2000 inputs.")
    return batch.Batch(ask.account.book, ask.account.nasty, ask.account.now()).associate(
        ask.path[0], ask.path[1], inputs
    )


def _associate_one(ask: Ask) -> tuple[int, Json]:
    kind, record, to, other = ask.path
    pair = {"from": {"id": record}, "to": {"id": other}}
    status, done = batch.Batch(ask.account.book, ask.account.nasty, ask.account.now()).associate(kind, to, [pair])
    if status != 200:
        raise Refusal("One of the two records does not exist.", status=404, category="OBJECT_NOT_FOUND")
    return status, done


def _associations(ask: Ask) -> tuple[int, Json]:
    inputs = ask.body.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= 1000:
        raise Refusal("A batch read of associations holds 1 to 1000 inputs.")
    ids = [str(item.get("id")) for item in inputs]
    return batch.Batch(ask.account.book, ask.account.nasty, ask.account.now()).associations(
        ask.path[0], ask.path[1], ids
    )


Handler = Callable[[Ask], tuple[int, Json]]

_ROUTES: Final[Sequence[tuple[str, re.Pattern[str], Handler]]] = [
    (verb, re.compile(pattern), handler)
    for verb, pattern, handler in (
        ("POST", r"/crm/objects/(\w+)/search", _search),
        ("POST", r"/crm/objects/(\w+)/merge", _merge),
        ("POST", r"/crm/objects/(\w+)/batch/(read|create|update|upsert|archive)", _batch),
        ("POST", r"/crm/objects/(\w+)", _create),
        ("GET", r"/crm/objects/(\w+)", _list),
        ("GET", r"/crm/objects/(\w+)/([^/]+)", _get),
        ("PATCH", r"/crm/objects/(\w+)/([^/]+)", _patch),
        ("DELETE", r"/crm/objects/(\w+)/([^/]+)", _delete),
        ("PUT", r"/crm/objects/(\w+)/([^/]+)/associations/default/(\w+)/([^/]+)", _associate_one),
        ("POST", r"/crm/associations/(\w+)/(\w+)/batch/associate/default", _associate),
        ("POST", r"/crm/associations/(\w+)/(\w+)/batch/read", _associations),
        ("GET", r"/crm/properties/(\w+)", account_api.properties),
        ("POST", r"/crm/properties/(\w+)", account_api.create_property),
        ("GET", r"/crm/properties/(\w+)/(\w+)", account_api.one_property),
        ("GET", r"/crm/pipelines/(\w+)", account_api.pipelines),
        ("GET", r"/crm/owners", account_api.owners),
        ("GET", r"/crm/owners/(\w+)", account_api.one_owner),
        ("GET", r"/account-info/details", account_api.details),
        ("GET", r"/marketing/marketing-events", account_api.events),
        ("GET", r"/marketing/marketing-events/participations/(\d+)/breakdown", account_api.participations),
    )
]
