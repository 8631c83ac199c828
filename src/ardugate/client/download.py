"""A recording, from the gateway's disk to this one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ardugate.client.find import Target
from ardugate.errors import GatewayUnreachable, Reason, RequestError


def download(target: Target, name: str, file: Path) -> Path:
    """Write the recording ``name`` to ``file``, which must not exist; gives its path.

    Raises GatewayUnreachable, RequestError (it has no such recording) and OSError (the file).
    """
    import urllib.error
    import urllib.request

    from ardugate.client.pinned import context

    headers = {} if target.token is None else {"Authorization": f"Bearer {target.token}"}
    asked = urllib.request.Request(f"{target.url}api/v1/recordings/{name}", headers=headers)
    try:
        answer = urllib.request.urlopen(asked, context=context(target))
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error.read()) from None
    except urllib.error.URLError as error:
        raise GatewayUnreachable(target.url, str(error.reason)) from error
    with answer, file.open("xb") as out:
        shutil.copyfileobj(answer, out)
    return file


def _refused(answer: bytes) -> RequestError:
    """What docs/reference/http.md says that an answer holds which is none."""
    told = json.loads(answer)["error"]
    return RequestError(Reason(told["reason"]), told["message"], told["hint"])
