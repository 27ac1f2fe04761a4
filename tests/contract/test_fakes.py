"""The fakes can fail: they refuse what breaks the contract, play each fault, and let through what is right.

For Bedrock there is a judge from outside: botocore, whose own client, signatures and model of the service must agree.
"""

import copy
import email.utils
import hashlib
import http.client
import json
import re
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import botocore.session
import botocore.validate
import fakes
import pytest
from fakes import COMMON_ERRORS, Anthropic, Bedrock, Fault, OpenAi

MODEL = "anthropic.claude-3-5-haiku-20241022-v1:0"
BEDROCK = f"/model/{MODEL.replace(':', '%3A')}"
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "description": "What it is"},
        "bullets": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["title", "bullets"],
    "additionalProperties": False,
}
# What strict schemas may hold beside plain properties.
RICH = {
    "type": "object",
    "properties": {
        "text": {"type": ["string", "null"], "pattern": "^A"},
        "number": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["a", "b"]},
        "either": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/level0"}]},
    },
    "required": ["text", "number", "kind", "either"],
    "additionalProperties": False,
    "$defs": {"level0": {"type": "boolean"}},
}


def nested(levels):
    schema = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}
    return schema


@dataclass
class Dialect:
    """A way to ask, and where in an answer to look."""

    name: str
    service: type
    path: str
    headers: dict  # {key} stands for the key
    body: dict
    text: list  # steps to the text
    stop: list
    usage: list
    stops: dict  # fault → what stands at `stop`

    def __str__(self):
        return self.name


CLAUDE = {"max_tokens": 200, "system": "You write.", "temperature": 0.5,
          "messages": [{"role": "user", "content": "A blue shirt."}]}  # fmt: skip
CLAUDE_STOPS = {"length": "max_tokens", "refusal": "refusal"}
CLAUDE_PLACES = {"text": ["content", 0, "text"], "stop": ["stop_reason"], "usage": ["usage", "output_tokens"]}
DIALECTS = [
    Dialect(
        "openai",
        OpenAi,
        "/v1/chat/completions",
        {"Authorization": "Bearer {key}"},
        {
            "model": "gpt-4o-mini",
            "max_completion_tokens": 200,
            "temperature": 0.5,
            "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "A blue shirt."}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "description", "strict": True, "schema": SCHEMA},
            },
        },
        ["choices", 0, "message", "content"],
        ["choices", 0, "finish_reason"],
        ["usage", "completion_tokens"],
        {"length": "length", "refusal": "stop"},
    ),
    Dialect(
        "anthropic",
        Anthropic,
        "/v1/messages",
        {"x-api-key": "{key}", "anthropic-version": "2023-06-01"},
        {"model": "claude-haiku-4-5", **CLAUDE},
        stops=CLAUDE_STOPS,
        **CLAUDE_PLACES,
    ),
    Dialect(
        "invoke",
        Bedrock,
        BEDROCK + "/invoke",
        {"Authorization": "Bearer {key}"},
        {"anthropic_version": "bedrock-2023-05-31", **CLAUDE},
        stops=CLAUDE_STOPS,
        **CLAUDE_PLACES,
    ),
    Dialect(
        "converse",
        Bedrock,
        BEDROCK + "/converse",
        {"Authorization": "Bearer {key}"},
        {
            "system": [{"text": "You write."}],
            "messages": [{"role": "user", "content": [{"text": "A blue shirt."}]}],
            "inferenceConfig": {"maxTokens": 200, "temperature": 0.5},
        },
        ["output", "message", "content", 0, "text"],
        ["stopReason"],
        ["usage", "outputTokens"],
        {"length": "max_tokens", "refusal": "content_filtered"},
    ),
]
BY_NAME = {dialect.name: dialect for dialect in DIALECTS}
OPENAI, ANTHROPIC, INVOKE, CONVERSE = DIALECTS
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=str)


@dataclass
class Answered:
    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def body(self):
        return json.loads(self.raw)


def at(value, steps):
    for step in steps:
        value = value[step]
    return value


