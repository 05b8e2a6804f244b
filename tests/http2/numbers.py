"""The numbers of RFC 9113 that tests name: written out here or by the h2 package, not by what is tested."""

from __future__ import annotations

from h2.errors import ErrorCodes
from h2.settings import SettingCodes

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8

NO_ERROR = ErrorCodes.NO_ERROR
PROTOCOL_ERROR = ErrorCodes.PROTOCOL_ERROR
INTERNAL_ERROR = ErrorCodes.INTERNAL_ERROR
FLOW_CONTROL_ERROR = ErrorCodes.FLOW_CONTROL_ERROR
FRAME_SIZE_ERROR = ErrorCodes.FRAME_SIZE_ERROR
REFUSED_STREAM = ErrorCodes.REFUSED_STREAM
CANCEL = ErrorCodes.CANCEL
COMPRESSION_ERROR = ErrorCodes.COMPRESSION_ERROR
ENHANCE_YOUR_CALM = ErrorCodes.ENHANCE_YOUR_CALM

TABLE_SIZE = SettingCodes.HEADER_TABLE_SIZE
PUSH = SettingCodes.ENABLE_PUSH
MAX_STREAMS = SettingCodes.MAX_CONCURRENT_STREAMS
INITIAL_WINDOW = SettingCodes.INITIAL_WINDOW_SIZE
MAX_FRAME = SettingCodes.MAX_FRAME_SIZE
MAX_FIELDS = SettingCodes.MAX_HEADER_LIST_SIZE


def name_of(code: int) -> str:
    """An error code in words."""
    return ErrorCodes(code).name
