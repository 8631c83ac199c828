"""What a gateway tells of itself and of what happens: journal, metrics, alarms.

``chronicle`` puts lives of boards and clients into words, ``audit`` commands; ``journal`` keeps both on disk;
``sparing`` makes many lines few. ``meters`` and ``traffic`` count, ``metrics`` gathers, ``exposition`` writes it as
Prometheus reads it. ``alarms`` reads along, and ``calling`` calls somebody. ``supervised`` tells a service manager.
"""
