"""A cell under %%carbon behaves exactly as without: 22 kinds of cell, message by message."""

import re

import pytest

pytestmark = pytest.mark.kernel

CARBON = "%%carbon"
COMMENT = "# %%carbon"

# name: (cell, printed text upon which Ctrl-C follows)
KINDS = {
    "last expression": f"{CARBON}\nx = 20\nx + 22",
    "semicolon": f"{CARBON}\nx = 1\nx + 1;",
    "top-level await": f"{CARBON}\nimport asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "error at module level": f"{CARBON}\nprint('before')\n1 / 0",
    "error in a function": f"{CARBON}\ndef wrong():\n    return [][1]\n\nwrong()",
    "SyntaxError": f"{CARBON}\nx = 1\nx = = 2",
    "%%time inside": f"{CARBON}\n%%time\nsum(range(1000))",
    "%%time outside": f"%%time\n{CARBON}\nprint('in')\nsum(range(1000))",
    "%%capture": f"%%capture kept\n{CARBON}\nprint('quiet')\ndisplay(1)\n2",
    "%%bash passing": f"%%bash\n{CARBON}\necho hello\necho there >&2",
    "%%bash failing": f"%%bash\n{CARBON}\necho hello\nexit 3",
    "system": f"{CARBON}\n!echo from a shell\nfound = !echo caught\nfound",
    "line magics": f"{CARBON}\n%env LANGUAGE=en\n%timeit -n1 -r1 -q pass\n%who_ls int",
    "SystemExit": f"{CARBON}\nprint('before')\nraise SystemExit(3)",
    "from __future__": f"{CARBON}\nfrom __future__ import annotations\ndef f(a: nowhere): pass\nf.__annotations__",
    "inspect.getsource": f"{CARBON}\nimport inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))",
    "#@title first": f"#@title A form\n{CARBON}\nprint('below')\n3",
    "ast_node_interactivity": f"{CARBON}\nget_ipython().ast_node_interactivity = 'all'\n'first'\n'second'",
    "interactivity set": f"{CARBON}\n'first'\n'second'",
    "async def": f"{CARBON}\nasync def f():\n    return 5\n\nawait f()",
    "empty body": f"{CARBON}\n",
    "Ctrl-C": f"{CARBON}\nimport time\nprint('go', flush=True)\ntime.sleep(30)",
    "Ctrl-C in await": f"{CARBON}\nimport asyncio\nprint('go', flush=True)\nawait asyncio.sleep(4)",
}
# What two runs of one cell differ in by themselves.
NOISE = (
    (re.compile(r"ipykernel_\d+[/\\\\]+\d+"), "ipykernel/cell"),
    (re.compile(r"\b\d{6,}\.py"), "cell.py"),  # a hash of the raw cell
    (re.compile(r"<ipython-input-(\d+)-[0-9a-f]+>"), r"<ipython-input-\1>"),
    (re.compile(r"(CPU times:|Wall time:)[^\"\\]*"), r"\1"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x0"),
)
STATE = "print(sorted(Out), [repr(one) for one in Out.values()], len(In), kept if 'kept' in globals() else None)"


def without(cell):
    """The cell as IPython should take it: a comment, or nothing where a magic follows."""
    if f"{CARBON}\n%%" in cell:
        return cell.replace(f"{CARBON}\n", "")
    return cell.replace(CARBON, COMMENT)


def calm(text):
    """The text without what differs by itself."""
    for pattern, instead in NOISE:
        text = pattern.sub(instead, text)
    return text


def told(ran):
    """All that a front end is told of a cell, less our displays and the cell's own text."""
    seen = [one for one in ran.theirs if one[0] != "execute_input"]
    counts = [one["execution_count"] for one in ran.of("execute_input")]
    reply = {key: value for key, value in ran.reply.items() if key != "engine_info"}
    return calm(repr(counts)), [calm(repr(one)) for one in seen], calm(repr(reply))


@pytest.fixture(scope="module", autouse=True)
def in_step(kernel, plain):
    """Both kernels count alike from here on."""
    plain.run("pass")
    for one in (kernel, plain):
        one.run("%colors nocolor")


@pytest.mark.parametrize("kind", KINDS)
def test_the_cell_is_the_same(kernel, plain, kind):
    """Status, outputs, Out, execution count and traceback lines are those of the plain cell."""
    cell = KINDS[kind]
    at = "go" if kind.startswith("Ctrl-C") else None
    ran = kernel.run(cell, interrupt_at=at)
    bare = plain.run(without(cell), interrupt_at=at)
    assert told(ran) == told(bare)
    assert kernel.run(STATE).text == plain.run(STATE).text
    assert ran.final is not None, "the cell was measured"
    outcome = "interrupted" if at else ran.status
    assert ran.report["status"] == outcome
