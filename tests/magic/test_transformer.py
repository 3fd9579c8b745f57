"""The %%carbon line is found where it should be, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook import transformer


def changed(cell):
    """What IPython would run."""
    return "".join(transformer.transform(cell.splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("%%carbon\n1", ""),
        ("%%carbon   my run --zone FR  \n1", "my run --zone FR"),
        ("\n\n%%carbon a\n1", "a"),
        ("    %%carbon a\n    1", "a"),
        ("In [3]: %%carbon a\n   ...: 1", "a"),
        (">>> %%carbon a\n... 1", "a"),
        ("#@title A form\n# and more\n%%carbon a\n1", "a"),
        ("%%time\n%%carbon a\n1", "a"),
        ("%%carbon a\n%%time\n1", "a"),
        ("%%capture out\n%%time\n%%carbon a\n1", "a"),
        ("%%prun -q\n%%carbon a\n1", "a"),
        ("%%bash\n%%carbon a\necho", "a"),
        ("%%sh\n%%carbon a\necho", "a"),
        ("%%script perl\n%%carbon a\nprint 1", "a"),
        ("%%!\n%%carbon a\necho", "a"),
        ("%%carbon", ""),
    ],
)
def test_it_is_found(cell, options):
    """The line's options are read below comments and below magics that run code."""
    assert transformer.options(cell) == options
    assert "\n%%carbon" not in "\n" + changed(cell).lstrip()


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "1",
        "x = 1\n%%carbon\n2",
        "%%carbon?",
        "%%carbon??",
        "%%carbonit\n1",
        "%%writefile it.py\n%%carbon\n1",
        "%%html\n%%carbon\n1",
        "%%latex\n%%carbon",
        "%%time?\n%%carbon",
        "'''\n%%carbon\n'''",
        "print('%%carbon')",
        "%carbon on",
    ],
)
def test_it_is_left_alone(cell):
    """Files, texts, strings and questions keep the words."""
    assert transformer.options(cell) is None
    assert changed(cell) == cell


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ("%%carbon a\nx\n", "# %%carbon a\nx\n"),
        ("%%carbon a\n%%time\nx\n", "%%time\nx\n"),
        ("%%carbon a\n\n%%time\nx\n", "%%time\nx\n"),
        ("%%time\n%%carbon a\nx\n", "%%time\n# %%carbon a\nx\n"),
        ("%%script node\n%%carbon\nx\n", "%%script node\n\nx\n"),
        ("%%carbon a\n%%carbon b\nx\n", "# %%carbon b\nx\n"),
    ],
)
def test_what_runs_instead(cell, result):
    """A comment keeps the line numbers; a magic that follows comes first."""
    assert changed(cell) == result


@given(st.text(alphabet="%carbontime# \n\t>.x?!", max_size=60))
def test_it_never_fails_and_is_done_once(cell):
    """Any text is taken; what comes out asks for nothing any more; line numbers stay."""
    lines = cell.splitlines(keepends=True)
    once = transformer.transform(lines)
    assert transformer.transform(once) == once
    assert transformer.options("".join(once)) is None
    if transformer.options(cell) is None:
        assert once == lines


def test_the_terminal_sees_a_whole_cell():
    """IPython skips it when it asks whether typing is over, and so waits for a blank line."""
    assert transformer.transform.has_side_effects is True
