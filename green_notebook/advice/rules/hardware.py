"""The machine: idle or starved GPUs, too many of them, small work on large ones."""

from __future__ import annotations

import math

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_A100 = {"name": "NVIDIA A100-SXM4-40GB", "compute_capability": [8, 0], "memory_gb": 40}
IDLE_S = 300.0
NEARLY_IDLE = 10.0  # per cent of the GPU
SMALL_MODEL = 1e6  # parameters


def _starved(case: Case) -> bool:
    """Whether a training waits for data that one process prepares, not for a toy's kernels."""
    if now.phase(case) != "training" or case.number("loader.num_workers") != 0:
        return False
    heavy = any(one in case.text("data.kind").lower() for one in ("jpeg", "image", "audio"))
    return heavy or not _small(case)


def _gpu_idle(case: Case) -> float:
    """How busy the GPU was, below 10 %; the rule is silent above, or off a GPU."""
    case.need(now.cuda(case) is True, "it is not known to have had an NVIDIA GPU")
    busy = case.known("run.gpu_util_mean")
    case.need(busy < NEARLY_IDLE, "the GPU was in use")
    case.need(not _starved(case), "the GPU waits for data: that comes first")
    return busy


def _small(case: Case) -> bool:
    """A model of less than a million parameters, or one of a table."""
    params = case.number("model.params")
    table = case.text("task").startswith("tabular") and (params is None or params < 1e7)
    return table or (params is not None and params < SMALL_MODEL)


@rule(
    "idle_gpu",
    group="idle",
    speaks={
        "phase": "idle",
        "hardware": _A100,
        "run": {"duration_s": 1800, "energy_wh": 28, "gpu_util_mean": 0, "gpu_mem_frac": 0.4},
    },
    silent={
        "phase": "idle",
        "hardware": _A100,
        "run": {"duration_s": 60, "energy_wh": 1, "gpu_util_mean": 0, "gpu_mem_frac": 0.4},
    },
)
def idle_gpu(case: Case) -> Proposal:
    """A GPU held for over five minutes, or through a cell, without working."""
    busy = _gpu_idle(case)
    seconds = case.known("run.duration_s")
    waiting = now.phase(case) in {"idle", "none", ""}
    if waiting:
        memory = case.number("run.gpu_mem_frac")
        case.need(seconds > IDLE_S, "it was idle for a short time only")
        held = memory is not None and memory >= 0.02
        case.need(held or now.phase(case) != "idle", "the kernel is not known to hold GPU memory")
        what = (
            f"The kernel held {words.percent(memory)} of the GPU's memory for "
            f"{words.duration(seconds)} and computed nothing on it"
            if held and memory is not None
            else f"The GPU did nothing in the {words.duration(seconds)} of this cell"
        )
    else:
        case.need(seconds >= 60, "the cell is short")
        what = f"The GPU was {busy:.0f} % busy in the {words.duration(seconds)} of this cell"
    return Proposal(
        title="Let the idle GPU go",
        text=(
            f"{words.spent(case)}{what}: kept ready it draws 40 to 70 W. Freeing it, or a runtime "
            "without GPU for such cells, saves that."
        ),
        caveat="Loading the model again takes a moment.",
        snippet="del model\nimport gc, torch\n\ngc.collect()\ntorch.cuda.empty_cache()  # then shut the kernel down when done",
        ease=0.9,
    )


@rule(
    "cpu_instead_of_gpu",
    group="idle",
    speaks={
        "phase": "training",
        "framework": "torch",
        "task": "tabular-classification",
        "model": {"class_name": "Net", "params": 12_000},
        "hardware": _A100,
        "run": {"duration_s": 600, "energy_wh": 10, "gpu_util_mean": 4},
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "task": "image-classification",
        "model": {"class_name": "ResNet", "params": 25_000_000},
        "hardware": _A100,
        "run": {"duration_s": 600, "energy_wh": 10, "gpu_util_mean": 4},
    },
)
def cpu_instead_of_gpu(case: Case) -> Proposal:
    """A model of less than a million parameters, or a table, on a GPU that is hardly used."""
    case.need(
        now.phase(case) in {"training", "inference"}, "the cell neither trained nor predicted"
    )
    case.need(not now.remote(case), "the model is a hosted one")
    busy = _gpu_idle(case)
    params = case.number("model.params")
    case.need(_small(case), "the model is not known to be small")
    what = f"a model of {words.count(params)} parameters" if params else "a model of a table"
    return Proposal(
        title="Run this on the CPU",
        text=(
            f"{words.spent(case)}The GPU was {busy:.0f} % busy with {what}: starting its kernels "
            "takes longer than their work. A CPU does this about as fast, for less."
        ),
        caveat="Measure both once: an engineer's rule, not a study.",
        snippet='model = model.to("cpu")  # and a runtime without GPU',
        ease=0.9,
    )


