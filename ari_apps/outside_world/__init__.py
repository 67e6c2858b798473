"""Everybody who is not us, played by a second real Asterisk: callers, their carrier, agents' phones."""

from ari_apps.outside_world.calls import CallOver, OutsideCall, TransferRefused
from ari_apps.outside_world.parties import Number, Party, Phone, RegistrationRefused
from ari_apps.outside_world.records import CallLog, CallRecord
from ari_apps.outside_world.settings import Account, Carrier, OutsideAddresses, OutsideWorldError
from ari_apps.outside_world.world import OutsideWorld

__all__ = [
    "Account",
    "CallLog",
    "CallOver",
    "CallRecord",
    "Carrier",
    "Number",
    "OutsideAddresses",
    "OutsideCall",
    "OutsideWorld",
    "OutsideWorldError",
    "Party",
    "Phone",
    "RegistrationRefused",
    "TransferRefused",
]
