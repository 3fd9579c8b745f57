"""Fine-tune large models through small adapters."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_GPU = {"name": "NVIDIA A100-SXM4-40GB", "compute_capability": [8, 0], "memory_gb": 40, "count": 1}
_RUN = {"duration_s": 3000, "energy_wh": 250}


@rule(
    "lora_peft",
    group="finetune",
    speaks={
        "phase": "training",
        "framework": "transformers",
        "task": "text-generation",
        "model": {
            "id": "meta-llama/Llama-3.2-3B",
            "params": 3_210_000_000,
            "trainable_share": 1.0,
            "dtype": "bfloat16",
        },
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "peft",
        "task": "text-generation",
        "model": {
            "id": "meta-llama/Llama-3.2-3B",
            "params": 3_210_000_000,
            "trainable_share": 0.004,
            "dtype": "bfloat16",
        },
        "run": _RUN,
    },
)
def lora_peft(case: Case) -> Proposal:
    """Fine-tuning of more than half of a model of 1 billion parameters or more."""
    case.need(now.phase(case) == "training", "the cell did not train")
    params = case.known("model.params")
    case.need(params >= 1e9, "below 1 billion parameters LoRA saves little")
    case.need(case.known("model.trainable_share") > 0.5, "most of the model is frozen already")
    case.need(now.pretrained(case) is not False, "it is trained from random weights")
    return Proposal(
        title="Fine-tune with LoRA",
        text=(
            f"{words.spent(case)}It trained all {words.count(params)} parameters. LoRA trains well "
            "under 1 % of them, without the optimiser's memory for the rest: fewer or smaller GPUs, "
            "and typically 30 % less energy"
            f"{words.here(case, 0.3)}."
        ),
        caveat="Usually on par; the forward pass is the same, so energy falls far less than the share trained.",
        snippet=(
            "from peft import LoraConfig, get_peft_model\n\n"
            'config = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear")\n'
            "model = get_peft_model(model, config)"
        ),
        ease=0.7,
    )


@rule(
    "qlora",
    speaks={
        "phase": "training",
        "framework": "peft",
        "task": "text-generation",
        "model": {"params": 13_000_000_000, "trainable_share": 0.004, "dtype": "float16"},
        "hardware": {"name": "Tesla T4", "compute_capability": [7, 5], "memory_gb": 16, "count": 1},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "peft",
        "task": "text-generation",
        "model": {"params": 3_000_000_000, "trainable_share": 0.004, "dtype": "bfloat16"},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def qlora(case: Case) -> Proposal:
    """Fine-tuning of a model whose weights do not fit on the GPU."""
    case.need(now.phase(case) == "training", "the cell did not train")
    params = case.known("model.params")
    case.need(params >= 1e9, "it is for large models")
    case.need(now.quantised(case) is False, "it is quantised already, or the dtype is unknown")
    case.need(now.cuda(case) is True, "it is not known to have run on an NVIDIA GPU")
    case.need(now.pretrained(case) is not False, "it is trained from random weights")
    held = case.known("hardware.memory_gb") * (now.gpus(case) or 1)
    size = (now.model_bytes(case) or 0) / 1e9
    case.need(size * 1.1 > held, "the model fits already, and QLoRA costs time")
    half = now.half(case)
    case.need(half, "no tensor cores are known of")
    compute = "torch.bfloat16" if half == "bf16" else "torch.float16"
    return Proposal(
        title="Fine-tune with QLoRA",
        text=(
            f"{words.spent(case)}The weights alone take {size:.0f} GB, more than the {held:.0f} GB "
            "of GPU memory. In 4 bits with LoRA on top they take about 70 % less."
        ),
        caveat="It saves memory and GPUs, not energy: each step is 10 to 40 % slower.",
        snippet=(
            'config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4",\n'
            f"                            bnb_4bit_compute_dtype={compute})\n"
            "model = AutoModelForCausalLM.from_pretrained(name, quantization_config=config)\n"
            "model = get_peft_model(prepare_model_for_kbit_training(model), lora_config)"
        ),
        saving=(0.6, 0.7, 0.75),
        of="memory",
        ease=0.5,
    )
