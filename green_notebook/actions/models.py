"""``%carbon models [TASK]``: the models worth considering, cheapest first, as a table and a chart."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from green_notebook.actions._charts import Chart
from green_notebook.actions._lines import Parser, Table
from green_notebook.actions._memory import memory_of
from green_notebook.advice import catalogue
from green_notebook.advice.catalogue import Model
from green_notebook.errors import GreenNotebookError

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "models of a task by quality and cost, your own marked: [TASK] [--mine MODEL] [--chart]"
OPTIONS = ("--mine", "--chart")

# What a model costs, best evidence first: the field, and what it is called.
COSTS = (
    ("energy_wh_per_1k", "Wh for 1,000 items, measured on one H100"),
    ("gpu_per_s", "items a second on the same GPU"),
    ("gmacs", "10^9 multiply-adds an item"),
    ("params_m", "million parameters"),
)
ENOUGH = 5  # models with a cost before it is worth a frontier


@dataclass(frozen=True, slots=True)
class Frontier:
    """The best models of one benchmark by one cost; ``others`` lie behind it."""

    task: str
    group: str
    cost: str
    unit: str
    best: tuple[Model, ...]
    others: tuple[Model, ...]
    mine: Model | None

    def table(self) -> Table:
        """The frontier, cheapest first, with the user's own model where it belongs."""
        benchmark = catalogue.benchmarks()[self.group]
        less = self.cost != "gpu_per_s"
        rows = list(self.best)
        if self.mine is not None and self.mine not in rows:
            rows.append(self.mine)
        rows.sort(key=lambda row: (getattr(row, self.cost) or 0) * (1 if less else -1))
        cells = tuple(
            (
                "-> " + row.id if self._is_mine(row) else row.id,
                f"{row.quality:.4g}{' (from memory)' if row.grade == 'recall' else ''}",
                _short(getattr(row, self.cost)) or "unknown",
                _short(row.params_m),
                row.languages,
            )
            for row in rows
        )
        better = "more" if benchmark.higher_is_better else "less"
        return Table(
            f"{self.task}: the best of {len(self.best) + len(self.others)} models, cheapest first",
            ("model", f"{benchmark.label}, {benchmark.unit}", self.unit, "million", "languages"),
            cells,
            (
                f"Of {benchmark.label} {better} is better. Sources: {', '.join(self.sources())}.",
                f"%carbon models {self.task} --chart draws them",
            ),
        )

    def sources(self) -> list[str]:
        """Where the figures come from."""
        return list(dict.fromkeys(row.source for row in self.best))

    def _is_mine(self, row: Model) -> bool:
        return self.mine is not None and row.id == self.mine.id

    def figure(self) -> Any:
        """A plotly figure: cost against quality, the frontier as a line."""
        import plotly.graph_objects as go

        benchmark = catalogue.benchmarks()[self.group]
        figure = go.Figure()
        groups = [("others", self.others, "markers"), ("frontier", self.best, "lines+markers")]
        if self.mine is not None and getattr(self.mine, self.cost):
            groups.append(("your model", (self.mine,), "markers"))
        for name, rows, mode in groups:
            figure.add_scatter(
                x=[getattr(row, self.cost) for row in rows],
                y=[row.quality for row in rows],
                text=[row.id for row in rows],
                name=name,
                mode=mode,
                opacity=0.35 if name == "others" else 1.0,
                marker={"size": 14 if name == "your model" else 7},
                hovertemplate="%{text}<br>%{y} " + benchmark.unit + "<br>%{x}<extra></extra>",
            )
        figure.update_layout(
            title=f"{self.task}: quality against cost",
            xaxis={"title": self.unit, "type": "log"},
            yaxis={"title": f"{benchmark.label}, {benchmark.unit}"},
            template="none",
        )
        return figure


