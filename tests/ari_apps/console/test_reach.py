"""Where somebody may send a call: to the own teams, and to what no team has."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest

from ari_apps.configuration.floor_toml import load_text
from ari_apps.console.reach import Reach
from ari_apps.destinations import Destination
from queue_strategies.floor import Floor
from queue_strategies.model import AgentId
from queue_strategies.rights import Person, Role, scopes_of

FLOOR = """
[[queues]]
name = "sales"

[[queues]]
name = "support"

[[agents]]
id = "anna"
extension = "101"
team = "north"

[[agents]]
id = "dora"
extension = "104"
team = "north"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
team = "south"
queues = ["support"]

[[agents]]
id = "carlos"
extension = "103"

[[phones]]
id = "lobby"
extension = "200"

[menus.main]
prompt = "sound:beep"

[voicemail.sales]
of = "queue:sales"

[voicemail.support]
of = "queue:support"

[voicemail.everybody]
"""
NORTHS = {"queue:sales", "agent:anna", "agent:dora", "extension:101", "extension:104", "voicemail:sales"}
SOUTHS = {"queue:support", "agent:bob", "extension:102", "voicemail:support"}
TEAMLESS = {"agent:carlos", "extension:103"}
NOBODYS = {"extension:200", "menu:main", "voicemail:everybody", "number:+4930123456", "hangup"}
ANNA = Person(name="anna", role=Role.AGENT, agent=AgentId("anna"), scopes=scopes_of(Role.AGENT))
CARLOS = Person(name="carlos", role=Role.AGENT, agent=AgentId("carlos"), scopes=scopes_of(Role.AGENT))


def lead(*teams: str) -> Person:
    return Person(name="lena", role=Role.TEAM_LEAD, teams=frozenset(teams), scopes=scopes_of(Role.TEAM_LEAD))


@pytest.mark.parametrize(
    ("who", "theirs"),
    [
        (lead("north"), NORTHS),
        (lead("north", "south"), NORTHS | SOUTHS),
        (lead("*"), NORTHS | SOUTHS | TEAMLESS),
        (ANNA, NORTHS),
        (CARLOS, TEAMLESS),
    ],
)
def test_a_call_is_sent_to_the_own_teams_and_to_what_no_team_has(who: Person, theirs: set[str]) -> None:
    configuration, floor = load_text(FLOOR), Floor(map(str, count(1)).__next__, chance=Random(1).random)
    floor.handle(configuration.floor_configured(), 0.0)
    reach = Reach(lambda: floor.snapshot(0.0), lambda: configuration)
    asked = NORTHS | SOUTHS | TEAMLESS | NOBODYS | {"agent:nobody", "queue:nowhere"}
    allowed = {to for to in asked if reach.target(who, Destination.parse(to))}
    unknown = {"agent:nobody", "queue:nowhere"} if who.sees_everybody else set()
    assert allowed == theirs | NOBODYS | unknown
