"""Packed weights, only where they were measured to save: never what is quantised already."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_CPU = {"name": "cpu", "cores": 16, "flags": ["avx2", "avx512f", "avx512_vnni"]}
_RUN = {"duration_s": 1200, "energy_wh": 30}
_FAST_INT8 = ("vnni", "amx", "avx512", "i8mm", "asimddp")
_LINEAR = frozenset(
    [
        "text-classification",
        "token-classification",
        "question-answering",
        "text-embedding",
        "fill-mask",
        "summarization",
        "translation",
        "automatic-speech-recognition",
        "text-generation",
    ]
)


def _plain_weights(case: Case) -> None:
    case.need(now.phase(case) == "inference", "the cell did not predict")
    case.need(not now.remote(case), "the model is a hosted one")
    case.need(now.quantised(case) is False, "it is quantised already, or the dtype is unknown")


def _int8_cpu(case: Case) -> None:
    """Whether the CPU computes 8-bit products fast, where its flags are known."""
    case.need(now.on_cpu(case), "it did not run on the CPU")
    flags = [str(one).lower() for one in case.listed("hardware.flags")]
    fast = any(mark in flag for flag in flags for mark in _FAST_INT8)
    case.need(not flags or fast, "this CPU has no fast 8-bit products")
    case.need(now.dtype(case) == "float32", "the parameters are not float32")


@rule(
    "quant_int8_dynamic_cpu",
    group="precision",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-classification",
        "model": {"class_name": "BertModel", "params": 110_000_000, "dtype": "float32"},
        "hardware": _CPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-classification",
        "model": {
            "class_name": "BertModel",
            "params": 110_000_000,
            "dtype": "float32",
            "quantized": "int8-dynamic",
        },
        "hardware": _CPU,
        "run": _RUN,
    },
)
def quant_int8_dynamic_cpu(case: Case) -> Proposal:
    """A float32 model of linear layers or LSTMs, 20 million parameters or more, on the CPU."""
    _plain_weights(case)
    _int8_cpu(case)
    case.need(case.known("model.params") >= 20e6, "the model is small")
    kind, names = now.framework(case), now.names_of(case)
    case.need(kind not in {"sklearn", "keras", "tensorflow", "vllm"}, "it is no torch model")
    linear = now.task(case) in _LINEAR or any(
        mark in names for mark in ("lstm", "bert", "transformer", "vit", "deit")
    )
    case.need(linear, "its layers are not known to be linear ones")
    return Proposal(
        title="Quantise the linear layers to int8",
        text=(
            f"{words.spent(case)}The model's {words.count(case.known('model.params'))} parameters "
            "are 32-bit numbers on the CPU. With int8 linear layers such models run in about half "
            "the time here."
        ),
        caveat="Up to 1 point of accuracy: compare on your own examples.",
        snippet=(
            # Tried on a CPU with VNNI, BERT, torch 2.13: 2.7 times as fast; torchao 0.18: no faster.
            "import torch\nfrom torch.ao.quantization import quantize_dynamic\n\n"
            "# torch calls it deprecated, but on CPUs its successor in torchao is no faster yet\n"
            "model = quantize_dynamic(model.eval(), {torch.nn.Linear, torch.nn.LSTM}, dtype=torch.qint8)"
        ),
        ease=0.75,
    )


@rule(
    "quant_int8_static",
    group="precision",
    speaks={
        "phase": "inference",
        "framework": "torchvision",
        "task": "image-classification",
        "model": {"class_name": "ResNet", "params": 25_557_032, "dtype": "float32"},
        "data": {"kind": "jpeg folder", "rows": 50_000},
        "hardware": _CPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "torchvision",
        "task": "image-classification",
        "model": {"class_name": "VisionTransformer", "params": 86_000_000, "dtype": "float32"},
        "data": {"kind": "jpeg folder", "rows": 50_000},
        "hardware": _CPU,
        "run": _RUN,
    },
)
def quant_int8_static(case: Case) -> Proposal:
    """A float32 CNN on the CPU, with some data to calibrate it."""
    _plain_weights(case)
    _int8_cpu(case)
    case.need(now.task(case) in now.VISION, "it is about networks for images")
    names = f"{now.names_of(case)} {case.text('model.id').lower()}"
    attention = any(mark in names for mark in ("vit", "vision", "transformer", "swin", "deit"))
    case.need(names.strip() and not attention, "it is not known to be a convolutional network")
    items = case.number("data.rows") or case.number("run.items") or 0
    case.need(items >= 100, "no data for the calibration is known of")
    return Proposal(
        title="Quantise the network to int8",
        text=(
            f"{words.spent(case)}The network computes in 32 bits on the CPU. In int8, calibrated "
            "with a few hundred of your images, such networks take less than half the time."
        ),
        caveat="About half a point of accuracy (ResNet-50: 80.3 instead of 80.9 %).",
        snippet=(
            "from onnxruntime.quantization import quantize_static\n\n"
            "# reader: a CalibrationDataReader over some hundred of your images\n"
            'quantize_static("model.onnx", "model-int8.onnx", reader)'
        ),
        ease=0.45,
    )


@rule(
    "quant_llm_4bit",
    group="precision",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": {"class_name": "MistralForCausalLM", "params": 7_240_000_000, "dtype": "float16"},
        "gen": {"batch_size": 1, "calls": 4},
        "hardware": {"name": "NVIDIA L4", "memory_gb": 24, "compute_capability": [8, 9]},
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": {"class_name": "Qwen2ForCausalLM", "params": 1_500_000_000, "dtype": "float16"},
        "gen": {"batch_size": 1, "calls": 4},
        "hardware": {"name": "NVIDIA L4", "memory_gb": 24, "compute_capability": [8, 9]},
        "run": _RUN,
    },
)
def quant_llm_4bit(case: Case) -> Proposal:
    """A language model of 7 billion or more on a GPU, one prompt at a time or too large for it."""
    _plain_weights(case)
    case.need(now.cuda(case) is True, "it is not known to have run on an NVIDIA GPU")
    case.need(now.task(case) in now.GENERATIVE, "it is no language model")
    case.need(case.known("model.params") >= 6.5e9, "below about 5 billion 4 bits cost energy")
    memory, size = case.number("hardware.memory_gb"), now.model_bytes(case)
    held = None if memory is None else memory * 1e9 * (now.gpus(case) or 1)
    too_large = bool(held and size and 1.1 * size > held)
    calls = case.number("gen.calls") or 0
    alone = calls < 16 or case.flag("gen.interactive") is True
    case.need(too_large or alone, "its prompts could go in batches: that saves more")
    case.need(
        too_large or case.number("gen.batch_size") == 1,
        "it fits and runs batches: 16 bits are best",
    )
    half = now.half(case)
    case.need(half, "no tensor cores are known of")
    compute = "torch.bfloat16" if half == "bf16" else "torch.float16"
    gain = (
        "It would fit on this GPU, and" if too_large else "It would need a third of the memory, and"
    )
    return Proposal(
        title="Load the model in 4 bits",
        text=(
            f"{words.spent(case)}The model has {words.count(case.known('model.params'))} "
            f"parameters of {now.bytes_each(case):.0f} bytes. {gain} models of this size used 11 to "
            "23 % less energy in 4 bits."
        ),
        caveat="Perplexity rises by 1 to 3 %, and it answers more slowly. Smaller models gain nothing.",
        snippet=(
            "import torch\nfrom transformers import AutoModelForCausalLM, BitsAndBytesConfig\n\n"
            'config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4",\n'
            f"                            bnb_4bit_compute_dtype={compute})\n"
            "model = AutoModelForCausalLM.from_pretrained(name, quantization_config=config)"
        ),
        ease=0.6,
    )


@rule(
    "quant_fp8_serving",
    group="precision",
    speaks={
        "phase": "inference",
        "framework": "vllm",
        "task": "text-generation",
        "model": {"params": 70_000_000_000, "dtype": "bfloat16"},
        "gen": {"batch_size": 64, "calls": 500},
        "hardware": {"name": "NVIDIA H100 80GB HBM3", "compute_capability": [9, 0], "count": 4},
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "vllm",
        "task": "text-generation",
        "model": {"params": 70_000_000_000, "dtype": "bfloat16"},
        "gen": {"batch_size": 8, "calls": 500},
        "hardware": {"name": "NVIDIA H100 80GB HBM3", "compute_capability": [9, 0], "count": 4},
        "run": _RUN,
    },
)
def quant_fp8_serving(case: Case) -> Proposal:
    """Serving by vLLM on an H100 or newer with batches of 32 or more."""
    _plain_weights(case)
    capability = now.capability(case)
    case.need(capability and capability >= (9, 0), "FP8 was measured on the H100 and newer")
    case.need(now.framework(case) == "vllm", "it was measured with vLLM")
    batch = case.known("gen.batch_size")
    case.need(batch >= 32, "below a batch of 32 FP8 costs energy")
    return Proposal(
        title="Serve the model in FP8",
        text=(
            f"{words.spent(case)}vLLM ran {batch:.0f} prompts at a time in 16 bits. At such "
            "batches FP8 used 5 to 13 % less energy on H100s."
        ),
        caveat="Below a batch of 32 it uses more: +56 % at 8. Measured on one model only.",
        snippet='llm = vllm.LLM(name, quantization="fp8")',
        saving=(0.05, 0.08, 0.13),
        ease=0.8,
    )
