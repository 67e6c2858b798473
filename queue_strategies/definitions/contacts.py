"""What is figured of contacts, each one customer asking once."""

from __future__ import annotations

from queue_strategies.definitions.expression import Quotient, Sum
from queue_strategies.definitions.measure import Figure, Good, Unit

COMES_BACK_DAYS = 7
"""A customer who comes again within so long had not been helped; before that it is too early to say."""

FIRST_CONTACT_RESOLUTION = Figure(
    name="first_contact_resolution",
    title="FCR",
    text="First-contact resolution: answered contacts whose customer did not come again within "
    f"{COMES_BACK_DAYS} days, over answered contacts that are old enough to judge",
    unit=Unit.RATIO,
    of=Quotient(Sum(("resolved",)), Sum(("judged",))),
    good=Good.HIGHER,
)
