"""What a gateway asks of a board before it lets go of it: a pure function."""

from __future__ import annotations

from ardugate.model import Board, BoardState, Hold, SetRequest


def safe_values(board: Board) -> list[SetRequest]:
    """A request for each output that a gateway can hold, to its safe value.

    None of a board that cannot be asked or is stopped. One that is silent at this moment is asked too: perhaps only
    this computer was busy.
    """
    if board.state not in (BoardState.LIVE, BoardState.SILENT) or board.info is None or board.stopped:
        return []
    return [
        SetRequest(channel.name, channel.safe)
        for channel in board.info.channels
        if channel.output and channel.hold in (Hold.CLIENT, Hold.LINK) and channel.safe is not None
    ]
