"""How much the hub keeps. Each bounds memory, whatever boards and clients do."""

from __future__ import annotations

# Batches and raw bytes that a stream's ring keeps, whichever is less: how far a slow or returning client may be behind.
# 1 MiB is 6.8 s of the fastest stream there is (76.9 kS/s of u16) and 87 s of six channels at 1 kHz; 4,096 batches are
# 82 s of a slow stream's (a board sends one every 20 ms).
RING_BYTES = 1_048_576
RING_BATCHES = 4_096
# And for so long: a value every few seconds is a batch of its own, some 2 KiB of objects, so that rings bounded by
# number alone would grow for hours. What is older comes from the ring on disk.
RING_NS = 600 * 10**9

# Streams that ended are kept for those who come back with a cursor: a reset and a reconnect take seconds.
ENDED_KEPT_NS = 60 * 10**9
ENDED_KEPT = 64

# Subscriptions of one connection (security limit).
MAX_SUBSCRIPTIONS = 64

# Raw bytes that one `take` hands out at most, so that a client far behind costs no burst: its rest follows next tick.
TAKE_BYTES = 65_536

# Times a second that `latest` says values when the client names no rate, and the most it may.
LATEST_HZ = 20.0
LATEST_MAX_HZ = 100.0

# Losses that the ledger remembers one by one; all are in its sums.
RECENT_LOSSES = 64

# Values, times among them, that one answer about the past may have: up to 20 bytes of JSON each, so that it fits into
# a connection's queue (session/limits.py, 1 MiB), and about 20 ms of work, which everybody else waits for.
HISTORY_VALUES = 32_768

# Leases of one gateway (security limit): more than 16 boards with 64 channels each.
MAX_LEASES = 1_024

# A sampled channel's value is stale when it is older than this many scans plus the time that a batch may wait.
STALE_SCANS = 3
STALE_NS = 1_000_000_000
