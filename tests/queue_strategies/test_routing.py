"""Where calls go, and what is said about why."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_strategies.calendar import Calendar, read_hours
from queue_strategies.routing import Arrival, Route, RouteNode, matches, route

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {"office": Calendar(zone=BERLIN, hours=read_hours({"mon-fri": "09:00-17:30"}))}
TREE = (
    RouteNode(
        place="routes.0",
        to=("+4930123*",),
        destination="menu:main",
        language="de",
        children=(
            RouteNode(
                place="routes.0.routes.0", calendar="office", when_open=False, destination="menu:closed"
            ),
            RouteNode(place="routes.0.routes.1", callers=("+33*",), language="fr", priority=5),
            RouteNode(place="routes.0.routes.2", callers=("anonymous",), destination="hangup:rejected"),
        ),
    ),
    RouteNode(place="routes.1", to=("100", "200"), destination="queue:sales", priority=1),
)


def call(to: str, caller: str = "+49151", at: str = "2026-11-23T10:00") -> Route:
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=BERLIN)
    return route(TREE, Arrival(called_number=to, caller_number=caller, at=moment), OFFICE)


def test_a_call_goes_where_the_first_matching_node_says() -> None:
    taken = call("+4930123456")
    assert (taken.destination, taken.language, taken.priority) == ("menu:main", "de", 0)
    assert taken.place == "routes.0"


def test_a_child_inherits_what_it_does_not_say() -> None:
    taken = call("+4930123456", "+33612345678")
    assert (taken.destination, taken.language, taken.priority) == ("menu:main", "fr", 5)
    assert taken.place == "routes.0.routes.1"


def test_a_closed_calendar_sends_the_call_elsewhere_and_says_why() -> None:
    taken = call("+4930123456", "+33612345678", at="2026-11-23T18:00")
    assert (taken.destination, taken.language) == ("menu:closed", "de")
    assert [(step.place, step.matched, step.because) for step in taken.tried] == [
        ("routes.0", True, "to '+4930123456' is +4930123*"),
        ("routes.0.routes.0", True, "office is closed (outside mon 09:00-17:30)"),
    ]


@pytest.mark.parametrize("caller", ["", "anonymous", "Anonymous", "unknown", "Restricted"])
def test_a_caller_who_hides_the_number_is_anonymous(caller: str) -> None:
    assert call("+4930123456", caller).destination == "hangup:rejected"


def test_an_unknown_number_has_a_defined_answer_and_every_node_tried_is_named() -> None:
    taken = call("999")
    assert (taken.destination, taken.place, taken.priority) == ("hangup:unallocated", None, 0)
    assert [(step.place, step.matched, step.because) for step in taken.tried] == [
        ("routes.0", False, "to '999' is not +4930123*"),
        ("routes.1", False, "to '999' is not 100 or 200"),
    ]


def test_a_branch_that_names_no_destination_is_left_for_the_next() -> None:
    nodes = (
        RouteNode(place="a", language="it", children=(RouteNode(place="a.b", callers=("1",)),)),
        RouteNode(place="c", destination="queue:sales"),
    )
    arrival = Arrival(called_number="5", caller_number="1", at=dt.datetime.now(dt.UTC))
    taken = route(nodes, arrival, {})
    assert (taken.destination, taken.language) == ("queue:sales", None)
    assert [(step.place, step.because) for step in taken.tried] == [
        ("a", "no condition"),
        ("a.b", "from '1' is 1"),
        ("a.b", "no destination is named here"),
        ("a", "no destination is named here"),
        ("c", "no condition"),
    ]


def test_what_a_caller_sends_cannot_break_the_line_that_explains_it() -> None:
    taken = call("1\r\n\x1b[31mroutes.9 matched\u202e" + "9" * 500)
    assert all(step.because.isprintable() and step.because.isascii() for step in taken.tried)
    assert all(len(step.because) < 200 for step in taken.tried)


@given(st.text(), st.text())
def test_a_number_matches_itself_and_its_beginnings_whatever_is_in_it(begin: str, rest: str) -> None:
    assert matches(begin + "*", begin + rest)
    assert matches(begin + rest, begin + rest) or (begin + rest) == "anonymous"
    if not begin.endswith("*") and rest and begin != "anonymous":
        assert not matches(begin, begin + rest)


numbers = st.text("+0123456789*", max_size=5)
trees = st.recursive(
    st.just(()),
    lambda children: st.lists(
        st.builds(
            RouteNode,
            place=st.just("somewhere"),
            to=st.lists(numbers, max_size=2).map(tuple),
            callers=st.lists(numbers, max_size=2).map(tuple),
            calendar=st.sampled_from([None, "office"]),
            when_open=st.booleans(),
            destination=st.sampled_from([None, "queue:a", "queue:b"]),
            priority=st.none() | st.integers(-5, 5),
            children=children,
        ),
        max_size=3,
    ).map(tuple),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    trees, st.text(), st.text(), st.datetimes(timezones=st.just(dt.UTC), min_value=dt.datetime(1990, 1, 1))
)
def test_every_call_goes_somewhere(
    tree: tuple[RouteNode, ...], to: str, caller: str, at: dt.datetime
) -> None:
    taken = route(tree, Arrival(called_number=to, caller_number=caller, at=at), OFFICE)
    assert taken.destination in {"queue:a", "queue:b", "hangup:unallocated"}
    assert (taken.place is None) == (taken.destination == "hangup:unallocated")