def send(server, path, headers, raw, method="POST", timeout=10):
    """Nothing between: the path and the headers go out as they are."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=timeout)
    try:
        connection.request(method, path, raw, headers)
        answer = connection.getresponse()
        return Answered(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def ask(server, dialect, body=None, headers=None, raw=None, **options):
    headers = {"Content-Type": "application/json", **dialect.headers, **(headers or {})}
    headers = {name: value.format(key=server.key) for name, value in headers.items() if value is not None}
    raw = json.dumps(dialect.body if body is None else body).encode() if raw is None else raw
    return send(server, options.pop("path", dialect.path), headers, raw, **options)


def changed(body, change):
    body = copy.deepcopy(body)
    change(body)
    return body


def put(*steps_and_value):
    *steps, last, value = steps_and_value
    return lambda body: at(body, steps).__setitem__(last, value)


def drop(*steps):
    *steps, last = steps
    return lambda body: at(body, steps).__delitem__(last)


# What is right passes.


@every_dialect
def test_a_request_that_is_right_is_answered_and_recorded(dialect):
    with dialect.service("Blue shirt, 1 €.") as server:
        answer = ask(server, dialect)
        assert answer.status == 200 and answer.headers["content-type"] == "application/json"
        assert at(answer.body, dialect.text) == "Blue shirt, 1 €."
        assert at(answer.body, dialect.stop) in ("stop", "end_turn")
        assert at(answer.body, dialect.usage) == len("Blue shirt, 1 €.") // 4
        assert server.violations == []
        (request,) = server.requests
        assert (request.path, request.body) == (dialect.path, dialect.body)
        assert request.headers["content-type"] == "application/json"
        assert dict(server.conversation(request.body)) == {"system": "You write.", "user": "A blue shirt."}


RIGHT = [
    (OPENAI, "parts", put("messages", 1, "content", [{"type": "text", "text": "A shirt."}])),
    (OPENAI, "max_tokens", lambda body: body.update(max_tokens=body.pop("max_completion_tokens"))),
    (OPENAI, "null where it may be", put("temperature", None)),
    (OPENAI, "a developer", put("messages", 0, "role", "developer")),
    (OPENAI, "answers before", put("messages", 0, "role", "assistant")),
    (OPENAI, "a loose schema", put("response_format", "json_schema", {"name": "a", "schema": {"type": "object"}})),
    (OPENAI, "JSON of any kind", lambda body: body.update(response_format={"type": "json_object"},
                                                          messages=[{"role": "user", "content": "Write JSON."}])),
    (OPENAI, "no format", drop("response_format")),
    (OPENAI, "10 levels", put("response_format", "json_schema", "schema", nested(10))),
    (OPENAI, "a schema of many kinds", put("response_format", "json_schema", "schema", RICH)),
    (ANTHROPIC, "blocks", put("messages", 0, "content", [{"type": "text", "text": "A shirt."}])),
    (ANTHROPIC, "turns", lambda body: body["messages"].extend([{"role": "assistant", "content": "A shirt."},
                                                               {"role": "user", "content": "Blue, please."}])),
    (ANTHROPIC, "a cached system prompt", put("system", [{"type": "text", "text": "You write.",
                                                          "cache_control": {"type": "ephemeral"}}])),
    (ANTHROPIC, "the least", lambda body: [body.pop(name) for name in ("system", "temperature")]),
    (INVOKE, "blocks", put("messages", 0, "content", [{"type": "text", "text": "A shirt."}])),
    (INVOKE, "the least", lambda body: [body.pop(name) for name in ("system", "temperature")]),
    (CONVERSE, "the least", lambda body: [body.pop(name) for name in ("system", "inferenceConfig")]),
    (CONVERSE, "all settings", put("inferenceConfig", {"maxTokens": 1, "topP": 1, "stopSequences": ["END"]})),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "what", "change"), RIGHT, ids=[f"{row[0]}: {row[1]}" for row in RIGHT])
def test_what_else_is_right_passes(dialect, what, change):
    with dialect.service("Good.") as server:
        answer = ask(server, dialect, changed(dialect.body, change))
        assert (answer.status, server.violations) == (200, [])


# What is wrong is refused and recorded.

EVERY = "openai anthropic invoke converse"
CLAUDES = "anthropic invoke"
TURN = {"role": "user", "content": "A shirt."}
BLOCK = {"role": "user", "content": [{"text": "A shirt."}]}
FORMAT = ("response_format", "json_schema")
PROPERTIES = (*FORMAT, "schema", "properties")
# (dialects, what, change of the body, what the violation tells)
WRONG = [
    ("openai anthropic", "no model", drop("model"), "model: required"),
    ("openai anthropic", "a model that is no text", put("model", 7), "model: a string"),
    (EVERY, "no messages", drop("messages"), "messages: required"),
    (EVERY, "empty messages", put("messages", []), "messages: a list"),
    (EVERY, "messages that are no list", put("messages", "A shirt."), "messages: a list"),
    (EVERY, "a message that is no object", put("messages", 0, "A"), "messages.0: an obj"),
    (EVERY, "an unknown field", put("temprature", 1), "temprature: not a field"),
    (EVERY, "a field in a message", put("messages", 0, "id", "1"), "messages.0.id: not a"),
    (EVERY, "no role", drop("messages", 0, "role"), "messages.0.role: required"),
    (EVERY, "a role of no one", put("messages", 0, "role", "shop"), "messages.0.role:"),
    (EVERY, "no content", drop("messages", 0, "content"), "messages.0.content: required"),
    (EVERY, "content null", put("messages", 0, "content", None), "content: a "),
    (EVERY, "no parts", put("messages", 0, "content", []), "messages.0.content: a list"),
    (EVERY, "a part that is no object", put("messages", 0, "content", [1]), "content.0: a"),
    ("openai anthropic invoke", "a part without text", put("messages", 0, "content", [{"type": "text"}]),
     "messages.0.content.0.text: required"),
    ("openai anthropic invoke", "a number for a text", put("messages", 0, "content", [{"type": "text", "text": 7}]),
     "messages.0.content.0.text: a string"),
    (CLAUDES, "a blank part", put("messages", 0, "content", [{"type": "text", "text": " "}]), "text that is not blank"),
    ("openai anthropic invoke", "a part without a type", put("messages", 0, "content", [{"text": "A"}]),
     "messages.0.content.0.type: required"),
    ("openai anthropic invoke", "a picture", put("messages", 0, "content", [{"type": "image", "text": ""}]), "only t"),
    ("openai anthropic invoke", "a temperature below", put("temperature", -0.1), "temperature: 0 to"),
    ("openai anthropic invoke", "a temperature in words", put("temperature", "1"), "temperature: a number"),
    ("openai anthropic invoke", "a temperature of truth", put("temperature", True), "temperature: a number"),
    ("openai anthropic invoke", "top_p above", put("top_p", 1.1), "top_p: 0 to 1"),
    ("openai anthropic", "a stream", put("stream", True), "stream: documented, but not served"),
    ("openai anthropic invoke", "tools", put("tools", []), "tools: documented, but not served"),
    (CLAUDES, "no max_tokens", drop("max_tokens"), "max_tokens: required"),
    (CLAUDES, "max_tokens of 0", put("max_tokens", 0), "max_tokens: at least 1"),
    (CLAUDES, "max_tokens with a fraction", put("max_tokens", 10.0), "max_tokens: an integer"),
    (CLAUDES, "a temperature above", put("temperature", 1.1), "temperature: 0 to 1"),
    (CLAUDES, "a temperature of null", put("temperature", None), "temperature: null"),
    (CLAUDES, "temperature and top_p", put("top_p", 0.9), "top_p: not together"),
    (CLAUDES, "top_k below", put("top_k", -1), "top_k: at least 0"),
    (CLAUDES, "a blank system prompt", put("system", " \n"), "system: text that is not blank"),
    (CLAUDES, "a system prompt of null", put("system", None), "system: null"),
    (CLAUDES, "blank text", put("messages", 0, "content", ""), "messages.0.content: text that is not blank"),
    (CLAUDES, "blank stops", put("stop_sequences", [""]), "stop_sequences.0: text that is not blank"),
    (CLAUDES, "a system message", put("messages", 0, "role", "system"), "messages.0.role: user or assistant"),
    (CLAUDES, "an answer first", put("messages", 0, "role", "assistant"), "must be the user's"),
    (CLAUDES, "two turns of one", put("messages", [TURN, TURN]), "roles must alternate"),
    (CLAUDES, "an answer last", put("messages", [TURN, {"role": "assistant", "content": "A"}]), "must end with"),
    (CLAUDES, "an odd cache", put("system", [{"type": "text", "text": "A", "cache_control": {"type": "x"}}]),
     "system.0.cache_control:"),
    ("anthropic", "a blank user", put("metadata", {"user_id": ""}), "metadata.user_id: text that is not blank"),
    ("anthropic", "odd metadata", put("metadata", {"name": "A"}), "metadata.name: not a field"),
    ("invoke", "a model in the body", put("model", MODEL), "model: not a field"),
    ("invoke", "a stream", put("stream", False), "stream: not a field"),
    ("invoke", "no version", drop("anthropic_version"), "anthropic_version: required"),
    ("invoke", "the other version", put("anthropic_version", "2023-06-01"), "anthropic_version: bedrock-2023-05-31"),
    ("converse", "a system prompt in one text", put("system", "You write."), "system: a list"),
    ("converse", "a blank system prompt", put("system", 0, "text", ""), "system.0.text: text that is not blank"),
    ("converse", "content in one text", put("messages", 0, "content", "A shirt."), "messages.0.content: a list"),
    ("converse", "a part with a type", put("messages", 0, "content", 0, "type", "text"), "content.0.type: not a field"),
    ("converse", "blank text", put("messages", 0, "content", 0, "text", " "), "content.0.text: text that is not blank"),
    ("converse", "no text", put("messages", 0, "content", 0, {}), "messages.0.content.0.text: required"),
    ("converse", "a picture", put("messages", 0, "content", 0, {"text": "A", "image": {}}), "image: documented"),
    ("converse", "settings in another spelling", put("inferenceConfig", {"max_tokens": 9}), "max_tokens: not a field"),
    ("converse", "maxTokens of 0", put("inferenceConfig", "maxTokens", 0), "inferenceConfig.maxTokens: at least 1"),
    ("converse", "maxTokens in words", put("inferenceConfig", "maxTokens", "9"), "maxTokens: an integer"),
    ("converse", "a temperature above", put("inferenceConfig", "temperature", 1.5), "temperature: 0 to 1"),
    ("converse", "a temperature of null", put("inferenceConfig", "temperature", None), "temperature: null"),
    ("converse", "a topP below", put("inferenceConfig", {"topP": -1}), "inferenceConfig.topP: 0 to 1"),
    ("converse", "temperature and topP", put("inferenceConfig", "topP", 0.9), "topP: not together"),
    ("converse", "too many stops", put("inferenceConfig", "stopSequences", ["A"] * 2501), "of at most 2500"),
    ("converse", "two turns of one", put("messages", [BLOCK, BLOCK]), "roles must alternate"),
    ("converse", "tools", put("toolConfig", {}), "toolConfig: documented, but not served"),
    ("openai", "a temperature above", put("temperature", 2.1), "temperature: 0 to 2"),
    ("openai", "max_tokens twice", put("max_tokens", 9), "max_tokens: not together with max_completion_tokens"),
    ("openai", "max_completion_tokens of 0", put("max_completion_tokens", 0), "max_completion_tokens: at least 1"),
    ("openai", "five stops", put("stop", list("abcde")), "stop: a list of at most 4"),
    ("openai", "an odd effort", put("reasoning_effort", "all"), "reasoning_effort: none of"),
    ("openai", "an odd format", put("response_format", {"type": "xml"}), "response_format.type: text, json_object or"),
    ("openai", "a format in one text", put("response_format", "json_object"), "response_format.type:"),
    ("openai", "a strict format", put("response_format", "strict", True), "response_format.strict: not a field"),
    ("openai", "JSON that no one asked for", put("response_format", {"type": "json_object"}), "the word json"),
    ("openai", "no schema's definition", drop("response_format", "json_schema"), "json_schema: required"),
    ("openai", "no schema", drop(*FORMAT, "schema"), "json_schema.schema: an object"),
    ("openai", "no name", drop(*FORMAT, "name"), "json_schema.name: required"),
    ("openai", "a name with a space", put(*FORMAT, "name", "a name"), "json_schema.name: letters"),
    ("openai", "a name of 65 letters", put(*FORMAT, "name", "a" * 65), "json_schema.name: letters"),
    ("openai", "strict in words", put(*FORMAT, "strict", "true"), "json_schema.strict: true or false"),
    ("openai", "an open object", drop(*FORMAT, "schema", "additionalProperties"), "(), 'additionalProperties'"),
    ("openai", "an open object within", put(*PROPERTIES, "title", {"type": "object", "properties": {}, "required": []}),
     "In context=('properties', 'title'), 'additionalProperties'"),
    ("openai", "what may be absent", put(*FORMAT, "schema", "required", ["title"]), "In context=(), 'required'"),
    ("openai", "a list of anything", drop(*PROPERTIES, "bullets", "items"), "array schema missing items"),
    ("openai", "the length of a text", put(*PROPERTIES, "title", "maxLength", 9), "'maxLength' is not permitted"),
    ("openai", "a property that is a word", put(*PROPERTIES, "title", "string"), "a schema must be an"),
    ("openai", "a type that there is not", put(*PROPERTIES, "title", {"type": "text"}), "'text' is not a type"),
    ("openai", "the length of a text in a list", put(*PROPERTIES, "bullets", "items", "maxLength", 9), "'maxLength'"),
    ("openai", "the length of one text or another", put(*PROPERTIES, "title", {"anyOf": [
        {"type": "string", "minLength": 1}]}), "'minLength' is not"),
    ("openai", "a definition with a default", put(*FORMAT, "schema", "$defs", {"A": {"type": "null", "default": None}}),
     "'default' is not"),
    ("openai", "11 levels", put(*FORMAT, "schema", nested(11)), "deeper than 10 levels"),
    ("openai", "a speaker without a name", put("messages", 0, "name", ""), "messages.0.name: text that is not blank"),
    ("openai", "a property without a type", put(*PROPERTIES, "title", {}), "must have a 'type' key"),
    ("openai", "a reference to nowhere", put(*PROPERTIES, "title", {"$ref": "#/$defs/A"}), "does not lead"),
    ("openai", "a list at the root", put(*FORMAT, "schema", "type", "array"), "at its root"),
    ("openai", "properties in a list", put(*FORMAT, "schema", "properties", ["title"]), "not what JSON"),
]  # fmt: skip
WRONG = [(BY_NAME[name], *row[1:]) for row in WRONG for name in row[0].split()]


def error_text(answer):
    body = answer.body
    return body["error"]["message"] if "error" in body else body.get("message", body.get("Message"))


def check_shape(server, answer, name):
    """The error stands where the service puts it."""
    if isinstance(server, Bedrock):
        assert answer.headers["x-amzn-ErrorType"].split(":")[0] == name
    elif isinstance(server, Anthropic):
        assert answer.body["type"] == "error" and answer.body["error"].keys() == {"type", "message"}
        assert answer.body["error"]["type"] == name and answer.body["request_id"] == answer.headers["request-id"]
    else:
        assert answer.body["error"].keys() == {"message", "type", "param", "code"}
        assert answer.body["error"]["type"] == server.errors[name][1]
    assert error_text(answer)


@pytest.mark.parametrize(("dialect", "what", "change", "told"), WRONG, ids=[f"{row[0]}: {row[1]}" for row in WRONG])
def test_a_body_that_is_wrong_is_refused(dialect, what, change, told):
    with dialect.service("Good.") as server:
        server.script([500])
        answer = ask(server, dialect, changed(dialect.body, change))
        assert answer.status == 400
        check_shape(server, answer, server.common["bad_request"])
        assert any(told in violation for violation in server.violations), server.violations
        assert len(server.requests) == 1 and server.faults_left == 1, "it takes no fault"


@every_dialect
@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not an object"),
        (b'{"model": "\xff"}', "not JSON"),
        (b'\xef\xbb\xbf{"model": "a"}', "not JSON"),
        (b'{"temperature": NaN}', "NaN is not JSON"),
        (b'{"temperature": 0, "temperature": 1}', "a key stands twice"),
        (b'{"model": "\\ud83d"}', "surrogates not allowed"),
        (b"[" * 100_000, "not JSON"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_json_is_refused(dialect, raw, told):
    with dialect.service() as server:
        answer = ask(server, dialect, raw=raw)
        assert answer.status == 400
        assert told in server.violations[0] and told in error_text(answer)


@every_dialect
def test_nothing_that_is_malformed_breaks_a_fake(dialect):
    def places(value, steps=()):
        yield steps
        for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            yield from places(value[step], (*steps, step))

    with dialect.service("Good.") as server:
        for steps in list(places(dialect.body))[1:]:
            for value in (None, True, -1, 1e300, "", "x", [], [[]], {}, {"x": {}}):
                assert ask(server, dialect, changed(dialect.body, put(*steps, value))).status in (200, 400)
        assert not [violation for violation in server.violations if "the fake itself" in violation]


# (dialects, what, headers or another path, status, violation)
WRONG_AROUND = [
    ("openai invoke converse", "no key", {"Authorization": None}, (401, 403), "authorization: n"),
    ("openai invoke converse", "another key", {"Authorization": "Bearer x"}, (401, 403), "not the bearer"),
    ("openai invoke converse", "no bearer", {"Authorization": "{key}"}, (401, 403), "authorization: n"),
    ("anthropic", "no key", {"x-api-key": None}, (401,), "x-api-key: not the key"),
    ("anthropic", "a bearer's key", {"x-api-key": None, "Authorization": "Bearer {key}"}, (401,), "not the key"),
    ("anthropic", "no version", {"anthropic-version": None}, (400,), "anthropic-version: 2023-06-01"),
    ("anthropic", "Bedrock's version", {"anthropic-version": "bedrock-2023-05-31"}, (400,), "anthropic-version: 2023-"),
    (EVERY, "a form", {"Content-Type": "application/x-www-form-urlencoded"}, (400,),
     "content-type: application/json is expected"),
    (EVERY, "Latin-1", {"Content-Type": "application/json; charset=latin-1"}, (400,),
     "content-type: application/json is expected"),
    ("invoke converse", "a page, please", {"Accept": "text/html"}, (400,), "accept: application/json"),
    ("openai", "no version in the path", "/chat/completions", (404,), "path: POST /v1/chat/completions"),
    ("openai", "a slash behind", "/v1/chat/completions/", (404,), "path: POST"),
    ("openai anthropic", "a slash too many", "//v1/chat/completions", (404,), "path: POST"),
    ("anthropic", "a query", "/v1/messages?beta=true", (404,), "path: POST /v1/messages"),
    ("invoke", "a colon as it is", f"/model/{MODEL}/invoke", (400,), "path: all but letters"),
    ("converse", "a colon as it is", f"/model/{MODEL}/converse", (400,), "path: all but letters"),
    ("converse", "a colon encoded twice", f"{BEDROCK}/converse".replace("%", "%25"), (400,), "no model can have this"),
    ("converse", "small hexadecimals", f"{BEDROCK}/converse".lower().replace("%3A", "%3a"), (400,), "path: all but"),
    ("converse", "a slash in the model", "/model/arn%3Aaws/x/converse", (404,), "path: POST /model/"),
    ("invoke", "a stream", f"{BEDROCK}/invoke-with-response-stream", (404,), "path: POST /model/"),
]  # fmt: skip
WRONG_AROUND = [(BY_NAME[name], *row[1:]) for row in WRONG_AROUND for name in row[0].split()]


@pytest.mark.parametrize(
    ("dialect", "what", "change", "statuses", "told"),
    WRONG_AROUND,
    ids=[f"{row[0]}: {row[1]}" for row in WRONG_AROUND],
)
def test_what_is_wrong_around_the_body_is_refused(dialect, what, change, statuses, told):
    with dialect.service("Good.") as server:
        around = {"path": change} if isinstance(change, str) else {"headers": change}
        answer = ask(server, dialect, **around)
        assert answer.status in statuses and error_text(answer)
        assert any(told in violation for violation in server.violations), server.violations


@every_dialect
def test_other_methods_are_refused(dialect):
    with dialect.service("Good.") as server:
        for method in ("GET", "PUT", "DELETE"):
            assert ask(server, dialect, method=method).status == 404
        assert len(server.violations) == 3


def test_all_that_is_wrong_is_recorded_not_the_first_of_it():
    with Anthropic("Good.") as server:
        body = changed(ANTHROPIC.body, lambda body: body.update(max_tokens="9", temperature=7, top_q=1))
        answer = ask(server, ANTHROPIC, body, headers={"x-api-key": "wrong", "anthropic-version": None})
        assert answer.status == 401, "what the service looks at first decides"
        places = [violation.split(": ")[1] for violation in server.violations]
        assert places == ["x-api-key", "anthropic-version", "top_q", "max_tokens", "temperature"]


def test_unknown_fields_are_named_as_openai_does():
    with OpenAi("Good.") as server:
        error = ask(server, OPENAI, changed(OPENAI.body, put("top_k", 5))).body["error"]
        assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "top_k", "unknown_parameter")


def test_requests_may_be_too_large():
    for dialect, status, name in [(ANTHROPIC, 413, "request_too_large"), (CONVERSE, 400, "ValidationException")]:
        with dialect.service("Good.") as server:
            server.largest_request = 1000
            large = changed(dialect.body, put("system", [{"text": "A" * 1000}]))
            answer = ask(server, dialect, large)
            assert answer.status == status and "more than 1000" in server.violations[0]
            check_shape(server, answer, name)


@every_dialect
def test_models_that_leave_no_temperature_to_choose(dialect):
    steps = ["inferenceConfig", "temperature"] if dialect is CONVERSE else ["temperature"]
    with dialect.service("Good.", fixed_sampling=True) as server:
        assert ask(server, dialect).status == 400
        assert ask(server, dialect, changed(dialect.body, put(*steps, 1))).status == 200
        assert ask(server, dialect, changed(dialect.body, drop(*steps))).status == 200
        assert len(server.violations) == 1
        if dialect is OPENAI:
            body = changed(dialect.body, lambda body: body.update(max_tokens=body.pop("max_completion_tokens")))
            assert ask(server, dialect, body).body["error"]["code"] == "unsupported_parameter"


def test_a_server_of_ones_own_may_ask_for_no_key():
    with OpenAi("Good.", key=None) as server:
        assert ask(server, OPENAI, headers={"Authorization": None}).status == 200
        assert server.violations == []


# Faults.


@every_dialect
def test_all_errors_that_are_documented_are_played(dialect):
    with dialect.service("Good.") as server:
        for name, (status, *_) in server.errors.items():
            server.script([name])
            answer = ask(server, dialect)
            assert answer.status == status
            check_shape(server, answer, name)
        for status in {status for status, *_ in server.errors.values()}:
            server.script([status])
            assert ask(server, dialect).status == status
        for name, statuses in dict(zip(COMMON_ERRORS, [(400,), (401, 403), (403,), (404,), (429,), (500,), (503, 529)],
                                       strict=True)).items():  # fmt: skip
            server.script([name])
            assert ask(server, dialect).status in statuses
        assert ask(server, dialect).status == 200
        assert server.violations == [], "faults are no one's breach"


DOCUMENTED = {
    OpenAi: {400, 401, 403, 404, 408, 409, 422, 429, 500, 503},
    Anthropic: {400, 401, 402, 403, 404, 413, 429, 500, 504, 529},
    Bedrock: {400, 403, 404, 408, 424, 429, 500, 503},
}


def test_no_status_is_forgotten():
    for service, statuses in DOCUMENTED.items():
        assert {status for status, *_ in service.errors.values()} == statuses
        assert set(service.common) == set(COMMON_ERRORS) and set(service.common.values()) <= set(service.errors)


@every_dialect
def test_faults_come_in_turn_then_answers(dialect):
    with dialect.service(["first", "second"]) as server:
        server.script([429, "html", "length", "empty"])
        assert [ask(server, dialect).status for _ in range(4)] == [429, 502, 200, 200]
        assert [at(ask(server, dialect).body, dialect.text) for _ in range(2)] == ["first", "second"]
        assert server.faults_left == 0 and server.violations == []


def test_what_is_no_fault_is_refused_at_once():
    with OpenAi() as server:
        for fault in ("rest", 529, "ThrottlingException"):
            with pytest.raises(ValueError, match="there is no fault"):
                server.script([429, fault])
        assert server.faults_left == 0


@every_dialect
def test_answers_that_are_not_what_was_hoped_for(dialect):
    with dialect.service("A blue shirt.") as server:
        server.script(["length", "refusal", "empty", "no_usage"])
        cut, refused, empty, unbilled = [ask(server, dialect).body for _ in range(4)]
        assert at(cut, dialect.text) == "A blue"
        assert at(cut, dialect.stop) == dialect.stops["length"]
        assert at(refused, dialect.stop) == dialect.stops["refusal"]
        if dialect is OPENAI:
            assert refused["choices"][0]["message"]["refusal"] and at(refused, dialect.text) is None
        assert at(empty, dialect.text[: dialect.text.index(0)]) == []
        assert "usage" not in unbilled and at(unbilled, dialect.text) == "A blue shirt."


@every_dialect
def test_answers_end_where_the_request_says(dialect):
    steps = {"openai": ["max_completion_tokens"], "converse": ["inferenceConfig", "maxTokens"]}
    with dialect.service("x" * 100) as server:
        body = ask(server, dialect, changed(dialect.body, put(*steps.get(dialect.name, ["max_tokens"]), 5))).body
        assert at(body, dialect.text) == "x" * 20 and at(body, dialect.stop) == dialect.stops["length"]
        assert at(body, dialect.usage) == 5


@every_dialect
def test_faults_of_the_way(dialect):
    with dialect.service("Good.") as server:
        server.script(["reset", "hangup", "truncated", "garbage", "html", "redirect", Fault("redirect", location="/x")])
        with pytest.raises(ConnectionResetError):
            ask(server, dialect)
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server, dialect)
        with pytest.raises(http.client.IncompleteRead):
            ask(server, dialect)
        garbage = ask(server, dialect)
        assert garbage.status == 200 and garbage.headers["content-type"] == "application/json"
        with pytest.raises(json.JSONDecodeError):
            garbage.body  # noqa: B018
        page = ask(server, dialect)
        assert page.status == 502 and page.headers["content-type"] == "text/html" and page.raw.startswith(b"<html>")
        assert ask(server, dialect).headers["location"].startswith("http://localhost:")
        assert ask(server, dialect).headers["location"] == "/x"
        assert ask(server, dialect).status == 200
        assert server.violations == [] and len(server.requests) == 8


def test_who_follows_a_redirect_is_seen():
    with OpenAi("Good.") as server:
        server.script(["redirect"])
        elsewhere = urllib.parse.urlsplit(ask(server, OPENAI).headers["location"])
        assert elsewhere.netloc != urllib.parse.urlsplit(server.url).netloc
        assert ask(server, OPENAI, path=elsewhere.path).status == 404
        assert "/followed" in server.violations[0]


def test_slow_answers_come_late_but_do_not_hold_up_the_end():
    with OpenAi("Good.") as server:
        server.script([Fault("slow", seconds=0.3), Fault("slow", seconds=60)])
        start = time.monotonic()
        assert ask(server, OPENAI).status == 200
        assert time.monotonic() - start >= 0.3
        with pytest.raises(TimeoutError):
            ask(server, OPENAI, timeout=0.2)
        start = time.monotonic()
    assert time.monotonic() - start < 5


def test_huge_answers_are_in_order_but_for_their_size():
    with OpenAi() as server:
        server.script(["huge"])
        answer = ask(server, OPENAI)
        assert len(answer.raw) > fakes.HUGE_BYTES * 0.99 and answer.body["choices"][0]["finish_reason"] == "stop"


@every_dialect
def test_rate_limits_say_when_to_come_back(dialect):
    with dialect.service("Good.") as server:
        server.script(["rate_limit", "rate_limit_seconds", Fault(429, retry_after=0.5), "rate_limit_date"])
        server.script([Fault("overloaded", retry_after=7)])
        waits = [ask(server, dialect).headers["retry-after"] for _ in range(5)]
        assert waits[:3] == [None, "1", "0.5"] and waits[4] == "7"
        then = email.utils.parsedate_to_datetime(waits[3]).timestamp()
        assert waits[3].endswith(" GMT") and 0 <= then - time.time() <= 2


# Answers, and many who ask.


def test_answers_run_out_and_fail_loudly():
    def broken(body):
        raise KeyError(body["model"])

    for answer, told in [(["only"], "used up"), (broken, "KeyError"), (lambda body: None, "a text is expected")]:
        with OpenAi(answer) as server:
            statuses = [ask(server, OPENAI).status for _ in range(2)]
            assert statuses[-1] == 500 and told in server.violations[-1]


def test_a_fault_of_the_fake_itself_is_not_hidden():
    class Broken(OpenAi):
        def check(self, request):
            raise RuntimeError("by design")

    with Broken() as server:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server, OPENAI)
        assert "by design" in server.violations[0]


def test_many_ask_at_once():
    def answer(body):
        return body["messages"][1]["content"].upper()

    barrier = threading.Barrier(24)

    def question(number):
        body = changed(OPENAI.body, put("messages", 1, "content", f"shirt {number}"))
        barrier.wait()
        return ask(server, OPENAI, body)

    with OpenAi(answer) as server, ThreadPoolExecutor(24) as pool:
        server.script([429] * 4)
        answers = list(pool.map(question, range(24)))
        limited = [place for place, one in enumerate(answers) if one.status == 429]
        assert len(limited) == 4 and len(server.requests) == 24 and server.violations == []
        for place, one in enumerate(answers):
            assert place in limited or at(one.body, OPENAI.text) == f"SHIRT {place}"


def test_connections_are_kept_until_the_fake_is_gone():
    with OpenAi("Good.") as server:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=10)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.key}"}
        for _ in range(2):
            connection.request("POST", OPENAI.path, json.dumps(OPENAI.body), headers)
            assert connection.getresponse().read()
        one = connection.sock
        # In chunks, as clients send what they have not counted.
        connection.request("POST", OPENAI.path, iter([json.dumps(OPENAI.body).encode()]), headers, encode_chunked=True)
        assert connection.getresponse().read() and connection.sock is one
        assert len(server.requests) == 3 and server.violations == []
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        connection.request("POST", OPENAI.path, json.dumps(OPENAI.body), headers)
        connection.getresponse()
    connection.close()


# Bedrock against botocore.


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch, tmp_path):
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="module")
def service_model():
    return botocore.session.get_session().get_service_model("bedrock-runtime")


def client_of(server, secret=None, access_key=None, token=None):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=10, parameter_validation=False)
    return botocore.session.get_session().create_client(
        "bedrock-runtime",
        region_name="eu-central-1",
        endpoint_url=server.url,
        aws_access_key_id=access_key or server.access_key,
        aws_secret_access_key=secret or server.secret,
        aws_session_token=token,
        config=config,
    )


def converse(client, model=MODEL, **changes):
    return client.converse(modelId=model, **{**CONVERSE.body, **changes})


ARN = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.mark.parametrize("model", [MODEL, ARN, "claude"])
@pytest.mark.parametrize("token", [None, "a session's token"])
def test_botocore_passes_and_gets_its_answer(model, token):
    with Bedrock("A blue shirt, 1 €.") as server:
        client = client_of(server, token=token)
        answer = converse(client, model)
        assert answer["output"]["message"]["content"] == [{"text": "A blue shirt, 1 €."}]
        assert answer["stopReason"] == "end_turn" and answer["usage"]["outputTokens"] == 4
        answer = client.invoke_model(modelId=model, body=json.dumps(INVOKE.body), contentType="application/json")
        assert json.loads(answer["body"].read())["content"] == [{"type": "text", "text": "A blue shirt, 1 €."}]
        assert server.violations == []
        assert [request.body for request in server.requests] == [CONVERSE.body, INVOKE.body]
        assert all(request.headers["authorization"].startswith("AWS4-HMAC-SHA256") for request in server.requests)
        assert all(":" not in request.path for request in server.requests), "as the fake demands"


def test_botocore_passes_with_a_key_of_bedrock(monkeypatch):
    def plain(client):
        """botocore gives its key to none but HTTPS, which the fake does not speak: the scheme is put back behind it."""
        client.meta.events.register(
            "before-send", lambda request, **_: setattr(request, "url", request.url.replace("https:", "http:"))
        )
        return client

    with Bedrock("Good.") as server:
        server.url = server.url.replace("http:", "https:")
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", server.key)
        assert converse(plain(client_of(server)))["stopReason"] == "end_turn"
        assert server.requests[0].headers["authorization"] == f"Bearer {server.key}" and server.violations == []
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "another")
        with pytest.raises(botocore.exceptions.ClientError) as error:
            converse(plain(client_of(server)))
        assert error.value.response["Error"]["Code"] == "AccessDeniedException"
        assert "bearer token" in error.value.response["Error"]["Message"]


def forged(headers, **changes):
    headers = {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in headers.items() if value is not None}


# what is forged: (change of the path, the headers and the body, what the violation tells)
FORGERIES = {
    "the body": (lambda path, headers, raw: (path, headers, raw + b" "), "not that of this request"),
    "the path": (lambda path, headers, raw: (path.replace("haiku", "opus"), headers, raw), "not that of this request"),
    "the service": (
        lambda path, headers, raw: (
            path,
            forged(headers, authorization=headers["authorization"].replace("/bedrock/", "/bedrock-runtime/")),
            raw,
        ),
        "the scope must be bedrock",
    ),
    "no date": (lambda path, headers, raw: (path, forged(headers, x_amz_date=None), raw), "x-amz-date: the day"),
    "an old date": (
        lambda path, headers, raw: (
            path,
            forged(
                headers,
                authorization=re.sub(r"/\d{8}/", "/20240101/", headers["authorization"]),
                x_amz_date="20240101T000000Z",
            ),
            raw,
        ),
        "more than 5 minutes",
    ),
    "a header that is not signed": (
        lambda path, headers, raw: (path, forged(headers, x_amz_security_token="A"), raw),
        "not signed ['x-amz-security-token']",
    ),
    "half a signature": (
        lambda path, headers, raw: (path, forged(headers, authorization=headers["authorization"][:-1]), raw),
        "neither a bearer token",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_signatures_are_looked_at(name):
    """What botocore sends passes once, and does not pass with something changed."""
    change, told = FORGERIES[name]
    with Bedrock("Good.") as server:
        converse(client_of(server))
        (request,) = server.requests
        headers = {name: request.headers[name] for name in ("authorization", "x-amz-date", "content-type")}
        assert send(server, request.path, headers, request.raw).status == 200
        answer = send(server, *change(request.path, headers, request.raw))
        assert answer.status == 403 and answer.headers["x-amzn-ErrorType"].startswith("InvalidSignatureException:")
        assert told in server.violations[0]


def test_a_digest_that_is_sent_must_be_that_of_the_body():
    with Bedrock("Good.") as server:
        for digest, status in [(hashlib.sha256(b"{}").hexdigest(), 403), (None, 200)]:
            raw = json.dumps(CONVERSE.body).encode()
            request = botocore.awsrequest.AWSRequest(
                "POST", server.url + CONVERSE.path, {"Content-Type": "application/json"}, raw
            )
            request.headers["X-Amz-Content-SHA256"] = digest or hashlib.sha256(raw).hexdigest()
            credentials = botocore.credentials.Credentials(server.access_key, server.secret)
            botocore.auth.SigV4Auth(credentials, "bedrock", "eu-central-1").add_auth(request)
            assert send(server, CONVERSE.path, dict(request.headers), raw).status == status
        assert "x-amz-content-sha256: not the digest" in server.violations[0]


def test_the_secret_must_be_the_same():
    with Bedrock("Good.") as server:
        with pytest.raises(botocore.exceptions.ClientError, match="InvalidSignatureException"):
            converse(client_of(server, secret="another"))
        assert "not that of this request" in server.violations[0]


def test_an_access_key_must_be_known():
    with Bedrock("Good.") as server:
        with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClientException"):
            converse(client_of(server, access_key="AKIDOFANOTHER"))
        assert "is not known" in server.violations[0]


def test_botocore_knows_each_error(service_model):
    """By name, by status and with its message; what botocore's model lists is all there."""
    of_invoke = {shape.name for shape in service_model.operation_model("InvokeModel").error_shapes}
    of_converse = {shape.name for shape in service_model.operation_model("Converse").error_shapes}
    assert of_invoke | of_converse <= set(Bedrock.errors)
    with Bedrock("Good.") as server:
        client = client_of(server)
        for name, (status, message) in Bedrock.errors.items():
            server.script([name])
            with pytest.raises(botocore.exceptions.ClientError) as error:
                converse(client)
            response = error.value.response
            assert response["Error"] == {"Code": name, "Message": message}
            assert response["ResponseMetadata"]["HTTPStatusCode"] == status
            if name in of_invoke | of_converse:
                assert isinstance(error.value, getattr(client.exceptions, name))
                assert service_model.shape_for(name).metadata["error"]["httpStatusCode"] == status


