"""Calls of hosted models: recognised by the source, by clients and by answers in the namespace.

Of an answer, the model's name and the counts of tokens are read; never keys, headers, prompts or
what was answered.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from green_notebook.advice.detect import _code, _value
from green_notebook.advice.detect import _probe as probe

# Ends of the paths of calls, by the package of the client.
PATHS: dict[str, tuple[tuple[str, ...], ...]] = {
    "openai": (
        ("chat", "completions", "create"),
        ("chat", "completions", "parse"),
        ("responses", "create"),
        ("responses", "parse"),
        ("completions", "create"),
        ("embeddings", "create"),
    ),
    "anthropic": (("messages", "create"), ("messages", "stream"), ("messages", "parse")),
    "mistralai": (
        ("chat", "complete"),
        ("chat", "complete_async"),
        ("chat", "stream"),
        ("chat", "parse"),
        ("embeddings", "create"),
    ),
    "google": (("models", "generate_content"), ("models", "generate_content_stream")),
    "cohere": (("chat",), ("chat_stream",), ("embed",)),
    "litellm": (("completion",), ("acompletion",), ("embedding",)),
    "groq": (("chat", "completions", "create"),),
    "together": (("chat", "completions", "create"),),
}
# Named as the footprint tables of EcoLogits name them.
PROVIDERS = {"mistralai": "mistralai", "google": "google_genai"}
HOSTS = {"api.openai.com": "openai", "api.mistral.ai": "mistralai"}
LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - a name to recognise
ANSWERS = {
    ("openai", "ChatCompletion"),
    ("openai", "Completion"),
    ("openai", "Response"),
    ("openai", "CreateEmbeddingResponse"),
    ("anthropic", "Message"),
    ("mistralai", "ChatCompletionResponse"),
    ("mistralai", "EmbeddingResponse"),
    ("google", "GenerateContentResponse"),
    ("cohere", "V2ChatResponse"),
    ("cohere", "NonStreamedChatResponse"),
    ("litellm", "ModelResponse"),
    ("groq", "ChatCompletion"),
    ("together", "ChatCompletionResponse"),
}
INPUT = ("prompt_tokens", "input_tokens", "prompt_token_count")
OUTPUT = ("completion_tokens", "output_tokens", "candidates_token_count")
THOUGHT = ("thoughts_token_count",)  # Google counts them apart from the answer
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
MOST = 2000  # answers in a list that are counted


@dataclass(frozen=True, slots=True)
class RemoteUse:
    """A hosted model that the cell used; the counts are sums over its calls, None where unknown.

    ``local`` tells a server on this machine: its energy is in the measurement already.
    """

    provider: str
    model: str | None = None
    calls: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    max_tokens: int | None = None
    task: str = "text-generation"
    local: bool = False
    seen_answers: int = 0


def uses(code: _code.Code, namespace: Mapping[str, Any]) -> list[RemoteUse]:
    """The hosted models that a cell called, one entry for each provider and model."""
    imported = probe.loaded() & set(PATHS)
    if not imported:
        return []
    found = [one for call in code.calls for one in _by_call(call, namespace, imported)]
    if not found:
        found = list(_by_function(code, namespace, imported))
    if not found:
        return []
    answers = list(_answers(code, namespace))
    merged: dict[tuple[str, str | None], RemoteUse] = {}
    for one in found:
        key = (one.provider, one.model)
        before = merged.get(key)
        merged[key] = one if before is None else _added(before, one)
    return [_with_answers(one, answers, alone=len(merged) == 1) for one in merged.values()]


def _added(first: RemoteUse, second: RemoteUse) -> RemoteUse:
    calls = None if None in (first.calls, second.calls) else first.calls + second.calls  # type: ignore[operator]
    return RemoteUse(
        first.provider,
        first.model,
        calls,
        max_tokens=first.max_tokens or second.max_tokens,
        task=first.task,
        local=first.local,
    )


def _by_call(
    call: _code.Call, namespace: Mapping[str, Any], imported: frozenset[str]
) -> Iterator[RemoteUse]:
    owner = namespace.get(call.root)
    package = _client_package(owner)
    for name in [package] if package else sorted(imported):
        ends = PATHS.get(name, ())
        if not any(call.path[-len(end) :] == end and len(call.path) > len(end) for end in ends):
            continue
        if package is None and (owner is not None or name in ("cohere", "litellm")):
            # The path alone tells only where it is telling, and where nothing else owns it.
            continue
        model = _value.value(call.keywords.get("model"), namespace)
        limits = [_value.value(call.keywords.get(one), namespace) for one in LIMITS]
        provider, local = _provider(name, owner)
        yield RemoteUse(
            provider,
            _model_name(model),
            _value.repeats(call, namespace),
            max_tokens=next((one for one in limits if type(one) is int), None),
            task="text-embedding" if "embed" in "".join(call.path[1:]) else "text-generation",
            local=local,
        )
        return


def _by_function(
    code: _code.Code, namespace: Mapping[str, Any], imported: frozenset[str]
) -> Iterator[RemoteUse]:
    """A function of the user makes the call: its words and a client in the namespace tell."""
    for name in sorted(code.reached):
        owner = namespace.get(name)
        package = _client_package(owner)
        if package in imported and any(set(end) <= code.reached for end in PATHS[package]):
            provider, local = _provider(package, owner)
            yield RemoteUse(provider, local=local)


def _client_package(owner: Any) -> str | None:
    """The package of a client, or of a module such as litellm itself."""
    if type(owner) is types.ModuleType:
        return "litellm" if owner.__dict__.get("__name__") == "litellm" else None
    for package, name in probe.marks(type(owner)):
        if package == "google" and name not in ("Client", "GenerativeModel"):
            continue
        if package in PATHS:
            return package
    return None


def _provider(package: str, owner: Any) -> tuple[str, bool]:
    """The provider, and whether it is this machine: clients of one talk to servers of others."""
    host = _host(probe.own(owner).get("_base_url"))
    if host is not None and host.endswith(LOCAL):
        return "local", True
    if package == "openai" and host is not None and host not in HOSTS:
        if host.endswith(".openai.azure.com"):
            return "openai", False
        return f"unknown ({package}-compatible)", False
    return HOSTS.get(host or "", PROVIDERS.get(package, package)), False


def _host(url: Any) -> str | None:
    if probe.from_package(url, "httpx") and probe.name_of(type(url)) == "URL":
        return probe.text(url.host)
    return None


def _model_name(value: Any) -> str | None:
    """A name as providers give them; of anything longer or odder nothing is told."""
    name = probe.text(value)
    if name is None or len(name) > 96 or any(one.isspace() for one in name):
        return None
    return name.removeprefix("models/")


@dataclass(frozen=True, slots=True)
class _Answer:
    model: str | None
    input_tokens: int | None
    output_tokens: int | None


def _answers(code: _code.Code, namespace: Mapping[str, Any]) -> Iterator[_Answer]:
    seen: set[int] = set()
    for name in [*code.names, *sorted(code.reached)]:
        obj = namespace.get(name)
        many = probe.exactly(obj, list, tuple, dict)
        parts = _parts(obj) if many else [obj]
        for one in parts:
            if id(one) not in seen and _is_answer(one):
                seen.add(id(one))
                yield _read(one)


def _parts(obj: Any) -> list[Any]:
    return list(obj.values())[:MOST] if type(obj) is dict else probe.items(obj, MOST)


def _is_answer(obj: Any) -> bool:
    return any(pair in ANSWERS for pair in probe.marks(type(obj)))


def _read(answer: Any) -> _Answer:
    state = probe.own(answer)
    usage = probe.own(state.get("usage", state.get("usage_metadata", state.get("meta"))))
    if "tokens" in usage:
        usage = probe.own(usage["tokens"])
    model = _model_name(state.get("model", state.get("model_version")))
    output = _first(usage, OUTPUT)
    thought = _first(usage, THOUGHT)
    if output is not None and thought is not None:
        output += thought
    return _Answer(model, _first(usage, INPUT), output)


def _first(usage: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        number = probe.number(usage.get(name))
        if number is not None:
            return round(number)
    return None


def _with_answers(use: RemoteUse, answers: list[_Answer], *, alone: bool) -> RemoteUse:
    """Add the tokens of the answers of this model; calls whose answers are gone cost the mean."""
    own = [one for one in answers if alone or _same(one.model, use.model)]
    named = use.model or next((one.model for one in own if one.model), None)
    calls = use.calls if use.calls is not None else (len(own) or None)

    def total(kept: list[int | None]) -> int | None:
        known = [one for one in kept if one is not None]
        if not known:
            return None
        return round(sum(known) / len(known) * max(calls or 0, len(known)))

    return RemoteUse(
        use.provider,
        named,
        max(calls, len(own)) if calls is not None else None,
        total([one.input_tokens for one in own]),
        total([one.output_tokens for one in own]),
        use.max_tokens,
        use.task,
        use.local,
        len(own),
    )


def _same(answered: str | None, asked: str | None) -> bool:
    """Providers answer with a dated name: "gpt-4o-mini" is "gpt-4o-mini-2024-07-18"."""
    if answered is None or asked is None:
        return False
    rest = answered.removeprefix(asked)
    return answered == asked or (rest != answered and rest.replace("-", "").isdigit())


def facts(found: list[RemoteUse]) -> dict[str, Any]:
    """The facts of a cell whose work was done elsewhere, of the model that was called most."""
    one = max(found, key=lambda use: use.calls or 0)
    flat: dict[str, Any] = {
        "phase": "inference",
        "framework": one.provider,
        "task": one.task,
        "model.id": one.model,
        "model.kind": None if one.local else "remote-api",
        "gen.calls": one.calls,
        "gen.max_new_tokens": one.max_tokens,
    }
    for path, tokens in (("input", one.input_tokens), ("output", one.output_tokens)):
        if tokens is not None and one.calls:
            flat[f"gen.mean_{path}_tokens"] = tokens / one.calls
    return {key: value for key, value in flat.items() if value is not None}
