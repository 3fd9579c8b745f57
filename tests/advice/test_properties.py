"""What no facts whatever may bring about."""

from __future__ import annotations

import copy
import math
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from green_notebook.advice import advise, catalogue, explain, together
from green_notebook.advice._engine import ORDER, registered
from green_notebook.advice._techniques import techniques
from green_notebook.model import Facts

QUANTISING = {"quant_int8_dynamic_cpu", "quant_int8_static", "quant_llm_4bit", "quant_fp8_serving"}
NAMED = {"smaller_model", "smaller_model_detect", "efficient_architecture", "distillation"}


def flat(facts: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of nested facts by dotted path."""
    found: dict[str, Any] = {}
    for key, value in facts.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and key != "regions":
            found.update(flat(value, f"{path}."))
        else:
            found[path] = value
    return found


def nested(leaves: dict[str, Any]) -> dict[str, Any]:
    """The facts of dotted paths."""
    data: dict[str, Any] = {}
    for path, value in leaves.items():
        section, _, key = path.partition(".")
        if key:
            inner = data.setdefault(section, {})
            if isinstance(inner, dict):
                inner[key] = value
        else:
            data[section] = value
    return data


IDS = sorted({row.id for row in catalogue.models() if row.group})
POOL: dict[str, list[Any]] = {
    "model.id": [
        *IDS[::9],
        "bert-base-uncased",
        "torchvision/resnet50",
        "timm/resnet50",
        "tiiuae/falcon-7b",
        "albert/albert-xxlarge-v2",
        "openai/whisper-large-v3",
        "gpt-4o",
        "my-org/my-model",
    ],
    "language": ["en", "fr", "pl", "ja"],
    "data.language": ["en", "de"],
    "hardware.name": ["cpu", "Tesla T4", "Tesla V100-SXM2-16GB", "NVIDIA A100-SXM4-40GB"],
    "hardware.compute_capability": [[6, 1], [7, 0], [7, 5], [8, 0], [9, 0]],
    "hardware.can_set_power": [True, False],
    "hardware.managed": [True, False],
    "hardware.power_limit_w": [250, 400],
    "run.gpu_power_mean_w": [90, 240, 390],
    "run.duration_s": [0.2, 3, 40, 900, 20_000],
    "run.energy_wh": [0.001, 0.1, 60, 900],
    "model.quantized": ["bitsandbytes-nf4", "int8-dynamic", None],
    "model.dtype": ["float32", "float16", "bfloat16", "uint8"],
    "user.deferrable_h": [0, 24],
}
for one in registered():
    for example_facts in (one.speaks, one.silent):
        for known_path, known_value in flat(example_facts).items():
            values = POOL.setdefault(known_path, [])
            if known_value not in values:
                values.append(known_value)

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.floats(), st.text(max_size=3)), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
PLAUSIBLE = st.fixed_dictionaries(
    {}, optional={path: st.sampled_from(values) for path, values in POOL.items()}
).map(nested)


@st.composite
def near_a_rule(draw) -> dict[str, Any]:
    """A rule's own example with some of its facts changed: where rules do speak."""
    leaves = flat(draw(st.sampled_from([rule.speaks for rule in registered()])))
    changed = draw(st.lists(st.sampled_from(sorted(POOL)), max_size=6, unique=True))
    for path in changed:
        leaves[path] = draw(st.sampled_from(POOL[path]))
    return nested(leaves)


WILD = st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(POOL), JUNK)).map(nested)
FACTS = st.one_of(near_a_rule(), near_a_rule(), PLAUSIBLE)
TOLERANCES = st.sampled_from([0.0, 0.5, 1.0, 3.0])
MANY = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def words_of(advice: Any) -> str:
    """All that a piece of advice says."""
    return f"{advice.title}\n{advice.text}\n{advice.caveat}\n{advice.snippet}"


@MANY
@given(FACTS, TOLERANCES)
def test_advice_is_well_formed_and_in_order(facts: dict[str, Any], tolerance: float) -> None:
    """Savings are fractions in order; energy comes before carbon; no technique speaks twice."""
    given_ = advise(facts, tolerance, limit=99)
    for one in given_:
        assert 0 <= one.saving.low <= one.saving.typical <= one.saving.high <= 1
        assert one.title
        assert one.text
        assert one.evidence
        assert not techniques()[one.technique].never_first
    order = [ORDER[one.saving.of] for one in given_]
    assert order == sorted(order)
    assert len({one.technique for one in given_}) == len(given_)
    scores = [one.score for one in explain(facts, tolerance) if one.speaks]
    for kind in set(order):
        same = [score for score, place in zip(scores, order, strict=True) if place == kind]
        assert same == sorted(same, reverse=True)


@MANY
@given(FACTS, TOLERANCES, st.integers(0, 5))
def test_advice_is_pure(facts: dict[str, Any], tolerance: float, limit: int) -> None:
    """The same facts, as a dict or Facts, give the same advice; they stay as they were."""
    before = copy.deepcopy(facts)
    first = advise(facts, tolerance, limit)
    assert facts == before
    assert advise(Facts(before), tolerance, limit) == first
    assert len(first) <= limit
    assert first == advise(facts, tolerance, limit=99)[:limit]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WILD)
