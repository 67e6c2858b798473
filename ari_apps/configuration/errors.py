"""Tell what is wrong in a floor.toml, all of it at once, with the place and the nearest right name."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place of the file."""

    place: Place
    sentence: str

    def __str__(self) -> str:
        return f"{write_place(self.place)}: {self.sentence}" if self.place else self.sentence


def at(place: str, sentence: str) -> Problem:
    """Name a problem at a place that is written already."""
    return Problem((place,), sentence)


def write_place(place: Place) -> str:
    """Write a place as people do: `queues[0].max_wait_s`."""
    written = ""
    for part in place:
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else str(part)
    return written


def suggest(name: str, known: Sequence[str]) -> str:
    """Say which known name is nearest, or which there are."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(sorted(known)[:20])}" if known else "there are none"


LEFT_OUT = "left-out"
"""Begins what stands in for a value that is needed and was wrong."""
STAND_INS: Mapping[str, str] = {
    "address": "sip:left-out.invalid",
    "destination": "hangup",
    "directory": "/",
    "id": LEFT_OUT,
    "name": LEFT_OUT,
    "queue": LEFT_OUT,
    "url": "http://left-out.invalid",
}

KINDS: Mapping[str, str] = {
    "dict_type": "should be a table, write [{place}]",
    "mapping_type": "should be a table, write [{place}]",
    "model_type": "should be a table",
    "too_long": "has too many values",
    "too_short": "has too few values",
    "tuple_type": "should be a list; for a list of tables write [[{place}]]",
}


def validate(model: type[Model], data: Mapping[str, Any]) -> tuple[Model | None, list[Problem]]:
    """Read data into a model, and list everything that is wrong in it.

    What is wrong is left out and the rest is read again, so that further checks find their problems as well;
    the model is None when not even that can be read.
    """
    rest = copy.deepcopy(dict(data))
    problems: list[Problem] = []
    places: list[Place] = []
    for _ in range(50):
        try:
            return model.model_validate(rest), problems
        except ValidationError as error:
            found = [(problem_of(model, detail), detail["type"]) for detail in error.errors()]
        problems += [told for told, _ in found if not any(_follows(told.place, place) for place in places)]
        places += [told.place for told, _ in found]
        for problem, kind in reversed(found):
            (stand_in if kind == "missing" else leave_out)(rest, problem.place)
    return None, problems


def _follows(place: Place, earlier: Place) -> bool:
    """Tell whether a problem may be but the consequence of leaving out what was wrong before."""
    return place[: len(earlier)] == earlier or earlier[: len(place)] == place


def leave_out(data: Any, place: Place) -> None:
    """Remove the value at a place; an element of a list is emptied first, so that others stay in place."""
    holder, part = find_holder(data, place)
    if isinstance(holder, list) and holder[part] != {}:
        holder[part] = {}
    elif holder is not None:
        del holder[part]


def stand_in(data: Any, place: Place) -> None:
    """Put something harmless where a value is missing, or remove what lacks it."""
    name = str(place[-1])
    if name not in STAND_INS:
        leave_out(data, place[:-1])
        return
    holder, part = find_holder(data, place[:-1])
    if holder is not None and isinstance(holder[part], dict):
        number = "".join(f"-{part}" for part in place if isinstance(part, int))
        holder[part][name] = STAND_INS[name] + (number if STAND_INS[name] == LEFT_OUT else "")


def find_holder(data: Any, place: Place) -> tuple[Any, Any]:
    """Find what holds the deepest part of a place that is there, and that part; (None, None) without."""
    found: tuple[Any, Any] = (None, None)
    for part in place:
        if isinstance(data, str):
            break  # one text was written where a list of them may stand
        try:
            below = data[part]
        except (KeyError, IndexError, TypeError):
            break
        found, data = (data, part), below
    return found


def problem_of(model: type[BaseModel], detail: Mapping[str, Any]) -> Problem:
    """Put pydantic's words into ours."""
    place: Place = tuple(part for part in detail["loc"] if part != "[key]")
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        return Problem(place, f"unknown field, {suggest(str(place[-1]), fields_at(model, place[:-1]))}")
    if kind == "missing":
        return Problem(place, "is missing")
    if kind == "value_error":
        return Problem(place, str(detail["ctx"]["error"]))
    if kind in KINDS:
        return Problem(place, KINDS[kind].format(place=write_place(place)))
    said = detail["msg"].replace("Input should be", "should be")
    shown = "" if place[:1] == ("database",) else f", not {shorten(given)}"
    return Problem(place, f"{said[:1].lower()}{said[1:]}{shown}")


def shorten(value: object) -> str:
    """Show a value in one line that is not long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def fields_at(model: Any, place: Place) -> list[str]:
    """List the fields that a table at this place may have; as written in the file."""
    for part in place:
        model = _step(_bare(model), part)
    bare = _bare(model)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return [field.alias or name for name, field in bare.model_fields.items()]
    return []


def _bare(annotation: Any) -> Any:
    """Take off Annotated and `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        options = [option for option in get_args(annotation) if option is not type(None)]
        if type(None) in get_args(annotation) and len(options) == 1:
            annotation = options[0]
            continue
        return annotation


def _step(annotation: Any, part: str | int) -> Any:
    """Go one step down: into a field, an element, or a table's value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return fields[str(part)].annotation if str(part) in fields else None
    arguments = get_args(annotation)
    if not arguments:
        return None
    return arguments[0] if isinstance(part, int) else arguments[-1]
