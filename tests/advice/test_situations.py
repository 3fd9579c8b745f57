"""What an expert would say first, may say, and must never say, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from green_notebook.advice import advise, explain
from green_notebook.advice._engine import registered

T4 = {"hardware.name": "Tesla T4", "hardware.compute_capability": [7, 5], "hardware.memory_gb": 16}
V100 = {"hardware.name": "Tesla V100-SXM2-16GB", "hardware.memory_gb": 16}  # 7.0, by its name
P100 = {"hardware.name": "Tesla P100-PCIE-16GB", "hardware.memory_gb": 16}
A100 = {
    "hardware.name": "NVIDIA A100-SXM4-40GB",
    "hardware.compute_capability": [8, 0],
    "hardware.memory_gb": 40,
    "hardware.count": 1,
    "hardware.cores": 16,
}
H100 = {
    "hardware.name": "NVIDIA H100 80GB HBM3",
    "hardware.compute_capability": [9, 0],
    "hardware.memory_gb": 80,
    "hardware.count": 1,
}
MINE = {
    "hardware.name": "NVIDIA GeForce RTX 3090",
    "hardware.compute_capability": [8, 6],
    "hardware.memory_gb": 24,
    "hardware.power_limit_w": 350,
    "hardware.can_set_power": True,
    "hardware.managed": False,
}
CPU = {"hardware.name": "cpu", "hardware.cores": 8, "hardware.flags": ["avx2", "avx512_vnni"]}
LONG = {"run.duration_s": 7200, "run.energy_wh": 500}
RUN = {"run.duration_s": 900, "run.energy_wh": 60}
BUSY = {"run.gpu_util_mean": 93, "run.gpu_util_std": 4}
STARVED = {"run.gpu_util_mean": 25, "run.gpu_util_std": 30}

LLM_7B = {
    "phase": "inference",
    "framework": "transformers",
    "task": "text-generation",
    "model.id": "mistralai/Mistral-7B-Instruct-v0.3",
    "model.class_name": "MistralForCausalLM",
    "model.params": 7_248_000_000,
    "model.dtype": "float16",
}
LLM_1B = {
    **LLM_7B,
    "model.id": "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    "model.class_name": "LlamaForCausalLM",
    "model.params": 1_100_000_000,
}
FP32_TRAINING = {
    "phase": "training",
    "framework": "torch",
    "task": "image-classification",
    "model.class_name": "ResNet",
    "model.params": 25_557_032,
    "model.dtype": "float32",
    "model.weights": "imagenet",
    "optim.amp": False,
    "optim.epochs": 5,
    "loader.num_workers": 8,
}
QUANTISING = {
    "quant_int8_dynamic_cpu",
    "quant_int8_static",
    "quant_llm_4bit",
    "quant_fp8_serving",
    "quant_llm_int8_bnb",
    "quant_llm_4bit_small_model",
}
NAMED = {
    "smaller_model",
    "distillation",
    "efficient_architecture",
    "smaller_model_detect",
    "static_embeddings",
}
GRID = {"grid.zone": "DE", "grid.now_g_kwh": 450, "grid.next48h_min": 200, "grid.next48h_max": 480}


@dataclass(frozen=True)
class Situation:
    """Facts by dotted path; what to say first (one of), what never; words that must not occur."""

    name: str
    facts: dict[str, Any]
    first: set[str] = field(default_factory=set)
    never: set[str] = field(default_factory=set)
    silent: bool = False
    words: set[str] = field(default_factory=set)
    never_words: set[str] = field(default_factory=set)
    tolerance: float = 1.0


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for path, value in flat.items():
        section, _, key = path.partition(".")
        if key:
            data.setdefault(section, {})[key] = value
        else:
            data[section] = value
    return data


S = Situation
SITUATIONS = [
    # --- nothing to say
    S("nothing is known", {}, silent=True),
    S("a tiny scikit-learn fit", {
        "phase": "training", "framework": "sklearn", "task": "tabular-classification",
        "model.class_name": "MLPClassifier", "data.kind": "dataframe", "data.rows": 150,
        "run.duration_s": 0.4, "run.energy_wh": 0.002}, silent=True),
    S("a few joules in half a minute", {
        "phase": "none", "framework": "pandas", "code.uses_iterrows": True, "data.rows": 5000,
        "run.duration_s": 20, "run.energy_wh": 0.005}, silent=True),
    S("a well-tuned training", {
        **FP32_TRAINING, **A100, **RUN, **BUSY, "optim.amp": "bf16", "model.compiled": True,
        "model.trainable_share": 1.0, "data.rows": 1_200_000}, silent=True),
    S("trees on a table", {
        "phase": "training", "framework": "sklearn", "task": "tabular-classification",
        "model.class_name": "HistGradientBoostingClassifier", "data.kind": "dataframe",
        "data.rows": 90_000, **RUN, **CPU}, silent=True),
    S("a plot", {"phase": "none", "model": None, "framework": "matplotlib", **RUN, **CPU},
      silent=True),
    # --- smaller models by name
    S("a large English encoder of sentences", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "language": "en", "model.id": "intfloat/e5-large-v2", **RUN, **H100},
      first={"smaller_model"}, words={"GIST-all-MiniLM-L6-v2"}),
    S("the same encoder on French texts", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "data.language": "fr", "model.id": "intfloat/e5-large-v2", **RUN, **H100},
      never=NAMED),
    S("an encoder without a cheaper one within the tolerance", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "language": "en", "model.id": "avsolatorio/GIST-all-MiniLM-L6-v2", **RUN, **H100},
      never={"smaller_model", "distillation"}),
    S("no quality to give up", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "language": "en", "model.id": "intfloat/e5-large-v2", **RUN, **H100},
      first={"smaller_model"}, tolerance=0.0, never_words={"It loses 0", "It loses 1 point"}),
    S("a multilingual encoder whose language is unknown", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "model.id": "intfloat/multilingual-e5-large", **RUN, **H100},
      never_words={"all-MiniLM-L6-v2", "bge-", "gte-"}),
    S("VGG16 of torchvision", {
        "phase": "inference", "framework": "torchvision", "task": "image-classification",
        "model.id": "torchvision/vgg16", "model.params": 138_357_544, **RUN, **A100},
      first={"efficient_architecture", "smaller_model"}, never_words={"vgg19", "_FBGEMM_"}),
    S("VGG16 of Keras", {
        "phase": "inference", "framework": "keras", "task": "image-classification",
        "model.id": "keras.applications/VGG16", **RUN, **A100},
      first={"efficient_architecture", "smaller_model"}, words={"keras.applications."}),
    S("an image model with measured energy", {
        "phase": "inference", "framework": "transformers", "task": "image-classification",
        "model.id": "google/vit-large-patch32-384", **RUN, **A100},
      first={"smaller_model"}, words={"convnext-tiny-224"}),
    S("a small network has nothing smaller", {
        "phase": "inference", "framework": "timm", "task": "image-classification",
        "model.id": "timm/mobilenetv3_small_050.lamb_in1k", **RUN, **A100}, never=NAMED),
    S("a network known by its class only", {
        "phase": "inference", "framework": "torch", "task": "image-classification",
        "model.class_name": "ResNet", "model.id": "timm/resnet50.a1_in1k",
        "model.identified_by": "class name", **RUN, **A100}, never=NAMED),
    S("a network used for another task", {
        "phase": "inference", "framework": "torchvision", "task": "image-segmentation",
        "model.id": "torchvision/resnet152", **RUN, **A100}, never=NAMED),
    S("a smaller detector", {
        "phase": "inference", "task": "object-detection", "model.id": "ultralytics/yolov8x.pt",
        **RUN, **A100}, first={"smaller_model_detect"}, never={"smaller_model"}),
    S("persons' keypoints are no boxes of 80 classes", {
        "phase": "inference", "framework": "torchvision", "task": "object-detection",
        "model.id": "torchvision/keypointrcnn_resnet50_fpn", **RUN, **A100}, never=NAMED),
    S("an encoder of few parameters and much compute", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "language": "en", "model.id": "albert/albert-xxlarge-v2", **RUN, **A100},
      first={"smaller_model"}, never_words={"albert-xlarge"}),
    S("a language model that no benchmark tells from guessing", {
        **LLM_7B, "model.id": "tiiuae/falcon-7b", "gen.batch_size": 8, "gen.calls": 4, **RUN,
        **A100}, never={"smaller_model", "distillation"}),
    S("a chat model is replaced by a chat model", {
        **LLM_7B, "language": "en", "gen.batch_size": 8, "gen.calls": 4, **RUN, **A100},
      first={"smaller_model"}, words={"nstruct"}),
    S("the checkpoint is pinned for a comparison", {
        **LLM_7B, "language": "en", "gen.batch_size": 8, "gen.calls": 4,
        "user.pinned_model": True, **RUN, **A100}, never=NAMED),
    S("a language model on Polish texts", {
        **LLM_7B, "data.language": "pl", "gen.batch_size": 8, "gen.calls": 4, **RUN, **A100},
      never=NAMED),
    S("a smaller model while training", {
        **FP32_TRAINING, **A100, **RUN, **BUSY, "framework": "torchvision",
        "model.id": "torchvision/resnet152"}, first={"mixed_precision_training"}, never=NAMED),
    # --- distilled twins
    S("Whisper on English", {
        "phase": "inference", "framework": "transformers", "language": "en",
        "task": "automatic-speech-recognition", "model.id": "openai/whisper-large-v3", **RUN,
        **A100}, first={"distillation"}, words={"distil-whisper/"}),
    S("Whisper on French", {
        "phase": "inference", "framework": "transformers", "data.language": "fr",
        "task": "automatic-speech-recognition", "model.id": "openai/whisper-large-v3", **RUN,
        **A100}, never={"distillation"}, never_words={"distil-", "parakeet", ".en"}),
    S("a distilled Whisper already", {
        "phase": "inference", "framework": "transformers", "language": "en",
        "task": "automatic-speech-recognition", "model.id": "distil-whisper/distil-large-v3",
        **RUN, **A100}, never={"distillation"}, never_words={"distil-large-v3.5"}),
    S("a twin beyond the tolerance", {
        "phase": "inference", "framework": "transformers", "language": "en",
        "task": "text-classification", "model.id": "FacebookAI/roberta-base", **RUN, **A100},
      never={"distillation"}),
    S("a twin within a larger tolerance", {
        "phase": "inference", "framework": "transformers", "language": "en",
        "task": "text-classification", "model.id": "FacebookAI/roberta-base", **RUN, **A100},
      never_words={"distilbert/distilroberta-base loses nothing"}, tolerance=4.0),
    S("old names are understood", {
        "phase": "inference", "framework": "transformers", "language": "en",
        "task": "summarization", "model.id": "facebook/bart-large-cnn", **RUN, **A100},
      first={"distillation"}, words={"distilbart-cnn", "from memory"}),
    # --- the right kind of model
    S("a language model as a classifier", {
        **LLM_7B, "language": "en", "gen.labels": ["yes", "no"], "gen.calls": 4000,
        "gen.batch_size": 1, "gen.mean_output_tokens": 2, **RUN, **A100},
      first={"task_specific_vs_general"}),
    S("the same on texts of unknown language", {
        **LLM_7B, "gen.labels": ["yes", "no"], "gen.calls": 4000, "gen.batch_size": 8, **RUN,
        **A100}, first={"task_specific_vs_general"}, never_words={"all-MiniLM"}),
    S("open-ended writing is no classification", {
        **LLM_7B, "gen.calls": 4000, "gen.batch_size": 1, "gen.mean_output_tokens": 400, **RUN,
        **A100}, first={"batching_llm"}, never={"task_specific_vs_general"}),
    S("labels that change from call to call", {
        **LLM_7B, "gen.labels": ["a", "b"], "gen.labels_change": True, "gen.calls": 400,
        "gen.batch_size": 8, **RUN, **A100}, never={"task_specific_vs_general"}),
    S("a small classifier is right already", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "model.id": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "model.params": 67_000_000, "gen.labels": ["POSITIVE", "NEGATIVE"], **RUN, **A100},
      never={"task_specific_vs_general"} | NAMED),
    S("a large hosted model for labels", {
        "phase": "inference", "framework": "anthropic", "model.kind": "remote-api",
        "task": "text-generation", "model.id": "claude-opus-4-1", "gen.labels": ["a", "b", "c"],
        "gen.calls": 500, "run.duration_s": 300, "run.energy_wh": 0.01},
      first={"api_smaller_tier"}, words={"haiku", "odelled"}, never=QUANTISING | NAMED),
    S("a small hosted model already", {
        "phase": "inference", "framework": "openai", "model.kind": "remote-api",
        "task": "text-generation", "model.id": "gpt-5-nano", "gen.labels": ["a", "b", "c"],
        "gen.calls": 500, "run.duration_s": 300}, never={"api_smaller_tier"}),
    S("a large hosted model that writes essays", {
        "phase": "inference", "framework": "openai", "model.kind": "remote-api",
        "task": "text-generation", "model.id": "gpt-4.1", "gen.mean_output_tokens": 900,
        "gen.calls": 50, "run.duration_s": 300}, never={"api_smaller_tier", "batching_llm"}),
    S("half a million texts through an encoder on the CPU", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "language": "en", "model.id": "sentence-transformers/all-MiniLM-L6-v2",
        "run.items": 500_000, **LONG, **CPU},
      first={"static_embeddings"}, never_words={"potion"}),
    S("static embeddings lose too much for retrieval", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-retrieval",
        "language": "en", "model.id": "sentence-transformers/all-MiniLM-L6-v2",
        "run.items": 500_000, **LONG, **CPU}, never={"static_embeddings"}),
    S("few texts", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "language": "en", "model.id": "sentence-transformers/all-MiniLM-L6-v2",
        "run.items": 3_000, **RUN, **CPU}, never={"static_embeddings"}),
    S("a network on a table", {
        "phase": "training", "framework": "torch", "task": "tabular-regression",
        "model.class_name": "Net", "model.params": 40_000, "data.kind": "dataframe",
        "data.rows": 60_000, **RUN, **CPU}, first={"trees_instead_of_nn"}, words={"Regressor"}),
    S("a network on a very large table", {
        "phase": "training", "framework": "torch", "task": "tabular-regression",
        "model.class_name": "Net", "data.kind": "dataframe", "data.rows": 8_000_000, **RUN,
        **CPU}, never={"trees_instead_of_nn"}),
    S("a network on images", {
        "phase": "training", "framework": "sklearn", "task": "image-classification",
        "model.class_name": "MLPClassifier", "data.kind": "array", "data.rows": 60_000, **RUN,
        **CPU}, never={"trees_instead_of_nn"}),
    # --- precision
    S("32-bit training on an A100", {**FP32_TRAINING, **A100, **RUN, **BUSY},
      first={"mixed_precision_training"}, words={"bf16"}),
    S("32-bit training on a T4", {**FP32_TRAINING, **T4, **RUN, **BUSY},
      first={"mixed_precision_training"}, words={"fp16"}, never={"tf32"},
      never_words={"bf16", "bfloat16", "TF32"}),
    S("32-bit training on a V100", {**FP32_TRAINING, **V100, **RUN, **BUSY},
      first={"mixed_precision_training"}, never={"tf32"}, never_words={"bf16", "bfloat16"}),
    S("32-bit training on a P100", {**FP32_TRAINING, **P100, **RUN, **BUSY},
      never={"mixed_precision_training", "tf32", "torch_compile"}),
    S("32-bit training on the CPU", {**FP32_TRAINING, **CPU, **RUN},
      never={"mixed_precision_training", "tf32", "torch_compile", "dataloader_bottleneck"}),
    S("AMP is on", {**FP32_TRAINING, **A100, **RUN, **BUSY, "optim.amp": "fp16"},
      never={"mixed_precision_training", "tf32"}),
    S("whether AMP is on is unknown", {
        **{key: value for key, value in FP32_TRAINING.items() if key != "optim.amp"},
        **A100, **RUN, **BUSY}, never={"mixed_precision_training"}),
    S("a starved GPU gets its data first", {
        **FP32_TRAINING, **A100, **RUN, **STARVED, "loader.num_workers": 0},
      first={"dataloader_bottleneck"}, never={"mixed_precision_training", "batch_size_training"}),
    S("TF32 where matrix products are at the highest precision", {
        **FP32_TRAINING, **A100, **RUN, "run.gpu_util_mean": 55,
        "optim.matmul_precision": "highest"}, first={"tf32"}),
    S("32-bit prediction on a T4", {
        "phase": "inference", "framework": "torch", "model.class_name": "Net",
        "model.dtype": "float32", "model.params": 50_000_000, **T4, **RUN, **BUSY},
      first={"mixed_precision_inference"}, never_words={"bf16", "bfloat16"}),
    S("16-bit prediction", {
        "phase": "inference", "framework": "torch", "model.class_name": "Net",
        "model.dtype": "bfloat16", "model.params": 50_000_000, **A100, **RUN, **BUSY},
      never={"mixed_precision_inference"}),
    # --- quantisation
    S("BERT on a CPU with fast int8", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "model.class_name": "BertForSequenceClassification", "model.params": 109_000_000,
        "model.dtype": "float32", **CPU, **RUN}, first={"quant_int8_dynamic_cpu"},
      never={"mixed_precision_inference"}),
    S("BERT on a CPU without fast int8", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "model.class_name": "BertForSequenceClassification", "model.params": 109_000_000,
        "model.dtype": "float32", **CPU, "hardware.flags": ["sse4_2"], **RUN},
      never=QUANTISING),
    S("BERT in int8 already", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "model.class_name": "BertForSequenceClassification", "model.params": 109_000_000,
        "model.dtype": "float32", "model.quantized": "int8-dynamic", **CPU, **RUN},
      never=QUANTISING),
    S("packed weights tell themselves by their number", {
        **LLM_7B, "model.dtype": "float16", "model.stored_numel": 3_700_000_000,
        "gen.batch_size": 1, "gen.calls": 4, **RUN, **A100}, never=QUANTISING),
    S("a CNN on the CPU", {
        "phase": "inference", "framework": "keras", "task": "image-classification",
        "model.class_name": "Functional", "model.id": "my-cnn", "model.params": 25_000_000,
        "model.dtype": "float32", "data.rows": 20_000, **CPU, **RUN},
      first={"quant_int8_static"}, never={"quant_int8_dynamic_cpu"}),
    S("a CNN on the GPU", {
        "phase": "inference", "framework": "torch", "task": "image-classification",
        "model.class_name": "Cnn", "model.params": 25_000_000, "model.dtype": "float32",
        "data.rows": 20_000, **A100, **RUN, **BUSY}, first={"mixed_precision_inference"},
      never=QUANTISING),
    S("a 7B model, one prompt at a time", {
        **LLM_7B, "model.id": "my-org/my-7b", "gen.batch_size": 1, "gen.calls": 6, **A100, **RUN},
      first={"quant_llm_4bit"}, never={"quant_llm_int8_bnb"}),
    S("a 7B model in 4 bits already", {
        **LLM_7B, "model.quantized": "bitsandbytes-nf4", "model.dtype": "uint8",
        "gen.batch_size": 1, "gen.calls": 6, **A100, **RUN},
      never=QUANTISING | {"mixed_precision_inference"}),
    S("a 1B model gains nothing from 4 bits", {
        **LLM_1B, "gen.batch_size": 1, "gen.calls": 6, **A100, **RUN}, never=QUANTISING),
    S("a 7B model is not quantised for training", {
        **LLM_7B, "phase": "training", "model.trainable_share": 1.0, **A100, **RUN},
      first={"lora_peft"}, never=QUANTISING),
    S("large batches on an H100", {
        **LLM_7B, "framework": "vllm", "model.id": "my-org/my-70b", "model.params": 70e9,
        "model.dtype": "bfloat16", "gen.batch_size": 128, "gen.calls": 5000, **H100,
        "hardware.count": 4, **RUN}, first={"quant_fp8_serving"},
      never={"batching_llm", "llm_serving_engine"}),
    S("small batches on an H100", {
        **LLM_7B, "framework": "vllm", "model.id": "my-org/my-70b", "model.params": 70e9,
        "model.dtype": "bfloat16", "gen.batch_size": 8, "gen.calls": 5000, **H100,
        "hardware.count": 4, **RUN}, never={"quant_fp8_serving"}),
    # --- generation
    S("a loop of single prompts", {
        **LLM_7B, "gen.batch_size": 1, "gen.calls": 900, "gen.mean_output_tokens": 250, **A100,
        **RUN}, first={"batching_llm"}),
    S("one call over a long list, one at a time", {
        **LLM_7B, "gen.batch_size": 1, "gen.calls": 1, "run.items": 3000, **A100, **RUN},
      first={"batching_llm"}),
    S("a toy model whose loader has one process", {
        "phase": "training", "framework": "torch", "model.class_name": "Net",
        "model.params": 9_000, "loader.num_workers": 0, "run.gpu_util_mean": 4, **A100, **RUN},
      first={"cpu_instead_of_gpu"}, never={"dataloader_bottleneck"}),
    S("the smaller model is there already", {
        "phase": "inference", "framework": "sentence-transformers", "task": "text-embedding",
        "language": "en", "model.id": "intfloat/e5-large-v2", **RUN, **H100,
        "model.also": ["avsolatorio/GIST-all-MiniLM-L6-v2"]},
      first={"smaller_model"}, never_words={"GIST-all-MiniLM-L6-v2"}),
    S("a network of a library may be untrained", {
        **FP32_TRAINING, "model.id": "torchvision/resnet50", "model.weights": None,
        "model.trainable_share": 1.0, "data.rows": 3_000, **A100, **RUN, **BUSY},
      never={"freeze_layers", "transfer_learning", "feature_extraction"}),
    S("elastic nets do not train step by step", {
        "phase": "training", "framework": "sklearn", "model.class_name": "GridSearchCV",
        "model.inner": "ElasticNet", "hpo.combinations": 40, "hpo.folds": 5, **CPU, **RUN},
      first={"learning_curve_termination"}, never={"hpo_pruning"}),
    S("a chat", {
        **LLM_7B, "gen.batch_size": 1, "gen.calls": 40, "gen.interactive": True, **A100, **RUN},
      never={"batching_llm"}),
    S("no memory for a batch", {
        **LLM_7B, "gen.batch_size": 1, "gen.calls": 900, "run.gpu_mem_frac": 0.96, **A100, **RUN},
      never={"batching_llm"}),
    S("many batches in Transformers", {
        **LLM_7B, "model.id": "my-org/my-7b", "gen.batch_size": 16, "gen.calls": 600, **A100,
        **RUN}, first={"llm_serving_engine"}, never={"batching_llm"}),
    S("a single prompt", {
        **LLM_7B, "model.id": "my-org/my-7b", "gen.batch_size": 1, "gen.calls": 1, **A100, **RUN},
      never={"batching_llm", "llm_serving_engine"}),
    S("generation on the CPU", {
        **LLM_1B, "gen.batch_size": 1, "gen.calls": 900, **CPU, **RUN},
      never={"llm_serving_engine", "batching_llm", "mixed_precision_inference"}),
    S("the cache is off", {
        **LLM_7B, "gen.use_cache": False, "gen.batch_size": 1, "gen.calls": 30,
        "gen.mean_output_tokens": 300, **A100, **RUN}, first={"kv_cache"}),
    S("the cache is off while training", {
        **LLM_7B, "phase": "training", "gen.use_cache": False, "model.trainable_share": 0.004,
        **A100, **RUN}, never={"kv_cache", "lora_peft"}),
    S("a limit that is generated up to", {
        **LLM_7B, "model.id": "my-org/my-7b", "gen.max_new_tokens": 2048,
        "gen.mean_output_tokens": 60, "gen.stops_at_eos": False, "gen.batch_size": 8,
        "gen.calls": 20, **A100, **RUN}, first={"max_new_tokens"}),
    S("a limit that is never reached", {
        **LLM_7B, "gen.max_new_tokens": 2048, "gen.mean_output_tokens": 60,
        "gen.stops_at_eos": True, "gen.batch_size": 8, "gen.calls": 20, **A100, **RUN},
      never={"max_new_tokens"}),
    # --- images
    S("fifty denoising steps", {
        "phase": "inference", "framework": "diffusers", "task": "text-to-image",
        "model.id": "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "model.class_name": "StableDiffusionPipeline", "gen.num_inference_steps": 50,
        "gen.batch_size": 1, "gen.calls": 60, **A100, **RUN},
      first={"diffusion_steps"}, never={"batching_llm", "batching_diffusion"}),
    S("four steps of a turbo model", {
        "phase": "inference", "framework": "diffusers", "task": "text-to-image",
        "model.id": "stabilityai/sdxl-turbo", "gen.num_inference_steps": 4, "gen.batch_size": 1,
        "gen.calls": 60, **A100, **RUN},
      never={"diffusion_steps", "batching_llm", "batching_diffusion"}),
    # --- training
    S("validation got worse long ago", {
        **FP32_TRAINING, "optim.amp": "bf16", "optim.epochs": 20, **A100, **RUN, **BUSY,
        "model.trainable_share": 1.0, "data.rows": 300_000,
        "history.val_loss": [1.0, 0.7, 0.6, 0.55, *[0.56 + 0.01 * n for n in range(16)]]},
      first={"early_stopping"}, words={"after epoch 4 of 20"}),
    S("validation accuracy stands still", {
        "phase": "training", "framework": "keras", "optim.epochs": 15, **A100, **RUN, **BUSY,
        "history.val_acc": [0.5, 0.6, 0.7, 0.72, *[0.71] * 11]}, first={"early_stopping"}),
    S("the loss got worse but accuracy still rises", {
        "phase": "training", "framework": "keras", "optim.epochs": 12, **A100, **RUN, **BUSY,
        "history.val_loss": [0.5, 0.4, *[0.45] * 10],
        "history.val_acc": [0.5 + 0.03 * n for n in range(12)]}, never={"early_stopping"}),
    S("ten epochs of which the last three stand still", {
        "phase": "training", "framework": "keras", "optim.epochs": 10, **A100, **RUN, **BUSY,
        "history.val_loss": [0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.40, 0.3999, 0.4001, 0.4]},
      first={"early_stopping"}, words={"after epoch 7 of 10"}),
    S("validation still improves", {
        "phase": "training", "framework": "keras", "optim.epochs": 12, **A100, **RUN, **BUSY,
        "history.val_loss": [1 / (n + 1) for n in range(12)]}, never={"early_stopping"}),
    S("it stops early already", {
        "phase": "training", "framework": "keras", "optim.epochs": 50, **A100, **RUN,
        "optim.early_stopping": True, "history.val_loss": [0.5, 0.4, *[0.6] * 10]},
      never={"early_stopping"}),
    S("three epochs of fine-tuning", {
        "phase": "training", "framework": "transformers", "optim.epochs": 3, **A100, **RUN,
        "history.val_loss": [0.3, 0.31, 0.35]}, never={"early_stopping"}),
    S("a ResNet from random weights on few images", {
        **FP32_TRAINING, **A100, **RUN, **BUSY, "framework": "torchvision",
        "model.id": "torchvision/resnet50", "model.weights": "random", "data.rows": 8_000},
      first={"transfer_learning"}, never={"freeze_layers", "feature_extraction"}),
    S("a net of one's own from random weights", {
        **FP32_TRAINING, **A100, **RUN, **BUSY, "model.class_name": "Net",
        "model.weights": "random", "data.rows": 8_000}, never={"transfer_learning"}),
    S("random weights on millions of images", {
        **FP32_TRAINING, **A100, **RUN, **BUSY, "model.weights": "random",
        "data.rows": 14_000_000}, never={"transfer_learning"}),
    S("a large encoder for four hundred labels", {
        "phase": "training", "framework": "transformers", "task": "text-classification",
        "model.id": "FacebookAI/roberta-large", "model.params": 355_000_000,
        "model.weights": "pretrained", "model.trainable_share": 1.0, "data.labelled": 400,
        "model.dtype": "float32", "optim.amp": False, **A100, **RUN, **BUSY},
      first={"feature_extraction"}, never_words={"all-MiniLM"}),
    S("all layers of a CNN on a small set", {
        **FP32_TRAINING, "optim.amp": "bf16", "model.trainable_share": 1.0, "data.rows": 3_000,
        **A100, **RUN, **BUSY}, first={"freeze_layers"}),
    S("frozen already", {
        **FP32_TRAINING, "optim.amp": "bf16", "model.trainable_share": 0.02, "data.rows": 3_000,
        **A100, **RUN, **BUSY}, never={"freeze_layers", "feature_extraction"}),
    S("full fine-tuning of 3 billion parameters", {
        "phase": "training", "framework": "transformers", "task": "text-generation",
        "model.id": "meta-llama/Llama-3.2-3B", "model.params": 3_213_000_000,
        "model.dtype": "bfloat16", "model.trainable_share": 1.0, "optim.amp": "bf16", **H100,
        **RUN, **BUSY}, first={"lora_peft"}, never={"qlora"}),
    S("LoRA of a BERT saves little", {
        "phase": "training", "framework": "transformers", "task": "text-classification",
        "model.id": "google-bert/bert-base-uncased", "model.params": 110_000_000,
        "model.trainable_share": 1.0, "optim.amp": "bf16", "data.rows": 200_000, **A100, **RUN},
      never={"lora_peft", "qlora"}),
    S("weights that do not fit", {
        "phase": "training", "framework": "peft", "task": "text-generation",
        "model.params": 13_000_000_000, "model.dtype": "float16", "model.trainable_share": 0.003,
        **T4, **RUN}, first={"qlora"}, never={"lora_peft"}, never_words={"bfloat16"}),
    S("checkpointing with memory to spare", {
        "phase": "training", "framework": "transformers", "model.gradient_checkpointing": True,
        "run.gpu_mem_frac": 0.3, **A100, **RUN}, first={"gradient_checkpointing"}),
    S("checkpointing that is needed", {
        "phase": "training", "framework": "transformers", "model.gradient_checkpointing": True,
        "run.gpu_mem_frac": 0.9, **A100, **RUN}, never={"gradient_checkpointing"}),
    S("small batches on a large GPU", {
        **FP32_TRAINING, "optim.amp": "bf16", "optim.batch_size": 8, "data.rows": 500_000,
        "run.gpu_util_mean": 40, "run.gpu_util_std": 5, "run.gpu_mem_frac": 0.1, **A100, **RUN},
      first={"batch_size_training"}),
    S("no room for a larger batch", {
        **FP32_TRAINING, "optim.amp": "bf16", "optim.batch_size": 8, "data.rows": 500_000,
        "run.gpu_util_mean": 40, "run.gpu_util_std": 5, "run.gpu_mem_frac": 0.9, **A100, **RUN},
      never={"batch_size_training"}),
    S("a grid over boosted trees", {
        "phase": "training", "framework": "sklearn", "task": "tabular-classification",
        "model.class_name": "GridSearchCV", "model.inner": "GradientBoostingClassifier",
        "model.n_estimators": [100, 200, 500], "hpo.combinations": 81, "hpo.folds": 5,
        "hpo.pruner": None, "data.rows": 20_000, **CPU, **RUN},
      first={"hpo_pruning"}, words={"405"}, never={"trees_instead_of_nn"}),
    S("a grid over support vectors", {
        "phase": "training", "framework": "sklearn", "model.class_name": "GridSearchCV",
        "model.inner": "SVC", "hpo.combinations": 40, "hpo.folds": 5, **CPU, **RUN},
      first={"learning_curve_termination"}),
    S("a search that prunes already", {
        "phase": "training", "framework": "optuna", "model.class_name": "Net",
        "hpo.combinations": 200, "hpo.pruner": "HyperbandPruner", **A100, **RUN},
      never={"hpo_pruning", "learning_curve_termination"}),
    S("a search over four settings", {
        "phase": "training", "framework": "sklearn", "model.class_name": "GridSearchCV",
        "model.inner": "RandomForestClassifier", "hpo.combinations": 4, "hpo.folds": 5, **CPU,
        **RUN}, never={"hpo_pruning", "learning_curve_termination"}),
    S("one training is no search", {**FP32_TRAINING, **A100, **LONG, **BUSY},
      never={"hpo_pruning", "learning_curve_termination"}),
    S("tries on a large table", {
        "phase": "training", "framework": "sklearn", "model.class_name": "SVC",
        "data.rows": 600_000, "session.reruns": 5, **CPU, **RUN}, first={"data_subset"}),
    S("the final run on a large table", {
        "phase": "training", "framework": "sklearn", "model.class_name": "SVC",
        "data.rows": 600_000, "session.reruns": 0, **CPU, **RUN}, never={"data_subset"}),
    S("a compiled loop over images", {
        **FP32_TRAINING, "framework": "timm", "model.compiled": False, "optim.amp": "bf16",
        "data.rows": 1_200_000, **A100, **LONG, **BUSY}, first={"torch_compile"}),
    S("compiled already", {
        **FP32_TRAINING, "framework": "timm", "model.compiled": True, "optim.amp": "bf16",
        "data.rows": 1_200_000, **A100, **LONG, **BUSY}, never={"torch_compile"}),
    S("too short to compile", {
        **FP32_TRAINING, "framework": "timm", "model.compiled": False, "optim.amp": "bf16",
        **A100, "run.duration_s": 90, "run.energy_wh": 5, **BUSY}, never={"torch_compile"}),
    # --- the machine
    S("an idle GPU", {
        "phase": "idle", "model": None, **A100, "run.duration_s": 2400, "run.energy_wh": 35,
        "run.gpu_util_mean": 0, "run.gpu_mem_frac": 0.5}, first={"idle_gpu"}),
    S("idle for a minute", {
        "phase": "idle", "model": None, **A100, "run.duration_s": 70, "run.energy_wh": 1,
        "run.gpu_util_mean": 0, "run.gpu_mem_frac": 0.5}, silent=True, never={"idle_gpu"}),
    S("a toy model on a large GPU", {
        "phase": "training", "framework": "torch", "model.class_name": "Net",
        "model.params": 9_000, "loader.num_workers": 2, "run.gpu_util_mean": 4, **A100, **RUN},
      first={"cpu_instead_of_gpu"}, never={"mixed_precision_training"}),
    S("a large model on a GPU hardly used", {
        "phase": "inference", "framework": "torch", "model.class_name": "Net",
        "model.params": 900_000_000, "model.dtype": "float16", "run.gpu_util_mean": 4, **A100,
        **RUN}, first={"idle_gpu"}, never={"cpu_instead_of_gpu"}),
    S("data on the GPU already", {
        **FP32_TRAINING, **A100, **RUN, **STARVED, "loader.num_workers": 0,
        "data.device": "cuda:0"}, never={"dataloader_bottleneck"}),
    S("a GPU kept busy by one process", {
        **FP32_TRAINING, **A100, **RUN, **BUSY, "loader.num_workers": 0},
      never={"dataloader_bottleneck"}),
    S("one core at work while the GPU waits", {
        **{key: value for key, value in FP32_TRAINING.items() if key != "loader.num_workers"},
        **A100, **RUN, **STARVED, "run.cpu_cores_busy": 1.0}, first={"dataloader_bottleneck"}),
    S("four GPUs for a model that fits on one", {
        **LLM_7B, "framework": "vllm", "model.id": "my-org/my-7b", "gen.batch_size": 16, **H100,
        "hardware.count": 4, **RUN}, first={"too_many_gpus"}, words={"Use 1 GPU"}),
    S("a model that needs its GPUs", {
        **LLM_7B, "framework": "vllm", "model.id": "my-org/my-70b", "model.params": 70e9,
        "gen.batch_size": 16, **H100, "hardware.count": 2, **RUN}, never={"too_many_gpus"}),
    S("GPUs for the latency", {
        **LLM_7B, "framework": "vllm", "model.id": "my-org/my-7b", "gen.batch_size": 16, **H100,
        "hardware.count": 4, "user.latency_target": True, **RUN}, never={"too_many_gpus"}),
    S("a night of training at full power at home", {
        **FP32_TRAINING, "optim.amp": "bf16", **MINE, **LONG, **BUSY, "run.gpu_power_mean_w": 340},
      first={"gpu_power_cap"}, words={"245 W"}),
    S("a cap that would not bind", {
        **FP32_TRAINING, "optim.amp": "bf16", **MINE, **LONG, **BUSY, "run.gpu_power_mean_w": 200},
      never={"gpu_power_cap"}),
    S("somebody else's GPU", {
        **FP32_TRAINING, "optim.amp": "bf16", **MINE, **LONG, **BUSY, "run.gpu_power_mean_w": 340,
        "hardware.managed": True}, never={"gpu_power_cap", "gpu_clock"}),
    S("a limit that may not be set", {
        **FP32_TRAINING, "optim.amp": "bf16", **MINE, **LONG, **BUSY, "run.gpu_power_mean_w": 340,
        "hardware.can_set_power": False}, never={"gpu_power_cap", "gpu_clock"}),
    S("permission unknown", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **LONG, **BUSY, "run.gpu_power_mean_w": 390,
        "hardware.power_limit_w": 400}, never={"gpu_power_cap", "gpu_clock"}),
    S("a short run at full power", {
        **FP32_TRAINING, "optim.amp": "bf16", **MINE, **RUN, **BUSY, "run.gpu_power_mean_w": 340},
      never={"gpu_power_cap"}),
    S("generating text at home", {
        **LLM_7B, "framework": "vllm", "gen.batch_size": 16, "gen.calls": 100, **MINE, **LONG,
        "run.gpu_power_mean_w": 340}, never={"gpu_power_cap"}),
    S("serving for hours at home", {
        **LLM_7B, "framework": "vllm", "model.id": "my-org/my-7b", "gen.batch_size": 16, **MINE,
        **LONG}, first={"gpu_clock"}, never={"gpu_power_cap"}),
    # --- time and place
    S("a training that can wait", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **LONG, **BUSY, **GRID,
        "user.deferrable_h": 24}, first={"time_shift"}, words={"The energy stays the same"}),
    S("energy comes before carbon", {
        **FP32_TRAINING, **A100, **LONG, **BUSY, **GRID, "user.deferrable_h": 24},
      first={"mixed_precision_training"}),
    S("nobody said that it can wait", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **LONG, **BUSY, **GRID},
      never={"time_shift"}),
    S("a grid that hardly changes", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **LONG, **BUSY, "grid.zone": "PL",
        "grid.now_g_kwh": 650, "grid.next48h_min": 620, "grid.next48h_max": 690,
        "user.deferrable_h": 24}, never={"time_shift"}),
    S("nuclear and water power", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **LONG, **BUSY, "grid.zone": "FR",
        "grid.now_g_kwh": 40, "grid.next48h_min": 20, "grid.next48h_max": 60,
        "user.deferrable_h": 24}, never={"time_shift"}),
    S("ten minutes need not wait", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **RUN, **BUSY, **GRID,
        "user.deferrable_h": 24}, never={"time_shift"}),
    S("a free choice of regions", {
        **FP32_TRAINING, "optim.amp": "bf16", **A100, **LONG, **BUSY, "hardware.managed": True,
        "grid.zone": "PL", "grid.now_g_kwh": 650, "grid.regions": {"SE": 30, "DE": 400},
        "user.can_choose_region": True}, first={"region_shift"}, words={"SE"}),
    S("Colab gives no choice of regions", {
        **FP32_TRAINING, "optim.amp": "bf16", **T4, **LONG, **BUSY, "hardware.managed": True,
        "grid.zone": "PL", "grid.now_g_kwh": 650, "grid.regions": {"SE": 30}},
      never={"region_shift", "gpu_power_cap"}),
    # --- work that need not be done
    S("a loop over rows", {
        "phase": "none", "framework": "pandas", "code.uses_iterrows": True,
        "data.kind": "dataframe", "data.rows": 700_000, **CPU, **RUN},
      first={"vectorise_pandas"}),
    S("a loop over few rows", {
        "phase": "none", "framework": "pandas", "code.uses_iterrows": True, "data.rows": 40,
        **CPU, **RUN}, never={"vectorise_pandas"}),
    S("a loop over rows beside a training", {
        **FP32_TRAINING, "code.uses_iterrows": True, **A100, **LONG, **BUSY},
      first={"mixed_precision_training"}, never={"vectorise_pandas"}),
    S("duplicates", {
        "phase": "inference", "framework": "sentence-transformers", "data.rows": 90_000,
        "data.duplicate_share": 0.6, **CPU, **RUN}, first={"dedup_caching"}, words={"60 %"}),
    S("augmented inputs are never the same", {
        **FP32_TRAINING, "optim.amp": "bf16", "optim.augmentation": True,
        "data.duplicate_share": 0.6, "session.reruns": 9, **A100, **RUN, **BUSY},
      never={"dedup_caching"}),
    S("the same cell again and again", {
        "phase": "inference", "framework": "sentence-transformers", "session.reruns": 4, **CPU,
        **RUN}, first={"dedup_caching"}),
    S("everything padded to 512", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "model.class_name": "X", "gen.padding": "max_length", "gen.max_length": 512,
        "gen.mean_input_tokens": 60, **A100, **RUN}, first={"padding_length"}),
    S("padding that is used", {
        "phase": "inference", "framework": "transformers", "task": "text-classification",
        "model.class_name": "X", "gen.padding": "max_length", "gen.max_length": 128,
        "gen.mean_input_tokens": 110, **A100, **RUN}, never={"padding_length"}),
    S("a compiled model wants fixed shapes", {
        "phase": "training", "framework": "transformers", "model.compiled": True,
        "optim.padding": "max_length", "optim.max_length": 512, "data.mean_tokens": 60, **A100,
        **RUN}, never={"padding_length"}),
    S("predictions with gradients", {
        "phase": "inference", "framework": "torch", "model.class_name": "Net",
        "model.grad_enabled": True, "model.dtype": "float16", **A100, **RUN, **BUSY},
      first={"inference_mode"}),
    S("generate() needs no gradients", {
        **LLM_1B, "model.training": True, "model.grad_enabled": True, "gen.batch_size": 4,
        "gen.calls": 4, **A100, **RUN}, never={"inference_mode"}),
]  # fmt: skip


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda case: case.name)
def test_an_expert_would_say_this_first_and_that_never(case: Situation) -> None:
    """In each situation the first advice is one an expert would give, and none is one he would not."""
    given = advise(nested(case.facts), case.tolerance, limit=99)
    said = [one.technique for one in given]
    why = {one.technique: one.reason for one in explain(nested(case.facts), case.tolerance)}
    if case.silent:
        assert said == []
    if case.first:
        assert said, {name: why[name] for name in case.first}
        assert said[0] in case.first, (said, {name: why[name] for name in case.first})
    assert not case.never & set(said)
    text = "\n".join(f"{one.title}\n{one.text}\n{one.snippet}\n{one.caveat}" for one in given)
    for word in case.words:
        assert word in text
    for word in case.never_words:
        assert word not in text


def test_the_table_is_long_and_covers_every_rule() -> None:
    """There are at least 60 situations; each rule speaks first in one and is forbidden in one."""
    assert len(SITUATIONS) >= 60
    first = {name for case in SITUATIONS for name in case.first}
    never = {name for case in SITUATIONS for name in case.never}
    rules = {one.technique for one in registered()}
    assert rules - first == set()
    assert rules - never == set()
