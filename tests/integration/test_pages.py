"""The user's own folder at /pages/, and nothing outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardugate.errors import ConfigError
from tests.integration.helpers import bearer, gateway, request


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "www"
    (made / "lab").mkdir(parents=True)
    (made / "index.html").write_text("<script>1</script>")
    (made / "lab" / "index.html").write_text("the lab")
    (made / "plot.js").write_text("plot()")
    (made / ".env").write_text("secret")
    (made / ".git").mkdir()
    (made / ".git" / "config").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "www2").mkdir()
    (tmp_path / "www2" / "file.txt").write_text("secret")
    (made / "link.txt").symlink_to(tmp_path / "outside.txt")
    (made / "up").symlink_to(tmp_path)
    return made


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/pages/", "<script>1</script>", "text/html"),
        ("/pages/index.html", "<script>1</script>", "text/html"),
        ("/pages/lab/", "the lab", "text/html"),
        ("/pages/plot.js", "plot()", "text/javascript"),
    ],
)
async def test_files_are_served_with_a_policy_of_their_own(
    tmp_path: Path, folder: Path, path: str, text: str, kind: str
) -> None:
    async with gateway(tmp_path / "state", pages=folder) as ready:
        answer = await request(ready, path, bearer(ready))
        assert (answer.status, answer.text) == (200, text)
        assert answer.headers["content-type"].startswith(kind)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self' 'unsafe-inline';" in policy
        assert "default-src 'none'" in policy
        assert "http" not in policy, "no other host"
        assert "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "../www2/file.txt",
        "%2e%2e/outside.txt",
        "..%2foutside.txt",
        "%2e%2e%2foutside.txt",
        "lab/../../outside.txt",
        "lab%2f..%2f..%2foutside.txt",
        "..\\outside.txt",
        "%5c..%5coutside.txt",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "link.txt",
        "up/outside.txt",
        ".env",
        ".git/config",
        "%2eenv",
        "lab/%2e%2e/.env",
        "index.html%00",
        "%00",
        "%ff",
        "x" * 5_000,
    ],
)
async def test_nothing_else_is_reached(tmp_path: Path, folder: Path, path: str) -> None:
    async with gateway(tmp_path / "state", pages=folder) as ready:
        answer = await request(ready, f"/pages/{path}", bearer(ready))
        assert answer.status == 404
        assert "secret" not in answer.text
        assert "root:" not in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_they_need_a_sign_in_and_our_own_origin(tmp_path: Path, folder: Path) -> None:
    async with gateway(tmp_path / "state", pages=folder) as ready:
        assert (await request(ready, "/pages/")).status == 401
        assert (await request(ready, "/pages/", {**bearer(ready), "Origin": "http://evil.example"})).status == 403
        assert (await request(ready, "/pages/", {**bearer(ready), "Host": "evil.example"})).status == 403


async def test_nothing_can_be_written_there(tmp_path: Path, folder: Path) -> None:
    async with gateway(tmp_path / "state", pages=folder) as ready:
        for method in ("PUT", "POST", "DELETE"):
            headers = {**bearer(ready), "Content-Type": "application/json"}
            assert (await request(ready, "/pages/plot.js", headers, method=method, body="{}")).status == 405
    assert (folder / "plot.js").read_text() == "plot()"


async def test_without_the_setting_there_are_none(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        assert (await request(ready, "/pages/", bearer(ready))).status == 404


async def test_a_folder_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        async with gateway(tmp_path, pages=tmp_path / "nothing"):
            pass


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/ardugate.js", "text/javascript"), ("/ardugate-elements.js", "text/javascript"), ("/favicon.ico", "image/svg")],
)
async def test_what_pages_import_is_there_for_who_is_signed_in_and_asked_for_once(
    tmp_path: Path, path: str, kind: str
) -> None:
    async with gateway(tmp_path) as ready:
        answer = await request(ready, path, bearer(ready))
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "no-cache"
        if path.endswith(".js"):
            again = await request(ready, path, {**bearer(ready), "If-None-Match": answer.headers["etag"]})
            assert again.status == 304
        assert (await request(ready, path)).status == 401
