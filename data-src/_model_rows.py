"""The rows of models.json: one per model, task, benchmark and input size."""

from __future__ import annotations

import re
from typing import Any

from _advice_notes import COUNTERPARTS, PLAIN_SOURCES, TWINS
from _table import Sources, number

Row = dict[str, str]

# code: (unit of the quality, higher is better, what it is called, factor to points, what chance gives)
BENCHMARKS: dict[str, tuple[str, bool, str, float, float]] = {
    "in1k_top1": ("%", True, "ImageNet", 1, 0.1),
    "ollb2_mmlu_pro": ("%", True, "MMLU-Pro", 1, 10.0),
    "mteb_eng_v2_core38": ("points", True, "MTEB (English, 38 tasks)", 1, 0),
    "open_asr_en_wer": ("% word error rate", False, "Open ASR", 1, 100.0),
    "mnli_m_dev": ("%", True, "MNLI", 1, 33.3),
    "mnli_m_test": ("%", True, "MNLI (test)", 1, 33.3),
    "xnli_en_zero_shot": ("%", True, "XNLI (English)", 1, 33.3),
    "sst2_acc": ("%", True, "SST-2", 1, 50.0),
    "squad1_f1": ("F1", True, "SQuAD 1.1", 1, 0),
    "squad2_f1": ("F1", True, "SQuAD 2.0", 1, 0),
    "cnn_dm_rouge2": ("ROUGE-2", True, "CNN/DailyMail", 1, 0),
    "xsum_rouge2": ("ROUGE-2", True, "XSum", 1, 0),
    "coco_box_map": ("mAP", True, "COCO", 1, 0),
    "coco_keypoints": ("mAP", True, "COCO (persons)", 1, 0),
    "coco_masks": ("mAP", True, "COCO (boxes and masks)", 1, 0),
    "coco_voc_miou": ("mIoU", True, "COCO-VOC", 1, 0),
    "kinetics400_top1": ("%", True, "Kinetics-400", 1, 0.25),
    # Published as 0..1; a tolerance is in points of a hundred.
    "geneval": ("points", True, "GenEval", 100, 0),
}

GRADES = {
    "computed-from-data": "computed",
    "published-table": "published",
    "published-figure": "published",
    "recall-published-table": "recall",
}

ISO = {"eng": "en", "fra": "fr", "deu": "de", "rus": "ru", "ara": "ar", "pol": "pl", "zho": "zh"}
ISO["por"] = "pt"

# Not a general chat or base model: a verdict on MMLU-Pro says nothing of what they are for, or
# they answer at great length (reasoning), or their safety was removed. Recognised, never proposed.
SPECIAL = re.compile(
    r"math|coder|codestral|codegemma|starcoder|-rm$|-vl-|aria$|abliterated|lorablated|dolphin|"
    r"preview|daredevil|-jpn-|-r1|qwq|nexusraven|pygmalion|dialogpt|mt5|flan|switch|refueled|phixtral",
    re.IGNORECASE,
)
# Organisations that train the models they publish; merges and re-tunes of others are recognised
# but not proposed: leaderboard figures of merges are easily contaminated.
MAKERS = frozenset(
    [
        "01-ai",
        "CohereForAI",
        "EleutherAI",
        "HuggingFaceTB",
        "Qwen",
        "allenai",
        "bigscience",
        "databricks",
        "deepseek-ai",
        "distilbert",
        "facebook",
        "google",
        "ibm-granite",
        "internlm",
        "meta-llama",
        "microsoft",
        "mistralai",
        "nvidia",
        "openai-community",
        "stabilityai",
        "tiiuae",
        "upstage",
    ]
)
CHAT = re.compile(r"instruct|phi-4$|chat|-it$|-it-|zephyr|tulu|hermes|aya-|command", re.IGNORECASE)
STATUS_OK = {"ok"}
# Detects persons only, or draws masks too: not the same work as boxes of 80 classes.
OTHER_DETECTION = {"keypointrcnn": "coco_keypoints", "maskrcnn": "coco_masks"}


def languages(text: str) -> str:
    """ISO 639-1 codes joined by "+", or "multi:N"; empty where unknown."""
    return "+".join(ISO.get(one, one) for one in text.split("+")) if text else ""


def group_of(row: Row) -> str:
    """The group within which the quality may be compared; empty where there is none."""
    group = row["comparable_group"]
    name = row["model_id"].split("/")[-1]
    for prefix, other in OTHER_DETECTION.items():
        if name.startswith(prefix):
            return other
    if group == "ollb2_mmlu_pro" and SPECIAL.search(row["model_id"]):
        return ""
    return group if row["status"] in STATUS_OK else ""


