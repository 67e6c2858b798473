"""Where calls can go, as a graph of routes, menus, queues and whatever follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.ivr.settings import MenuSettings, RouteSettings

LABEL_LENGTH = 60


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A place in the graph."""

    id: str
    """A route's place, or a destination as it is written."""
    label: str
    kind: str
    """`route`, or a destination's kind."""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A way from one place to another."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Where calls can go."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]

    def ways_from(self, node: str) -> list[GraphEdge]:
        """Return the ways that leave a node."""
        return [edge for edge in self.edges if edge.start == node]

    def roots(self) -> list[GraphNode]:
        """Return the nodes to which no way leads: the first routes, and what no call can reach."""
        reached = {edge.end for edge in self.edges}
        return [node for node in self.nodes if node.id not in reached]


def graph_of(settings: FloorConfiguration) -> Graph:
    """Build the graph of a configuration."""
    edges = [*_route_edges(settings.routes, "routes"), *_menu_edges(settings), *_queue_edges(settings)]
    nodes = {node.id: node for node in _route_nodes(settings.routes, "routes")}
    for name, menu in settings.menus.items():
        nodes[f"menu:{name}"] = GraphNode(f"menu:{name}", _menu_label(name, menu), DestinationKind.MENU)
    for place in [*(f"queue:{queue.name}" for queue in settings.queues), *(edge.end for edge in edges)]:
        if place not in nodes:
            nodes[place] = GraphNode(place, place, Destination.parse(place).kind)
    return Graph(tuple(nodes.values()), tuple(edges))


def _route_nodes(routes: Iterable[RouteSettings], place: str) -> Iterator[GraphNode]:
    for number, route in enumerate(routes):
        here = f"{place}[{number}]"
        yield GraphNode(here, _route_label(route), "route")
        yield from _route_nodes(route.routes, f"{here}.routes")


def _route_edges(
    routes: Iterable[RouteSettings], place: str, inherited: Destination | None = None
) -> Iterator[GraphEdge]:
    for number, route in enumerate(routes):
        here, destination = f"{place}[{number}]", route.destination or inherited
        for child in range(len(route.routes)):
            yield GraphEdge(here, f"{here}.routes[{child}]", "first of" if child == 0 else "or")
        if destination is not None:
            yield GraphEdge(here, str(destination), "else" if route.routes else "")
        yield from _route_edges(route.routes, f"{here}.routes", destination)


def _route_label(route: RouteSettings) -> str:
    conditions = [f"to {' or '.join(route.to)}"] * bool(route.to)
    conditions += [f"from {' or '.join(route.from_)}"] * bool(route.from_)
    conditions += [f"{route.calendar} {route.when or 'open'}"] * bool(route.calendar)
    return ", ".join(conditions) or "any call"


def _menu_label(name: str, menu: MenuSettings) -> str:
    heard = " ".join(text.removeprefix("say:") for text in menu.prompt.spoken_in(""))
    return f"menu:{name} “{_short(heard)}”" if heard else f"menu:{name}"


def _menu_edges(settings: FloorConfiguration) -> Iterator[GraphEdge]:
    for name, menu in settings.menus.items():
        for label, destination in _ways(menu):
            yield GraphEdge(f"menu:{name}", str(destination), label)


def _queue_edges(settings: FloorConfiguration) -> Iterator[GraphEdge]:
    for queue in settings.queues:
        for outcome, destination in queue.overflow:
            if destination is not None:
                yield GraphEdge(f"queue:{queue.name}", str(destination), outcome.replace("_", " "))


def _ways(menu: MenuSettings) -> Iterator[tuple[str, Destination | str]]:
    """Yield every way out of a menu, with what leads there."""
    asks = bool(menu.keys or menu.digits)
    if menu.closed is not None:
        yield f"{menu.calendar} closed", menu.closed
    for key, choice in menu.keys.items():
        yield key, choice.destination
    for value, choice in menu.answers.items():
        yield f"is {value}", choice.destination
    if not menu.keys and not menu.answers:
        yield "digits" if asks else "then", menu.then or "hangup"
    if menu.lookup is not None and menu.lookup.otherwise is not None:
        yield "no answer", menu.lookup.otherwise
    if asks or (menu.lookup is not None and menu.lookup.otherwise is None):
        yield f"after {menu.tries} tries" if asks else "no answer", menu.on_failure


def _short(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"
