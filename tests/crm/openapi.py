"""A transport that holds both sides of a fake to an OpenAPI description: what we send and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import yaml
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI, V30RequestValidator, V30ResponseValidator
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_core.validation.schemas.validators import SchemaValidator
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

SPECS = Path(__file__).parent / "specs"


class _Finder(APICallPathFinder):
    """Finds the operation of an address once: the library goes through all paths for each request and answer."""

    def __init__(self, spec: SchemaPath, base_url: str | None = None) -> None:
        super().__init__(spec, base_url)
        self._found: dict[tuple[str, str], PathOperationServer] = {}

    def find(self, method: str, name: str) -> PathOperationServer:
        if (method, name) not in self._found:
            self._found[method, name] = super().find(method, name)
        return self._found[method, name]


class _Schemas(SchemaValidatorsFactory):
    """Makes the validator of a schema once: the library makes one for each value, and copies all formats for it."""

    def __init__(self, validator: Any) -> None:
        super().__init__(validator)
        self._made: dict[SchemaPath, SchemaValidator] = {}

    def create(self, spec: SchemaPath, schema: SchemaPath, *args: Any, **options: Any) -> SchemaValidator:
        if schema not in self._made:
            self._made[schema] = super().create(spec, schema, *args, **options)
        return self._made[schema]


def description(name: str) -> OpenAPI:
    """Our own description of a vendor's API, from `specs/`."""
    content: Mapping[Any, Any] = yaml.load((SPECS / name).read_text(encoding="utf-8"), yaml.CSafeLoader)

    class Asked(V30RequestValidator):
        schema_validators_factory = _Schemas(OAS30WriteValidator)

    class Answered(V30ResponseValidator):
        schema_validators_factory = _Schemas(OAS30ReadValidator)

    config = Config(path_finder_cls=_Finder, request_validator_cls=Asked, response_validator_cls=Answered)
    return OpenAPI.from_dict(content, config=config)


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
        return method == self.method and _pattern(self.path).fullmatch(path) is not None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^{}]*\\}", "[^/]+", re.escape(path)))


@cache
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


@cache
def _headers(spec: OpenAPI) -> frozenset[str]:
    # the headers of answers that a description says anything of
    def named(part: object) -> Iterator[str]:
        if isinstance(part, Mapping):
            yield from part.get("headers", ())
        parts = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
        for one in parts:
            yield from named(one)

    return frozenset(named(spec.spec.read_value()))


@cache
def _held(spec: OpenAPI) -> set[tuple[object, ...]]:
    # what was held to a description already, and fits: the same again need not be looked at again
    return set()


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
            headers = (response.headers.get(name) for name in _headers(self._spec))
            answer = (answered.status_code, answered.content_type, answered.data, *headers)
            place = (request.method, asked.full_url_pattern)
            self._hold(lambda: self._spec.validate_response(asked, answered), request, *place, *answer)
        return response

    def _hold(self, check: Any, request: httpx.Request, *what: object) -> None:
        held = _held(self._spec)
        if what in held:
            return
        try:
            check()
            held.add(what)
        except OpenAPIError as error:
            causes = getattr(error, "__cause__", None)
            details = [str(one) for one in getattr(causes, "schema_errors", [])] or [repr(causes)]
            raise AssertionError(f"{request.method} {request.url}: {error}: {'; '.join(details)[:1500]}") from error
