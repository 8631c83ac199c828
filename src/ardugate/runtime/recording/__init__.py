"""What is kept on disk of what boards say: written, found again, replayed.

``recorder`` is what the gateway talks to: it fills ``sink``s (one capture each, on a ``shelves``' place) and
``tiering`` (seconds and minutes); ``claims`` keeps two gateways off one folder; ``archive`` reads what memory has no
longer, ``restoring`` what a restart left, ``replaying`` serves a capture as if its boards were here; ``keeping``
carries out what clients ask about recordings.
"""
