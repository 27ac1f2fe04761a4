"""hangtag serve as its clients see it: SageMaker, programs with tokens, and those who send what they should not."""

import base64
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from program import ENVIRONMENT, HANGTAG, ROOT, hangtag

MODEL = ROOT / "models" / "hangtag-small"
PROMPT = "Question: What is the sleeve length of the clothing in this picture? Answer: "
PRODUCT = {"id": "1", "type": "Shirts", "attributes": {"Fit": "Slim Fit", "Fabric": "Cotton", "baseColour": "Blue"}}


class Server:
    """The program from its start to its end; `with` ends it by SIGTERM and expects exit code 0."""

    def __init__(self, *options, common=("--model", MODEL, "--port", "0"), environment=None):
        command = [str(word) for word in (HANGTAG, "serve", *common, *options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**ENVIRONMENT, **(environment or {})})
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=30)[1]
        self.url = line.strip()
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.end(expect=None if fault[0] else 0)

    def end(self, expect=0, signalled=False):
        if not signalled and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.log = self.process.communicate(timeout=40)[1]
        assert expect is None or self.process.returncode == expect, self.log

    def ask(self, method, path, body=None, token=None):
        """Status, headers and the body: JSON where it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        head = {"Content-Type": "application/json"}
        if token:
            head["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body if isinstance(body, (bytes, str, type(None))) else json.dumps(body), head)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, answer.headers, json.loads(text) if is_json else text

    def good(self, method, path, body=None, **options):
        status, _, answer = self.ask(method, path, body, **options)
        assert status == 200, answer
        return answer


def base64_of(content):
    return base64.b64encode(content).decode()


def encoded(path):
    return base64_of(path.read_bytes())


def named(path):
    return {"id": path.stem, "image": encoded(path)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    hangtag("sample", "--out", folder / "catalogue", "--products", 24)
    good = []
    for path in sorted((folder / "catalogue" / "images").iterdir()):  # some are damaged, as in real catalogues
        if path.stat().st_size > 0 and hangtag("predict", "--model", MODEL, path, check=False).returncode == 0:
            good.append(path)
        if len(good) == 20:
            break
    assert len(good) >= 16
    return good


@pytest.fixture(scope="module")
def printed(photos):
    """What `hangtag predict` prints of them."""
    lines = hangtag("predict", "--model", MODEL, *photos).stdout.splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def server():
    with Server("--max-wait-ms", 20) as running:
        yield running


def assert_same(record, expected):
    """The same values in the same order, their probabilities to 1e-5; what is equally likely may change places."""
    assert record["id"] == expected["id"] and list(record["attributes"]) == list(expected["attributes"])
    for attribute, one in record["attributes"].items():
        other = expected["attributes"][attribute]
        assert abs(one["confidence"] - other["confidence"]) < 1e-5, attribute
        assert one["value"] == other["value"], attribute
        for mine, its in zip(one["alternatives"], other["alternatives"], strict=True):
            assert abs(mine["confidence"] - its["confidence"]) < 1e-5, attribute
            assert mine["value"] == its["value"] or abs(mine["confidence"] - its["confidence"]) < 1e-6


# What people and programs ask.

def test_predicts_as_the_command_line_does(server, photos, printed):
    body = {"photos": [named(path) for path in photos]}
    predictions = server.good("POST", "/v1/predict", body)["predictions"]
    assert [record["id"] for record in predictions] == [path.stem for path in photos]
    for record in predictions:
        assert_same(record, printed[record["id"]])


def test_a_batch_answers_as_each_alone(server, photos, printed):
    def alone(path):
        return server.good("POST", "/v1/predict", {"photos": [named(path)]})["predictions"][0]

    with ThreadPoolExecutor(len(photos)) as pool:
        together = list(pool.map(alone, photos))
    for record in together:
        assert_same(record, printed[record["id"]])
    for path in photos[:2]:
        assert_same(alone(path), printed[path.stem])
    sizes = re.findall(r'hangtag_batch_photos_bucket{le="1"} (\d+)|hangtag_batch_photos_count (\d+)',
                       server.good("GET", "/metrics").decode())
    alone_batches, batches = (int(max(size)) for size in sizes)
    assert batches > alone_batches  # some did go together


def test_predicts_what_is_wanted(server, photos):
    photo = {"image": "data:image/jpeg;base64," + encoded(photos[0]), "type": "Shirts"}
    body = {"photos": [photo], "attributes": ["Fabric"], "alternatives": 1}
    record = server.good("POST", "/v1/predict", body)["predictions"][0]
    assert record["id"] == "0" and record["type"] == "Shirts" and list(record["attributes"]) == ["Fabric"]
    assert len(record["attributes"]["Fabric"]["alternatives"]) == 1


def test_describes_as_the_command_line_does(server, tmp_path):
    file = tmp_path / "attributes.jsonl"
    file.write_text(json.dumps(PRODUCT) + "\n")
    for locale in ("en", "de"):
        printed = hangtag("describe", "--attributes", file, "--locale", locale, "--taxonomy", MODEL / "taxonomy.json")
        body = json.dumps({"product": PRODUCT, "locale": locale}, indent=1)
        assert server.good("POST", "/v1/describe", body) == json.loads(printed.stdout)
    status, _, answer = server.ask("POST", "/v1/describe", {"product": {"id": "1", "attributes": {}}})
    assert status == 422 and "nothing is known" in answer["error"]["message"]
    status, _, answer = server.ask("POST", "/v1/describe", {"product": PRODUCT, "brand": {"banned": ["slim"]}})
    assert status == 422 and "does not use" in answer["error"]["message"]


def test_checks_as_the_command_line_does(server, tmp_path):
    for text in ("A blue cotton shirt with a slim fit.", "A red silk shirt. Free shipping — éclair!"):
        body = {**PRODUCT, "description": text}
        file = tmp_path / "texts.jsonl"
        file.write_text(json.dumps(body) + "\n")
        expected = json.loads(hangtag("check", file, check=False).stdout)
        assert server.good("POST", "/v1/check", body) == expected
    assert not expected["passes"]


def test_tells_of_itself(server):
    model = server.good("GET", "/v1/models")["models"][0]
    assert model["name"] == "hangtag-small" and "Fabric" in model["attributes"] and model["types"] > 100
    health = server.good("GET", "/v1/health")
    assert health["status"] == "ok" and health["waiting"] == 0
    assert b"http_requests_total" in server.good("GET", "/metrics")


def test_openapi_lists_every_route_and_no_other(server):
    document = server.good("GET", "/v1/openapi.json")
    assert document["openapi"].startswith("3.1")
    source = (ROOT / "src" / "server" / "routes.cpp").read_text()
    routes = set(re.findall(r'router\.add\(\s*"([A-Z]+)",\s*"([^"]+)"', source))
    listed = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    assert len(routes) == 10 and listed == routes
    names = re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(document))
    assert all(name in document["components"][kind] for kind, name in names)
    guide = (ROOT / "docs" / "serving.md").read_text()
    assert all(path in guide for _, path in listed)


# SageMaker.

def test_sagemaker_contract(photos):
    container = {"SM_MODEL_DIR": str(MODEL), "SAGEMAKER_BIND_TO_PORT": "0"}
    with Server(common=(), environment=container) as server:
        assert server.url.startswith("http://0.0.0.0:")
        status, headers, body = server.ask("GET", "/ping")
        assert status == 200 and not body and headers["Content-Length"] == "0"
        parameters = server.good("GET", "/execution-parameters")
        assert parameters["BatchStrategy"] == "SingleRecord"
        assert parameters["MaxConcurrentTransforms"] * parameters["MaxPayloadInMB"] <= 100
        for options, own in (({}, []), ({"max_new_tokens": 4, "num_beams": 2, "length_penalty": 0.5},
                                        ["--max-new-tokens", 4, "--num-beams", 2, "--length-penalty", 0.5])):
            body = {"image": encoded(photos[0]), "prompt": PROMPT, "parameters": options}
            answer = server.good("POST", "/invocations", body)
            assert isinstance(answer, str)
            assert answer == hangtag("ask", "--model", MODEL, *own, photos[0], PROMPT).stdout.rstrip("\n")
        assert answer.startswith("Sleeve Length")
    line = json.loads([line for line in server.log.splitlines() if "/invocations" in line][0])
    assert line["status"] == 200 and line["route"] == "/invocations"


@pytest.mark.parametrize("change", [
    {"image": None}, {"image": "%%%"}, {"image": base64_of(b"no photo")}, {"prompt": None}, {"prompt": 7},
    {"prompt": ""},
    {"parameters": {"temperature": 1}}, {"parameters": {"num_beams": 0}}, {"parameters": {"max_new_tokens": 10**9}},
    {"parameters": {"length_penalty": "x"}}, {"inputs": "x"}], ids=str)
def test_invocations_that_are_wrong_get_400(server, photos, change):
    body = {"image": encoded(photos[0]), "prompt": PROMPT, **change}
    status, _, answer = server.ask("POST", "/invocations", body)
    assert status == 400 and answer["error"]["message"], answer
    if "temperature" in str(change):
        assert "temperature" in answer["error"]["message"]


# What clients should not send.

HOSTILE = [
    b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"{}{}", b"[" * 60_000, b'{"a":' * 12_000,
    b'{"photos":{}}', b'{"photos":[null]}', b'{"photos":[[]]}', b'{"photos":[{"image":"\\u0000"}]}',
    b'{"product":null}', b'{"product":[]}', b'{"product":{"id":1}}', b'{"product":{"id":"1","attributes":{"Fit":7}}}',
    b'{"product":{"id":"1","attributes":{"Fit":"x"}},"locale":"xx"}',
    b'{"product":{"id":"1","attributes":{"Fit":"x"}},"brand":7}',
    b'{"id":"1"}', b'{"id":"1","attributes":{},"description":7}',
    b'{"id":"1","attributes":{"Fit":"x"},"description":"x","locale":5}',
]


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/describe", "/v1/check", "/invocations"])
def test_wrong_bodies_are_400_and_never_500(server, path):
    for body in HOSTILE:
        status, _, answer = server.ask("POST", path, body)
        assert status == 400, (body[:60], answer)
        assert answer["error"]["code"] == "invalid" and answer["error"]["request_id"]
    assert server.good("GET", "/v1/health")["status"] == "ok"


def test_photos_that_are_none_are_422(server, photos):
    good = {"id": "good", "image": encoded(photos[0])}
    whole = photos[0].read_bytes()
    for bytes_ in (b"x", whole[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(50)):
        status, _, answer = server.ask("POST", "/v1/predict", {"photos": [good, {"image": base64_of(bytes_)}]})
        assert status == 422 and "photos[1]" in answer["error"]["message"], answer


def test_paths_methods_and_sizes(server):
    assert server.ask("GET", "/v1/predict")[0] == 405
    assert server.ask("GET", "/v2/predict")[0] == 404
    assert server.ask("POST", "/v1/check", b" " * 300_000)[0] == 413
    # By its length alone: no byte of the body is sent.
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


# Who may do what.

def test_roles(tmp_path, photos):
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({"tokens": [
        {"name": role, "role": role, "sha256": hashlib.sha256(f"{role}-secret".encode()).hexdigest()}
        for role in ("viewer", "editor")]}))
    reads = [("GET", path, None) for path in ("/v1/health", "/v1/models", "/v1/openapi.json", "/metrics")]
    works = [("POST", "/v1/predict", {"photos": [named(photos[0])]}), ("POST", "/v1/describe", {"product": PRODUCT}),
             ("POST", "/v1/check", {**PRODUCT, "description": "A shirt."})]
    platform_reads = [("GET", "/ping", None), ("GET", "/execution-parameters", None)]
    platform_works = [("POST", "/invocations", {"image": encoded(photos[0]), "prompt": PROMPT})]

    def expect(server, calls, token, status):
        for method, path, body in calls:
            assert server.ask(method, path, body, token=token)[0] == status, (path, token)

    with Server("--host", "0.0.0.0", "--tokens", tokens) as server:
        for token in (None, "wrong"):
            expect(server, reads + works + platform_reads + platform_works, token, 401)
        expect(server, reads + platform_reads, "viewer-secret", 200)
        expect(server, works + platform_works, "viewer-secret", 403)
        expect(server, reads + works + platform_reads + platform_works, "editor-secret", 200)
    assert "secret" not in server.log
    with Server("--host", "0.0.0.0", "--tokens", tokens, "--trusted-network") as server:
        expect(server, platform_reads + platform_works, None, 200)
        expect(server, reads + works, None, 401)


@pytest.mark.parametrize("options, message", [
    (["--model", MODEL, "--host", "0.0.0.0", "--port", "0"], "no tokens"),
    (["--model", MODEL, "--host", "localhost"], "numeric address"),
    (["--model", MODEL, "--threads", "0"], "--threads"),
    (["--model", ROOT / "models"], "taxonomy.json")], ids=str)
def test_wrong_use(options, message):
    done = hangtag("serve", *options, check=False)
    assert done.returncode == 2 and message in done.stderr and not done.stdout


@pytest.mark.skipif(os.path.exists("/opt/ml/model"), reason="this machine has a SageMaker model")
def test_wants_a_model():
    done = hangtag("serve", check=False)
    assert done.returncode == 2 and "--model" in done.stderr


# The end, and too much.

def large_photo(tmp_path):
    """Few bytes, and pixels enough to keep the decoder busy for a while."""
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "large.png"
    image.new("L", (8000, 8000), 200).save(path)
    return path


def test_ends_what_is_under_way(photos):
    server = Server("-q")
    body = json.dumps({"photos": [named(path) for path in photos]}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        raw.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:1000])
        time.sleep(0.5)  # under way: the head is there
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionRefusedError):
            for _ in range(100):
                socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
                time.sleep(0.05)
        raw.sendall(body[1000:])
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200") and b'"predictions"' in answer
    server.end(signalled=True)
    assert not server.log


def test_turns_away_what_it_has_no_room_for(tmp_path):
    path = large_photo(tmp_path)
    body = json.dumps({"photos": [{"image": encoded(path)}]})
    with Server("--threads", 1, "--max-waiting", 1) as server:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.ask("POST", "/v1/predict", body), range(8)))
        statuses = [status for status, _, _ in answers]
        assert set(statuses) == {200, 503}, statuses
        for status, headers, answer in answers:
            if status == 503:
                assert int(headers["Retry-After"]) >= 1 and answer["error"]["code"] == "overloaded"
        assert server.ask("POST", "/v1/predict", body)[0] == 200  # and goes on
