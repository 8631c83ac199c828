"""Idempotency keys: the same key with the same params, from the same principal, is done once in ten minutes."""

from __future__ import annotations

from dataclasses import dataclass, field

from ardugate.errors import Reason, RequestError
from ardugate.session.limits import KEY_LIFE_NS, MAX_KEYS
from ardugate.session.requests import Asked, CallCommand, SetMode, SetRate, SetValue
from ardugate.session.shapes import Json


@dataclass(frozen=True, slots=True)
class Fresh:
    """Not seen before: carry it out, then call ``finish``."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The same is being carried out now: ``finish`` will hand this one out too."""


@dataclass(frozen=True, slots=True)
class Done:
    """It was carried out before, with this result; do nothing but answer."""

    result: Json


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    begun_ns: int
    asked: list[Asked] = field(default_factory=list[Asked])
    result: Json | RequestError | None = None


class KeyStore:
    """The keys of all principals of a gateway. Requests without a key are always ``Fresh``, and need no ``finish``."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}

    def begin(self, asked: Asked, now_ns: int) -> Fresh | Waiting | Done:
        """Before carrying out a request. Raises ``key_reused``, ``too_many``, or again the
        ``unknown_outcome`` or ``timeout`` that it had."""
        place = _place(asked)
        if place is None:
            return Fresh()
        self._forget_old(now_ns)
        entry = self._entries.get(place)
        # repr, because 1 and true are equal to Python and not to an output.
        fingerprint = repr(asked.request)
        if entry is None:
            if len(self._entries) >= MAX_KEYS:
                raise RequestError(
                    Reason.TOO_MANY, f"{MAX_KEYS} keys are remembered already", "use keys only where you repeat"
                )
            self._entries[place] = _Entry(fingerprint, now_ns, [asked])
            return Fresh()
        if entry.fingerprint != fingerprint:
            raise RequestError(
                Reason.KEY_REUSED, "this key was used with other params", "use a fresh key for each intention"
            )
        match entry.result:
            case None:
                entry.asked.append(asked)
                return Waiting()
            case RequestError() as error:
                raise error
            case result:
                return Done(result)

    def finish(self, asked: Asked, result: Json | RequestError) -> list[Asked]:
        """After carrying out: everyone to answer with this result, the asker first.

        A request that was refused frees its key, because nothing was done; with ``unknown_outcome`` or ``timeout`` it
        may have been, so that stays.
        """
        place = _place(asked)
        entry = None if place is None else self._entries.get(place)
        if place is None or entry is None or asked not in entry.asked:
            return [asked]
        everyone, entry.asked = entry.asked, []
        if isinstance(result, RequestError) and result.reason not in (Reason.UNKNOWN_OUTCOME, Reason.TIMEOUT):
            del self._entries[place]
        else:
            entry.result = result
        return everyone

    def _forget_old(self, now_ns: int) -> None:
        # In the order in which they began, so the oldest are first. What still runs after ten minutes is forgotten with
        # those who wait for it: all but a sketch's command has ended by its deadline long before.
        while self._entries:
            place = next(iter(self._entries))
            if now_ns - self._entries[place].begun_ns < KEY_LIFE_NS:
                return
            del self._entries[place]


def _place(asked: Asked) -> tuple[str, str] | None:
    match asked.request:
        case SetValue(key=str(key)) | SetMode(key=str(key)) | SetRate(key=str(key)) | CallCommand(key=str(key)):
            return asked.principal.name, key
        case _:
            return None
