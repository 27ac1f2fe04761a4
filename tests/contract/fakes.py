"""Strict stand-ins for three services that serve language models: OpenAI, Anthropic and Amazon Bedrock's runtime.

A client that passes them keeps to the contract: what the real service refuses, or may refuse for some model, is refused
here too and remembered in `violations`. Fields that are documented but that nobody here checks are refused as well, so
that nothing passes unchecked. Faults that the services and the network between are known for are played on demand:

    with OpenAi(answer=lambda body: "A shirt.") as server:
        server.script(["reset", 429, Fault("rate_limit", retry_after=2), "slow"])
        ...                                  # point the client at server.url with server.key
        assert not server.violations
"""

import calendar
import contextlib
import email.utils
import hashlib
import hmac
import itertools
import json
import math
import os
import re
import socket
import struct
import sys
import threading
import time
import traceback
import urllib.parse
import uuid
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HUGE_BYTES = 32 * 1024 * 1024

# Of the way between the client and the model, whichever the service.
TRANSPORT_FAULTS = ("reset", "hangup", "truncated", "slow", "garbage", "html", "redirect", "huge")
# Answers in order as HTTP, but not what was hoped for.
CONTENT_FAULTS = ("empty", "length", "refusal", "no_usage")
# Words for errors that every service has, under names of its own.
COMMON_ERRORS = ("bad_request", "unauthorised", "forbidden", "not_found", "rate_limit", "server_error", "overloaded")


@dataclass(frozen=True)
class Fault:
    """One fault to play. A name or a status alone stands for a fault with these defaults."""

    name: str | int  # of the lists above, of the service's `errors`, or an HTTP status among them
    seconds: float = 1.0  # that "slow" takes
    retry_after: float | None = None  # seconds, for an error's header
    as_date: bool = False  # that header as an HTTP date
    location: str | None = None  # where "redirect" points; None: the fake by another name, so that it sees who follows


NAMED_FAULTS = {
    "rate_limit_seconds": Fault("rate_limit", retry_after=1),
    "rate_limit_date": Fault("rate_limit", retry_after=1, as_date=True),
}


@dataclass
class Request:
    method: str
    path: str  # as it came, not decoded
    headers: dict  # names in lower case
    raw: bytes
    body: object = None  # parsed; None if it was not JSON
    when: float = field(default_factory=time.monotonic)


@dataclass
class Problem:
    """A way in which a request breaks the contract."""

    where: str  # a header, "path", or a place in the body: "messages.0.content"
    message: str
    code: str | None = None  # OpenAI's
    error: str = "bad_request"  # what the service answers

    def __str__(self):
        return f"{self.where}: {self.message}"


@dataclass
class Answer:
    status: int = 200
    payload: bytes = b""
    headers: dict = field(default_factory=dict)
    silence: str | None = None  # "reset" or "hangup" in place of an answer
    sent: int | None = None  # bytes of the payload before the connection closes, if not all


@dataclass
class Said:
    """What the model says, before a service wraps it."""

    text: str
    stop: str = "end"  # end, length, refusal or empty
    usage: bool = True


def tokens(text):
    return max(1, len(text) // 4)


def read_json(raw):
    """As a strict parser reads it: Python's own takes NaN, keys that stand twice and half a surrogate pair."""

    def pairs(items):
        if len({name for name, _ in items}) != len(items):
            raise ValueError("a key stands twice in one object")
        return dict(items)

    def constant(name):
        raise ValueError(f"{name} is not JSON")

    value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value):
    return is_integer(value) or isinstance(value, float)


class Checker:
    """Collects all that is wrong with a request, not the first of it only."""

    def __init__(self):
        self.problems = []

    def refuse(self, where, message, code=None, error="bad_request"):
        self.problems.append(Problem(where, message, code, error))

    def unserved(self, where):
        self.refuse(where, "documented, but not served by this fake")

    def mapping(self, where, value, required, optional=(), unserved=()):
        """Whether the value is an object, with its fields checked by name."""
        if not isinstance(value, dict):
            self.refuse(where, "an object is expected", "invalid_type")
            return False
        prefix = f"{where}." if where else ""
        for name in required:
            if name not in value:
                self.refuse(prefix + name, "required, but missing", "missing_required_parameter")
        for name in value:
            if name in unserved:
                self.unserved(prefix + name)
            elif name not in required and name not in optional:
                self.refuse(prefix + name, "not a field that there is", "unknown_parameter")
        return True

    def sequence(self, where, value, longest=None, empty=False):
        good = isinstance(value, list) and (empty or value) and (longest is None or len(value) <= longest)
        if not good:
            limit = "" if longest is None else f" of at most {longest}"
            self.refuse(where, f"a list{limit} that is {'' if empty else 'not '}empty is expected", "invalid_type")
        return good

    def string(self, where, value, empty=False):
        if not isinstance(value, str):
            self.refuse(where, "a string is expected", "invalid_type")
        elif not empty and not value.strip():
            self.refuse(where, "text that is not blank is expected", "invalid_value")

    def integer(self, where, value, low=None):
        if not is_integer(value):
            self.refuse(where, "an integer is expected", "invalid_type")
        elif low is not None and value < low:
            self.refuse(where, f"at least {low} is expected, not {value}", "integer_below_min_value")

    def number(self, where, value, low, high):
        if not is_number(value):
            self.refuse(where, "a number is expected", "invalid_type")
        elif not low <= value <= high:
            code = f"decimal_{'below_min' if value < low else 'above_max'}_value"
            self.refuse(where, f"{low} to {high} is expected, not {value}", code)

    def strings(self, where, value, longest=None):
        if self.sequence(where, value, longest, empty=True):
            for place, text in enumerate(value):
                self.string(f"{where}.{place}", text)


