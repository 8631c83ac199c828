"""The bytes between a board and the gateway (docs/reference/wire.md): pure, no clock, no socket.

* :mod:`~ardugate.wire.framing` finds and makes frames; :mod:`~ardugate.wire.messages` reads and writes their bodies.
* :mod:`~ardugate.wire.ops` and :mod:`~ardugate.wire.answers` are the insides of commands, replies and answers.
* :mod:`~ardugate.wire.samples` and :mod:`~ardugate.wire.records` are packed values; :mod:`~ardugate.wire.descriptor`
  says what a board is made of; :mod:`~ardugate.wire.modes` holds the tables, :mod:`~ardugate.wire.limits` the numbers.
"""
