"""Who may come in: Host, Origin, token, ticket, cookie. Judges the raw head, before anything is made of a request.

A browser sends a page's requests wherever any page asks it to; so every request must name one known Host (a foreign
name that resolves to this machine is refused), and an Origin, where there is one, must be one of ours. Who passes that
still needs a secret: the token (``Authorization: Bearer``), a one-time ticket (``?ticket=``) or the cookie that a
ticket was exchanged for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from ardugate.model import Principal, Role
from ardugate.runtime.http.attempts import Attempts
from ardugate.runtime.http.shares import Shares

TICKET_VALID_S = 300.0  # time to walk to a browser; the secret stands in an address bar until then
COOKIE_VALID_S = 30 * 24 * 3600.0  # a month: nobody signs in daily to a machine of his own
MAX_TICKETS = 100  # security limit: tickets wait in memory; a hundred browsers in five minutes are enough
_TICKET_BYTES = 16  # 128 random bits, gone after one use or five minutes
_SHARE = "share-"  # before a link's id, in the place of a role
_SCRIPT = 'location.replace("/")'
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()

SIGN_IN_REMEDY = "open the link that `ardugate open` prints, or send the token as Authorization: Bearer"

_PORT = re.compile(r":\d{1,5}$")

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further: an HTTP status, a line of cause, a line of remedy."""

    status: HTTPStatus
    cause: str
    remedy: str

    @staticmethod
    def not_found(path: str) -> Refusal:
        """There is nothing at this path."""
        return Refusal(HTTPStatus.NOT_FOUND, f"there is no {_shown(path)}", "the WebSocket is at /ws")

    @property
    def text(self) -> str:
        """Both lines, for whoever reads the answer by hand."""
        return f"{self.cause}\n{self.remedy}\n"

    def response(self) -> bytes:
        """The whole HTTP answer, after which the connection is closed."""
        body = self.text.encode()
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True)
class Head:
    """A request's head. ``headers`` have lower-case names; ``local_host`` is the address that it came in by,
    ``remote`` that from which it came."""

    path: str
    query: str
    headers: Headers
    local_host: str = ""
    remote: str = ""

    def values(self, name: bytes) -> list[str]:
        """Every value of one header."""
        return [value.decode("latin-1") for key, value in self.headers if key == name]


@dataclass(frozen=True, slots=True)
class SignIn:
    """The answer to a ticket or a share link: a small page that keeps the cookie (empty: there is a better one) and
    replaces itself with ``/``. A redirect that began on another site would not carry a SameSite=Strict cookie; a step
    that this page takes does."""

    cookie: str
    body: str = (
        f'<!doctype html><meta charset="utf-8"><title>ardugate</title><script>{_SCRIPT}</script>'
        '<noscript><a href="/">Open the page</a></noscript>\n'
    )
    policy: str = f"default-src 'none'; script-src 'sha256-{_SCRIPT_HASH}'; frame-ancestors 'none'; base-uri 'none'"


