"""The transport against a network that misbehaves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from callsheet.crm.registry import Connection
from callsheet.crm.transport import MAX_DEPTH, Transport, checked_url, failed
from callsheet.settings import Secret
from callsheet.sync.port import AuthBroken, Drift, Invalid, Throttled, Unavailable, Uncertain

KEY = "s3cret-k3y-0123456789"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response]


def transport(answer: Answer, url: str = "https://crm.example/base", **options: object) -> Transport:
    secret = Secret(KEY)
    return Transport(
        url,
        vendor="Testing CRM",
        credentials=lambda: {"Authorization": f"bearer {secret.reveal()}"},
        transport=httpx.MockTransport(answer),
        now=lambda: NOW,
        **options,  # type: ignore[arg-type]
    )


def raising(error: type[httpx.TransportError], text: str = "") -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error(text, request=request)

    return answer


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (httpx.ConnectError, Unavailable),
        (httpx.ConnectTimeout, Unavailable),
        (httpx.ProxyError, Unavailable),
        (httpx.PoolTimeout, Unavailable),
        (httpx.UnsupportedProtocol, Unavailable),
        (httpx.WriteError, Uncertain),
        (httpx.WriteTimeout, Uncertain),
        (httpx.ReadError, Uncertain),
        (httpx.ReadTimeout, Uncertain),
        (httpx.RemoteProtocolError, Uncertain),
        (httpx.CloseError, Uncertain),
        (httpx.LocalProtocolError, Invalid),
    ],
)
def test_a_broken_connection_says_whether_anything_was_sent(
    error: type[httpx.TransportError], meaning: type[Exception]
) -> None:
    with pytest.raises(meaning) as caught:
        transport(raising(error, f"bearer {KEY}")).write("POST", "/calls", json={"a": 1})
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_bad_certificate_is_told_apart_from_no_network() -> None:
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    with pytest.raises(Unavailable, match="The certificate of"):
        transport(raising(httpx.ConnectError, text)).read("GET", "/me")


def test_a_request_goes_below_the_base_with_the_key_and_no_cookies() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"ok": True}, headers={"Set-Cookie": "session_id=abc; Path=/"})

    with transport(answer) as door:
        assert door.write("POST", "/calls", json={"name": "Zoë"}).body == {"ok": True}
        door.read("GET", "calls")
    assert [str(request.url) for request in seen] == ["https://crm.example/base/calls"] * 2
    assert seen[0].headers["authorization"] == f"bearer {KEY}"
    assert "cookie" not in seen[1].headers


def test_no_request_leaves_for_another_host() -> None:
    with pytest.raises(Invalid):
        transport(lambda _: httpx.Response(200, json={})).read("GET", "https://evil.example/collect")


def test_a_read_follows_a_redirect_within_the_server_only() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        match request.url.path:
            case "/base/old":
                return httpx.Response(301, headers={"Location": "/new"})
            case "/new":
                return httpx.Response(200, json=[1])
            case "/base/loop":
                return httpx.Response(302, headers={"Location": "/base/loop"})
            case _:
                return httpx.Response(302, headers={"Location": "https://portal.example/sign-in"})

    door = transport(answer)
    assert door.read("GET", "/old").body == [1]
    with pytest.raises(Drift, match="sign in"):
        door.read("GET", "/elsewhere")
    with pytest.raises(Drift):
        door.read("GET", "/loop")
    assert all(url.startswith("https://crm.example/") for url in asked)


def test_a_write_follows_no_redirect() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(307, headers={"Location": "/base/again"})

    with pytest.raises(Drift):
        transport(answer).write("POST", "/calls", json={})
    assert asked == ["/base/calls"]


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Welcome to our hotel</html>",
        b"not json",
        b'{"a": NaN}',
        b"\xff\xfe\xff",
        b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
        b"[" * 200_000,
        b"9" * 5000,
    ],
)
def test_what_is_no_json_is_not_believed(content: bytes) -> None:
    with pytest.raises(Drift):
        transport(lambda _: httpx.Response(200, content=content)).read("GET", "/leads")


def test_deep_but_honest_json_is_read() -> None:
    content = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert transport(lambda _: httpx.Response(200, content=content)).read("GET", "/").body is not None


def test_no_content_is_an_answer_without_a_body() -> None:
    assert transport(lambda _: httpx.Response(204)).write("DELETE", "/calls/1").body is None


def test_an_answer_is_read_up_to_a_bound() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"[" * 4096

    with pytest.raises(Drift, match="larger than"):
        transport(lambda _: httpx.Response(200, content=endless()), max_bytes=2 * 1024**2).read("GET", "/leads")


def test_a_damaged_encoding_is_not_believed() -> None:
    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=iter([b"this is no gzip"]))
    with pytest.raises(Drift):
        transport(lambda _: answer).read("GET", "/leads")


def test_an_error_page_is_an_answer_to_classify() -> None:
    reply = transport(lambda _: httpx.Response(502, html="<h1>Bad\x1b[31m Gateway</h1>")).write("POST", "/calls")
    assert reply.status == 502
    assert reply.body is None
    assert "\x1b" not in reply.text
    assert isinstance(failed(reply, "Testing CRM"), Uncertain)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "7"}, timedelta(seconds=7)),
        (
            {"Retry-After": "Sun, 22 Nov 2026 12:01:00 GMT", "Date": "Sun, 22 Nov 2026 12:00:30 GMT"},
            timedelta(seconds=30),
        ),
        ({"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT", "Date": "Sun, 22 Nov 2026 12:00:30 GMT"}, timedelta(0)),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_slow_down_says_for_how_long(headers: dict[str, str], after: timedelta | None) -> None:
    reply = transport(lambda _: httpx.Response(429, headers=headers, json={})).read("GET", "/leads")
    throttled = failed(reply, "Testing CRM")
    assert isinstance(throttled, Throttled)
    assert throttled.after == after


def test_the_server_clock_is_compared_with_ours() -> None:
    answer = httpx.Response(200, json={}, headers={"Date": "Sun, 22 Nov 2026 12:05:00 GMT"})
    reply = transport(lambda _: answer).read("GET", "/me")
    assert reply.at == NOW + timedelta(minutes=5)
    assert reply.skew == timedelta(minutes=5, milliseconds=500)
    assert transport(lambda _: httpx.Response(200, json={})).read("GET", "/me").skew is None


def test_signing_in_to_the_network_is_asked_for() -> None:
    with pytest.raises(Drift, match="sign in"):
        transport(lambda _: httpx.Response(511, html="")).read("GET", "/me")
    with pytest.raises(Unavailable, match="proxy"):
        transport(lambda _: httpx.Response(407, html="")).read("GET", "/me")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://crm.example", "https://crm.example/"),
        ("crm.example/odoo/", "https://crm.example/odoo/"),
        ("http://localhost:8069", "http://localhost:8069/"),
        ("http://127.0.0.1:8069/", "http://127.0.0.1:8069/"),
        ("http://[::1]:8069", "http://[::1]:8069/"),
    ],
)
def test_an_address_that_may_be_used(url: str, base: str) -> None:
    assert str(checked_url(url)) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "ftp://crm.example",
        "https://user:pw@crm.example",
        "https://crm.example/?key=1",
        "https://",
        "",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_may_not_be_used(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_url(url)
    assert caught.value.field == "url"


def test_plain_http_elsewhere_says_why() -> None:
    with pytest.raises(Invalid, match="https"):
        transport(lambda _: httpx.Response(200), url="http://crm.example")


@pytest.mark.parametrize("key", ["", "  ", "kéy", "key\nX-Evil: 1"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(AuthBroken) as caught:
        Connection(url="https://crm.example", secret=Secret(key))
    assert not key.strip() or key not in str(caught.value)


def test_a_secret_does_not_show() -> None:
    assert KEY not in f"{Secret(KEY)!r} {Secret(KEY)}"


def test_the_log_holds_neither_key_nor_names(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="callsheet.crm.transport"):
        transport(lambda _: httpx.Response(200, json={"name": "Ann"})).read(
            "GET", "/leads", params={"email": "a@b.example"}
        )
        with pytest.raises(Uncertain):
            transport(raising(httpx.ReadError, KEY)).read("GET", "/leads")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("callsheet")]
    assert len(ours) == 2
    assert "GET /base/leads 200" in ours[0]
    assert not any(word in line for line in ours for word in (KEY, "a@b.example", "Ann"))


def test_a_proxy_from_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pr0xy-pw@127.0.0.1:9")
    with (
        Transport("https://crm.example", vendor="Testing CRM") as door,
        pytest.raises(Unavailable) as caught,
    ):
        door.read("GET", "/me")
    assert "pr0xy-pw" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["socks5://user:pr0xy-pw@127.0.0.1:9", "gopher://user:pr0xy-pw@127.0.0.1"])
def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(Invalid, match="proxy") as caught:
        Transport("https://crm.example", vendor="Testing CRM")
    assert "pr0xy-pw" not in str(caught.value)


@pytest.mark.parametrize(
    "location", ["http://[bad", "//evil.example/x", "http://crm.example/base", "https://crm.example:8443/"]
)
def test_a_redirect_to_nowhere_of_ours_is_not_followed(location: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": location})

    for door in (transport(answer).read, transport(answer).write):
        with pytest.raises(Drift):
            door("POST", "/leads", json={})
    assert asked == ["https://crm.example/base/leads"] * 2
