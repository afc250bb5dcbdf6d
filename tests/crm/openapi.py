"""A transport that holds both sides of a fake to an OpenAPI description: what we send and what it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

SPECS = Path(__file__).parent / "specs"

_HELD: dict[int, tuple[OpenAPI, set[tuple[object, ...]]]] = {}
"""What was held to a description already, and fits: the same question and answer again need not be looked at again."""


def description(name: str) -> OpenAPI:
    """Our own description of a vendor's API, from `specs/`."""
    content: Mapping[Any, Any] = yaml.safe_load((SPECS / name).read_text(encoding="utf-8"))
    return OpenAPI.from_dict(content)


class _Request:
    def __init__(self, request: httpx.Request, base: str) -> None:
        parts = urlsplit(str(request.url))
        self.host_url = base
        self.path = parts.path
        self.full_url_pattern = base + parts.path
        self.method = request.method.lower()
        self.body = request.read() or None
        self.content_type = (request.headers.get("content-type") or "").split(";")[0]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)),
            header=Headers(list(request.headers.items())),
            cookie=ImmutableMultiDict(),
        )


class _Response:
    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.data = response.read()
        self.content_type = (response.headers.get("content-type") or "").split(";")[0]
        self.headers = Headers(list(response.headers.items()))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a description, and the names that its query may have."""

    method: str
    path: str
    query: frozenset[str]

    def fits(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\{[^{}]*\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


def operations(spec: OpenAPI) -> list[Operation]:
    """All operations of a description; where several fit a request, the first one is meant."""
    whole: Any = spec.spec.read_value()
    before = urlsplit(whole["servers"][0]["url"]).path.rstrip("/")
    found = []
    for path, item in whole["paths"].items():
        for method in {"get", "post", "put", "patch", "delete"} & set(item):
            named = [*item.get("parameters", ()), *item[method].get("parameters", ())]
            shared = [
                whole["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]] for one in named if "$ref" in one
            ]
            every = [*shared, *(one for one in named if "$ref" not in one)]
            query = frozenset(one["name"] for one in every if one["in"] == "query")
            found.append(Operation(method.upper(), f"{before}{path}", query))
    return sorted(found, key=lambda one: one.path.count("{"))


class Contracted(httpx.BaseTransport):
    """Passes requests on to `inner` and fails the test when one of the two sides breaks the description.

    With `every_query` a name in the query that is not described is a breach too (of `a[0][b]` the name is `a`). Answers
    that are no JSON (a proxy's error page) are none of the vendor's, and pass as they are. `used` are the operations
    that were asked for.
    """

    def __init__(self, spec: OpenAPI, inner: httpx.BaseTransport, base: str, *, every_query: bool = False) -> None:
        self._spec = spec
        self._inner = inner
        self._base = base
        self._operations = operations(spec) if every_query else []
        self.used: set[Operation] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = _Request(request, self._base)
        question = (request.method, str(request.url), *request.headers.multi_items(), asked.body)
        self._hold(lambda: self._spec.validate_request(asked), request, *question)
        for operation in (one for one in self._operations if one.fits(request.method, request.url.path)):
            strange = {name.partition("[")[0] for name in request.url.params} - operation.query
            assert not strange, f"{request.method} {request.url}: nobody described {', '.join(sorted(strange))}"
            self.used.add(operation)
            break
        response = self._inner.handle_request(request)
        response.read()
        if response.status_code != 204 and "json" in response.headers.get("content-type", ""):
            answered = _Response(response)
            answer = (answered.status_code, *response.headers.multi_items(), answered.data)
            self._hold(lambda: self._spec.validate_response(asked, answered), request, *question, *answer)
        return response

    def _hold(self, check: Any, request: httpx.Request, *what: object) -> None:
        _, held = _HELD.setdefault(id(self._spec), (self._spec, set()))
        if what in held:
            return
        try:
            check()
            held.add(what)
        except OpenAPIError as error:
            causes = getattr(error, "__cause__", None)
            details = [str(one) for one in getattr(causes, "schema_errors", [])] or [repr(causes)]
            raise AssertionError(f"{request.method} {request.url}: {error}: {'; '.join(details)[:1500]}") from error
