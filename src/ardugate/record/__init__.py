"""Captures: what boards sent, kept in files that check themselves (docs/reference/capture.md).

To be read in this order: ``blocks`` (what a file is made of), ``notes`` (what it says beside the scans), ``packing``
(the scans), ``tape`` (writes) and ``reader`` (reads), all pure on bytes; ``files`` is where they meet a disk.
"""
