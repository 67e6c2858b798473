"""Make ids: unique everywhere, in the order of time, safe in a file name and in a URL."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562): milliseconds since 1970, then chance."""
    ms = time.time_ns() // 1_000_000
    number = (ms << 80) | int.from_bytes(os.urandom(10))
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
