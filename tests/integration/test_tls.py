"""Serving over TLS, with certificate files: browsers, scripts and commands."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from ardugate.client.connection import connect as connect_target
from ardugate.client.find import Target, find_gateway
from ardugate.errors import ConfigError, GatewayUnreachable
from ardugate.runtime import Ready, ServeOptions, TlsFiles, running
from ardugate.runtime.http import server
from tests.integration.helpers import PATIENCE_S, bearer


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """A certificate for another name than the one by which local commands connect."""
    folder = tmp_path_factory.mktemp("tls")
    made = TlsFiles(folder / "cert.pem", folder / "key.pem")
    name = ["-subj", "/CN=lab.local", "-addext", "subjectAltName=DNS:lab.local"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *name]
    subprocess.run([*command, "-keyout", made.key, "-out", made.certificate], check=True, capture_output=True)
    return made


def options(folder: Path, tls: TlsFiles) -> ServeOptions:
    return ServeOptions(ports=(), listen="127.0.0.1:0", state_dir=folder, tls=tls, allow_hosts=("lab.local",))


def trusting(files: TlsFiles) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=files.certificate)


async def fetch(ready: Ready, files: TlsFiles, head: str) -> str:
    """One request as a browser sends it that knows the machine as lab.local."""
    port = urlsplit(ready.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(files), server_hostname="lab.local")
    writer.write(f"{head}\r\nHost: lab.local:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_pages_and_sockets_are_served_and_cookies_stay_with_tls(tmp_path: Path, files: TlsFiles) -> None:
    async with running(options(tmp_path, files)) as ready:
        assert ready.url.startswith("https://")
        link = ready.link.removeprefix(ready.url)
        signed_in = await fetch(ready, files, f"GET /{link} HTTP/1.1")
        assert "HTTP/1.1 200" in signed_in
        assert "; Secure" in signed_in
        async with connect(
            ready.ws,
            ssl=trusting(files),
            server_hostname="lab.local",
            additional_headers={**bearer(ready), "Origin": "https://lab.local"},
            subprotocols=["ardugate.v1.json"],  # type: ignore[list-item]  # a NewType of str
        ) as socket:
            assert "welcome" in str(await socket.recv())


async def test_local_commands_know_the_certificate_and_take_no_other(tmp_path: Path, files: TlsFiles) -> None:
    async with running(options(tmp_path, files)):
        found = await asyncio.to_thread(find_gateway, state_dir=tmp_path, environ={})
        assert found.certificate == files.certificate
        assert (await asyncio.to_thread(boards, found)) == []
        with pytest.raises(GatewayUnreachable, match="certificate"):
            await asyncio.to_thread(boards, replace(found, certificate=None))


def boards(target: Target) -> object:
    with connect_target(target) as connection:
        return connection.call("boards")["boards"]


async def test_files_that_do_not_fit_are_told_at_start(tmp_path: Path, files: TlsFiles) -> None:
    for wrong in (
        TlsFiles(files.key, files.certificate),
        TlsFiles(files.certificate, tmp_path / "none.pem"),
    ):
        with pytest.raises(ConfigError):
            async with running(options(tmp_path, wrong)):
                pass


@pytest.fixture
def locked(tmp_path: Path, files: TlsFiles) -> Path:
    key = tmp_path / "locked.pem"
    command = ["openssl", "ec", "-in", str(files.key), "-out", str(key), "-aes256", "-passout", "pass:secret"]
    subprocess.run(command, check=True, capture_output=True)
    return key


async def test_a_key_with_a_password_is_refused_and_nobody_is_asked(
    tmp_path: Path, files: TlsFiles, locked: Path
) -> None:
    with pytest.raises(ConfigError, match="password"):
        async with running(options(tmp_path, TlsFiles(files.certificate, locked))):
            pass


async def test_who_connects_and_never_agrees_on_tls_is_cut_off(
    tmp_path: Path, files: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_WITHIN_S", 0.1)
    async with running(options(tmp_path, files)) as ready:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(ready.url).port)
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""
        writer.close()
