"""One board's conversation (docs/reference/wire.md, 3): pure, the time is a parameter.

:class:`~ardugate.link.board_link.BoardLink` is the whole of it for others; :mod:`ardugate.link.events` are the values
that it hands out. Read it in this order:

* **the boot**: ``board_link`` (bytes in, events out) · ``boots`` (whose boot id) · ``learn`` (asked after a hello) ·
  ``known`` (what is known of the board) · ``doubt`` (asked again) · ``phase``, ``pulse``, ``health`` (how it does);
* **commands**: ``requests`` (one plan a request) · ``calls``, ``rates``, ``plan``, ``values`` (what they need) ·
  ``jobs`` (plans as generators) · ``desk`` (what is un-answered) · ``outbox`` (numbers, repetitions, the 48 bytes);
* **samples**: ``intake`` (to which stream) · ``streams`` (frames to batches, gaps) · ``clock``, ``clock_fit``,
  ``clock_bound`` (board time to gateway time) · ``text`` (what the sketch prints) · ``faults`` (bad input, counted).
"""

from ardugate.link.board_link import BoardLink

__all__ = ["BoardLink"]
