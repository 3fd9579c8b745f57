"""Hosted models are recognised; without EcoLogits their footprint is unknown, and the cure is said."""

import sys
import types

import pytest

from green_notebook.advice.detect._remote import RemoteUse
from green_notebook.advice.facts import detect
from green_notebook.advice.remote import CURE, recognise, remote


def classes(monkeypatch, package, *names):
    """Classes that say they are of a package that is not installed here."""
    module = types.ModuleType(package)
    monkeypatch.setitem(sys.modules, package, module)
    return [type(name, (), {"__module__": f"{package}.inner"}) for name in names]


def answer(cls, **fields):
    made = cls()
    for key, value in fields.items():
        setattr(made, key, types.SimpleNamespace(**value) if isinstance(value, dict) else value)
    return made


@pytest.fixture
def openai(monkeypatch):
    client, completion = classes(monkeypatch, "openai", "OpenAI", "ChatCompletion")
    made = client()
    made.api_key = "sk-secret"
    return made, completion


CALL = "resp = client.chat.completions.create(model='gpt-4o-mini', max_tokens=5, messages=[])"


def test_a_call_is_told_with_model_tokens_and_no_secret(openai):
    """Model by the source, tokens by the answer; neither key nor prompt nor answer is read."""
    client, completion = openai
    usage = {"prompt_tokens": 11, "completion_tokens": 4}
    resp = answer(completion, model="gpt-4o-mini-2024-07-18", usage=usage, choices="private words")
    namespace = {"client": client, "resp": resp}
    found = recognise(namespace, CALL)
    assert found == [
        RemoteUse("openai", "gpt-4o-mini", 1, 11, 4, max_tokens=5, seen_answers=1),
    ]
    facts = detect(namespace, CALL)
    assert facts.get("phase") == "inference"
    assert facts.get("model.kind") == "remote-api"
    assert facts.get("model.id") == "gpt-4o-mini"
    assert facts.get("framework") == "openai"
    assert facts.get("gen.mean_output_tokens") == 4.0
    assert facts.get("gen.max_new_tokens") == 5
    assert "secret" not in str(facts.to_dict())
    assert "private" not in str(facts.to_dict())


def test_calls_in_a_loop_are_counted(openai):
    """Ten calls of which the last answer is kept cost ten times what it did."""
    client, completion = openai
    resp = answer(
        completion, model="gpt-4o-mini", usage={"prompt_tokens": 10, "completion_tokens": 2}
    )
    (use,) = recognise({"client": client, "resp": resp}, f"for i in range(10):\n    {CALL}")
    assert (use.calls, use.input_tokens, use.output_tokens) == (10, 100, 20)


def test_answers_in_a_list_are_summed(openai):
    """Answers that were kept in a list are each counted."""
    client, completion = openai
    kept = [answer(completion, model="gpt-4o", usage={"completion_tokens": n}) for n in (3, 5)]
    source = "for q in questions:\n    kept.append(client.chat.completions.create(model='gpt-4o'))"
    (use,) = recognise({"client": client, "kept": kept, "questions": ["a", "b"]}, source)
    assert (use.calls, use.output_tokens, use.seen_answers) == (2, 8, 2)


def test_a_function_of_the_user_that_calls(openai):
    """The call stands in a function of an earlier cell; the answer tells the model."""
    client, completion = openai
    namespace = {"client": client, "__name__": "__main__"}
    exec("def ask(q): return client.chat.completions.create(model='x', messages=[q])", namespace)
    namespace["out"] = answer(completion, model="gpt-4.1", usage={"completion_tokens": 7})
    (use,) = recognise(namespace, "out = ask('hello')")
    assert (use.provider, use.model, use.output_tokens) == ("openai", "gpt-4.1", 7)


@pytest.mark.parametrize(
    ("package", "client", "reply", "call", "fields", "tokens"),
    [
        (
            "anthropic",
            "Anthropic",
            "Message",
            "c.messages.create(model='m', max_tokens=9)",
            {"model": "m", "usage": {"input_tokens": 3, "output_tokens": 4}},
            (3, 4),
        ),
        (
            "mistralai",
            "Mistral",
            "ChatCompletionResponse",
            "c.chat.complete(model='m')",
            {"model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
            (3, 4),
        ),
        (
            "google",
            "Client",
            "GenerateContentResponse",
            "c.models.generate_content(model='m', contents='x')",
            {
                "model_version": "m",
                "usage_metadata": {
                    "prompt_token_count": 3,
                    "candidates_token_count": 4,
                    "thoughts_token_count": 5,
                },
            },
            (3, 9),
        ),
        (
            "cohere",
            "ClientV2",
            "V2ChatResponse",
            "c.chat(model='m', messages=[])",
            {"usage": {"tokens": types.SimpleNamespace(input_tokens=3.0, output_tokens=4.0)}},
            (3, 4),
        ),
    ],
)
def test_providers_are_recognised(monkeypatch, package, client, reply, call, fields, tokens):
    """Each provider's call and answer, by the names of their classes."""
    owner, kind = classes(monkeypatch, package, client, reply)
    namespace = {"c": owner(), "r": answer(kind, **fields)}
    (use,) = recognise(namespace, f"r = {call}")
    assert use.model == "m"
    assert (use.input_tokens, use.output_tokens) == tokens


def test_a_server_on_this_machine_is_not_remote(monkeypatch, openai):
    """A client that talks to this machine: its energy is in the measurement already."""
    client, _ = openai
    (url,) = classes(monkeypatch, "httpx", "URL")
    client._base_url = url()
    client._base_url.host = "localhost"
    (use,) = recognise({"client": client}, CALL)
    assert use.local
    assert remote([use], 1.0) is None


def test_another_server_is_not_taken_for_the_provider(monkeypatch, openai):
    """The client of one provider talks to a server of another: whose, is not known."""
    client, _ = openai
    (url,) = classes(monkeypatch, "httpx", "URL")
    client._base_url = url()
    client._base_url.host = "llm.example.org"
    (use,) = recognise({"client": client}, CALL)
    assert use.provider.startswith("unknown")


def test_no_call_no_use(openai):
    """Looking at an earlier answer calls nothing; nor does an object that only sounds like it."""
    client, completion = openai
    resp = answer(completion, model="gpt-4o", usage={"completion_tokens": 7})
    assert recognise({"client": client, "resp": resp}, "print(resp.usage)") == []
    assert recognise({"db": object()}, "db.chat.completions.create(model='x')") == []
    assert remote([], 1.0) is None


def test_without_the_extra_the_footprint_is_unknown_and_the_cure_is_said():
    """Recognised, unknown, and what to install: never a number from nowhere."""
    import importlib.util

    if importlib.util.find_spec("ecologits") is not None:
        pytest.skip("EcoLogits is installed here")
    found = remote([RemoteUse("openai", "gpt-4o", 3, 30, 6)], 2.0)
    assert found["uses"][0]["energy"] is None
    assert "energy" not in found
    assert found["cure"] == CURE
    assert "gpt-4o of openai 3 times" in found["text"]
    assert "unknown" in found["text"]
