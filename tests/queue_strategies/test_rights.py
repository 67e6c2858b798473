"""Who may do what, and to whom."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.model import AgentId
from queue_strategies.rights import (
    ALL_TEAMS,
    SCOPES,
    ForbiddenError,
    Person,
    Role,
    Scope,
    administrator,
    demand,
    may,
    scopes_of,
)

README = Path(__file__).parents[2] / "README.md"
TEAMS = st.sampled_from(["north", "south", None])
AGENTS = st.sampled_from([AgentId("anna"), AgentId("bob"), None])
PEOPLE = st.builds(
    lambda role, teams, agent, granted: Person(
        name="carla", role=role, teams=teams, agent=agent, scopes=scopes_of(role, granted)
    ),
    st.sampled_from(Role),
    st.frozensets(st.sampled_from(["north", "south"])),
    AGENTS,
    st.none() | st.frozensets(st.sampled_from(Scope)),
)


def lead(*teams: str, role: Role = Role.TEAM_LEAD) -> Person:
    return Person(name="carla", role=role, teams=frozenset(teams), scopes=scopes_of(role))


def test_a_team_lead_monitors_the_own_team_and_no_other() -> None:
    assert may(lead("north"), Scope.MONITOR, team="north", agent=AgentId("anna"))
    assert not may(lead("north"), Scope.MONITOR, team="south", agent=AgentId("bob"))
    assert not may(lead("north"), Scope.MONITOR, agent=AgentId("carlos")), "who has no team is nobody's"
    assert may(lead(ALL_TEAMS), Scope.MONITOR, agent=AgentId("carlos"))


def test_an_agent_reaches_nobody_else_whatever_teams_are_named() -> None:
    anna = Person(
        name="anna",
        role=Role.AGENT,
        teams=frozenset({"north", ALL_TEAMS}),
        scopes=scopes_of(Role.AGENT),
        agent=AgentId("anna"),
    )
    assert may(anna, Scope.WORK, team="north", agent=AgentId("anna"))
    assert not may(anna, Scope.WORK, team="north", agent=AgentId("bob"))
    assert not may(anna, Scope.LOOK)


def test_each_role_may_what_the_role_below_it_may() -> None:
    steps = [SCOPES[role] for role in (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.ADMINISTRATOR)]
    assert all(lower < higher for lower, higher in pairwise(steps))
    assert may(administrator("root"), Scope.ERASE)


@given(who=PEOPLE, scope=st.sampled_from(Scope), team=TEAMS, agent=AGENTS)
def test_nobody_may_more_than_the_role_and_nothing_beyond_the_reach(
    who: Person, scope: Scope, team: str | None, agent: AgentId | None
) -> None:
    allowed = may(who, scope, team=team, agent=agent)
    if allowed and who.role is not Role.ADMINISTRATOR:
        assert scope in SCOPES[who.role]
        assert team in who.teams or agent == who.agent
    if allowed:
        demand(who, scope, team=team, agent=agent, what="it")
    else:
        with pytest.raises(ForbiddenError, match="carla"):
            demand(who, scope, team=team, agent=agent, what="it")


def test_the_readme_says_which_role_has_which_right() -> None:
    reach = {Role.AGENT: "self", Role.TEAM_LEAD: "team", Role.SUPERVISOR: "team", Role.ADMINISTRATOR: "all"}
    told = {}
    for line in README.read_text().splitlines():
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        if cells[0] in set(Scope) and len(cells) == len(Role) + 2:
            told[cells[0]] = cells[1 : len(Role) + 1]
    assert told == {
        scope: [reach[role] if scope in SCOPES[role] else "–" for role in Role] for scope in Scope
    }
