import pytest

TINY = """
import torch
import transformers
from transformers import (
    BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel,
    PreTrainedTokenizerFast, Trainer, TrainingArguments, pipeline,
)
from tokenizers import Tokenizer, models, pre_tokenizers
words = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c"])}
raw = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
raw.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]")
small = dict(vocab_size=7, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
bert = BertForSequenceClassification(BertConfig(**small))
gpt = GPT2LMHeadModel(GPT2Config(vocab_size=7, n_embd=16, n_layer=2, n_head=2, bos_token_id=2, eos_token_id=3))
"""


@pytest.fixture
def lab(notebook):
    return notebook.run(TINY)


def params(model):
    return sum(one.numel() for one in model.parameters())


def test_a_model_from_a_configuration_has_no_id(lab):
    """Built from a configuration: family, size, task and random weights, but no name."""
    facts = lab.look("out = bert(ids)")
    assert facts.get("phase") == "inference"
    assert facts.get("framework") == "transformers"
    assert facts.get("task") == "text-classification"
    assert facts.get("model.model_type") == "bert"
    assert (facts.get("model.hidden_size"), facts.get("model.layers")) == (16, 2)
    assert facts.get("model.weights") == "random"
    assert facts.get("model.id") is None
    assert facts.get("model.params") == params(lab.namespace["bert"])


def test_tied_heads_count_once(lab):
    """GPT-2's head is its embedding."""
    facts = lab.look("gpt(ids)")
    assert facts.get("model.params") == params(lab.namespace["gpt"])
    assert facts.get("task") == "text-generation"


@pytest.mark.parametrize(
    ("name", "expected", "rung"),
    [
        ("bert-base-uncased", "google-bert/bert-base-uncased", "hub id"),
        ("FacebookAI/roberta-base", "FacebookAI/roberta-base", "hub id"),
        ("/home/somebody/secret-model", None, "class name"),
        ("./results/checkpoint-500", None, "class name"),
    ],
)
def test_the_name_that_a_checkpoint_came_by(lab, name, expected, rung):
    """A hub id is told, old names by today's; a local path is nobody's business."""
    lab.namespace["bert"].config._name_or_path = name
    facts = lab.look("bert(ids)")
    assert facts.get("model.id") == expected
    assert facts.get("model.identified_by") == rung
    assert "secret" not in str(facts.to_dict())


def test_a_usual_size_tells_the_family(lab):
    """Without a name, the usual hidden size and depth tell which checkpoint it is like."""
    lab.run(
        "from transformers import BertModel\nwith torch.device('meta'):\n    base = BertModel(BertConfig())"
    )
    facts = lab.look("base(ids)")
    assert facts.get("model.id") == "google-bert/bert-base-uncased"
    assert facts.get("model.identified_by") == "size"


def test_generate_in_a_loop(lab):
    """Calls, batch, tokens in and out of generate, by shapes and by the loop."""
    facts = lab.facts(
        "prompts = ['a b', 'b c', 'c a']\n"
        "for prompt in prompts:\n    enc = tokenizer(prompt, return_tensors='pt')\n"
        "    out = gpt.generate(enc['input_ids'], max_new_tokens=5, min_new_tokens=5, do_sample=False)"
    )
    assert facts.get("phase") == "inference"
    assert facts.get("gen.calls") == 3
    assert facts.get("gen.max_new_tokens") == 5
    assert facts.get("gen.batch_size") == 1
    assert facts.get("gen.mean_input_tokens") == 2.0
    assert facts.get("gen.mean_output_tokens") == 5.0
    assert facts.get("gen.use_cache") is True


def test_a_pipeline_tells_its_task_and_its_model(lab):
    """A pipeline called on a list: one item at a time unless it has a batch size."""
    lab.run(
        "classify = pipeline('text-classification', model=bert, tokenizer=tokenizer, device='cpu')"
    )
    facts = lab.facts("texts = ['a b'] * 6\nout = classify(texts)")
    assert facts.get("phase") == "inference"
    assert facts.get("task") == "text-classification"
    assert facts.get("model.class_name") == "BertForSequenceClassification"
    assert facts.get("model.params") == params(lab.namespace["bert"])
    assert (facts.get("gen.calls"), facts.get("gen.batch_size")) == (6, 1)
    assert facts.get("run.items") == 6
    assert facts.get("data.duplicate_share") == pytest.approx(5 / 6, abs=1e-3)
    facts = lab.facts("out = classify(texts, batch_size=3)")
    assert (facts.get("gen.calls"), facts.get("gen.batch_size")) == (2, 3)


def test_padding_to_the_longest_possible_is_seen(lab):
    """padding='max_length' of a tokenizer is told with its length."""
    facts = lab.facts(
        "enc = tokenizer(['a b'], padding='max_length', max_length=12, return_tensors='pt')\n"
        "with torch.inference_mode(): out = bert(enc['input_ids'])"
    )
    assert facts.get("gen.padding") == "max_length"
    assert facts.get("gen.max_length") == 12
    assert facts.get("model.grad_enabled") is False


TRAINING = """
class Rows(torch.utils.data.Dataset):
    def __len__(self): return 12
    def __getitem__(self, i): return {"input_ids": torch.tensor([4, 5, 6]), "labels": torch.tensor(i % 2)}
rows = [{"input_ids": torch.tensor([4, 5, 6]), "labels": torch.tensor(i % 2)} for i in range(12)]
args = TrainingArguments(output_dir="OUT", num_train_epochs=3, per_device_train_batch_size=4,
    gradient_accumulation_steps=2, eval_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True)
trainer = Trainer(model=bert, args=args, train_dataset=rows, eval_dataset=rows)
"""


