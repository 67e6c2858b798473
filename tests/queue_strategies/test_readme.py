"""What the README shows of the library is what comes of it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path


def test_the_floor_answers_in_a_program_of_ones_own_as_the_readme_shows() -> None:
    (shown,) = re.findall(r"```pycon\n(.*?)```", Path("README.md").read_text(encoding="utf-8"), re.DOTALL)
    told: list[str] = []
    example = doctest.DocTestParser().get_doctest(shown, {}, "the example", "README.md", None)
    tried = doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert tried.attempted > 10
    assert not told, "".join(told)
