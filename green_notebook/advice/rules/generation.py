"""Text generation: batches, serving engines, the cache, the number of tokens."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_GPU = {"name": "NVIDIA A100-SXM4-80GB", "compute_capability": [8, 0], "count": 1}
_RUN = {"duration_s": 2400, "energy_wh": 150}
_LLM = {"class_name": "LlamaForCausalLM", "params": 3_200_000_000, "dtype": "bfloat16"}
MANY = 50  # calls in one cell: a loop, not a try
TOKENS_OF_A_LABEL = 8  # a label is a word or two


def _generates(case: Case) -> None:
    case.need(now.phase(case) == "inference", "the cell did not generate")
    case.need(not now.remote(case), "the model is a hosted one")
    case.need(now.task(case) in now.GENERATIVE, "it is no language model that generates")


def _prompts(case: Case) -> float:
    """How many prompts there were: calls, or items where one call took many."""
    known = [one for one in (case.number("gen.calls"), case.number("run.items")) if one is not None]
    case.need(known, "how many prompts there were is unknown")
    return max(known)


@rule(
    "batching_llm",
    group="batches",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"batch_size": 1, "calls": 800},
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "diffusers",
        "task": "text-to-image",
        "gen": {"batch_size": 1, "calls": 800},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def batching_llm(case: Case) -> Proposal:
    """A loop of calls with one prompt each."""
    _generates(case)
    case.need(not now.on_cpu(case), "batches were measured on GPUs")
    case.need(now.framework(case) != "vllm", "vLLM makes batches itself")
    case.need(case.known("gen.batch_size") == 1, "it makes batches already")
    calls = _prompts(case)
    case.need(calls >= 16, "there are too few prompts to make batches of")
    case.need(
        case.flag("gen.interactive") is not True, "an interactive chat has one prompt at a time"
    )
    memory = case.number("run.gpu_mem_frac")
    case.need(memory is None or memory < 0.85, "the GPU's memory is full")
    return Proposal(
        title="Give the model batches of prompts",
        text=(
            f"{words.spent(case)}It generated for {words.count(calls)} prompts one by one, and "
            "reads all its weights for every token of each. In batches they are read once for all: "
            "32 prompts at a time instead of 8 saved 47 to 71 % of the energy of a token, and from "
            "one at a time it is more."
        ),
        caveat="The same answers; a single one comes later. It needs memory: halve the batch if it runs out.",
        snippet=(
            'tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token\npipe.tokenizer.padding_side = "left"\n'
            "answers = pipe(prompts, batch_size=32)"
        ),
        ease=0.85,
    )


@rule(
    "llm_serving_engine",
    group="batches",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"batch_size": 8, "calls": 400},
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"batch_size": 1, "calls": 1},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def llm_serving_engine(case: Case) -> Proposal:
    """Many calls of generate() in Transformers on an NVIDIA GPU."""
    _generates(case)
    case.need(now.cuda(case) is True, "it is not known to have run on an NVIDIA GPU")
    case.need(now.framework(case) in {"transformers", "peft"}, "it is not Transformers' generate()")
    calls = _prompts(case)
    case.need(calls >= MANY, "there are too few calls for an engine to pay")
    case.need(now.task(case) == "text-generation", "the engines serve text generation")
    capability = now.capability(case)
    case.need(capability is None or capability >= (7, 0), "vLLM needs compute capability 7.0")
    shared = case.flag("gen.identical_system_prompt") is True
    prefix = " It also reads the system prompt, the same each time, only once." if shared else ""
    return Proposal(
        title="Generate with vLLM",
        text=(
            f"{words.spent(case)}It made {words.count(calls)} calls of generate(). An engine that "
            "keeps the GPU filled with prompts used 38 to 73 % less energy for the same texts"
            f"{words.here(case, 0.55)}.{prefix}"
        ),
        caveat="The same model and answers; another library, and it takes the GPU's memory for itself.",
        snippet=(
            "from vllm import LLM, SamplingParams\n\nllm = LLM(name)\n"
            "outputs = llm.generate(prompts, SamplingParams(max_tokens=200))"
        ),
        ease=0.55,
    )


@rule(
    "kv_cache",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"use_cache": False, "calls": 20, "mean_output_tokens": 200},
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"use_cache": True, "calls": 20, "mean_output_tokens": 200},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def kv_cache(case: Case) -> Proposal:
    """generate() with use_cache=False, left over from training."""
    case.need(now.phase(case) == "inference", "the cell did not generate")
    case.need(not now.remote(case), "the model is a hosted one")
    case.need(case.flag("gen.use_cache") is False, "the cache is not known to be off")
    generates = now.task(case) in now.GENERATIVE or now.task(case) == "automatic-speech-recognition"
    case.need(generates or case.number("gen.max_new_tokens"), "nothing was generated")
    tokens = case.number("gen.mean_output_tokens")
    case.need(tokens is None or tokens >= 8, "a few tokens need no cache")
    length = f" of about {tokens:.0f} tokens" if tokens else ""
    return Proposal(
        title="Switch the generation cache on",
        text=(
            f"{words.spent(case)}use_cache is off: for every new token of an answer{length} the "
            "model computes all earlier ones again. With the cache it computes one."
        ),
        caveat="None for the answers; it needs some memory. Switch it off again for training.",
        snippet="model.config.use_cache = True\nmodel.generation_config.use_cache = True",
        ease=1.0,
    )


@rule(
    "max_new_tokens",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"max_new_tokens": 1024, "mean_output_tokens": 90, "stops_at_eos": False},
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "model": _LLM,
        "gen": {"max_new_tokens": 1024, "mean_output_tokens": 90, "stops_at_eos": True},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def max_new_tokens(case: Case) -> Proposal:
    """A limit far above what is needed, that really is generated up to."""
    _generates(case)
    limit = case.known("gen.max_new_tokens")
    written = case.number("gen.mean_output_tokens")
    labels = [one for one in case.listed("gen.labels") if isinstance(one, str)]
    if labels:
        needed = max(TOKENS_OF_A_LABEL, *(2 * len(one.split()) for one in labels))
        runs_on = written is not None and written >= 3 * needed
    else:
        case.need(written is not None, "gen.mean_output_tokens is unknown")
        needed, runs_on = int(written or 0), case.flag("gen.stops_at_eos") is False
    case.need(runs_on, "generation stops by itself: the limit costs nothing")
    generated = min(limit, written) if labels and written else limit
    case.need(needed >= 1 and generated >= 3 * needed, "the limit is near what is needed")
    share = 1 - needed / generated
    return Proposal(
        title="Stop generating earlier",
        text=(
            f"{words.spent(case)}It generates up to {generated:.0f} tokens an answer where about "
            f"{needed} are needed, and energy grows nearly in line with the tokens."
        ),
        caveat="Too low a limit cuts answers off: leave some room.",
        snippet=f"model.generate(**inputs, max_new_tokens={int(1.5 * needed)})",
        saving=(0.6 * share, 0.85 * share, share),
        ease=0.95,
    )
