"""What a summary says, in words, before anybody decides how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from green_notebook.model import Advice, Basis, Quantity, Report
from green_notebook.show._units import DASH, duration, number, percent, shown

# By the part of a component's name before the colon.
COMPONENTS = {
    "cpu": "CPU",
    "gpu": "GPU",
    "dram": "memory",
    "ram": "memory",
    "node": "server (VM share)",
    "metered": "machine (metered)",
    "rest": "rest of machine",
    "psys": "whole board",
    "tpu": "TPU",
    "npu": "NPU",
    "remote": "remote calls",
}
BESIDE = ("whole machine", "working + idle")
LONGEST_NAME = 24
# How the codes of notes begin that ask for something or change what the figure means.
LOUD = ("zone", "budget", "day", "grid", "sensor", "energy", "gpu", "rapl", "since", "remote")
STATUS = {"error": "stopped by an error", "interrupted": "interrupted"}


def component_labels(names: list[str]) -> list[str]:
    """``["cpu:0", "gpu:0", "gpu:1"]`` -> ``["CPU", "GPU 0", "GPU 1"]``."""
    kinds = Counter(name.partition(":")[0] for name in names)
    labels = []
    for name in names:
        kind, _, index = name.partition(":")
        label = COMPONENTS.get(kind, kind.replace("_", " "))
        labels.append(f"{label} {index}" if kinds[kind] > 1 and index else label)
    return labels


def part(component: str, energy: Quantity, sensor: str = "") -> str:
    """A component by how it is told: a meter of the whole is no share of a server.

    A meter that joined late measured a part and no more, so its sensor's name counts too.
    """
    if component != "node":
        return component
    metered = "model" not in sensor if sensor else energy.basis is Basis.MEASURED
    return "metered" if metered else component


def title(report: Report) -> str:
    """``carbon``, ``carbon · train``, ``carbon · train · interrupted``."""
    return " · ".join(["carbon", *name_and_end(report)])


def name_and_end(report: Report) -> list[str]:
    """The cell's name if it has one, and how it ended if not well."""
    # In one line, whatever it was called.
    name = " ".join("".join(filter(_is_seen, report.name or "")).split())
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - 1] + "…"
    return [part for part in (name, STATUS.get(report.status)) if part]


def _is_seen(character: str) -> bool:
    return character.isprintable() or character.isspace()


def took(report: Report) -> str:
    """``3.2 s``, ``3.2 s · 12 repeats``."""
    time = duration(report.duration_s)
    return f"{time} · {report.repeats} repeats" if (report.repeats or 0) > 1 else time


def comparisons(report: Report, *, short: bool = False) -> list[str]:
    """The everyday terms, in full or for one line."""
    texts = [" ".join(one.text.split()) for one in report.equivalences]
    return [_short(text) for text in texts] if short else texts


def _short(text: str) -> str:
    """``driving 12 m in an average car`` -> ``12 m by car``; what is no car or home stays."""
    if text.startswith("driving ") and " in an " in text:
        return text.removeprefix("driving ").partition(" in an ")[0] + " by car"
    amount, home, _ = text.partition(" home's electricity")
    return f"{amount.partition(' of an ')[0]} of a home's electricity" if home else text


def parts(report: Report) -> list[tuple[str, str, float | None, str]]:
    """Per component: label, energy with interval, share of the whole, what it rests on."""
    components = report.energy.components
    labels = component_labels([part(one.component, one.machine, one.sensor) for one in components])
    whole = report.energy.kernel.value
    return [
        (
            label,
            shown(one.kernel).text(),
            one.kernel.value / whole if whole > 0 else None,
            one.kernel.basis.value,
        )
        for label, one in zip(labels, components, strict=True)
    ]


def origin(report: Report) -> str:
    """``France (FR), time zone Europe/Paris``: where the electricity comes from, how we know."""
    place = report.place
    named = f"{place.name} ({place.zone})" if place.name else place.zone
    return f"{named}, {place.how}, confidence {place.confidence}"


def grid(report: Report) -> str:
    """``44 g CO2e/kWh (34-54), lifecycle, Ember, for 2025``."""
    intensity = report.intensity
    figure = shown(intensity.quantity)
    age = f"for {intensity.year}" if intensity.at is None else f"at {intensity.at}"
    words = f"{figure.value} g CO2e/kWh ({figure.interval}), {intensity.boundary}"
    return f"{words}, {intensity.source}, {age}"


def certainty(report: Report) -> Iterator[tuple[str, str]]:
    """The rows of "How sure is this?": label and text."""
    energy = report.energy
    if energy.components:
        yield "sensors", ", ".join(dict.fromkeys(one.sensor for one in energy.components))
    yield "place", origin(report)
    yield "electricity", grid(report)
    # An exact PUE was set, or is 1 because nothing is known to come on top.
    yield "PUE", f"{shown(report.pue).text()}, {report.pue.basis.value}"
    yield "whole machine", shown(energy.machine).text()
    if energy.kernel_active is not None and energy.kernel_idle is not None:
        idle = shown(energy.kernel_idle).text()
        yield "working + idle", f"{shown(energy.kernel_active).text()} + {idle}"
    footprint = report.footprint
    if footprint.embodied is not None:
        yield "hardware's making", shown(footprint.embodied).text("CO2e") + ", in the total"
    if footprint.water is not None:
        yield "water", shown(footprint.water).text()
    meter = report.meter
    yield "the meter itself", f"{shown(meter.energy).text()}, {duration(meter.duration_s)} of CPU"


def notes(report: Report, *, loud: bool) -> list[str]:
    """The notes as sentences: those to be seen at once, or those that may be folded away."""
    return [
        note.text[:1].upper() + note.text[1:]
        for note in report.notes
        if note.code.startswith(LOUD) is loud
    ]


def advice_line(advice: Advice) -> str:
    """``Mixed precision: saves 30-50 % of the energy``."""
    saving = advice.saving
    if saving is None:
        return advice.title
    low, high = (percent(part).removesuffix(" %") for part in (saving.low, saving.high))
    much = f"{low} %" if low == high else f"{low}{DASH}{high} %"
    if saving.low < 0:
        much = f"{low} to {high} %"
    return f"{advice.title}: saves {much} of the {saving.of}"


def power_words(history: list[float]) -> str:
    """The alt text of a power sparkline."""
    if not history:
        return ""
    least, most = (number(f(history), "W") for f in (min, max))
    return f"power from {least} to {most}"


def same_boundary(reports: Sequence[Report]) -> list[Report]:
    """Those of the boundary that most of them have: two boundaries make no sum."""
    kinds = [one.intensity.boundary for one in reports]
    most = max(kinds, key=kinds.count, default="")
    return [one for one in reports if one.intensity.boundary == most]
