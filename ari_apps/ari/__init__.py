"""The typed ARI client.

Events in by a supervised WebSocket, requests out over HTTP, one handle a resource.
"""

from ari_apps.ari import messages
from ari_apps.ari.bridges import Bridge
from ari_apps.ari.channels import Channel
from ari_apps.ari.client import Ari
from ari_apps.ari.errors import (
    AddressTaken,
    ApplicationTaken,
    ApplicationUnknown,
    AriError,
    Conflict,
    Gone,
    Malformed,
    NotReady,
    OutcomeUnknown,
    Refused,
    Unauthorized,
    Unreachable,
)
from ari_apps.ari.figures import BUCKETS_S, AriHealth, RequestFigures
from ari_apps.ari.playbacks import Playback
from ari_apps.ari.reader import Sink
from ari_apps.ari.recordings import LiveRecording, StoredRecording
from ari_apps.ari.settings import AriSettings

__all__ = [
    "BUCKETS_S",
    "AddressTaken",
    "ApplicationTaken",
    "ApplicationUnknown",
    "Ari",
    "AriError",
    "AriHealth",
    "AriSettings",
    "Bridge",
    "Channel",
    "Conflict",
    "Gone",
    "LiveRecording",
    "Malformed",
    "NotReady",
    "OutcomeUnknown",
    "Playback",
    "Refused",
    "RequestFigures",
    "Sink",
    "StoredRecording",
    "Unauthorized",
    "Unreachable",
    "messages",
]
