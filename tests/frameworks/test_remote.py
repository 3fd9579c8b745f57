"""Answers of the real clients, built here; the footprint by the real EcoLogits. Nothing is called."""

import logging

import pytest

from green_notebook.advice.detect._remote import RemoteUse
from green_notebook.advice.remote import recognise, remote
from green_notebook.model import Quantity


def known(provider):
    """A model that this release of EcoLogits knows."""
    from ecologits.model_repository import models

    return next(one.name for one in models.list_models() if one.provider.value == provider)


def openai_answer():
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [],
            "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
        }
    )


def anthropic_answer():
    from anthropic.types import Message

    return Message.model_validate(
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": known("anthropic"),
            "content": [],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 5},
        }
    )


def mistral_answer():
    from mistralai.client.models import ChatCompletionResponse, UsageInfo

    usage = UsageInfo(prompt_tokens=11, completion_tokens=5, total_tokens=16)
    return ChatCompletionResponse(
        id="x", object="o", model="mistral-small-latest", usage=usage, created=1, choices=[]
    )


def google_answer():
    from google.genai import types

    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=11, candidates_token_count=2, thoughts_token_count=3
    )
    return types.GenerateContentResponse(model_version=known("google_genai"), usage_metadata=usage)


def clients():
    import anthropic
    import openai
    from google import genai
    from mistralai.client import Mistral

    return {
        "openai": openai.OpenAI(api_key="sk-secret"),
        "anthropic": anthropic.Anthropic(api_key="sk-secret"),
        "mistralai": Mistral(api_key="sk-secret"),
        "google_genai": genai.Client(api_key="sk-secret"),
    }


CASES = {
    "openai": (openai_answer, "c.chat.completions.create(model='gpt-4o-mini', messages=[])"),
    "anthropic": (anthropic_answer, "c.messages.create(model=name)"),
    "mistralai": (mistral_answer, "c.chat.complete(model='mistral-small-latest', messages=[])"),
    "google_genai": (
        google_answer,
        "c.models.generate_content(model=name, contents='x')",
    ),
}


@pytest.mark.parametrize("provider", CASES)
def test_real_clients_and_answers_are_recognised_and_estimated(provider):
    """Model and tokens of a real answer; energy and CO2e modelled, apart from what is measured."""
    make, call = CASES[provider]
    namespace = {"c": clients()[provider], "r": make(), "name": known(provider)}
    (use,) = recognise(namespace, f"r = {call}")
    assert (use.provider, use.calls) == (provider, 1)
    assert (use.input_tokens, use.output_tokens) == (11, 5)
    found = remote([use], 1.0)
    assert found["source"].startswith("EcoLogits")
    for key, unit in (("energy", "J"), ("co2e", "g")):
        quantity = Quantity.from_dict(found[key])
        assert quantity.unit == unit
        assert quantity.basis.value == "modelled"
        assert 0 < quantity.low < quantity.value < quantity.high
    assert "elsewhere, modelled" in found["text"]
    assert "secret" not in str(found)


def test_calls_cost_in_proportion():
    """Ten calls cost ten times one call of the same length."""
    one = remote([RemoteUse("openai", "gpt-4o-mini", 1, 10, 50)], 1.0)
    ten = remote([RemoteUse("openai", "gpt-4o-mini", 10, 100, 500)], 10.0)
    assert ten["energy"]["value"] == pytest.approx(10 * one["energy"]["value"])


def test_a_model_that_nobody_knows_stays_unknown():
    """EcoLogits does not know it: no number, and the reason."""
    found = remote([RemoteUse("openai", "secret-model-9", 1, 10, 50)], 1.0)
    assert found["uses"][0]["energy"] is None
    assert "does not know" in found["text"]
    assert "energy" not in found


def test_nothing_is_logged(caplog):
    """EcoLogits' own warnings do not reach the user's cell."""
    with caplog.at_level(logging.DEBUG):
        remote([RemoteUse("openai", "gpt-4o-mini", 1, 10, 50)], 1.0)
    assert not [one for one in caplog.records if one.name.startswith("ecologits")]
