"""`callfloor ivr`: see the menus as a picture."""

from __future__ import annotations

import shutil
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ari_apps.configuration import load
from ari_apps.ivr_graph import Graph, GraphError, as_dot, as_mermaid, as_tree, graph_of

DRAWING_LIMIT_S = 60

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
            return _svg(as_dot(drawn))


def _svg(dot: str) -> str:
    if (program := shutil.which("dot")) is None:
        raise GraphError("dot is not on the PATH: install Graphviz, or use --format mermaid or dot")
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=dot, capture_output=True, text=True, check=True, timeout=DRAWING_LIMIT_S
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise GraphError(f"dot failed ({error}): use --format dot and try by hand") from None
    return done.stdout


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
