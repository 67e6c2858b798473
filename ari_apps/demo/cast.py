"""Who works on the demo's floor, and which numbers lead where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a phone of the floor."""

    id: str
    name: str
    extension: str
    queues: tuple[str, ...] = ()
    """The first is the own, in the others one helps out."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What can be dialled."""

    public: str = "+4930555100"
    """From outside."""
    menu: str = "100"
    sales: str = "110"
    support: str = "120"

    def of_queue(self, queue: str) -> str:
        """Give the number that leads straight to a queue."""
        return {"sales": self.sales, "support": self.support}[queue]


AGENTS = (
    Member("anna", "Anna Abel", "101", ("sales",)),
    Member("bob", "Bob Brown", "102", ("sales", "support")),
    Member("carla", "Carla Conti", "103", ("sales",)),
    Member("deniz", "Deniz Ünal", "104", ("sales", "support")),
    Member("emil", "Emil Ek", "105", ("support",)),
    Member("fatou", "Fatou Faye", "106", ("support", "sales")),
    Member("george", "George Gill", "107", ("support",)),
    Member("hana", "Hana Horák", "108", ("support", "sales")),
)
GUEST = Member("guest", "Your softphone", "200")
NUMBERS = Numbers()