@rule(
    "dataloader_bottleneck",
    speaks={
        "phase": "training",
        "framework": "torch",
        "loader": {"num_workers": 0},
        "hardware": {**_A100, "cores": 16},
        "run": {"duration_s": 2400, "energy_wh": 90, "gpu_util_mean": 28, "gpu_util_std": 35},
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "loader": {"num_workers": 0},
        "hardware": {**_A100, "cores": 16},
        "run": {"duration_s": 2400, "energy_wh": 90, "gpu_util_mean": 93, "gpu_util_std": 4},
    },
)
def dataloader_bottleneck(case: Case) -> Proposal:
    """A GPU that waits for data from one process."""
    case.need(now.phase(case) == "training", "the cell did not train")
    case.need(now.cuda(case) is not False, "it did not run on a GPU")
    busy = case.known("run.gpu_util_mean")
    swings = (case.number("run.gpu_util_std") or 0) >= 25
    case.need(busy < 50 or (swings and busy <= 85), "the GPU is kept busy")
    on_gpu = case.text("data.device").startswith("cuda")
    case.need(not on_gpu, "the data are on the GPU already")
    idle = busy < NEARLY_IDLE and _small(case) and not _starved(case)
    case.need(not idle, "the model is too small for a GPU: that comes first")
    workers, cores_busy = case.number("loader.num_workers"), case.number("run.cpu_cores_busy")
    one_core = cores_busy is not None and 0.85 <= cores_busy <= 1.5
    case.need(workers == 0 or (one_core and not workers), "the loader is not known to be the brake")
    cores = case.number("hardware.cores") or case.number("run.cores")
    case.need(cores is None or cores >= 2, "there is one CPU core only")
    wanted = 4 if cores is None else int(max(1, min(8, cores - 1)))
    return Proposal(
        title="Load data in parallel",
        text=(
            f"{words.spent(case)}The GPU was {busy:.0f} % busy: it waits while one process loads "
            f"the next batch. With {wanted} workers loading ahead such trainings took about half the time."
        ),
        caveat="The same result. Each worker takes memory; in a container mind its shared memory.",
        snippet=_loader_snippet(case, wanted),
        ease=0.95,
    )


def _loader_snippet(case: Case, workers: int) -> str:
    kind = now.framework(case)
    if kind in {"transformers", "peft", "sentence-transformers"}:
        return (
            f'args = TrainingArguments("out", dataloader_num_workers={workers}, '
            "dataloader_pin_memory=True)"
        )
    if kind in {"keras", "tensorflow"}:
        return (
            "dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE)\n"
            "dataset = dataset.prefetch(tf.data.AUTOTUNE)"
        )
    return (
        f"loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers={workers},\n"
        "                    pin_memory=True, persistent_workers=True)"
    )


@rule(
    "too_many_gpus",
    speaks={
        "phase": "inference",
        "framework": "vllm",
        "task": "text-generation",
        "model": {"params": 8_000_000_000, "dtype": "bfloat16"},
        "hardware": {"name": "NVIDIA H100 80GB HBM3", "memory_gb": 80, "count": 4},
        "run": {"duration_s": 1800, "energy_wh": 700},
    },
    silent={
        "phase": "inference",
        "framework": "vllm",
        "task": "text-generation",
        "model": {"params": 70_000_000_000, "dtype": "bfloat16"},
        "hardware": {"name": "NVIDIA H100 80GB HBM3", "memory_gb": 80, "count": 2},
        "run": {"duration_s": 1800, "energy_wh": 700},
    },
)
def too_many_gpus(case: Case) -> Proposal:
    """More GPUs than the weights need, with room for the rest."""
    case.need(now.phase(case) == "inference", "its evidence is about inference")
    case.need(not now.remote(case), "the model is a hosted one")
    case.need(not now.on_cpu(case), "it ran on the CPU")
    number, memory = now.gpus(case), case.number("hardware.memory_gb")
    case.need(number is not None and number >= 2, "there is one GPU, or that is unknown")
    case.need(case.flag("user.latency_target") is not True, "the GPUs are there for the latency")
    size = now.model_bytes(case)
    case.need(size is not None and memory, "the size of the weights or the GPUs is unknown")
    # Weights and as much as half of them again for the cache and the activations.
    # Models are split into powers of two.
    needed = max(1.0, 1.5 * (size or 0) / ((memory or 1) * 1e9))
    enough = 2 ** math.ceil(math.log2(needed))
    case.need(enough < (number or 0), "it needs all of them")
    return Proposal(
        title=f"Use {enough} GPU{'s' if enough > 1 else ''} instead of {number:.0f}",
        text=(
            f"{words.spent(case)}The weights take {(size or 0) / 1e9:.0f} GB and the {number:.0f} "
            f"GPUs have {(memory or 0):.0f} GB each. Spreading them over more GPUs than needed used "
            "a median 25 % more energy for the same answers."
        ),
        caveat="It answers more slowly; keep them where latency counts.",
        snippet=f'import os\n\nos.environ["CUDA_VISIBLE_DEVICES"] = "{",".join(str(one) for one in range(enough))}"  # before torch is imported',
        # One step more cost a median +25 % (-11 to +64): undone, 1 - 1/1.25 (0 to 1 - 1/1.64).
        saving=(0.0, 0.2, 0.39),
        ease=0.85,
    )
