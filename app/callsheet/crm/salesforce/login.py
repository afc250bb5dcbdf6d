"""How Salesforce lets us in: a refresh token, an app's own secret, or a plain access token.

An access token lives for hours; the secret that the keyring holds makes new ones. `DeviceLogin` gets the refresh token
in the first place, for a machine without a browser: the rep types a code at an address shown to them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from callsheet.crm.registry import Code, Connection, HeldKey
from callsheet.crm.transport import Form, Reply, Transport, checked_url, failed
from callsheet.domain.text import one_line
from callsheet.settings import Secret
from callsheet.sync.port import AuthBroken, Drift, Invalid

if TYPE_CHECKING:
    import httpx

VENDOR: Final = "Salesforce"
PATH: Final = "services/oauth2/token"

Grant = Literal["refresh_token", "client_credentials", "token"]

DEVICE_SECONDS: Final = 600
"""How long a code may be typed: Salesforce's own limit."""

LOGIN_URL: Final = "https://login.salesforce.com"

API_HOST: Final = ".my.salesforce.com"
SHOWN_HOSTS: Final = (".lightning.force.com", ".my.salesforce-setup.com")
"""Where the pages of an org are; its interface is at `API_HOST`, under the same name."""

WANTS_SECRET: Final = (
    f"The app in {VENDOR} wants its secret at each renewal. An administrator unticks Require Secret for Refresh Token "
    "Flow there; or sign in with client_credentials instead."
)

AGAIN: Final = "Run `callsheet connect salesforce` again."


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the host that it is for."""

    value: Secret
    instance: str
    id_url: str = ""


class Login:
    """Gives access tokens, and a new one when the last one is refused; safe to share between threads."""

    def __init__(self, transport: Transport, url: str, connection: Connection) -> None:
        self._transport = transport
        self._url = url
        self._secret = connection.secret
        self._key = connection.key or HeldKey(connection.secret)
        self._client = connection.options.get("client_id", "").strip()
        self._grant: Grant = _grant(connection.options, self._client)
        self._lock = threading.Lock()
        self._token: Token | None = None

    def token(self) -> Token:
        """The access token. Raises what `sync.port` lists; `AuthBroken` when the secret does not hold."""
        with self._lock:
            if self._token is None:
                self._token = self._new()
            return self._token

    def renew(self, refused: Token) -> Token:
        """Another token in place of one that was refused; a thread that comes late gets the one made meanwhile."""
        with self._lock:
            if self._token is refused:
                if self._grant == "token":
                    raise AuthBroken(f"{VENDOR} does not accept this access token any more. {AGAIN}")
                self._token = self._new()
            elif self._token is None:
                self._token = self._new()
            return self._token

    def _new(self) -> Token:
        if self._grant == "token":
            return Token(self._secret, self._url)
        if self._grant == "client_credentials":
            return token_in(self._asked("client_secret", self._secret), self._url)
        with self._key.taken() as key:
            reply = self._asked("refresh_token", key)
            said = reply.body if isinstance(reply.body, dict) else {}
            if not reply.ok and said.get("error") == "invalid_client":
                raise AuthBroken(WANTS_SECRET)
            token = token_in(reply, self._url)
            following = said.get("refresh_token")
            if isinstance(following, str) and following and Secret(following) != key:
                self._key.replace(Secret(following))  # the app rotates them: the one that was used is void now
            return token

    def _asked(self, name: str, secret: Secret) -> Reply:
        form: Form = {"grant_type": self._grant, "client_id": self._client, name: secret}
        return self._transport.write("POST", PATH, form=form)


def _grant(options: Mapping[str, str], client: str) -> Grant:
    named = options.get("grant", "").strip()
    if not named:
        return "refresh_token" if client else "token"
    if named == "device":  # how it was signed in to; the key is a refresh token ever after
        named = "refresh_token"
    if named not in {"refresh_token", "client_credentials", "token"} or (named != "token" and not client):
        raise Invalid(
            "Salesforce is reached by a refresh_token or by client_credentials, with the client_id of an app there.",
            field="grant",
        )
    return named  # type: ignore[return-value]


def token_in(reply: Reply, url: str) -> Token:
    """The token in an answer. Raises `AuthBroken` when there is none because the credentials do not hold."""
    body = reply.body if isinstance(reply.body, dict) else {}
    if not reply.ok:
        common = failed(reply, VENDOR)
        if common is not None:
            raise common
        if "error" not in body:
            raise Drift(f"What answers there is not {VENDOR}'s sign-in: check the address of your org.")
        said = one_line(str(body.get("error_description") or body.get("error") or "no reason given"), 200)
        raise AuthBroken(f"{VENDOR} does not let us in: {said}. {AGAIN}")
    value, instance = body.get("access_token"), body.get("instance_url", url)
    if not isinstance(value, str) or not isinstance(instance, str):
        raise Drift(f"{VENDOR} answers the sign-in with something that is no token.")
    return Token(Secret(value), instance, str(body.get("id") or ""))


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the rep is asked to do: open `url` and type `code`; ask again every `every` seconds."""

    url: str
    code: str
    every: int
    device: Secret