def proposable(row: Row) -> bool:
    """Whether the row may be named as an alternative, not only recognised."""
    if not group_of(row) or row["id_kind"] == "api" or "_FBGEMM_" in row["model_id"]:
        return False
    if "_QNNPACK_" in row["model_id"] or "outlier" in row["notes"]:
        return False
    return row["task"] != "text-generation" or row["model_id"].split("/")[0] in MAKERS


def timm_speeds(raw: list[Row]) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """Throughput of timm's architectures by name and input: weights do not change it."""
    found = {}
    for row in raw:
        if row["id_kind"] == "timm":
            name = row["model_id"].split("/")[1].split(".")[0]
            speed = (number(row["throughput_gpu"]), number(row["throughput_cpu"]))
            found.setdefault((name, row["input"]), speed)
    return found


def timm_gmacs(raw: list[Row]) -> dict[tuple[str, str], float | None]:
    """GMACs of timm's architectures by name and input."""
    return {
        (row["model_id"].split("/")[1].split(".")[0], row["input"]): number(row["gmacs"])
        for row in raw
        if row["id_kind"] == "timm"
    }


def speeds(row: Row, timm: dict[tuple[str, str], Any]) -> tuple[Any, Any]:
    """(GPU, CPU) throughput in timm's conditions, or the task's own; None where unknown."""
    if row["id_kind"] == "timm":
        return number(row["throughput_gpu"]), number(row["throughput_cpu"])
    name = row["model_id"].split("/", 1)[1].split(":")[0]
    if row["id_kind"] in {"torchvision_weights", "keras_app"}:
        # keras.io's steps/s at batch 32 measure start-up costs; the same network's in timm do not.
        default = "224x224" if row["id_kind"] == "keras_app" else row["input"]
        counterpart, size = COUNTERPARTS.get(name, (name, default))
        same_input = row["id_kind"] == "keras_app" or size == row["input"]
        return timm.get((counterpart, size), (None, None)) if same_input else (None, None)
    if row["id_kind"] == "ultralytics":
        return None, number(row["throughput_cpu"])
    counterpart = re.search(r"timm counterpart (\w+)", row["source"])
    if counterpart:
        return timm.get((counterpart[1], row["input"]), (None, None))
    return number(row["throughput_gpu"]), None


def model_rows(raw: list[Row], sources: Sources) -> list[list[Any]]:
    """One compact row per model, task, benchmark and input size."""
    timm, gmacs = timm_speeds(raw), timm_gmacs(raw)
    twin = dict(TWINS)
    table = []
    for row in raw:
        gpu, cpu = speeds(row, timm)
        own_gmacs = number(row["gmacs"])
        if own_gmacs is None and row["id_kind"] == "keras_app":
            name = row["model_id"].split("/", 1)[1].split(":")[0]
            own_gmacs = gmacs.get(COUNTERPARTS.get(name, ("", "")))
        group = group_of(row)
        quality = number(row["quality"]) if group else None
        if quality is not None:
            quality = round(quality * BENCHMARKS.get(group, ("", True, "", 1, 0))[3], 3)
        millions = number(row["params"])
        active = number(row["active_params"])
        energy = number(row["energy_wh_per_1k"])
        nc = "cc-by-nc" in row["license"] or "AGPL" in row["license"]
        table.append(
            [
                row["model_id"],
                row["id_kind"],
                row["task"],
                group,
                languages(row["languages"]),
                None if millions is None else round(millions / 1e6, 3),
                None if active is None else round(active / 1e6, 3),
                own_gmacs,
                int(row["input"].split("x")[0]) if "x" in row["input"] else None,
                quality,
                None if energy is None else round(energy, 4),
                row["energy_set"],
                gpu,
                cpu,
                GRADES[row["evidence"]],
                int(proposable(row)),
                row["license"].split(" ")[0] if nc else "",
                row["family"].lower(),
                int(bool(row["task"] == "text-generation" and CHAT.search(row["model_id"]))),
                twin.get(row["model_id"]),
                sources.key(plain_source(row["source"])),
            ]
        )
    return table


def plain_source(text: str) -> str:
    """The source in a reader's words, with its year."""
    for pattern, plain in PLAIN_SOURCES:
        if re.search(pattern, text):
            return plain
    return text


MODEL_COLUMNS = [
    "id",
    "kind",
    "task",
    "group",
    "languages",
    "params_m",
    "active_m",
    "gmacs",
    "input",
    "quality",
    "energy_wh_per_1k",
    "energy_set",
    "gpu_per_s",
    "cpu_per_s",
    "grade",
    "proposable",
    "licence",
    "family",
    "chat",
    "twin",
    "source",
]