@pytest.mark.parametrize("fault", ["none", "length", "refusal", "empty", "no_usage"])
def test_answers_of_converse_fit_botocores_model(service_model, fault):
    shape = service_model.operation_model("Converse").output_shape
    with Bedrock("A blue shirt.") as server:
        server.script([] if fault == "none" else [fault])
        body = ask(server, CONVERSE).body
        report = botocore.validate.ParamValidator().validate(body, shape)
        assert report.has_errors() == (fault == "no_usage"), report.generate_report()
        assert body["stopReason"] in service_model.shape_for("StopReason").enum


def test_what_passes_fits_botocores_model_and_what_it_refuses_does_not_pass(service_model):
    """Its validator knows types, names and lower bounds; blanks, roles in turn and upper bounds are ours alone."""
    shape = service_model.operation_model("Converse").input_shape

    def fits(body):
        return not botocore.validate.ParamValidator().validate({"modelId": MODEL, **body}, shape).has_errors()

    right = [CONVERSE.body] + [changed(CONVERSE.body, row[2]) for row in RIGHT if row[0] is CONVERSE]
    assert all(fits(body) for body in right)
    refused = [row[1] for row in WRONG if row[0] is CONVERSE and not fits(changed(CONVERSE.body, row[2]))]
    assert len(refused) > 15 and "maxTokens of 0" in refused and "a part with a type" in refused


def test_fields_that_are_not_served_are_botocores(service_model):
    """None of its model is unknown here, and none that is called documented is not."""
    shape = service_model.operation_model("Converse").input_shape
    assert set(shape.members) - {"modelId", "messages", "system", "inferenceConfig"} == set(Bedrock.CONVERSE_UNSERVED)
    assert set(service_model.shape_for("ContentBlock").members) - {"text"} >= set(Bedrock.BLOCKS_UNSERVED)
    settings = service_model.shape_for("InferenceConfiguration").members
    assert set(settings) == {"maxTokens", "temperature", "topP", "stopSequences"}
