"""Who may import whom: the arrows of docs/design.md, read from the sources."""

import ast
from pathlib import Path

import pytest

import green_notebook

PACKAGE = Path(green_notebook.__file__).parent
# From the ground up; a module may import from its own level only what `BESIDE` allows, and
# anything below.
LEVELS = (
    ("_version", "errors", "model"),
    ("clock", "host", "settings", "data", "quiet"),
    ("sensors", "grids", "equivalences", "advice", "ledger", "show"),
    # Whatever is not named here: sampler, traces, spans, attribution, account, place, worker, ...
    (),
    ("session",),
    ("kernel_session", "measuring"),
    ("actions", "track", "tracking", "callbacks"),
    (
        "magic",
        "hooks",
        "runs",
        "transformer",
        "arguments",
        "verbs",
        "repeating",
        "frontend",
        "cellcode",
        "cli",
        "testing",
    ),
)
MEASURING = LEVELS.index(())
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
# Folders whose files are siblings: none imports another, but __init__ and _names are for all.
SIBLINGS = ("sensors", "grids", "show", "actions", "advice.rules")
FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path):
    """``green_notebook.show.html`` for its file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in FILES}


def imports(path):
    """Our modules that a file imports anywhere, except for type checking alone."""
    tree = ast.parse(path.read_text())
    found = []
    for node in walk(tree):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                found.append(whole if whole in MODULES else node.module)
    return [name for name in found if name.split(".")[0] == "green_notebook"]


def walk(node):
    """All nodes but those under ``if TYPE_CHECKING``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield from walk(child)


def level(module):
    """How high a module stands."""
    return LEVEL.get(area(module), MEASURING)


def area(module):
    """The first name below the package; "" for the package itself."""
    return ([*module.split("."), ""])[1]


@pytest.mark.parametrize("path", FILES, ids=[str(one.relative_to(PACKAGE)) for one in FILES])
def test_the_arrows_point_down(path):
    """A module imports from its own level or below, never from above, and no sibling."""
    own = module_of(path)
    if own == "green_notebook":
        return  # its names are lazy
    for name in imports(path):
        if area(name) == "":
            continue
        assert level(name) <= level(own), f"{own} imports {name} from above"
        if level(name) == level(own) == 2:
            assert area(name) == area(own), f"{own} imports {name} from beside"
        folder, _, mine = own.partition(".")[2].rpartition(".")
        theirs = name.removeprefix(f"green_notebook.{folder}.")
        if folder in SIBLINGS and theirs not in (name, mine):
            assert theirs.startswith("_"), f"{own} imports its sibling {name}"


def test_the_views_see_nouns_alone():
    """`show` imports only model (and settings' level not at all)."""
    for path in (PACKAGE / "show").rglob("*.py"):
        assert {area(name) for name in imports(path)} <= {"model", "show", "errors", ""}, path


def test_no_front_end_library_is_imported():
    """ipykernel, tornado, comm and jupyter libraries are the notebook's own business."""
    forbidden = {"ipykernel", "tornado", "comm", "jupyter_client", "jupyterlab", "notebook"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            assert forbidden.isdisjoint(name.split(".")[0] for name in names), path