def test_the_trainer_tells_how_it_trains(lab, tmp_path):
    """Arguments, curve, rows and model of a Trainer."""
    lab.run(TRAINING.replace("OUT", str(tmp_path)))
    facts = lab.facts("result = trainer.train()")
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "transformers"
    assert facts.get("model.class_name") == "BertForSequenceClassification"
    assert facts.get("optim.amp") is False
    assert facts.get("optim.batch_size") == 4
    assert facts.get("optim.grad_accum") == 2
    assert facts.get("optim.epochs") == 3
    assert facts.get("optim.group_by_length") is False
    assert facts.get("optim.early_stopping") is False
    assert facts.get("loader.num_workers") == 0
    assert len(facts.get("history.val_loss")) == 3
    assert (facts.get("data.rows"), facts.get("data.labelled")) == (12, 12)
    assert facts.get("model.trainable_share") == 1.0
    assert str(tmp_path) not in str(facts.to_dict())


def test_adapters_train_few_weights(lab):
    """PEFT: its kind and rank, the base's class and family, a small trainable share."""
    lab.run(
        "import peft\nadapted = peft.get_peft_model(bert, peft.LoraConfig(r=2, target_modules=['query']))\n"
        "opt = torch.optim.SGD(adapted.parameters(), 0.1)"
    )
    facts = lab.facts(
        "ids = torch.tensor([[4, 5]])\n"
        "for epoch in range(2):\n    adapted(input_ids=ids, labels=torch.tensor([1])).loss.backward(); opt.step()"
    )
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "peft"
    assert (facts.get("model.peft"), facts.get("model.peft_rank")) == ("lora", 2)
    assert facts.get("model.class_name") == "BertForSequenceClassification"
    assert facts.get("model.trainable_share") < 0.2
    assert facts.get("model.params") == params(lab.namespace["adapted"])
    assert facts.get("task") == "text-classification"


def test_a_quantised_configuration_is_believed(lab):
    """The configuration's method is the first evidence of quantisation."""
    lab.run(
        "from transformers import BitsAndBytesConfig\n"
        "bert.config.quantization_config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type='nf4',"
        " bnb_4bit_compute_dtype=torch.bfloat16)"
    )
    facts = lab.look("bert(ids)")
    assert facts.get("model.quantized") == "bitsandbytes-nf4"
    assert facts.get("model.compute_dtype") == "bfloat16"


def test_checkpointing_is_read_from_the_modules(lab):
    """Gradient checkpointing is told without the property that walks and warns."""
    lab.run("bert.gradient_checkpointing_enable()")
    assert lab.look("bert(ids)").get("model.gradient_checkpointing") is True


def test_a_compiled_pretrained_model_keeps_its_configuration(lab):
    """torch.compile around a pretrained model: compiled, and all that its configuration tells."""
    lab.run("fast = torch.compile(bert)")
    facts = lab.look("fast(ids)")
    assert facts.get("model.compiled") is True
    assert facts.get("framework") == "transformers"
    assert facts.get("task") == "text-classification"


def test_the_lazy_package_keeps_sleeping(lab):
    """Our look resolves nothing in the lazy package itself."""
    import sys

    before = len(sys.modules)
    lab.look("m = transformers.AutoModelForVision2Seq.from_pretrained('x')\nbert(ids)")
    assert len(sys.modules) == before


def test_sentence_transformers_embed(lab, tmp_path):
    """An embedding model: task, batch size, items; its size without asking it."""
    lab.namespace["folder"] = str(tmp_path)
    lab.run(
        "from transformers import BertModel\n"
        "BertModel(BertConfig(**small)).save_pretrained(folder); tokenizer.save_pretrained(folder)\n"
        "from sentence_transformers import SentenceTransformer\n"
        "from sentence_transformers.models import Transformer, Pooling\n"
        "embedder = SentenceTransformer(modules=[Transformer(folder), Pooling(16)], device='cpu')"
    )
    facts = lab.facts("vectors = embedder.encode(['a b', 'b c', 'c'], batch_size=2)")
    assert facts.get("phase") == "inference"
    assert facts.get("framework") == "sentence-transformers"
    assert facts.get("task") == "text-embedding"
    assert facts.get("model.params") == params(lab.namespace["embedder"])
    assert facts.get("gen.batch_size") == 2
    assert facts.get("run.items") == 3
    assert facts.get("model.id") is None
    assert str(tmp_path) not in str(facts.to_dict())


def test_static_embeddings_are_told(lab):
    """model2vec: a table of vectors."""
    lab.run(
        "import numpy as np\nfrom model2vec import StaticModel\n"
        "static = StaticModel(vectors=np.zeros((7, 4)), tokenizer=raw)"
    )
    facts = lab.look("static.encode(['a'])")
    assert facts.get("model.params") == 28
    assert facts.get("task") == "text-embedding"
    assert facts.get("framework") == "model2vec"


def test_datasets_tell_their_rows(lab):
    """A Dataset of the hub's library: rows, also of a selection."""
    lab.run(
        "from datasets import Dataset\nds = Dataset.from_dict({'text': ['a', 'b', 'c']})\npart = ds.select([0, 2])"
    )
    assert lab.look("ds.map(f)").get("data.rows") == 3
    assert lab.look("part.map(f)").get("data.rows") == 2
