"""Who gets in, and who does not, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ardugate.runtime import PortOption, ServeOptions, running
from ardugate.runtime.http import open_files
from ardugate.runtime.http import protocol as http_protocol
from tests.integration.helpers import PATIENCE_S, UPGRADE, bearer, gateway, request, talk


def own(url: str) -> str:
    return url.removeprefix("http://").rstrip("/")


@pytest.mark.parametrize(
    ("headers", "setting"),
    [
        pytest.param({"Host": "evil.example"}, "--allow-host", id="foreign-host"),
        pytest.param({"Host": "evil.example:8765"}, "--allow-host", id="foreign-host-and-port"),
        pytest.param({"Host": "127.0.0.1:1"}, "--allow-host", id="another-port"),
        pytest.param({"Host": "127.0.0.1"}, "--allow-host", id="no-port"),
        pytest.param({"Origin": "http://evil.example"}, "--allow-origin", id="foreign-origin"),
        pytest.param({"Origin": "http://127.0.0.1:1"}, "--allow-origin", id="origin-of-another-port"),
        pytest.param({"Origin": "https://localhost"}, "--allow-origin", id="origin-of-another-scheme"),
        pytest.param({"Origin": "null"}, "origin", id="null-origin"),
    ],
)
async def test_a_forged_source_is_refused_even_with_the_token(
    tmp_path: Path, headers: dict[str, str], setting: str
) -> None:
    async with gateway(tmp_path) as ready:
        for path in ("/", "/ws", "/healthz", "/api/v1/boards", "/assets/dashboard.js"):
            more = UPGRADE if path == "/ws" else {}
            answer = await request(ready, path, {**bearer(ready), **more, **headers})
            assert answer.status == 403, path
            assert setting in answer.text


async def test_two_hosts_are_refused(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        forged = {**bearer(ready), **UPGRADE, "host": "evil.example"}
        assert (await request(ready, "/ws", forged)).status == 400


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_the_gateways_own_names_are_let_in(tmp_path: Path, name: str) -> None:
    async with gateway(tmp_path) as ready:
        port = own(ready.url).partition(":")[2]
        headers = {**bearer(ready), **UPGRADE, "Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
        assert (await request(ready, "/ws", headers)).status == 101


async def test_more_hosts_and_origins_can_be_allowed(tmp_path: Path) -> None:
    allowed = {"allow_hosts": ("lab.example.org",), "allow_origins": ("https://other.example.org",)}
    async with gateway(tmp_path, **allowed) as ready:
        for host, origin, status in (
            ("lab.example.org", "https://lab.example.org", 101),
            ("lab.example.org", "https://other.example.org", 101),
            ("lab.example.org", "https://third.example.org", 403),
            ("xlab.example.org", "https://other.example.org", 403),
        ):
            headers = {**bearer(ready), **UPGRADE, "Host": host, "Origin": origin}
            assert (await request(ready, "/ws", headers)).status == status, (host, origin)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Authorization": "Bearer wrong"}, id="wrong-token"),
        pytest.param({"Authorization": "Basic {token}"}, id="wrong-scheme"),
        pytest.param({"Cookie": "{cookie}=9999999999.admin.x.y"}, id="forged-cookie"),
        pytest.param({"Cookie": "{cookie}={token}"}, id="token-as-cookie"),
    ],
)
async def test_without_a_secret_nothing_is_told(tmp_path: Path, headers: dict[str, str]) -> None:
    async with gateway(tmp_path, "sim://?name=secretboard") as ready:
        cookie = f"ardugate_{own(ready.url).partition(':')[2]}"
        filled = {name: value.format(token=ready.token, cookie=cookie) for name, value in headers.items()}
        for path in ("/", "/ws", "/api/v1/boards", "/openapi.json"):
            answer = await request(ready, path, {**(UPGRADE if path == "/ws" else {}), **filled})
            assert answer.status == 401, path
            assert "secretboard" not in answer.text
            assert "ardugate open" in answer.text


async def test_health_needs_no_secret_and_says_nothing(tmp_path: Path) -> None:
    async with gateway(tmp_path, "sim://") as ready:
        answer = await request(ready, "/healthz")
        assert (answer.status, answer.text) == (200, "ok")


async def test_health_tells_whom_it_knows_which_boards_are_well_and_why_others_are_not(tmp_path: Path) -> None:
    missing = str(tmp_path / "attic")
    async with gateway(tmp_path / "state", "sim://?name=greenhouse", missing, wait=True) as ready:
        answer = await request(ready, "/healthz", bearer(ready))
        first, *boards = answer.text.splitlines()
        assert (answer.status, first) == (200, "degraded")
        assert "greenhouse live" in boards
        assert any(line.endswith("down: there is no such port") for line in boards)
        wrong = await request(ready, "/healthz", {"Authorization": "Bearer wrong"})
        assert wrong.status == 401


async def test_a_ticket_signs_in_once_and_the_cookie_survives_a_restart(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        link = ready.link.removeprefix(ready.url.rstrip("/"))
        first = await request(ready, link)
        again = await request(ready, link)
        cookie = {"Cookie": f"other=1; {first.cookie}"}
        inside = await request(ready, "/api/v1/boards", cookie)
    assert first.status == 200
    assert 'location.replace("/")' in first.text
    for word in ("HttpOnly", "SameSite=Strict", "Max-Age=2592000", "Path=/"):
        assert word in first.headers["set-cookie"]
    assert (again.status, inside.status) == (401, 200)

    options = ServeOptions(ports=(), listen=own(ready.url), state_dir=tmp_path)
    async with running(options) as ready:
        assert (await request(ready, "/api/v1/boards", cookie)).status == 200
        assert (await request(ready, "/ws", {**UPGRADE, **cookie, "Origin": ready.url.rstrip("/")})).status == 101
        assert (await request(ready, link)).status == 401
        (tmp_path / "token").unlink()
    async with running(options) as ready:
        assert (await request(ready, "/api/v1/boards", cookie)).status == 401


async def test_a_websocket_may_spend_a_ticket(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        ticket = ready.link.partition("?")[2]
        async with connect(f"{ready.ws}?{ticket}") as socket:
            assert socket.subprotocol is None
        assert (await request(ready, f"/ws?{ticket}", UPGRADE)).status == 401


async def test_no_secret_is_ever_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with gateway(tmp_path, "sim://") as ready:
        link = ready.link.removeprefix(ready.url.rstrip("/"))
        signed_in = await request(ready, link)
        await request(ready, "/ws", {**UPGRADE, "Authorization": "Bearer wrong-token"})
        await request(ready, "/ws", {**UPGRADE, **bearer(ready), "Cookie": signed_in.cookie})
        log = caplog.text
        for secret in (ready.token, link.partition("=")[2], signed_in.cookie.partition("=")[2], "wrong-token"):
            assert secret not in log
        assert ready.token not in repr(ready)


async def test_the_token_is_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with gateway(state) as ready:
        runtime_files = list((state / "gateways").iterdir())
        modes = {path.name: path.stat().st_mode & 0o777 for path in [state / "token", *runtime_files]}
        assert len(runtime_files) == 1
        assert set(modes.values()) == {0o600}
        assert ready.token not in runtime_files[0].read_text()
    assert not runtime_files[0].exists()


async def test_answers_carry_the_security_headers(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        for path in ("/", "/api/v1/boards", "/healthz", "/nothing"):
            headers = (await request(ready, path, bearer(ready))).headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers


async def test_a_page_that_was_not_built_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ardugate.runtime.http.app as http_app

    monkeypatch.setattr(http_app, "PAGE_FOLDER", tmp_path / "none")
    async with gateway(tmp_path) as ready:
        answer = await request(ready, "/", bearer(ready))
        assert answer.status == 404
        assert "make demo" in answer.text


async def test_a_state_change_needs_a_json_content_type(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        body = '{"jsonrpc": "2.0", "id": 1, "method": "stop_all"}'
        for kind, status in (
            ("text/plain", 415),
            ("application/x-www-form-urlencoded", 415),
            ("application/json", 200),
        ):
            headers = {**bearer(ready), "Content-Type": kind}
            assert (await request(ready, "/api/v1/rpc", headers, method="POST", body=body)).status == status


async def test_a_board_of_the_config_is_there_at_once(tmp_path: Path) -> None:
    option = PortOption(str(tmp_path / "nothing"), id="attic", name="The attic", configured=True)
    async with running(ServeOptions(ports=(option,), listen="127.0.0.1:0", state_dir=tmp_path)) as ready:
        assert [(board.id, board.name, board.state) for board in ready.boards] == [("attic", "The attic", "down")]


async def test_one_client_too_many_is_told_so_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "MAX_CLIENTS", 2)
    async with gateway(tmp_path, "sim://") as ready, talk(ready) as client:
        async with talk(ready):
            with pytest.raises(InvalidStatus) as refused:
                async with talk(ready):
                    pass
        assert refused.value.response.status_code == 503
        assert (await client.call("clients"))["refused"] == 1
        async with talk(ready) as other:
            await other.until("welcome")


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", id="half a head"),
        pytest.param(
            b"POST /api/v1/rpc HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
            id="half a body",
        ),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\nGET /healthz", id="a second one"
        ),
    ],
)
async def test_a_request_that_is_not_finished_is_cut_off(
    begun: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "REQUEST_WITHIN_S", 0.3)
    async with gateway(tmp_path, "sim://") as ready:
        netloc = urlsplit(ready.url).netloc
        reader, writer = await asyncio.open_connection(*netloc.split(":"))
        writer.write(begun % (netloc.encode(), ready.token.encode()) if b"%s" in begun else begun)
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionResetError):
                await reader.read()
        writer.close()
