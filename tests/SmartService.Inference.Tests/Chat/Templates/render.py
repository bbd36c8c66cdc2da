#!/usr/bin/env python3
"""Renders dialogues.json with models' own chat templates, the way the transformers library does, into goldens/*.json.

    python3 render.py TEMPLATES MODEL.gguf

TEMPLATES is a folder with the templates that README.md lists, under the names used below; MODEL.gguf is the chat model of the
tests (the first shard). Needs jinja2 3.1. The goldens are what ChatTemplateTests compares with.
"""
import datetime
import hashlib
import json
import pathlib
import struct
import sys

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent
TODAY = datetime.datetime(2026, 3, 9)
CHATML, LLAMA, MISTRAL, DEEPSEEK = ("", "<|im_end|>"), ("<|begin_of_text|>", "<|eot_id|>"), ("<s>", "</s>"), ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>")
GEMMA = ("<bos>", "<eos>")

# family: (template, (bos, eos), values of thinking to render, other arguments)
FAMILIES = {
    "Qwen25": ("@model", CHATML, [None], {}),
    "Qwen3": ("qwen3.jinja", CHATML, [False, True], {}),
    "Qwen3Thinking": ("qwen3thinking.jinja", CHATML, [None], {}),
    "Qwen3Coder": ("qwen3coder.jinja", CHATML, [None], {}),
    "Qwen35": ("qwen35.jinja", CHATML, [False, True], {}),
    "Llama3": ("llama3.jinja", LLAMA, [None], {"no_tools": True}),
    "Llama31": ("llama31.jinja", LLAMA, [None], {}),
    "Llama32": ("llama32.jinja", LLAMA, [None], {}),
    "Gemma2": ("gemma2.jinja", GEMMA, [None], {"no_tools": True}),
    "Gemma3": ("gemma3.jinja", GEMMA, [None], {"no_tools": True}),
    "MistralV3": ("mistral_v3.jinja", MISTRAL, [None], {}),
    "MistralTekken": ("nemo.jinja", MISTRAL, [None], {}),
    "MistralV11": ("small32.jinja", MISTRAL, [None], {"need_system": True}),
    "DeepSeekR1": ("r1q.jinja", DEEPSEEK, [None], {"no_tool_list": True, "text_arguments": True, "skip_single_call": True, "one_system": True}),
    "DeepSeekV31": ("v31.jinja", DEEPSEEK, [False, True], {"no_tool_list": True, "text_arguments": True}),
}


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = TODAY.strftime
    return env


def model_template(path):
    """tokenizer.chat_template of a GGUF file's header."""
    sizes = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
    with open(path, "rb") as file:
        def number(kind):
            return struct.unpack("<" + kind, file.read(struct.calcsize(kind)))[0]

        def value(kind):
            if kind == 8:
                return file.read(number("Q")).decode("utf-8", "replace")
            if kind == 9:
                inner = number("I")
                return [value(inner) for _ in range(number("Q"))]
            return number(sizes[kind])

        assert file.read(4) == b"GGUF"
        number("I"), number("Q")
        for _ in range(number("Q")):
            key = value(8)
            read = value(number("I"))
            if key == "tokenizer.chat_template":
                return read


def messages_for(dialogue, text_arguments):
    messages = json.loads(json.dumps(dialogue["messages"]))
    if text_arguments:
        for message in messages:
            for call in message.get("tool_calls", []):
                call["function"]["arguments"] = json.dumps(call["function"]["arguments"], ensure_ascii=False)
            if "tool_calls" in message and not message["content"]:
                message["content"] = None
    return messages


def skipped(dialogue, rules):
    calls = [message["tool_calls"] for message in dialogue["messages"] if "tool_calls" in message]
    return (rules.get("no_tools") and "tools" in dialogue
            or rules.get("no_tool_list") and "tools" in dialogue and not calls
            or rules.get("need_system") and dialogue["messages"][0]["role"] != "system"
            or rules.get("one_system") and sum(message["role"] == "system" for message in dialogue["messages"]) > 1
            or rules.get("skip_single_call") and any(len(call) == 1 for call in calls))


def main(templates, model):
    source = json.loads((HERE / "dialogues.json").read_text("utf-8"))
    (HERE / "goldens").mkdir(exist_ok=True)
    for family, (name, (bos, eos), thinking_values, rules) in FAMILIES.items():
        text = model_template(model) if name == "@model" else (pathlib.Path(templates) / name).read_text("utf-8")
        template = environment().from_string(text)
        cases = []
        for title, dialogue in source["dialogues"].items():
            if skipped(dialogue, rules):
                continue
            for thinking in thinking_values:
                tools = source["tools"][dialogue["tools"]] if "tools" in dialogue and not rules.get("no_tool_list") else None
                arguments = {"tools": tools, "bos_token": bos, "eos_token": eos, "add_generation_prompt": True}
                if thinking is not None:
                    arguments |= {"enable_thinking": thinking, "thinking": thinking}
                try:
                    prompt = template.render(messages=messages_for(dialogue, rules.get("text_arguments")), **arguments)
                except (jinja2.exceptions.TemplateError, TypeError) as refusal:
                    print(f"{family}: {title}: refused: {refusal}", file=sys.stderr)
                    continue
                assert prompt.startswith(bos)
                cases.append({"dialogue": title, "thinking": thinking, "tools": tools is not None, "prompt": prompt[len(bos):]})
        golden = {"family": family, "template_sha256": hashlib.sha256(text.encode()).hexdigest(), "today": TODAY.strftime("%Y-%m-%d"), "cases": cases}
        (HERE / "goldens" / f"{family}.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", "utf-8")
        print(family, len(cases))


if __name__ == "__main__":
    main(*sys.argv[1:])
