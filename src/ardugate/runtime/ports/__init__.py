"""The machine's serial ports and what stands in for them: found, opened, lent, taken back.

``listing`` says which there are, ``plugging`` when one may have come; ``transports`` knows what a ``--port`` may
name, of which ``serial_port`` is one; ``opening`` opens, and opens again; ``pipe`` is one opening, ``offering`` shows
what is there and not served. ``lending`` gives a port to others for a while, ``suitors`` notices who is after one,
and ``flashing`` speaks with bootloaders.
"""