def test_nonsense_never_breaks_it(facts: dict[str, Any]) -> None:
    """Facts of the wrong type count as unknown: no rule fails on them."""
    for verdict in explain(facts):
        assert "failed" not in verdict.reason, (verdict.technique, verdict.reason)


@MANY
@given(FACTS, TOLERANCES)
@example({"phase": "inference", "model": {"quantized": "int8"}}, 1.0)
def test_what_is_quantised_is_not_quantised_again(facts: dict[str, Any], tolerance: float) -> None:
    """Quantised weights, however they show, never bring advice to quantise."""
    model = facts.get("model") or {}
    if model.get("quantized") or model.get("dtype") == "uint8":
        assert not QUANTISING & {one.technique for one in advise(facts, tolerance, 99)}


@MANY
@given(FACTS, TOLERANCES)
def test_no_number_format_that_the_gpu_lacks(facts: dict[str, Any], tolerance: float) -> None:
    """Below compute capability 8.0 nothing names bf16 or TF32."""
    capability = (facts.get("hardware") or {}).get("compute_capability")
    name = (facts.get("hardware") or {}).get("name")
    old = capability is not None and tuple(capability) < (8, 0)
    if old or (capability is None and name in {"Tesla T4", "Tesla V100-SXM2-16GB", "cpu"}):
        for one in advise(facts, tolerance, 99):
            said = words_of(one).lower()
            assert "bf16" not in said
            assert "bfloat16" not in said
            assert "tf32" not in said


@MANY
@given(FACTS, TOLERANCES)
def test_power_caps_only_where_they_can_be_set_and_bind(facts: dict[str, Any], tol: float) -> None:
    """No cap without permission, below the limit, for generating text or for short runs."""
    hardware, run = facts.get("hardware") or {}, facts.get("run") or {}
    said = {one.technique for one in advise(facts, tol, 99)}
    if "gpu_power_cap" in said:
        assert hardware["can_set_power"] is True
        assert hardware.get("managed") is not True
        assert run["duration_s"] > 3600
        assert run["gpu_power_mean_w"] > 0.85 * hardware["power_limit_w"] or hardware["count"] > 1
        assert not (facts["phase"] == "inference" and facts.get("task") == "text-generation")


@MANY
@given(FACTS, TOLERANCES)
def test_shifting_saves_carbon_only(facts: dict[str, Any], tolerance: float) -> None:
    """Another hour or place never claims energy, and images are never to be batched."""
    for one in advise(facts, tolerance, 99):
        if one.technique in {"time_shift", "region_shift"}:
            assert one.saving.of == "carbon"
        assert one.technique not in {"batching_diffusion", "pruning_unstructured"}
        if facts.get("task") == "text-to-image":
            assert not one.technique.startswith("batching")


@MANY
@given(FACTS, TOLERANCES)
def test_tiny_cells_are_left_alone(facts: dict[str, Any], tolerance: float) -> None:
    """A cell of a few seconds or joules gets no advice."""
    run = facts.get("run") or {}
    if run.get("duration_s", math.inf) < 5:
        assert advise(facts, tolerance, 99) == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(IDS),
    st.sampled_from(["", "en", "fr", "zh"]),
    TOLERANCES,
    st.booleans(),
    st.sampled_from(["cpu", "NVIDIA A100-SXM4-40GB"]),
)
def test_a_named_model_is_smaller_and_as_good(
    name: str, language: str, tolerance: float, quantised: bool, hardware: str
) -> None:
    """Whatever model is in use: the one named is another, of its task, cheaper, within tolerance."""
    rows = [row for row in catalogue.rows_of(name) if row.group]
    facts = {
        "phase": "inference",
        "task": rows[0].task,
        "language": language or None,
        "model": {"id": name, "quantized": "nf4" if quantised else None},
        "hardware": {"name": hardware},
        "run": {"duration_s": 600, "energy_wh": 20},
    }
    for one in advise(facts, tolerance, 99):
        if one.technique not in NAMED:
            continue
        words = {word.rstrip(".,:") for word in one.text.split()}
        named = next(iter({row.id for row in catalogue.models() if row.id in words} - {name}))
        assert named.lower() != name.lower()
        fits = False
        for after in catalogue.rows_of(named):
            for before in rows:
                if after.group != before.group or after.task != before.task:
                    continue
                loss = catalogue.benchmarks()[after.group].loss(before, after)
                cheaper = (after.gmacs or 0) <= (before.gmacs or math.inf)
                if "albert" not in name:
                    cheaper &= (after.params_m or 0) <= (before.params_m or math.inf)
                fits |= loss <= tolerance + 1e-6 and cheaper and after.proposable
        assert fits, (name, named)
        after = catalogue.rows_of(named)[0]
        if language in {"fr", "zh"} and after.languages:
            assert after.languages != "en"


@MANY
@given(FACTS)
def test_savings_are_not_summed(facts: dict[str, Any]) -> None:
    """Following everything saves at least the best alone, never all there is, never the sum."""
    given_ = advise(facts, limit=99)
    both = together(given_)
    energy = [one.saving for one in given_ if one.saving.of == "energy"]
    if both is None:
        assert not energy
        return
    assert 0 <= both.low <= both.typical <= both.high <= 1
    assert both.typical >= max(one.typical for one in energy) - 1e-9
    assert both.typical <= sum(one.typical for one in energy) + 1e-9