class FakeModel:
    """What the fakes share: recording, faults, answers in turn, and the server itself.

    answer          what the model says: a text, a list of texts used in order of arrival, or a function of the body.
                    An answer that fails, and a list that is used up, are violations too.
    key             the key that is expected; None: any, or none, as servers on one's own machine do
    fixed_sampling  as models that leave nothing to choose: no temperature but 1

    What comes in is in `requests`, in the order of arrival; what was wrong with it in `violations`, a sentence each.
    """

    base_path = ""
    largest_request = None  # bytes
    too_large = "bad_request"  # the error for more
    errors = {}  # name → whatever error() needs, the status first
    common = {}  # name of COMMON_ERRORS → name in errors

    def __init__(self, answer="", key="key-of-the-fake", fixed_sampling=False):
        self.answer = answer
        self.key = key
        self.fixed_sampling = fixed_sampling
        self.requests = []
        self.violations = []
        self.url = None
        self._faults = deque()
        self._said = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.model = self
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.base_path}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.drop_connections()

    @classmethod
    def fault_names(cls):
        return [*TRANSPORT_FAULTS, *CONTENT_FAULTS, *COMMON_ERRORS, *NAMED_FAULTS, *cls.errors]

    def script(self, faults):
        """Faults for the next requests, one each, before answers follow. A request that is refused takes none."""
        queue = []
        for fault in faults:
            fault = NAMED_FAULTS.get(fault, fault)
            fault = fault if isinstance(fault, Fault) else Fault(fault)
            known = fault.name in self.fault_names() or fault.name in [error[0] for error in self.errors.values()]
            if not known:
                raise ValueError(f"there is no fault {fault.name!r}; there are: {', '.join(self.fault_names())}")
            queue.append(fault)
        with self._lock:
            self._faults.extend(queue)

    @property
    def faults_left(self):
        return len(self._faults)

    # What a service knows.

    def check(self, request):
        """All problems of a request, those that the service would answer first in front."""
        raise NotImplementedError

    def conversation(self, body):
        """(role, text) of all that is said to the model."""
        raise NotImplementedError

    def most_tokens(self, body):
        """The limit that the request sets for the answer, or None."""
        raise NotImplementedError

    def reply(self, request, said):
        """The answer's JSON, and headers of it."""
        raise NotImplementedError

    def error(self, name, problem=None):
        """The status, the JSON and the headers of an error."""
        raise NotImplementedError

    # What they share.

    def check_headers(self, request, checker):
        kind, *parameters = [part.strip().lower() for part in request.headers.get("content-type", "").split(";")]
        if kind != "application/json" or parameters not in ([], ["charset=utf-8"]):
            checker.refuse("content-type", f"application/json is expected, not {kind!r}")

    def check_body(self, request, checker):
        """Whether there is a JSON object to look into."""
        if self.largest_request is not None and len(request.raw) > self.largest_request:
            checker.refuse(
                "body", f"the body has {len(request.raw)} bytes, more than {self.largest_request}", error=self.too_large
            )
            return False
        try:
            request.body = read_json(request.raw)
        except (ValueError, RecursionError) as error:
            checker.refuse("body", f"the body is not JSON: {error}")
            return False
        if not isinstance(request.body, dict):
            checker.refuse("body", "the body is not an object")
            return False
        return True

    def input_tokens(self, body):
        return tokens("".join(text for _, text in self.conversation(body)))

    def serve(self, request):
        problems = self.check(request)
        with self._lock:
            self.requests.append(request)
            self.violations += [f"{request.method} {request.path}: {problem}" for problem in problems]
            fault = self._faults.popleft() if self._faults and not problems else None
        if problems:
            return self._failure(problems[0].error, problem=problems[0])
        return self._answer(request) if fault is None else self._play(fault, request)

    def _play(self, fault, request):
        name = self.common.get(fault.name, fault.name)
        if is_integer(name):
            name = next(error for error, (status, *_) in self.errors.items() if status == name)
        if name in self.errors:
            answer = self._failure(name)
            if fault.retry_after is not None:
                then = math.ceil(time.time() + fault.retry_after)
                answer.headers["Retry-After"] = (
                    email.utils.formatdate(then, usegmt=True) if fault.as_date else f"{fault.retry_after:g}"
                )
            return answer
        if name in ("reset", "hangup"):
            return Answer(silence=name)
        if name == "html":
            page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n"
            return Answer(502, page, {"Content-Type": "text/html"})
        if name == "garbage":
            return Answer(200, b'{"id": "this is not JS', {"Content-Type": "application/json"})
        if name == "redirect":
            port = self._server.server_port
            return Answer(302, b"", {"Location": fault.location or f"http://localhost:{port}/followed"})
        if name == "slow":
            self._closing.wait(fault.seconds)
            return self._answer(request)
        if name == "no_usage":
            return self._answer(request, usage=False)
        if name == "length":
            return self._answer(request, halve=True)
        if name == "huge":
            return self._wrapped(request, Said("word " * (HUGE_BYTES // 5)))
        stop = name if name in CONTENT_FAULTS else "end"
        answer = self._wrapped(request, Said("I cannot help with that.", stop))
        if name == "truncated":
            answer.sent = len(answer.payload) // 2
        return answer

    def _answer(self, request, usage=True, halve=False):
        try:
            text = self._next_text(request.body, used_up=not halve)
        except Exception as error:  # of the test's own function, or its list is too short
            with self._lock:
                self.violations.append(f"{request.method} {request.path}: no answer: {error!r}")
            return self._failure("server_error")
        said = Said(text, usage=usage)
        most = self.most_tokens(request.body)
        if halve:
            said = Said(text[: len(text) // 2], "length")
        elif most is not None and tokens(text) > most:
            said = Said(text[: 4 * most], "length", usage)
        return self._wrapped(request, said)

    def _next_text(self, body, used_up):
        """The text of the next answer. One that the client cannot use stays in the list, for when it asks again."""
        answer = self.answer
        if callable(answer):
            answer = answer(body)
        elif not isinstance(answer, str):
            with self._lock:
                place = self._said
                self._said += used_up
            if place >= len(answer):
                raise IndexError(f"all {len(answer)} answers are used up")
            answer = answer[place]
        if not isinstance(answer, str):
            raise TypeError(f"a text is expected, not {answer!r}")
        return answer

    def _wrapped(self, request, said):
        body, headers = self.reply(request, said)
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})

    def _failure(self, name, problem=None):
        name = self.common.get(name, name)
        status, body, headers = self.error(name, problem)
        return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


# OpenAI.


class OpenAi(FakeModel):
    """POST /v1/chat/completions, not streamed."""

    base_path = "/v1"
    errors = {
        "invalid_request": (400, "invalid_request_error", None, "The request is not valid."),
        "context_length_exceeded": (400, "invalid_request_error", "context_length_exceeded",
                                    "This model's maximum context length is 8192 tokens."),
        "invalid_api_key": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
        "unsupported_country": (403, "request_forbidden", "unsupported_country_region_territory",
                                "Country, region, or territory not supported."),
        "model_not_found": (404, "invalid_request_error", "model_not_found", "The model does not exist."),
        "unknown_url": (404, "invalid_request_error", "unknown_url", "There is nothing at this URL."),
        "request_timeout": (408, "invalid_request_error", None, "The request took too long to arrive."),
        "conflict": (409, "invalid_request_error", None, "The resource was changed by another request."),
        "unprocessable": (422, "invalid_request_error", None, "The request cannot be processed."),
        "rate_limit_exceeded": (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."),
        "insufficient_quota": (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
        "internal_error": (500, "server_error", None, "The server had an error while processing your request."),
        "engine_overloaded": (503, "server_error", None, "The engine is currently overloaded."),
    }  # fmt: skip
    common = {"bad_request": "invalid_request", "unauthorised": "invalid_api_key", "forbidden": "unsupported_country",
              "not_found": "model_not_found", "rate_limit": "rate_limit_exceeded", "server_error": "internal_error",
              "overloaded": "engine_overloaded"}  # fmt: skip

    NULLABLE = ("max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "stop", "stream",
                "reasoning_effort")  # fmt: skip
    OTHERS = ("response_format", "user")
    UNSERVED = ("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "metadata",
                "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
                "prompt_cache_retention", "safety_identifier", "service_tier", "store", "stream_options", "tool_choice",
                "tools", "top_logprobs", "verbosity", "web_search_options")  # fmt: skip

    def check(self, request):
        checker = Checker()
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            checker.refuse("authorization", "not the bearer token that is expected", error="invalid_api_key")
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            checker.refuse("path", "POST /v1/chat/completions is expected", error="unknown_url")
            return checker.problems
        self.check_headers(request, checker)
        if self.check_body(request, checker):
            self._check_fields(request.body, checker)
        return checker.problems

    def _check_fields(self, body, checker):
        checker.mapping("", body, ("model", "messages"), self.NULLABLE + self.OTHERS, self.UNSERVED)
        body = {name: value for name, value in body.items() if value is not None or name not in self.NULLABLE}
        for name, test in {
            "model": checker.string,
            "messages": lambda where, value: self._check_messages(value, checker),
            "max_tokens": lambda where, value: checker.integer(where, value, 1),
            "max_completion_tokens": lambda where, value: checker.integer(where, value, 1),
            "temperature": lambda where, value: checker.number(where, value, 0, 2),
            "top_p": lambda where, value: checker.number(where, value, 0, 1),
            "seed": checker.integer,
            "user": checker.string,
            "stop": lambda where, value: isinstance(value, str) or checker.strings(where, value, 4),
            "response_format": lambda where, value: self._check_format(value, body, checker),
        }.items():
            if name in body:
                test(name, body[name])
        if body.get("stream", False) is not False:
            checker.unserved("stream")
        if body.get("reasoning_effort", "none") not in ("none", "minimal", "low", "medium", "high", "xhigh"):
            checker.refuse("reasoning_effort", "none of the known values", "invalid_value")
        if "max_tokens" in body and "max_completion_tokens" in body:
            checker.refuse("max_tokens", "not together with max_completion_tokens",
                           "invalid_parameter_combination")  # fmt: skip
        if self.fixed_sampling:
            if "max_tokens" in body:
                checker.refuse("max_tokens", "this model takes max_completion_tokens only",
                               "unsupported_parameter")  # fmt: skip
            if body.get("temperature", 1) != 1:
                checker.refuse("temperature", "this model supports 1 only", "unsupported_value")

    @staticmethod
    def _check_messages(messages, checker):
        if not checker.sequence("messages", messages):
            return
        for place, message in enumerate(messages):
            where = f"messages.{place}"
            if not checker.mapping(
                where, message, ("role", "content"), ("name",), ("tool_calls", "tool_call_id", "audio")
            ):
                continue
            if "name" in message:
                checker.string(f"{where}.name", message["name"])
            if message.get("role") not in ("system", "developer", "user", "assistant"):
                checker.refuse(f"{where}.role", "not one of those served", "invalid_value")
            content = message.get("content", "")
            if not isinstance(content, list):
                checker.string(f"{where}.content", content, empty=True)
            elif checker.sequence(f"{where}.content", content):
                for number, part in enumerate(content):
                    here = f"{where}.content.{number}"
                    if checker.mapping(here, part, ("type", "text")):
                        checker.string(f"{here}.text", part.get("text", ""), empty=True)
                        if part.get("type") != "text":
                            checker.refuse(f"{here}.type", "only text is served", "invalid_value")

    def _check_format(self, wanted, body, checker):
        kind = wanted.get("type") if isinstance(wanted, dict) else None
        if kind not in ("text", "json_object", "json_schema"):
            checker.refuse("response_format.type", "text, json_object or json_schema is expected")
            return
        required = ("type", "json_schema") if kind == "json_schema" else ("type",)
        checker.mapping("response_format", wanted, required)
        if kind == "json_object" and "json" not in json.dumps(body.get("messages")).lower():
            checker.refuse("messages", "the word json must stand in them for the type json_object")
        if kind != "json_schema" or "json_schema" not in wanted:
            return
        here, definition = "response_format.json_schema", wanted["json_schema"]
        if not checker.mapping(here, definition, ("name",), ("description", "schema", "strict")):
            return
        name = definition.get("name", "")
        if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            checker.refuse(f"{here}.name", "letters, digits, _ and -, 1 to 64, are expected", "invalid_value")
        strict = definition.get("strict")
        if strict not in (None, True, False) or is_number(strict):
            checker.refuse(f"{here}.strict", "true or false is expected", "invalid_type")
        schema = definition.get("schema")
        if not isinstance(schema, dict):
            checker.refuse(f"{here}.schema", "an object is expected", "invalid_type")
        elif strict is True:
            for problem in strict_schema_problems(schema):
                checker.refuse("response_format", f"Invalid schema for response_format '{name}': {problem}")

    def conversation(self, body):
        for message in body["messages"]:
            content = message["content"]
            parts = [content] if isinstance(content, str) else [part["text"] for part in content]
            yield message["role"], "".join(parts)

    def most_tokens(self, body):
        limits = [body.get("max_tokens"), body.get("max_completion_tokens")]
        return next((limit for limit in limits if limit is not None), None)

    def reply(self, request, said):
        refused = said.stop == "refusal"
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": None if refused else said.text,
                        "refusal": said.text if refused else None, "annotations": []},
            "logprobs": None,
            "finish_reason": "length" if said.stop == "length" else "stop",
        }  # fmt: skip
        body = {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": "chat.completion", "created": int(time.time()),
                "model": request.body["model"], "choices": [] if said.stop == "empty" else [choice],
                "system_fingerprint": None}  # fmt: skip
        if said.usage:
            asked, answered = self.input_tokens(request.body), tokens(said.text)
            body["usage"] = {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
        return body, {"x-request-id": f"req_{uuid.uuid4().hex}"}

    def error(self, name, problem=None):
        status, kind, code, usual = self.errors[name]
        body = {"message": usual, "type": kind, "param": None, "code": code}
        if problem:
            body |= {"message": str(problem), "code": problem.code or code}
            body["param"] = problem.where if status == 400 else None
        return status, {"error": body}, {"x-request-id": f"req_{uuid.uuid4().hex}"}


# Keywords that strict schemas may use; the documentation lists no others.
STRICT_KEYWORDS = frozenset(
    "type properties required additionalProperties items anyOf enum const description title $ref $defs definitions "
    "pattern format multipleOf maximum exclusiveMaximum minimum exclusiveMinimum minItems maxItems".split()
)


def strict_schema_problems(schema):
    """What a strict schema must be beyond JSON Schema: closed objects with all properties required."""
    problems = []
    shapes = {"properties": dict, "$defs": dict, "definitions": dict, "required": list, "anyOf": list, "enum": list,
              "$ref": str}  # fmt: skip

    def look(node, context, depth):
        def bad(what):
            problems.append(f"In context=({', '.join(map(repr, context))}), {what}")

        if not isinstance(node, dict):
            bad("a schema must be an object")
            return
        for name in sorted(node.keys() - STRICT_KEYWORDS):
            bad(f"'{name}' is not permitted")
        if wrong := [name for name, shape in shapes.items() if not isinstance(node.get(name, shape()), shape)]:
            bad(f"{', '.join(wrong)}: not what JSON Schema puts there")
            return
        kinds = node.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if not kinds and not {"anyOf", "$ref", "enum", "const"} & node.keys():
            bad("schema must have a 'type' key")
        for kind in kinds:
            if kind not in ("string", "number", "integer", "boolean", "object", "array", "null"):
                bad(f"'{kind}' is not a type")
        if "object" in kinds:
            if depth >= 10:
                bad("objects are nested deeper than 10 levels")
                return
            if node.get("additionalProperties") is not False:
                bad("'additionalProperties' is required to be supplied and to be false")
            if sorted(map(str, node.get("required", []))) != sorted(node.get("properties", {})):
                bad("'required' is required to be supplied and to include every key in properties, and no other")
        if "array" in kinds and "items" not in node:
            bad("array schema missing items")
        if "$ref" in node and not isinstance(resolve(node["$ref"]), dict):
            bad(f"reference {node['$ref']!r} does not lead to a schema")
        deeper = depth + ("object" in kinds)
        for key in ("properties", "$defs", "definitions"):
            for name, child in node.get(key, {}).items():
                look(child, (*context, key, name), deeper if key == "properties" else 0)
        for place, child in enumerate(node.get("anyOf", [])):
            look(child, (*context, "anyOf", str(place)), depth)
        if "items" in node:
            look(node["items"], (*context, "items"), deeper)

    def resolve(reference):
        target = schema
        for step in reference.removeprefix("#").split("/")[1:]:
            target = target.get(step) if isinstance(target, dict) else None
        return target if reference.startswith("#") else None

    if schema.get("type") != "object" or "anyOf" in schema:
        problems.append("schema must be of 'type: object', without 'anyOf' at its root")
    look(schema, (), 0)
    return problems


# Claude's messages, which Anthropic and Bedrock both take.


CLAUDE_OPTIONAL = ("system", "temperature", "top_p", "top_k", "stop_sequences")
CLAUDE_UNSERVED = ("tools", "tool_choice", "thinking", "output_config", "anthropic_beta")


def check_roles(messages, checker):
    """Anthropic itself joins turns of one role, Bedrock refuses them; answers to be continued newer models refuse."""
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    for place, role in enumerate(roles):
        if role not in ("user", "assistant"):
            checker.refuse(f"messages.{place}.role", f"user or assistant is expected, not {role!r}")
    if roles[0] != "user":
        checker.refuse("messages", "the first message must be the user's")
    if any(one == other for one, other in itertools.pairwise(roles)):
        checker.refuse("messages", "roles must alternate between user and assistant")
    if roles[-1] == "assistant":
        checker.refuse("messages", "the conversation must end with a message of the user")


def check_sampling(values, fixed, checker):
    """values: temperature, top_p and top_k by the names that they have in the body."""
    (temperature, value), (top_p, other), *rest = values.items()
    if value is not None:
        checker.number(temperature, value, 0, 1)
    if other is not None:
        checker.number(top_p, other, 0, 1)
    if value is not None and other is not None:
        checker.refuse(top_p, f"not together with {temperature} for this model")
    for name, number in rest:
        if number is not None:
            checker.integer(name, number, 0)
    if fixed:
        for name, number in values.items():
            if number is not None and not (name == temperature and number == 1):
                checker.refuse(name, "not taken by this model")


def check_text_blocks(where, blocks, checker):
    """A text, or a list of blocks of text."""
    if isinstance(blocks, str):
        checker.string(where, blocks)
    elif checker.sequence(where, blocks):
        for place, block in enumerate(blocks):
            here = f"{where}.{place}"
            if checker.mapping(here, block, ("type", "text"), ("cache_control",)):
                checker.string(f"{here}.text", block.get("text", "-"))
                if block.get("type") != "text":
                    checker.refuse(f"{here}.type", "only text is served")
                mark = block.get("cache_control")
                if mark is not None and mark not in ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"},
                                                     {"type": "ephemeral", "ttl": "1h"}):  # fmt: skip
                    checker.refuse(f"{here}.cache_control", "not what is documented")


def check_claude(body, fixed_sampling, checker):
    """The fields that mean the same on both services, their names being checked before."""
    for name in CLAUDE_OPTIONAL:
        if name in body and body[name] is None:
            checker.refuse(name, "null is not a value of it")
    if "max_tokens" in body:
        checker.integer("max_tokens", body["max_tokens"], 1)
    if body.get("system") is not None:
        check_text_blocks("system", body["system"], checker)
    if body.get("stop_sequences") is not None:
        checker.strings("stop_sequences", body["stop_sequences"])
    check_sampling({name: body.get(name) for name in ("temperature", "top_p", "top_k")}, fixed_sampling, checker)
    if "messages" not in body or not checker.sequence("messages", body["messages"]):
        return
    for place, message in enumerate(body["messages"]):
        where = f"messages.{place}"
        if checker.mapping(where, message, ("role", "content")) and "content" in message:
            check_text_blocks(f"{where}.content", message["content"], checker)
    check_roles(body["messages"], checker)


def claude_conversation(body):
    turns = [{"role": "system", "content": body["system"]}] if "system" in body else []
    for turn in turns + body["messages"]:
        content = turn["content"]
        yield turn["role"], content if isinstance(content, str) else "".join(block["text"] for block in content)


def claude_reply(model, said, asked):
    stops = {"end": "end_turn", "length": "max_tokens", "refusal": "refusal", "empty": "end_turn"}
    silent = said.stop in ("empty", "refusal")
    body = {"id": f"msg_{uuid.uuid4().hex[:24]}", "type": "message", "role": "assistant", "model": model,
            "content": [] if silent else [{"type": "text", "text": said.text}],
            "stop_reason": stops[said.stop], "stop_sequence": None}  # fmt: skip
    if said.usage:
        body["usage"] = {"input_tokens": asked, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                         "output_tokens": tokens(said.text)}  # fmt: skip
    return body


# Anthropic.


class Anthropic(FakeModel):
    """POST /v1/messages, not streamed."""

    largest_request = 32 * 1024 * 1024
    too_large = "request_too_large"
    errors = {
        "invalid_request_error": (400, "The request is not valid."),
        "authentication_error": (401, "invalid x-api-key"),
        "billing_error": (402, "Your credit balance is too low."),
        "permission_error": (403, "Your API key may not use this resource."),
        "not_found_error": (404, "There is no such resource."),
        "request_too_large": (413, "The request is larger than allowed."),
        "rate_limit_error": (429, "This request would exceed your organisation's rate limit."),
        "api_error": (500, "Internal server error"),
        "timeout_error": (504, "The request timed out while processing."),
        "overloaded_error": (529, "Overloaded"),
    }
    common = {"bad_request": "invalid_request_error", "unauthorised": "authentication_error",
              "forbidden": "permission_error", "not_found": "not_found_error", "rate_limit": "rate_limit_error",
              "server_error": "api_error", "overloaded": "overloaded_error"}  # fmt: skip

    UNSERVED = (*CLAUDE_UNSERVED, "cache_control", "container", "context_management", "inference_geo", "mcp_servers",
                "service_tier")  # fmt: skip

    def check(self, request):
        checker = Checker()
        if self.key is not None and request.headers.get("x-api-key") != self.key:
            checker.refuse("x-api-key", "not the key that is expected", error="authentication_error")
        if (request.method, request.path) != ("POST", "/v1/messages"):
            checker.refuse("path", "POST /v1/messages is expected", error="not_found_error")
            return checker.problems
        if request.headers.get("anthropic-version") != "2023-06-01":
            checker.refuse("anthropic-version", "2023-06-01 is expected")
        self.check_headers(request, checker)
        if self.check_body(request, checker):
            body = request.body
            checker.mapping(
                "", body, ("model", "max_tokens", "messages"), (*CLAUDE_OPTIONAL, "stream", "metadata"), self.UNSERVED
            )
            if "model" in body:
                checker.string("model", body["model"])
            if body.get("stream", False) is not False:
                checker.unserved("stream")
            if "metadata" in body and checker.mapping("metadata", body["metadata"], (), ("user_id",)):
                checker.string("metadata.user_id", body["metadata"].get("user_id", "-"))
            check_claude(body, self.fixed_sampling, checker)
        return checker.problems

    def conversation(self, body):
        return claude_conversation(body)

    def most_tokens(self, body):
        return body["max_tokens"]

    def reply(self, request, said):
        body = claude_reply(request.body["model"], said, self.input_tokens(request.body))
        return body, {"request-id": f"req_{uuid.uuid4().hex[:24]}"}

    def error(self, name, problem=None):
        status, usual = self.errors[name]
        request_id = f"req_{uuid.uuid4().hex[:24]}"
        body = {"type": "error", "error": {"type": name, "message": str(problem or usual)}, "request_id": request_id}
        return status, body, {"request-id": request_id}


# Bedrock.


class Bedrock(FakeModel):
    """POST /model/{id}/invoke with Claude's body, and POST /model/{id}/converse.

    Who asks shows `key`, a Bedrock API key, as a bearer token, or signs with `access_key` and `secret`; signatures are
    computed again here and compared.
    """

    largest_request = 25_000_000
    # Also what the layers before the service answer. A status alone stands for the first error that has it.
    errors = {
        "ValidationException": (400, "The request is not valid."),
        "ServiceQuotaExceededException": (400, "Your account has reached its quota."),
        "AccessDeniedException": (403, "You don't have access to the model with the specified model ID."),
        "MissingAuthenticationTokenException": (403, "Missing Authentication Token"),
        "UnrecognizedClientException": (403, "The security token included in the request is invalid."),
        "InvalidSignatureException": (403, "The request signature we calculated does not match the one you provided."),
        "ExpiredTokenException": (403, "The security token included in the request is expired"),
        "ResourceNotFoundException": (404, "Could not resolve the foundation model from the model identifier."),
        "UnknownOperationException": (404, "There is no such operation."),
        "ModelTimeoutException": (408, "The model took too long to answer."),
        "ModelErrorException": (424, "The model failed while processing the request."),
        "ThrottlingException": (429, "Too many requests, please wait before trying again."),
        "ModelNotReadyException": (429, "The model is not ready to serve requests."),
        "InternalServerException": (500, "An internal server error occurred."),
        "ServiceUnavailableException": (503, "The service is not available."),
    }
    common = {"bad_request": "ValidationException", "unauthorised": "UnrecognizedClientException",
              "forbidden": "AccessDeniedException", "not_found": "ResourceNotFoundException",
              "rate_limit": "ThrottlingException", "server_error": "InternalServerException",
              "overloaded": "ServiceUnavailableException"}  # fmt: skip

    CONVERSE_UNSERVED = ("toolConfig", "guardrailConfig", "additionalModelRequestFields", "promptVariables",
                         "additionalModelResponseFieldPaths", "requestMetadata", "performanceConfig", "serviceTier",
                         "outputConfig", "projectIdentifier")  # fmt: skip
    BLOCKS_UNSERVED = ("image", "document", "video", "audio", "toolUse", "toolResult", "guardContent", "cachePoint",
                       "reasoningContent", "citationsContent", "searchResult")  # fmt: skip

    def __init__(self, answer="", key="key-of-the-fake", fixed_sampling=False):
        super().__init__(answer, key, fixed_sampling)
        self.access_key = "AKIDOFTHEFAKE"
        self.secret = "secret/of+the-fake"

    def check(self, request):
        checker = Checker()
        if self.key is not None:
            self._check_credentials(request, checker)
        where = re.fullmatch(r"/model/([^/?]+)/(invoke|converse)", request.path)
        if request.method != "POST" or not where:
            checker.refuse("path", "POST /model/{id}/invoke or /model/{id}/converse is expected",
                           error="UnknownOperationException")  # fmt: skip
            return checker.problems
        if not re.fullmatch(r"([A-Za-z0-9._~-]|%[0-9A-F]{2})+", where[1]):
            checker.refuse("path", "all but letters, digits and -._~ of the model must be percent-encoded, : as %3A")
        if not re.fullmatch(r"[A-Za-z0-9._:/-]{1,2048}", urllib.parse.unquote(where[1])):
            checker.refuse("path", "no model can have this identifier")
        self.check_headers(request, checker)
        if request.headers.get("accept", "*/*").lower() not in ("*/*", "application/json"):
            checker.refuse("accept", "application/json is expected")
        if self.check_body(request, checker):
            (self._check_converse if where[2] == "converse" else self._check_invoke)(request.body, checker)
        return checker.problems

    def _check_invoke(self, body, checker):
        checker.mapping("", body, ("anthropic_version", "max_tokens", "messages"), CLAUDE_OPTIONAL, CLAUDE_UNSERVED)
        if body.get("anthropic_version", "bedrock-2023-05-31") != "bedrock-2023-05-31":
            checker.refuse("anthropic_version", "bedrock-2023-05-31 is expected")
        check_claude(body, self.fixed_sampling, checker)

    def _check_converse(self, body, checker):
        checker.mapping("", body, ("messages",), ("system", "inferenceConfig"), self.CONVERSE_UNSERVED)
        if "system" in body and checker.sequence("system", body["system"], empty=True):
            self._check_union("system", body["system"], checker)
        settings = body.get("inferenceConfig", {})
        if checker.mapping("inferenceConfig", settings, (), ("maxTokens", "temperature", "topP", "stopSequences")):
            if "maxTokens" in settings:
                checker.integer("inferenceConfig.maxTokens", settings["maxTokens"], 1)
            if "stopSequences" in settings:
                checker.strings("inferenceConfig.stopSequences", settings["stopSequences"], 2500)
            for name in ("temperature", "topP"):
                if settings.get(name, 0) is None:
                    checker.refuse(f"inferenceConfig.{name}", "null is not a value of it")
            check_sampling({f"inferenceConfig.{name}": settings.get(name) for name in ("temperature", "topP")},
                           self.fixed_sampling, checker)  # fmt: skip
        if "messages" not in body or not checker.sequence("messages", body["messages"]):
            return
        for place, message in enumerate(body["messages"]):
            where = f"messages.{place}.content"
            if checker.mapping(f"messages.{place}", message, ("role", "content")) and "content" in message:
                if checker.sequence(where, message["content"]):
                    self._check_union(where, message["content"], checker)
        check_roles(body["messages"], checker)

    def _check_union(self, where, blocks, checker):
        for place, block in enumerate(blocks):
            here = f"{where}.{place}"
            if checker.mapping(here, block, ("text",), (), self.BLOCKS_UNSERVED):
                checker.string(f"{here}.text", block.get("text", "-"))

    def _check_credentials(self, request, checker):
        def refuse(where, message, error="InvalidSignatureException"):
            checker.refuse(where, message, error=error)

        given = request.headers.get("authorization")
        if given is None:
            refuse("authorization", "no key and no signature came", "MissingAuthenticationTokenException")
            return
        if given.startswith("Bearer "):
            if given != f"Bearer {self.key}":
                refuse("authorization", "not the bearer token that is expected", "AccessDeniedException")
            return
        parts = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
            r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
            given,
        )
        if not parts:
            refuse("authorization", "neither a bearer token nor a whole AWS4-HMAC-SHA256 signature")
            return
        access_key, day, region, service, signed, signature = parts.groups()
        signed = signed.split(";")
        if access_key != self.access_key:
            refuse("authorization", f"the access key {access_key} is not known", "UnrecognizedClientException")
        if service != "bedrock":
            refuse("authorization", f"the scope must be bedrock, not {service}")
        when = request.headers.get("x-amz-date", "")
        if not re.fullmatch(r"\d{8}T\d{6}Z", when) or not when.startswith(day):
            refuse("x-amz-date", f"the day {day} and a time are expected, not {when!r}")
            return
        if abs(time.time() - calendar.timegm(time.strptime(when, "%Y%m%dT%H%M%SZ"))) > 300:
            refuse("x-amz-date", f"{when} is more than 5 minutes from now")
        owed = [name for name in request.headers if name == "host" or name.startswith("x-amz-")]
        unsigned = [name for name in owed if name not in signed]
        absent = [name for name in signed if name not in request.headers]
        if unsigned or absent or signed != sorted(signed):
            refuse("authorization", f"SignedHeaders: not signed {unsigned}, not sent {absent}, or not sorted")
            return
        digest = hashlib.sha256(request.raw).hexdigest()
        if request.headers.get("x-amz-content-sha256", digest) != digest:
            refuse("x-amz-content-sha256", "not the digest of the body")
        if not hmac.compare_digest(signature, self._signature(request, day, region, service, signed, when, digest)):
            refuse("authorization", "the signature is not that of this request")

    def _signature(self, request, day, region, service, signed, when, digest):
        """Signature version 4, whose path is encoded once more than the one that was sent: %3A becomes %253A."""
        headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed)
        path = urllib.parse.quote(request.path.partition("?")[0], safe="/~")
        canonical = f"{request.method}\n{path}\n\n{headers}\n{';'.join(signed)}\n{digest}"
        scope = f"{day}/{region}/{service}/aws4_request"
        message = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self.secret.encode()
        for part in (*scope.split("/"), message):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()

    @staticmethod
    def _is_converse(body):
        return "anthropic_version" not in body

    def conversation(self, body):
        if not self._is_converse(body):
            yield from claude_conversation(body)
            return
        turns = [{"role": "system", "content": body["system"]}] if "system" in body else []
        for turn in turns + body["messages"]:
            yield turn["role"], "".join(block["text"] for block in turn["content"])

    def most_tokens(self, body):
        return body.get("inferenceConfig", {}).get("maxTokens") if self._is_converse(body) else body["max_tokens"]

    def reply(self, request, said):
        asked, answered = self.input_tokens(request.body), tokens(said.text)
        headers = {"x-amzn-RequestId": str(uuid.uuid4())}
        if not self._is_converse(request.body):
            counts = {"X-Amzn-Bedrock-Input-Token-Count": asked, "X-Amzn-Bedrock-Output-Token-Count": answered}
            headers |= counts if said.usage else {}
            model = urllib.parse.unquote(request.path.split("/")[2])
            name = re.search(r"anthropic\.(.+?)(-v\d+(:\d+)?)?$", model)
            return claude_reply(name[1] if name else model, said, asked), headers
        stops = {"end": "end_turn", "length": "max_tokens", "refusal": "content_filtered", "empty": "end_turn"}
        content = [] if said.stop == "empty" else [{"text": said.text}]
        body = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": stops[said.stop],
                "metrics": {"latencyMs": 1}}  # fmt: skip
        if said.usage:
            body["usage"] = {"inputTokens": asked, "outputTokens": answered, "totalTokens": asked + answered}
        return body, headers

    def error(self, name, problem=None):
        """The type comes with a namespace behind it, and the layer that denies access writes Message large."""
        status, usual = self.errors[name]
        body = {"Message" if name == "AccessDeniedException" else "message": str(problem or usual)}
        if name == "ModelErrorException":
            body |= {"originalStatusCode": 500, "resourceName": "model"}
        headers = {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/com.amazon.bedrock/",
                   "x-amzn-RequestId": str(uuid.uuid4())}  # fmt: skip
        return status, body, headers


# The server.


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    model = None

    def __init__(self, *arguments):
        self._connections = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self):
        """Kept-alive ones would go on to be served by a fake that is gone."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients that left
            self.model.violations.append(f"the fake itself failed: {traceback.format_exc()}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def log_message(self, *_):
        pass

    def _serve(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.requestline.split(" ")[1], headers, self._read_body())
        answer = self.server.model.serve(request)
        if answer.silence:
            self._fall_silent(answer.silence)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(answer.payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.payload[: answer.sent])
        if answer.sent is not None:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _fall_silent(self, how):
        self.close_connection = True
        if how == "reset":
            # Without lingering a closed connection is reset, not ended.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
