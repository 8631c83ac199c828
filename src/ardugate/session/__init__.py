"""One client's conversation, in one of three dialects. Pure: text in, frozen requests out; results in, frames out.

Normative: docs/reference/gateway.md. The pieces, for whoever composes them::

    encoder = Encoder()                                    # one a gateway: keeps each encoding, made once
    keys = KeyStore()                                      # one a gateway: idempotency keys
    session = Session(id="c_1", dialect=Dialect.JSON, principal=principal, encoder=encoder)
    session.notify(notifications.welcome(...))
    session.receive_text(now_ns, payload)                  # bytes of one text message
    for asked in session.events():                         # session.requests: what is asked, one dataclass a method
        session.reply(asked.handle, shapes.receipt(...))   # or session.fail(asked.handle, RequestError(...))
    transport.write(b"".join(frame.wire for frame in session.data_to_send()))      # control: at once
    transport.write(b"".join(frame.wire for frame in session.encode(hub.take(...))))  # samples: once a tick
    session.closing                                        # a Close when the connection must end

This package imports nothing by itself: take the modules (``session.session``, ``session.shapes`` ...). ``shapes`` needs
no pydantic, so that commands can use it for ``--json``.
"""