class Access:
    """The door of one gateway, which listens on ``bind_host`` and ``tcp_port``.

    ``allow_hosts`` (``NAME`` or ``NAME:PORT``) and ``allow_origins`` come beside its own; ``tls``: it serves over TLS;
    ``now_s`` is Unix time; ``links`` are its share links, None for a gateway without any.
    """

    def __init__(
        self,
        *,
        token: str,
        bind_host: str,
        tcp_port: int,
        allow_hosts: Sequence[str] = (),
        allow_origins: Sequence[str] = (),
        tls: bool = False,
        now_s: Callable[[], float],
        links: Shares | None = None,
    ) -> None:
        self._links = links
        self._token = token.encode()
        self._tcp_port = tcp_port
        self._now_s = now_s
        self._tickets: dict[bytes, tuple[float, Role]] = {}
        self._attempts = Attempts()
        own = {f"{_in_url(name)}:{tcp_port}" for name in _own_names(bind_host)}
        allowed = {name.lower() for name in allow_hosts}
        self._hosts = own | allowed
        self._names = {name for name in allowed if not _PORT.search(name)}  # allowed with any port
        self._scheme = "https" if tls else "http"
        self._origins = {f"{self._scheme}://{host}" for host in own} | {origin.lower() for origin in allow_origins}
        self._shared = {origin.lower() for origin in allow_origins}
        self._origins |= {f"{scheme}://{name}" for scheme in ("http", "https") for name in allowed}
        self.cookie_name = f"ardugate_{tcp_port}"

    def check_source(self, head: Head) -> Refusal | None:
        """Whether a request may come from where it says; None when it may."""
        hosts, origins = head.values(b"host"), [origin.lower() for origin in head.values(b"origin")]
        if len(hosts) != 1:
            return Refusal(HTTPStatus.BAD_REQUEST, f"expected one Host header, got {len(hosts)}", "name one host")
        host = hosts[0].lower()
        # The literal address by which the request came in names this machine: no other site's name leads to it.
        local = f"{_in_url(head.local_host)}:{self._tcp_port}" if head.local_host else ""
        if host != local and host not in self._hosts and _PORT.sub("", host) not in self._names:
            return Refusal(
                HTTPStatus.FORBIDDEN,
                f"the name {_shown(host)} is none of this gateway's",
                f"if it should be, start the gateway with --allow-host {_shown(host)}",
            )
        if not origins:
            return self._check_fetch(head)
        if len(origins) == 1 and (origins[0] in self._origins or origins[0] == f"{self._scheme}://{local}"):
            return None
        if origins[0] == "null":
            return Refusal(
                HTTPStatus.FORBIDDEN, "a page without an origin may not connect", "serve it from a web server"
            )
        return Refusal(
            HTTPStatus.FORBIDDEN,
            f"pages of {_shown(origins[0])} may not connect",
            f"if they should, start the gateway with --allow-origin {_shown(origins[0])}",
        )

    @staticmethod
    def _check_fetch(head: Head) -> Refusal | None:
        """Browsers leave the Origin out where a page only embeds (an image, a script, a frame), but say in
        ``Sec-Fetch-*`` whose page it is. Another site's may link to us, and no more; a page of another port of this
        machine counts as another site's, although cookies are sent along."""
        site = next(iter(head.values(b"sec-fetch-site")), "none")
        how = [*head.values(b"sec-fetch-mode"), *head.values(b"sec-fetch-dest")]
        if site in ("none", "same-origin") or how == ["navigate", "document"]:
            return None
        return Refusal(
            HTTPStatus.FORBIDDEN, "a page of another site may not embed this", "ask with fetch, from an allowed origin"
        )

    @property
    def shares(self) -> bool:
        """Whether pages of any other site may use the API."""
        return bool(self._shared)

    def shared_with(self, head: Head) -> str | None:
        """The origin of a request (that may come from there) whose pages may read the answer, as the browser wrote
        it; None for our own and for who names none."""
        origin = next(iter(head.values(b"origin")), "")
        return origin if origin.lower() in self._shared else None

    def identify(self, head: Head, *, ticket: bool = False) -> Principal | None:
        """Who asks, by token, ticket (only where ``ticket`` says so; it is spent) or cookie; None for nobody."""
        if authorization := head.values(b"authorization"):
            scheme, _, given = authorization[0].partition(" ")
            right = hmac.compare_digest(given.strip().encode(), self._token)
            return Principal("token", Role.ADMIN) if right and scheme.lower() == "bearer" else None
        if ticket and (one_time := self.ticket_in(head)):
            return self.redeem(one_time)
        return self._by_cookie(head)

    def admit(self, head: Head, *, ticket: bool = False) -> Principal | Refusal:
        """Both judgements in order: where it comes from, then who asks."""
        if refusal := self.check_source(head):
            return refusal
        return self.identify(head, ticket=ticket) or self.stranger(head)

    def stranger(self, head: Head) -> Refusal:
        """What somebody is told whom :meth:`identify` does not know. Only wrong tokens count as attempts: they are what
        a foreign page cannot send."""
        if head.values(b"authorization") and self._attempts.wrong(head.remote, self._now_s()):
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong tokens came from there", "wait for a minute")
        return Refusal(HTTPStatus.UNAUTHORIZED, "this gateway does not know you", SIGN_IN_REMEDY)

    def new_ticket(self, role: Role = Role.ADMIN) -> str:
        """A one-time ticket, valid for 5 minutes."""
        now_s = self._now_s()
        self._tickets = {key: value for key, value in self._tickets.items() if value[0] > now_s}
        while len(self._tickets) >= MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        self._tickets[_digest(ticket)] = (now_s + TICKET_VALID_S, role)
        return ticket

    def redeem(self, ticket: str) -> Principal | None:
        """Spend a ticket. None: it was spent, is too old or never was."""
        ends_s, role = self._tickets.pop(_digest(ticket), (0.0, Role.VIEW))
        return Principal("ticket", role) if ends_s > self._now_s() else None

    def sign_in(self, principal: Principal) -> SignIn:
        """What turns a spent ticket into a browser that is signed in."""
        return self._cookie(principal.role.value)

    def follow(self, secret: str, head: Head) -> SignIn | None:
        """What a share link does; None where it is none or good no more. Who may do as much already stays who he is."""
        share = self._links and self._links.by_secret(secret)
        if not share:
            return None
        now = self._by_cookie(head)
        if now is not None and not now.share and now.role.covers(share.role):
            return SignIn("")
        return self._cookie(_SHARE + share.id)

    def _cookie(self, rights: str) -> SignIn:
        ends_s = int(self._now_s() + COOKIE_VALID_S)
        content = f"{ends_s}.{rights}.{secrets.token_urlsafe(6)}"
        value = f"{content}.{self._signature(content)}"
        return SignIn(
            f"{self.cookie_name}={value}; Path=/; Max-Age={int(COOKIE_VALID_S)}; HttpOnly; SameSite=Strict"
            + ("; Secure" if self._scheme == "https" else ""),
        )

    @staticmethod
    def ticket_in(head: Head) -> str | None:
        """The ticket in a request's query."""
        return next(iter(parse_qs(head.query).get("ticket", [])), None)

    @staticmethod
    def share_in(head: Head) -> str | None:
        """The share link's secret in a request's query."""
        return next(iter(parse_qs(head.query).get("share", [])), None)

    def _by_cookie(self, head: Head) -> Principal | None:
        for header in head.values(b"cookie"):
            try:
                morsel = SimpleCookie(header).get(self.cookie_name)
            except CookieError:
                continue
            if morsel is None:
                continue
            content, _, signature = morsel.value.rpartition(".")
            if not hmac.compare_digest(signature.encode(), self._signature(content).encode()):
                continue
            ends_s, rights, nonce = content.split(".")
            if int(ends_s) <= self._now_s():
                continue
            if not rights.startswith(_SHARE):
                return Principal(f"browser-{nonce}", Role(rights))
            # The link itself says what may be done, and until when.
            if self._links and (share := self._links.by_id(rights.removeprefix(_SHARE))):
                return share.principal(nonce)
        return None

    def _signature(self, content: str) -> str:
        # Signed with the token, so cookies survive a restart, and a new token signs every browser out.
        text = f"cookie.{self._tcp_port}.{content}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self._token, text, "sha256")).decode().rstrip("=")


def parse_head(data: bytes, local_host: str = "", remote: str = "") -> Head:
    """A head that the HTTP parser has already judged, as it hands it to a WebSocket: a request line and headers."""
    request, *lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    target = request.split(b" ")[1].decode("latin-1")
    path, _, query = target.partition("?")
    pairs = (line.partition(b":") for line in lines)
    return Head(path, query, [(name.strip().lower(), value.strip()) for name, _, value in pairs], local_host, remote)


def _own_names(bind_host: str) -> set[str]:
    """The names by which this machine is reached when it listens on ``bind_host``."""
    names = {bind_host.lower(), "localhost", "127.0.0.1", "::1"}
    if not is_loopback(bind_host):
        own = socket.gethostname().lower()
        names |= {own, f"{own.partition('.')[0]}.local"}
    return names


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach this address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _digest(secret: str) -> bytes:
    # Looked up by digest: how long a look-up takes then says nothing about the secret.
    return hashlib.sha256(secret.encode()).digest()


def _shown(text: str) -> str:
    """What a stranger sent, cut short and without anything that a terminal or a page would act on."""
    return "".join(
        char if char.isascii() and char.isprintable() and char not in "<>&\"'" else "?" for char in text[:80]
    )
