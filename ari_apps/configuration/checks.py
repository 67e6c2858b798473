"""Find what no single value shows: names that lead nowhere or are given twice, clashing ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ari_apps.configuration.box_checks import wrong_boxes
from ari_apps.configuration.callback_checks import wrong_callbacks
from ari_apps.configuration.errors import LEFT_OUT, Problem, at, suggest
from ari_apps.configuration.placeholder_checks import unknown_placeholders
from ari_apps.configuration.rule_checks import skills_nobody_has, unknown_choices, wrong_rules
from ari_apps.configuration.written_values import is_ip, sip_host
from ari_apps.destinations import DestinationKind, Reference, refer
from ari_apps.ivr.settings import MenuSettings, RouteSettings
from queue_strategies.rights import ALL_TEAMS

if TYPE_CHECKING:
    from ari_apps.configuration.floor_toml import FloorConfiguration

RESERVED = ("general", "default")
"""Sections of queues.conf with a meaning of their own."""
_CALLED = re.compile(r"\+?[0-9*#]*\*?")


def find_problems(configuration: FloorConfiguration, data: Mapping[str, Any]) -> list[Problem]:
    """List what is wrong between the parts; `data` is what the file said before anything was left out."""
    checks: tuple[Iterator[Problem], ...] = (
        names_given_twice(configuration),
        dangling_references(configuration, data),
        wrong_queues(configuration),
        wrong_callbacks(configuration),
        wrong_boxes(configuration),
        unknown_choices(configuration),
        wrong_rules(configuration),
        skills_nobody_has(configuration),
        unknown_placeholders(configuration, references(configuration)),
        wrong_routes(configuration.routes, "routes"),
        endless_menus(configuration.menus),
        clashing_ports(configuration),
        out_of_reach(configuration),
        secrets_in_the_file(data),
    )
    return [problem for check in checks for problem in check]


def names_given_twice(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find names and extensions that two have."""
    queues = [(f"queues[{n}].name", queue.name) for n, queue in enumerate(configuration.queues)]
    accounts = [
        (f"{kind}[{n}]", account)
        for kind, all_of_it in (("agents", configuration.agents), ("phones", configuration.phones))
        for n, account in enumerate(all_of_it)
    ]
    trunks = [(f"trunks[{n}].name", trunk.name) for n, trunk in enumerate(configuration.trunks)]
    extensions = [
        (f"{place}.extension", account.extension) for place, account in accounts if account.extension
    ]
    yield from _twice(queues)
    yield from _twice([*((f"{place}.id", account.id) for place, account in accounts), *trunks])
    yield from _twice(extensions)
    yield from _twice([(f"supervisors[{n}].id", one.id) for n, one in enumerate(configuration.supervisors)])


def _twice(named: Sequence[tuple[str, str | None]]) -> Iterator[Problem]:
    first: dict[str | None, str] = {}
    for place, name in named:
        if name in first:
            yield at(place, f"{name!r} is taken by {first[name]}, choose another")
        first.setdefault(name, place)


def references(configuration: FloorConfiguration) -> Iterator[Reference]:
    """Yield every name the configuration uses."""
    yield from configuration.references()
    for n, queue in enumerate(configuration.queues):
        yield from queue.overflow.references(f"queues[{n}].overflow")
        yield Reference(f"queues[{n}].music", "music", queue.music)
        if queue.rule is not None:
            yield Reference(f"queues[{n}].rule", "rule", queue.rule)
        if queue.callback is not None and queue.callback.hours is not None:
            yield Reference(f"queues[{n}].callback.hours", "calendar", queue.callback.hours)
        if queue.survey is not None:
            yield Reference(f"queues[{n}].survey.ask", "survey", queue.survey.ask)
    for n, agent in enumerate(configuration.agents):
        for m, membership in enumerate(agent.queues):
            yield Reference(f"agents[{n}].queues[{m}]", "queue", membership.queue)
    for n, supervisor in enumerate(configuration.supervisors):
        yield from refer(f"supervisors[{n}].endpoint", supervisor.endpoint)
        for team in supervisor.modes:
            if team != ALL_TEAMS:
                yield Reference(f"supervisors[{n}].modes.{team}", "team", team)
    if configuration.outbound.trunk is not None:
        yield Reference("outbound.trunk", "trunk", configuration.outbound.trunk)


