"""One TCP port: who may come in, what HTTP answers, and WebSocket connections.

In the order in which a connection meets them: ``server`` listens; ``open_files``, ``lobby`` and ``room`` say how many
there may be, and ``turns`` whose it is; ``protocol`` and ``websocket`` are the two kinds of connection (``timers``,
``straight`` and ``inbox`` are their parts, ``connection`` is what the gateway sees of one); ``access`` judges who
comes, ``attempts`` who tries too often, ``shares`` and ``sharing`` hand out links; ``door`` and ``cors`` stand in front
of ``app``, which is made of ``api``, ``live`` (over ``fallback``), ``past``, ``recordings``, ``javascript`` and
``pages``; ``query`` reads numbers.
"""
