"""`callfloor ivr`: see the menus as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ari_apps.configuration.floor_toml import load
from ari_apps.ivr.drawing import GraphError, as_dot, as_mermaid, as_svg, as_tree
from ari_apps.ivr.graph import Graph, graph_of

app = typer.Typer(help="See routes and menus.", no_args_is_help=True)


class Form(StrEnum):
    """The ways to draw."""

    TREE = "tree"
    DOT = "dot"
    MERMAID = "mermaid"
    SVG = "svg"


@app.callback()
def ivr() -> None:
    """See routes and menus."""


@app.command()
def graph(
    form: Annotated[
        Form, typer.Option("--format", "-f", help="How to draw; svg needs Graphviz.")
    ] = Form.TREE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else the terminal.")] = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = Path("floor.toml"),
) -> None:
    """Draw where calls can go."""
    drawn = graph_of(load(config))
    if form is Form.TREE and output is None:
        Console(highlight=False).print(_tree(drawn))
    elif output is None:
        typer.echo(write(drawn, form), nl=False)
    else:
        _save(output, write(drawn, form))


def write(drawn: Graph, form: Form) -> str:
    """Write a graph in one of the forms; raise GraphError when that cannot be done here."""
    match form:
        case Form.TREE:
            return "".join(f"{'  ' * depth}{text}\n" for depth, text in as_tree(drawn))
        case Form.DOT:
            return as_dot(drawn)
        case Form.MERMAID:
            return as_mermaid(drawn)
        case Form.SVG:
            return as_svg(drawn)


def _save(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GraphError(f"{output} cannot be written: {error.strerror}") from None


def _tree(drawn: Graph) -> Tree:
    """Hang every line on the last one that is less deep."""
    trunk = Tree(Text("calls"))
    branches = [trunk]
    for depth, text in as_tree(drawn):
        del branches[depth + 1 :]
        branches.append(branches[-1].add(Text(text)))
    return trunk
