"""What a Transformers configuration tells: name, family, size, task, quantisation."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _identity
from green_notebook.advice.detect import _probe as probe

HEADS = {
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForCausalLM": "text-generation",
    "LMHeadModel": "text-generation",
    "ForMaskedLM": "fill-mask",
    "ForImageClassification": "image-classification",
    "ForObjectDetection": "object-detection",
    "ForSemanticSegmentation": "semantic-segmentation",
    "ForVideoClassification": "video-classification",
    "ForCTC": "automatic-speech-recognition",
    "ForSpeechSeq2Seq": "automatic-speech-recognition",
    "ForAudioClassification": "audio-classification",
    "ForImageTextToText": "image-text-to-text",
    "ForMultipleChoice": "multiple-choice",
}
# Where the head is one for many tasks, the family tells.
FAMILIES = {
    "whisper": "automatic-speech-recognition",
    "speech_to_text": "automatic-speech-recognition",
    "marian": "translation",
    "blip": "image-to-text",
    "vision-encoder-decoder": "image-to-text",
}


def task_of(class_name: str, model_type: str | None) -> str | None:
    """The task of a class such as BertForSequenceClassification; None where it is open."""
    if model_type in FAMILIES and class_name.endswith("ForConditionalGeneration"):
        return FAMILIES[model_type]
    return next((task for end, task in HEADS.items() if class_name.endswith(end)), None)


def configured(config: Any, found: Finding) -> None:
    """Write what a model's `config` tells as facts."""
    state = probe.own(config)
    if not state:
        return
    model_type = _model_type(config)
    inner = state.get("text_config")
    sizes = state if "hidden_size" in state or inner is None else probe.own(inner)
    found.put("model.model_type", model_type)
    found.put("model.hidden_size", _first(sizes, "hidden_size", "n_embd", "d_model", "dim"))
    found.put(
        "model.layers", _first(sizes, "num_hidden_layers", "n_layer", "num_layers", "n_layers")
    )
    found.put("model.encoder_decoder", probe.flag(state.get("is_encoder_decoder")))
    found.put("gen.use_cache", probe.flag(sizes.get("use_cache")))
    found.put("_hub_id", _identity.hub_id(state.get("_name_or_path")))
    found.put("model.quantized", _quantized(state.get("quantization_config")))
    found.put("model.compute_dtype", _compute_dtype(state.get("quantization_config")))
    name = found.facts.get("model.class_name")
    if type(name) is str:
        found.put("task", task_of(name, model_type))


def _model_type(config: Any) -> str | None:
    """A class's constant, read from the table of the class."""
    for cls in probe.mro(config):
        value = probe.class_dict(cls).get("model_type")
        if type(value) is str and value:
            return value
    return probe.text(probe.own(config).get("model_type"))


def _first(state: dict[str, Any], *names: str) -> int | None:
    return next((n for name in names if (n := probe.whole(state.get(name))) is not None), None)


def _quantized(given: Any) -> str | None:
    if given is None:
        return None
    state = probe.table(given) or probe.own(given)
    method = _word(state.get("quant_method"))
    if state.get("load_in_4bit") is True or state.get("_load_in_4bit") is True:
        return f"bitsandbytes-{_word(state.get('bnb_4bit_quant_type')) or '4bit'}"
    if state.get("load_in_8bit") is True or state.get("_load_in_8bit") is True:
        return "bitsandbytes-int8"
    bits = probe.whole(state.get("bits"))
    if method is None:
        return "quantized" if state else None
    return f"{method}-{bits}bit" if bits else method


def _compute_dtype(given: Any) -> str | None:
    state = probe.table(given) or (probe.own(given) if given is not None else {})
    dtype = state.get("bnb_4bit_compute_dtype")
    if dtype is None:
        return None
    if probe.from_package(dtype, "torch") and probe.name_of(type(dtype)) == "dtype":
        return str(dtype).removeprefix("torch.")
    return probe.text(dtype)


def _word(value: Any) -> str | None:
    """A str, or the value of an enumeration."""
    if type(value) is str:
        return value
    return probe.text(probe.own(value).get("_value_")) if value is not None else None
