"""``connect``: how a script comes to a gateway, or straight to a board."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, aclosing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ardugate.client.asking import AsyncGateway
from ardugate.client.feed import Told
from ardugate.client.find import Target, find_gateway
from ardugate.client.waited import Gateway, Loop
from ardugate.client.waiting import Arrivals

if TYPE_CHECKING:
    from types import TracebackType

_LOOK_S: Final = 0.2  # how often one looks whether a port that is busy has been waited for long enough


def connect(
    gateway: str | None = None, *, board: str | None = None, token: str | None = None, port: str | None = None
) -> Connecting:
    """A gateway, for ``with`` (Gateway) or ``async with`` (AsyncGateway).

    ``gateway`` is a URL; without it, ``ARDUGATE_GATEWAY`` or the one on this machine. ``token``: another than
    ``ARDUGATE_TOKEN``'s or this machine's own. ``board``: the board that names without one are about. ``port`` goes
    straight to a board (``/dev/ttyACM0``, ``COM12``, ``sim://``), without a gateway: this may reset the board, and
    needs the port for itself.

    Entering raises GatewayUnreachable, SeveralGateways, RequestError (``not_allowed``), and with ``port`` PortError.
    """
    if port is not None and (gateway is not None or token is not None):
        raise ValueError("expected a gateway or a port, got both")
    return Connecting(gateway, board, token, port)


class Connecting:
    """What ``connect`` gives: enter it."""

    def __init__(self, gateway: str | None, board: str | None, token: str | None, port: str | None) -> None:
        self._url = gateway
        self._board = board
        self._token = token
        self._port = port
        self._stack = ExitStack()
        self._async_stack = AsyncExitStack()

    def __enter__(self) -> Gateway:
        with ExitStack() as stack:
            find = stack.enter_context(_straight(self._port)) if self._port is not None else self._find
            loop = stack.enter_context(Loop())
            gateway = AsyncGateway(find, self._board)
            stack.callback(lambda: loop.wait(gateway.close()))
            loop.wait(_open(gateway, wait_for_board=self._port is not None))
            self._stack = stack.pop_all()
        return Gateway(loop, gateway)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    async def __aenter__(self) -> AsyncGateway:
        async with AsyncExitStack() as stack:
            find: Callable[[], Target] = self._find
            if self._port is not None:
                port = _straight(self._port)
                find = await asyncio.to_thread(port.__enter__)
                stack.push_async_callback(asyncio.to_thread, port.__exit__, None, None, None)
            gateway = AsyncGateway(find, self._board)
            stack.push_async_callback(gateway.close)
            await _open(gateway, wait_for_board=self._port is not None)
            self._async_stack = stack.pop_all()
        return gateway

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._async_stack.__aexit__(kind, error, trace)

    def _find(self) -> Target:
        found = find_gateway(self._url)
        return found if self._token is None else replace(found, token=self._token)


@contextmanager
def _straight(port: str) -> Generator[Callable[[], Target]]:
    """A gateway of one's own, for this one port."""
    from ardugate.client.embedded import embedded
    from ardugate.runtime import PortOption, ServeOptions

    with embedded(ServeOptions(ports=(PortOption(port),))) as target:
        yield lambda: target


async def _open(gateway: AsyncGateway, *, wait_for_board: bool) -> None:
    await gateway.open()
    if not wait_for_board:
        return
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    async with aclosing(gateway.events()) as events:
        arrivals = Arrivals()
        told: asyncio.Task[Told] | None = None
        try:
            while not arrivals.live(loop.time() - began_s):
                told = told or asyncio.create_task(_next(events))
                await asyncio.wait([told], timeout=_LOOK_S)
                if told.done():
                    arrivals.hear(told.result().method, told.result().params)
                    told = None
        finally:
            if told is not None:
                told.cancel()
                await asyncio.gather(told, return_exceptions=True)


async def _next(events: AsyncGenerator[Told]) -> Told:
    return await anext(events)