def _short(value: float | None) -> str:
    """Four digits, thousands apart; "" where unknown."""
    if not value:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def frontier(task: str, mine: str = "") -> Frontier:
    """The frontier of a task's largest benchmark; raises GreenNotebookError for an unknown task."""
    if task not in catalogue.tasks():
        near = get_close_matches(task, catalogue.tasks(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(catalogue.tasks())}"
        raise GreenNotebookError(f"no models of the task {task!r} are known: {hint}")
    own = _own(task, mine)
    groups = [own.group] if own is not None else list(catalogue.groups_of(task))
    group = max(groups, key=lambda one: len(catalogue.of_group(one)))
    rows = [row for row in catalogue.of_group(group) if row.proposable or row is own]
    cost = _cost(rows, own)
    unit = dict(COSTS)[cost]
    known = _one_set([row for row in rows if getattr(row, cost)], cost)
    best = catalogue.pareto(known, cost)
    others = tuple(row for row in known if row not in best and row is not own)
    return Frontier(task, group, cost, unit, best, others, own)


def _cost(rows: list[Model], own: Model | None) -> str:
    """The best evidence of cost that enough models have, of those whose quality was really read."""
    for grades in ({"computed", "published"}, {"computed", "published", "recall"}):
        for cost, _unit in COSTS:
            known = _one_set([row for row in rows if getattr(row, cost)], cost)
            sure = [row for row in known if row.grade in grades]
            if len(sure) >= ENOUGH and (own is None or own in known):
                return cost
    return COSTS[-1][0]


def _one_set(rows: list[Model], cost: str) -> list[Model]:
    """Energy is compared within one set of measurements only: the largest."""
    if cost != "energy_wh_per_1k" or not rows:
        return rows
    sets = [row.energy_set for row in rows]
    largest = max(dict.fromkeys(sets), key=sets.count)
    return [row for row in rows if row.energy_set == largest]


def _own(task: str, name: str) -> Model | None:
    rows = (
        [row for row in catalogue.rows_of(name) if row.task == task and row.group] if name else []
    )
    return max(rows, key=lambda row: row.proposable) if rows else None


def run(session: Session, argv: list[str]) -> Table | Chart:
    """The table of a task's models, or its chart; the tasks without one."""
    parser = Parser("models", HELP)
    parser.add_argument("task", nargs="?", default="")
    parser.add_argument("--mine", default="", metavar="MODEL")
    parser.add_argument("--chart", action="store_true")
    given = parser.parse_args(argv)
    task, mine = _asked(session, given.task, given.mine)
    if not task:
        return _tasks()
    found = frontier(task, mine)
    return Chart(f"models of {task}", found.figure()) if given.chart else found.table()


def _asked(session: Session, task: str, mine: str) -> tuple[str, str]:
    """The task and model that were asked for, else those of the latest cell with a known model."""
    memory = memory_of(session)
    for report in reversed(session.reports):
        facts = memory.facts_of(report.id)
        name = facts.get("model.id") if facts is not None else None
        rows = catalogue.rows_of(name) if isinstance(name, str) and not mine else ()
        fitting = [row for row in rows if row.group and (not task or row.task == task)]
        if fitting and isinstance(name, str):
            return task or fitting[0].task, name
    if mine and not task:
        rows = catalogue.rows_of(mine)
        if not any(row.group for row in rows):
            raise GreenNotebookError(f"the model {mine!r} is not in the catalogue")
        task = next(row.task for row in rows if row.group)
    return task, mine


def _tasks() -> Table:
    rows = []
    for task in catalogue.tasks():
        groups = catalogue.groups_of(task)
        labels = ", ".join(catalogue.benchmarks()[group].label for group in groups)
        number = len({row.id for group in groups for row in catalogue.of_group(group)})
        rows.append((task, str(number), labels))
    return Table(
        "Models are known for these tasks",
        ("task", "models", "benchmarks"),
        tuple(rows),
        ("%carbon models TASK shows the best of them",),
    )
