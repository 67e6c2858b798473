"""A WebSocket text becomes an event, or is counted and skipped; nothing in it can stop the reader."""

from __future__ import annotations

from typing import get_args

import msgspec
import structlog

from ari_apps.ari.figures import AriHealth
from ari_apps.ari.messages import AnyEvent, Event
from ari_apps.ari.wire import trace

log = structlog.get_logger(__name__)

_decode = msgspec.json.Decoder(AnyEvent).decode
_KNOWN = frozenset(kind.__name__ for kind in get_args(AnyEvent))
_DIFFERENT_UNKNOWN = 100
"""Names remembered; a peer that invents names must not fill our memory."""


class _Kind(msgspec.Struct):
    type: str = "none"


_decode_kind = msgspec.json.Decoder(_Kind).decode


def decode(text: bytes | bytearray, figures: AriHealth) -> Event | None:
    """Decode one event; None, counted and logged once per kind, when it is unknown or not as described."""
    try:
        event: Event = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _skip(text, error, figures)
        return None
    figures.events_total[type(event).__name__] += 1
    return event


def _skip(text: bytes | bytearray, error: Exception, figures: AriHealth) -> None:
    trace.debug("= skipped: %s: %s", error, text[:500])
    try:
        kind = _decode_kind(text).type[:64]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        kind = "not JSON"
    if kind in _KNOWN or kind in {"none", "not JSON"}:
        figures.decode_errors_total += 1
        _log_once("ari.event_not_decoded", kind, figures, error=str(error))
        return
    seen = figures.unknown_events_total
    if kind not in seen and len(seen) >= _DIFFERENT_UNKNOWN:
        kind = "others"
    if kind not in seen:
        log.info("ari.event_unknown", type=kind)
    seen[kind] += 1


def _log_once(message: str, kind: str, figures: AriHealth, **facts: object) -> None:
    if kind not in figures.kinds_not_decoded:
        figures.kinds_not_decoded.add(kind)
        log.warning(message, type=kind, **facts)