class DeviceLogin:
    """The sign-in of a machine without a browser."""

    def __init__(self, transport: Transport, client_id: str) -> None:
        self._transport = transport
        self._client = client_id

    def begin(self) -> DeviceCode:
        """Ask for a code. Raises `AuthBroken` when the app does not allow it."""
        form = {"response_type": "device_code", "client_id": self._client, "scope": "api refresh_token openid"}
        reply = self._transport.write("POST", PATH, form=form)
        match reply.body:
            case {"device_code": str(device), "user_code": str(code), "verification_uri": str(url), **rest} if reply.ok:
                every = rest.get("interval")
                return DeviceCode(url, code, every if isinstance(every, int) else 5, Secret(device))
        token_in(reply, "")
        raise Drift(f"{VENDOR} answers with no code.")

    def poll(self, code: DeviceCode) -> Secret | None:
        """The refresh token once the rep has agreed, None as long as they have not.

        Raises:
            AuthBroken: they declined, or the code is too old.
        """
        form: Form = {"grant_type": "device", "client_id": self._client, "code": code.device}
        reply = self._transport.write("POST", PATH, form=form)
        body = reply.body if isinstance(reply.body, dict) else {}
        if body.get("error") in {"authorization_pending", "slow_down"}:
            return None
        token_in(reply, LOGIN_URL)
        refresh = body.get("refresh_token")
        if not isinstance(refresh, str):
            raise AuthBroken("The app gives no refresh token: allow it the scope refresh_token.")
        return Secret(refresh)


def org_address(url: str) -> str:
    """The address that an org is asked at, from any that a browser shows of it.

    Raises:
        Invalid: it is no address.
    """
    shown = checked_url(url or LOGIN_URL)
    host = shown.host
    for ours in SHOWN_HOSTS:
        if host.endswith(ours):
            host = host.removesuffix(ours) + API_HOST
    return str(shown.copy_with(host=host, path="/")).rstrip("/")


def sign_in(
    url: str,
    options: Mapping[str, str],
    *,
    show: Callable[[Code], None],
    wait: Callable[[float], None],
    transport: httpx.BaseTransport | None,
) -> Secret | None:
    """Sign in by a code that the rep types in a browser, where that was chosen; the key is the refresh token.

    Raises:
        AuthBroken: they declined, or did not type it in time.
    """
    if options.get("grant") != "device":
        return None
    door = Transport(org_address(url), vendor=VENDOR, transport=transport)
    try:
        login = DeviceLogin(door, options.get("client_id", ""))
        code = login.begin()
        show(Code(code.url, code.code))
        for _ in range(DEVICE_SECONDS // max(1, code.every)):
            wait(code.every)
            if (key := login.poll(code)) is not None:
                return key
    finally:
        door.close()
    raise AuthBroken(f"The code was not typed in time. {AGAIN}")
