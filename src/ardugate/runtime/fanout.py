"""Samples from the hub to clients: one encoding for all who get the same, one write for each."""

from __future__ import annotations

from collections.abc import Mapping

from ardugate.hub import Hub, Place
from ardugate.runtime.client import Client
from ardugate.runtime.watching.meters import Meters
from ardugate.session.encode import Dialect, Frame


class FanOut:
    """``clients`` are all who are connected, by session; the dict is the gateway's and changes."""

    def __init__(self, hub: Hub, clients: Mapping[str, Client], meters: Meters) -> None:
        self._hub = hub
        self._clients = clients
        self._meters = meters

    def serve(self, now_ns: int) -> bool:
        """Give everybody who takes bytes what comes next; True when more waits for somebody."""
        places = self._hub.ready()
        for place in places:
            self._serve(place, now_ns)
        self._meters.served(anybody=bool(places))
        clients = self._clients
        return any(not clients[each].connection.paused for place in self._hub.ready() for each in place.clients)

    def _serve(self, place: Place, now_ns: int) -> None:
        """Give all who are at a place what comes next. Who takes no bytes is passed over: what it is too late for is
        its own."""
        clients = [self._clients[each] for each in place.clients]
        if slow := [client for client in clients if client.connection.paused]:
            if len(slow) == len(clients):
                return
            for client in slow:
                self._hub.part(client.id)
            clients = [client for client in clients if not client.connection.paused]
        taken = self._hub.take_at(place, now_ns)
        messages: dict[Dialect, tuple[list[Frame], bytes]] = {}
        for client in clients:
            dialect = client.session.dialect
            if dialect not in messages:
                frames = client.session.encode(taken)
                messages[dialect] = frames, b"".join([frame.wire for frame in frames])
            frames, wire = messages[dialect]
            if frames:
                client.connection.send(frames, wire)
        for dialect, (frames, wire) in messages.items():
            # Nearly always all who get the same speak alike: then nobody is counted one by one.
            alike = len(clients)
            if len(messages) > 1:
                alike = sum(client.session.dialect is dialect for client in clients)
            self._meters.sent(dialect, "samples", alike * len(frames), alike * len(wire))
