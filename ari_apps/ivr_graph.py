"""Draw where calls can go: a graph of routes, menus and destinations, as DOT, Mermaid or a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ari_apps.destinations import Destination, DestinationKind
from ari_apps.ivr_settings import IvrSettings, MenuSettings, RouteSettings
from queue_strategies.errors import CallfloorError

LABEL_LENGTH = 60


class GraphError(CallfloorError):
    """The graph cannot be drawn in this way."""


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


def graph_of(settings: IvrSettings) -> Graph:
    """Build the graph of a configuration."""
    edges = [*_route_edges(settings.routes, "routes"), *_menu_edges(settings)]
    nodes = {node.id: node for node in _route_nodes(settings.routes, "routes")}
    for name, menu in settings.menus.items():
        nodes[f"menu:{name}"] = GraphNode(f"menu:{name}", _menu_label(name, menu), DestinationKind.MENU)
    for edge in edges:
        if edge.end not in nodes:
            nodes[edge.end] = GraphNode(edge.end, edge.end, Destination.parse(edge.end).kind)
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


def _menu_edges(settings: IvrSettings) -> Iterator[GraphEdge]:
    for name, menu in settings.menus.items():
        for label, destination in _ways(menu):
            yield GraphEdge(f"menu:{name}", str(destination), label)


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


# -- the ways to draw it ------------------------------------------------------------------------------------

_SHAPES = {"route": "cds", "menu": "box", "queue": "house", "hangup": "octagon", "voicemail": "note"}


def as_dot(graph: Graph) -> str:
    """Write the graph in Graphviz's language."""
    lines = [
        "digraph ivr {",
        "  rankdir=LR; node [fontname=sans fontsize=10]; edge [fontname=sans fontsize=9];",
    ]
    for node in graph.nodes:
        shape = _SHAPES.get(node.kind, "ellipse")
        lines.append(f"  {_dot(node.id)} [label={_dot(node.label)} shape={shape}];")
    lines += [f"  {_dot(edge.start)} -> {_dot(edge.end)} [label={_dot(edge.label)}];" for edge in graph.edges]
    return "\n".join([*lines, "}", ""])


def _dot(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_mermaid(graph: Graph) -> str:
    """Write the graph in Mermaid's language."""
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        left, right = (
            ("([", "])") if node.kind == "route" else ("[", "]") if node.kind == "menu" else ("((", "))")
        )
        lines.append(f"  {names[node.id]}{left}{_mermaid(node.label)}{right}")
    for edge in graph.edges:
        label = f"|{_mermaid(edge.label)}|" if edge.label else ""
        lines.append(f"  {names[edge.start]} -->{label} {names[edge.end]}")
    return "\n".join([*lines, ""])


def _mermaid(text: str) -> str:
    """Quote a label; Mermaid knows every other character by its code."""
    plain = "".join(
        letter if letter.isalnum() or letter in " .,:+-_*“”…" else f"#{ord(letter)};" for letter in text
    )
    return f'"{plain}"'


def as_tree(graph: Graph) -> list[tuple[int, str]]:
    """Write the graph as lines with their depth; what was shown before is only named again, with an arrow."""
    lines: list[tuple[int, str]] = []
    shown: set[str] = set()
    labels = {node.id: node.label for node in graph.nodes}

    def show(node: str, depth: int, way: str) -> None:
        again = node in shown and bool(graph.ways_from(node))
        lines.append(
            (depth, f"{way} → {node} ↑" if again else f"{way} → {labels[node]}" if way else labels[node])
        )
        if node not in shown:
            shown.add(node)
            for edge in graph.ways_from(node):
                show(edge.end, depth + 1, edge.label or "always")

    for root in graph.roots():
        if root.kind != "route":
            lines.append((0, "no route or menu leads to:"))
        show(root.id, int(root.kind != "route"), "")
    return lines
