"""What a client may cost. All are security limits; docs/reference/gateway.md names them."""

from __future__ import annotations

# One message to the gateway, in bytes: the longest honest request (a `subscribe` with 256 globs) fits several times.
MAX_TEXT_BYTES = 65_536

# Requests in one batch: more than a page has outputs.
MAX_BATCH = 64

# Requests of one connection that wait for their answer; and so many stops beside them, which others never keep out.
MAX_PENDING = 256
MAX_PENDING_STOPS = 256

# Control messages that wait for a client that does not read: messages, and bytes. Beyond either it is closed.
MAX_QUEUE_FRAMES = 1_024
MAX_QUEUE_BYTES = 1_048_576

# Characters of an address, a glob or a subscription id; of a cursor; of a JSON-RPC id or an idempotency key.
MAX_ADDRESS_CHARS = 256
MAX_CURSOR_CHARS = 128
MAX_KEY_CHARS = 128

# Globs or channels in one request.
MAX_GLOBS = 256

# Points of an envelope of the past: more than any screen is wide.
MAX_POINTS = 10_000

# Lines of the journal in one answer: about 150 bytes each.
MAX_JOURNAL = 1_000

# How long a key is remembered (interface: 10 minutes), and how many at most.
KEY_LIFE_NS = 600 * 10**9
MAX_KEYS = 4_096

# What of a peer's own text an error repeats, in characters.
MAX_ECHO_CHARS = 48

# Times a second that the plain dialect says values.
PLAIN_HZ = 20.0

# Ten years: whoever wants more wants no end. Keeps an end's arithmetic within what a date can be.
MAX_SHARE_S = 10 * 365 * 86_400