def dangling_references(configuration: FloorConfiguration, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find names that nothing has."""
    known = {
        "queue": _given(data, "queues", "name"),
        "agent": _given(data, "agents", "id"),
        "extension": [*_given(data, "agents", "extension"), *_given(data, "phones", "extension")],
        "trunk": _given(data, "trunks", "name"),
        "team": _given(data, "agents", "team"),
        **{kind: _keys(data.get(table)) for kind, table in _TABLES.items()},
    }
    known["music"] = [*known["music"], "default"]
    for used in references(configuration):
        if used.kind == DestinationKind.NUMBER:
            if configuration.outbound.trunk is None:
                yield at(used.place, "number: needs a line to the outside world, name one in outbound.trunk")
        elif used.kind in known and used.name not in known[used.kind] and not used.name.startswith(LEFT_OUT):
            hint = suggest(used.name, known[used.kind])
            yield at(used.place, f"there is no {used.kind} {used.name!r}, {hint}")


_TABLES = {
    "calendar": "calendars",
    "menu": "menus",
    "music": "music",
    "rule": "rules",
    "survey": "surveys",
    "voicemail": "voicemail",
}


def _keys(table: object) -> list[str]:
    return [str(name) for name in table] if isinstance(table, dict) else []


def _given(data: Mapping[str, Any], table: str, field: str) -> list[str]:
    rows = data.get(table)
    rows = rows if isinstance(rows, list) else []
    return [str(row[field]) for row in rows if isinstance(row, dict) and field in row]


def wrong_queues(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find queues that cannot be served as they say, and agents with the same queue twice."""
    for n, queue in enumerate(configuration.queues):
        if queue.name in RESERVED:
            yield at(
                f"queues[{n}].name", f"{queue.name!r} has a meaning of its own for Asterisk, choose another"
            )
    for n, agent in enumerate(configuration.agents):
        yield from _twice([(f"agents[{n}].queues[{m}]", place.queue) for m, place in enumerate(agent.queues)])


def wrong_routes(routes: Sequence[RouteSettings], place: str) -> Iterator[Problem]:
    """Find numbers that cannot be dialled, and calendars without a condition."""
    for n, route in enumerate(routes):
        here = f"{place}[{n}]"
        for pattern in route.to:
            if not pattern or not _CALLED.fullmatch(pattern):
                yield at(
                    f"{here}.to", f"{pattern!r} is no number, write digits, and * at the end for a prefix"
                )
        for pattern in route.from_:
            if pattern != "anonymous" and (not pattern or not _CALLED.fullmatch(pattern)):
                yield at(f"{here}.from", f"{pattern!r} is no number, nor anonymous")
        if (route.calendar is None) != (route.when is None):
            yield at(f"{here}.when", "calendar and when belong together, say both or neither")
        yield from wrong_routes(route.routes, f"{here}.routes")


def endless_menus(menus: Mapping[str, MenuSettings]) -> Iterator[Problem]:
    """Find menus that play and go on in a circle in which no caller is ever asked anything."""
    for name in menus:
        seen = [name]
        while (following := _plays_on_to(menus.get(seen[-1]))) is not None:
            if following == name:
                yield at(f"menus.{name}.then", f"goes round for ever: {' → '.join([*seen, name])}")
            if following in seen:
                break
            seen.append(following)


def _plays_on_to(menu: MenuSettings | None) -> str | None:
    if menu is None or menu.keys or menu.digits or menu.then is None:
        return None
    return menu.then.name if menu.then.kind is DestinationKind.MENU else None


def clashing_ports(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find two who would listen on one port."""
    asterisk, http = configuration.asterisk, configuration.http
    listeners = {
        "asterisk.sip_bind": asterisk.sip_bind,
        "asterisk.ari": asterisk.ari,
        "asterisk.https": asterisk.https,
        "asterisk.ami": asterisk.ami,
        "asterisk.events_listen": asterisk.events_listen,
        "http.listen": http.listen,
        "http.listeners_listen": http.listeners_listen,
    }
    taken = [(place, address) for place, address in listeners.items() if address is not None]
    for n, (place, address) in enumerate(taken):
        for earlier, other in taken[:n]:
            same_host = address.host == other.host or address.is_everywhere or other.is_everywhere
            if same_host and address.port == other.port:
                yield at(place, f"{address} is already {earlier}, choose another port")
    lowest, highest = asterisk.rtp_ports
    if lowest <= asterisk.sip_bind.port <= highest:
        yield at("asterisk.rtp_ports", f"holds the port of sip_bind, {asterisk.sip_bind.port}, choose others")
    for place, address in (("asterisk.ari", asterisk.ari), ("asterisk.ami", asterisk.ami)):
        if not address.is_loopback and all(_loopback(network) for network in asterisk.permit):
            yield at(place, f"{address} is open to others, but asterisk.permit lets none of them in")


def _loopback(network: str) -> bool:
    return ipaddress.ip_network(network).is_loopback


def out_of_reach(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find phones and trunks on other machines while Asterisk listens to this one alone."""
    bind = configuration.asterisk.sip_bind
    addresses = [(f"trunks[{n}].address", trunk.host) for n, trunk in enumerate(configuration.trunks)]
    for kind, accounts in (("agents", configuration.agents), ("phones", configuration.phones)):
        addresses += [
            (f"{kind}[{n}].phone", sip_host(each.phone)) for n, each in enumerate(accounts) if each.phone
        ]
    for place, host in addresses:
        if bind.is_loopback and is_ip(host) and not ipaddress.ip_address(host).is_loopback:
            yield at(
                place,
                f"{host} is beyond this machine, and asterisk.sip_bind = {bind} is not: bind to 0.0.0.0",
            )


def secrets_in_the_file(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find passwords, which have no place in this file."""
    database = data.get("database")
    if isinstance(database, dict):
        url = str(database.get("url", ""))
        if "password" in database:
            yield at("database.password", "belongs in the secret `database`, not in this file")
        if re.search(r"://[^/@]*:[^/@]+@|password\s*=", url):
            yield at("database.url", "holds a password: take it out and put it into the secret `database`")
    mail = data.get("mail")
    if isinstance(mail, dict) and "password" in mail:
        yield at("mail.password", "belongs in the secret `mail`, not in this file")
