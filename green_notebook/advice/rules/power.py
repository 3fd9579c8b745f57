"""Power limits and clocks: only where they may be set, and where they bind."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule


@rule(
    "gpu_power_cap",
    speaks={
        "phase": "training",
        "framework": "torch",
        "hardware": {
            "name": "NVIDIA GeForce RTX 3090",
            "power_limit_w": 350,
            "can_set_power": True,
            "managed": False,
        },
        "run": {"duration_s": 14400, "energy_wh": 1350, "gpu_power_mean_w": 335},
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "hardware": {
            "name": "NVIDIA GeForce RTX 3090",
            "power_limit_w": 350,
            "can_set_power": True,
            "managed": False,
        },
        "run": {"duration_s": 14400, "energy_wh": 700, "gpu_power_mean_w": 180},
    },
)
def gpu_power_cap(case: Case) -> Proposal:
    """A long, power-bound run on a GPU of one's own whose limit may be set."""
    case.need(case.flag("hardware.managed") is not True, "the machine is somebody else's")
    case.need(case.flag("hardware.can_set_power") is True, "the power limit cannot be set here")
    case.need(
        now.phase(case) in {"training", "inference"}, "the cell neither trained nor predicted"
    )
    decodes = now.phase(case) == "inference" and now.task(case) in now.GENERATIVE
    case.need(not decodes, "generating text is bound by memory: a cap never binds")
    seconds = case.known("run.duration_s")
    case.need(seconds > 3600, "the run is shorter than an hour")
    ratio = now.power_ratio(case)
    case.need(ratio is not None, "the GPU's mean power or its limit is unknown")
    case.need((ratio or 0) > 0.85, "the GPU draws well below its limit: a cap would not bind")
    limit = case.known("hardware.power_limit_w")
    cap = round(0.7 * limit / 5) * 5
    return Proposal(
        title=f"Cap the GPU at {cap:.0f} W",
        text=(
            f"{words.spent(case)}For {words.duration(seconds)} the GPU drew "
            f"{words.percent(ratio or 0)} of its limit of {limit:.0f} W. Capped at 150 of 250 W, "
            "training used 14 % less energy and took 7 % longer."
        ),
        caveat="No universal best cap: start at 70 % of the limit and measure. It needs the administrator's right.",
        snippet=f"sudo nvidia-smi -pl {cap:.0f}  # and back with -pl {limit:.0f}",
        ease=0.8,
    )


@rule(
    "gpu_clock",
    speaks={
        "phase": "inference",
        "framework": "vllm",
        "task": "text-generation",
        "model": {"params": 8_000_000_000, "dtype": "bfloat16"},
        "hardware": {"name": "NVIDIA A100-SXM4-80GB", "can_set_power": True, "managed": False},
        "run": {"duration_s": 7200, "energy_wh": 500},
    },
    silent={
        "phase": "inference",
        "framework": "vllm",
        "task": "text-generation",
        "model": {"params": 8_000_000_000, "dtype": "bfloat16"},
        "hardware": {"name": "NVIDIA A100-SXM4-80GB", "can_set_power": False, "managed": True},
        "run": {"duration_s": 7200, "energy_wh": 500},
    },
)
def gpu_clock(case: Case) -> Proposal:
    """Hours of serving a language model on a GPU of one's own: its clock, not its power, matters."""
    case.need(case.flag("hardware.managed") is False, "the machine is not known to be one's own")
    case.need(case.flag("hardware.can_set_power") is True, "the clock cannot be set here")
    case.need(now.phase(case) == "inference", "it was measured in serving")
    case.need(now.framework(case) in {"vllm", "tgi", "sglang"}, "it was measured in serving")
    case.need(now.task(case) == "text-generation", "it was measured with language models")
    case.need(now.cuda(case) is True, "it is not known to have run on an NVIDIA GPU")
    case.need(case.known("run.duration_s") > 3600, "the run is shorter than an hour")
    return Proposal(
        title="Lower the GPU's clock",
        text=(
            f"{words.spent(case)}Writing tokens waits for memory, not for the GPU's clock. At 1.6 "
            "instead of 2 GHz a server wrote about as many tokens with 20 % less energy."
        ),
        caveat="It needs the administrator's right. Reading long prompts gets slower.",
        snippet="sudo nvidia-smi -lgc 0,1600  # and back with -rgc",
        ease=0.6,
    )
