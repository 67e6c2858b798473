"""Draw the graph of where calls can go: as DOT, Mermaid, SVG or a tree of lines."""

from __future__ import annotations

import shutil
import subprocess

from ari_apps.ivr.graph import Graph
from queue_strategies.errors import CallfloorError

DRAWING_LIMIT_S = 60


class GraphError(CallfloorError):
    """The graph cannot be drawn in this way."""


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
        if root.kind == "route":
            show(root.id, 0, "")
    if unreached := [node for node in (*graph.roots(), *graph.nodes) if node.id not in shown]:
        lines.append((0, "no route leads to"))
    for node in unreached:
        if node.id not in shown:
            show(node.id, 1, "")
    return lines


def as_svg(graph: Graph) -> str:
    """Let Graphviz draw the graph; raise GraphError when it is not there or fails."""
    if (program := shutil.which("dot")) is None:
        raise GraphError("dot is not on the PATH: install Graphviz, or use --format mermaid or dot")
    try:
        done = subprocess.run(
            [program, "-Tsvg"],
            input=as_dot(graph),
            capture_output=True,
            text=True,
            check=True,
            timeout=DRAWING_LIMIT_S,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise GraphError(f"dot failed ({error}): use --format dot and try by hand") from None
    return done.stdout
