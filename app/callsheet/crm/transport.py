"""The one way to a CRM over the network: timeouts, TLS, redirects, bounds, and what each failure means.

A request that never left is `Unavailable` and may be repeated blindly; one whose reply was lost is `Uncertain`. No
message, log line or traceback holds a secret: errors are raised without their cause, whose text could quote a header.
"""

from __future__ import annotations

import json as json_text
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, Self

import httpx

from callsheet.domain.text import one_line
from callsheet.settings import Secret
from callsheet.sync.port import Drift, Invalid, Throttled, Unavailable, Uncertain

Json = Any
"""A decoded JSON value: what an adapter has to check before it believes it."""

Form = Mapping[str, str | Secret]
"""Fields of a form; a secret stays one until it is sent, so that no traceback with its variables shows it."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""The longest answer that is read, in bytes after decompression."""

MAX_DEPTH: Final = 64
"""The deepest nesting of lists and objects in an answer."""

MAX_REDIRECTS: Final = 5

TOTAL_SECONDS: Final = 180.0
"""How long one answer may take altogether: a server that sends a byte a minute is not waited for."""

TIMEOUT: Final = httpx.Timeout(connect=10.0, read=60.0, write=30.0, pool=30.0)
"""Seconds for each phase of a request."""

LIMITS: Final = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=30.0)

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read whole.

    `body` is the decoded JSON, None where there was none. An answer of status 400 or more may be no JSON (a proxy's
    error page): then `body` is None and `text` its beginning. `skew` is the server's clock minus ours.
    """

    status: int
    headers: Mapping[str, str]
    body: Json
    text: str = ""
    at: datetime | None = None
    skew: timedelta | None = None

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300

    def retry_after(self) -> timedelta | None:
        """How long the server asks us to wait (`Retry-After` in seconds or as a date), None where it does not say."""
        value = self.headers.get("retry-after", "").strip()
        if value.isdecimal() and len(value) < 8:
            return timedelta(seconds=int(value))
        until = _http_date(value)
        if until is None:
            return None
        return max(timedelta(0), until - (self.at or datetime.now(UTC)))


def no_headers() -> Mapping[str, str]:
    """The credentials of a server that wants none."""
    return {}


class Transport:
    """A kept connection to one CRM, safe to share between threads.

    `credentials` gives the headers that identify the rep, asked for at each request so that a refreshed token is
    used; they go to the base URL's host and nowhere else. `transport` stands in for the network.

    Raises:
        Invalid: the address cannot be used: no https (only this machine may go without), or credentials inside it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        vendor: str,
        credentials: Callable[[], Mapping[str, str]] = no_headers,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base = checked_url(base_url)
        self.vendor = vendor
        self._credentials = credentials
        self._max_bytes = max_bytes
        self._now = now
        try:
            self._client = httpx.Client(
                base_url=self._base,
                headers={"User-Agent": "callsheet", "Accept": "application/json", **(headers or {})},
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # each request stands for itself
                transport=transport,
                timeout=timeout,
                limits=LIMITS,
                follow_redirects=False,
                trust_env=True,
            )
        except (ValueError, ImportError, httpx.InvalidURL):  # its text would quote the proxy's password
            raise Invalid("The proxy settings of this machine (HTTPS_PROXY, ALL_PROXY) cannot be used.") from None

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return self._base.host

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self,
        method: str,
        path: str,
        *,
        json: Json = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask for something without changing it; a redirect within the server is followed.

        Raises:
            Unavailable: nothing was sent.
            Uncertain: the answer was lost; it may be asked for again.
            Drift: what came back is no answer of this CRM.
        """
        request = self._request(method, path, json=json, params=params, form=None, headers=headers)
        for _ in range(MAX_REDIRECTS):
            reply = self._send(request)
            if not 300 <= reply.status < 400 or "location" not in reply.headers:
                return reply
            target = self._target(request.url, reply.headers["location"])
            request = self._request(request.method, str(target), json=json, params=None, form=None, headers=headers)
        raise Drift(f"{self.host} sends every request on to another address; is this the right address?")

    def write(
        self,
        method: str,
        path: str,
        *,
        json: Json = None,
        params: Mapping[str, str] | None = None,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Change something; `form` sends a form instead of JSON, its secrets as they are. A redirect is never followed.

        Raises:
            Unavailable: nothing was sent.
            Uncertain: the reply was lost, the change may have been made.
            Drift: what came back is no answer of this CRM.
        """
        reply = self._send(self._request(method, path, json=json, params=params, form=form, headers=headers))
        if 300 <= reply.status < 400 and "location" in reply.headers:
            self._target(self._base, reply.headers["location"])
            raise Drift(f"{self.host} answers from another address; check the address with `callsheet connect`.")
        return reply

    def _target(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise Drift(self._portal()) from None
        if not self._is_ours(target):
            raise Drift(self._portal())
        return target

    def _request(
        self,
        method: str,
        path: str,
        *,
        json: Json,
        params: Mapping[str, str] | None,
        form: Form | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        try:
            request = self._client.build_request(
                method,
                path,
                json=json,
                params=params,
                data=form
                and {name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()},
                headers={**(headers or {}), **self._credentials()},
            )
        except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
            raise Invalid(f"A request to {self.vendor} could not be written down.") from None
        if not self._is_ours(request.url):
            raise Invalid(f"A request meant for {self.host} would have gone to another server.")
        return request

    def _is_ours(self, url: httpx.URL) -> bool:
        return (url.scheme, url.host, url.port) == (self._base.scheme, self._base.host, self._base.port)

    def _send(self, request: httpx.Request) -> Reply:
        sent = self._now()
        began = time.monotonic()
        try:
            response = self._client.send(request, stream=True)
            try:
                content = self._content(response, began)
            finally:
                response.close()
        except httpx.TransportError as error:
            _LOG.debug("%s %s %s", request.method, request.url.path, type(error).__name__)
            raise self._failure(error) from None
        except httpx.DecodingError:
            raise Drift(f"The answer of {self.host} was damaged on its way.") from None
        received = self._now()
        took = round((time.monotonic() - began) * 1000)
        _LOG.debug(
            "%s %s %d, %d bytes, %d ms", request.method, request.url.path, response.status_code, len(content), took
        )
        return self._reply(response, content, sent + (received - sent) / 2)

    def _content(self, response: httpx.Response, began: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > self._max_bytes:
                raise Drift(f"The answer of {self.host} is larger than {self._max_bytes // 1024**2} MB.")
            if time.monotonic() - began > TOTAL_SECONDS:
                raise Uncertain(f"{self.host} takes too long to answer.")
        return bytes(content)

    def _reply(self, response: httpx.Response, content: bytes, midway: datetime) -> Reply:
        status = response.status_code
        if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            raise Unavailable("The proxy of this network wants a name and a password.")
        if status == httpx.codes.NETWORK_AUTHENTICATION_REQUIRED:
            raise Drift(self._portal())
        at = _http_date(response.headers.get("date", ""))
        # a Date header is cut to the second: half a second is what it is off on average
        skew = None if at is None else at + timedelta(milliseconds=500) - midway
        body, text = None, ""
        if content.strip() and not (300 <= status < 400):
            try:
                body = _decoded(content)
            except ValueError:
                if status < 400:
                    raise Drift(self._portal()) from None
                text = one_line(content[:2000].decode("utf-8", "replace"), 300)
        return Reply(status=status, headers=response.headers, body=body, text=text, at=at, skew=skew)

    def _portal(self) -> str:
        return (
            f"Something else answers in place of {self.vendor} at {self.host}: "
            "does this network want you to sign in first, or is the address wrong?"
        )

    def _failure(self, error: httpx.TransportError) -> Unavailable | Uncertain | Invalid:
        match error:
            case httpx.ProxyError():
                return Unavailable("The proxy of this network does not let us through.")
            case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
                return Unavailable(
                    f"The certificate of {self.host} could not be checked: a wrong clock, or a network that listens in?"
                )
            case httpx.ConnectTimeout():
                return Unavailable(f"{self.host} does not answer. Is the network there?")
            case httpx.ConnectError() | httpx.UnsupportedProtocol():
                return Unavailable(f"{self.host} cannot be reached. Is the network there, and the address right?")
            case httpx.PoolTimeout():
                return Unavailable(f"Too much is under way with {self.host} already.")
            case httpx.LocalProtocolError():
                return Invalid(f"A request to {self.vendor} could not be written down.")
            case httpx.TimeoutException():
                return Uncertain(f"{self.host} took the request and did not answer in time.")
            case _:
                return Uncertain(f"The connection to {self.host} broke before its answer.")


def checked_url(base_url: str) -> httpx.URL:
    """The base address of a CRM, with a trailing slash.

    Raises:
        Invalid: no http(s) address, plain http to another machine, or a name, password or query inside it.
    """
    text = base_url.strip()
    try:
        url = httpx.URL(text if "//" in text else f"https://{text}")
    except (httpx.InvalidURL, UnicodeError):
        raise Invalid(f"{one_line(text, 100)} is no web address.", field="url") from None
    if url.userinfo or url.query or url.fragment:
        raise Invalid("The address of the CRM must not hold a password or a query.", field="url")
    if url.scheme not in {"http", "https"} or not url.host:
        raise Invalid(f"{one_line(text, 100)} is no web address.", field="url")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise Invalid(f"{url.host} must be reached by https: without it anybody could read the key.", field="url")
    return url.copy_with(path=url.path.rstrip("/") + "/")


def failed(reply: Reply, vendor: str) -> Throttled | Uncertain | None:
    """What an answer means that is the same with every vendor: slow down, or broken on its side; else None."""
    if reply.status == httpx.codes.TOO_MANY_REQUESTS:
        return Throttled(f"{vendor} asks us to slow down.", scope="burst", after=reply.retry_after())
    if reply.status in {502, 503, 504}:
        return Uncertain(f"{vendor} is not working right now (error {reply.status}).")
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _http_date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _decoded(content: bytes) -> Json:
    """Decode JSON no deeper than `MAX_DEPTH`; raises ValueError for anything else."""
    try:
        value = json_text.loads(content, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        level = [
            inner for outer in level for inner in _containers(outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise ValueError("nested too deeply")
    return value


def _containers(values: Iterable[Json]) -> list[Json]:
    return [value for value in values if isinstance(value, (dict, list))]
