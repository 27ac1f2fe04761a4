#include "http/server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <mutex>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "http/testing.h"
#include "http/workers.h"

namespace hangtag::http {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::Client;
using testing::RunningServer;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

void hello(const Request&, Responder responder) {
  responder.send(text_response(200, "hello"));
}

void echo(Request request, Responder responder) {
  responder.send(text_response(200, std::move(request.body)));
}

Router router() {
  Router made;
  made.add("GET", "/hello", hello).add("POST", "/echo", echo);
  return made;
}

std::string post(std::string_view headers, std::string_view body = "") {
  return fmt::format("POST /echo HTTP/1.1\r\nHost: h\r\n{}\r\n{}", headers, body);
}

bool becomes_true(const std::function<bool()>& condition) {
  for (const auto end = Clock::now() + 5s; Clock::now() < end; std::this_thread::sleep_for(2ms)) {
    if (condition()) return true;
  }
  return false;
}

// -------------------------------------------------------------------------------------------------- what is understood

TEST(Server, GivesHandlersTheRequest) {
  Router made;
  made.add("POST", "/products/{id}", [](const Request& request, Responder responder) {
    responder.send(json_response(200, {{"id", request.parameter("id")},
                                       {"language", request.query("language").value_or("none")},
                                       {"kind", request.header("x-KIND").value_or("none")},
                                       {"body", request.body},
                                       {"peer", request.peer},
                                       {"request", request.id}}));
  });
  RunningServer server({}, std::move(made));
  const auto answer = Client(server)
                          .send("POST /products/a%20b?language=de HTTP/1.1\r\nHost: h\r\nX-Kind: shoe\r\n"
                                "X-Request-Id: r-1\r\nContent-Length: 4\r\n\r\nbody")
                          .read_answer();
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: application/json\r\n"),
                            HasSubstr("\r\nX-Request-Id: r-1\r\n"), HasSubstr("\r\nDate: "),
                            EndsWith(R"({"id":"a b","language":"de","kind":"shoe","body":"body","peer":"127.0.0.1",)"
                                     R"("request":"r-1"})")));
}

TEST(Server, AnswersWithWhatTheRouterSays) {
  RunningServer server({}, router());
  Client client(server);
  EXPECT_THAT(client.send(kGet).read_answer(), EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(client.send("GET /nothing HTTP/1.1\r\nHost: h\r\nX-Request-Id: r1\r\n\r\n").read_answer(),
              AllOf(StartsWith("HTTP/1.1 404 "),
                    HasSubstr(R"({"error":{"code":"not_found","message":)"), EndsWith(R"("request_id":"r1"}})")));
  EXPECT_THAT(client.send("DELETE /hello HTTP/1.1\r\nHost: h\r\n\r\n").read_answer(),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
  EXPECT_THAT(client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n").read_until("\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 5\r\n")));
  EXPECT_THAT(client.send(kGet).read_answer(), StartsWith("HTTP/1.1 200 ")) << "HEAD's answer had no body";
}

TEST(Server, KeepsConnections) {
  RunningServer server({}, router());
  Client pipelining(server);
  pipelining.send(std::string(kGet) + post("Content-Length: 3\r\n", "abc") + std::string(kGet));
  EXPECT_THAT(pipelining.read_answer(), EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(pipelining.read_answer(), EndsWith("\r\n\r\nabc"));
  EXPECT_THAT(pipelining.read_answer(), EndsWith("\r\n\r\nhello"));

  EXPECT_THAT(Client(server).send("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").read_all(),
              AllOf(HasSubstr("Connection: close\r\n"), EndsWith("hello")));
  EXPECT_THAT(Client(server).send("GET /hello HTTP/1.0\r\n\r\n").read_all(), EndsWith("hello"));
  Client old(server);
  old.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(old.read_answer(), HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(old.send(kGet).read_answer(), EndsWith("hello"));
}

TEST(Server, ReadsBodies) {
  RunningServer server({}, router());
  Client client(server);
  const std::string chunks = "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nAuthorization: late\r\n\r\n";
  EXPECT_THAT(client.send(post("Transfer-Encoding: chunked\r\n", chunks)).read_answer(), EndsWith("\r\nabc0123456789"));
  const std::string large(3'000'000, 'x');
  const auto answer = client.send(post("Content-Length: 3000000\r\n", large)).read_answer();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + large));
  EXPECT_THAT(client.send(post("Content-Length: 0\r\n")).read_answer(), StartsWith("HTTP/1.1 200 "));

  client.send(post("Expect: 100-continue\r\nContent-Length: 3\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.send("abc").read_answer(), EndsWith("\r\n\r\nabc"));
}

TEST(Server, NamesRequests) {
  RunningServer server({}, router());
  Client client(server);
  const auto id_for = [&](const std::string& id) {
    const auto answer = client.send("GET /hello HTTP/1.1\r\nHost: h\r\nX-Request-Id: " + id + "\r\n\r\n").read_answer();
    const auto at = answer.find("X-Request-Id: ") + 14;
    return answer.substr(at, answer.find("\r\n", at) - at);
  };
  EXPECT_EQ(id_for("A-z_0.9"), "A-z_0.9");
  for (const std::string& wrong : {std::string(65, 'a'), std::string("a b"), std::string("a\"b"), std::string()}) {
    EXPECT_THAT(id_for(wrong), ::testing::MatchesRegex("[0-9a-f]{16}"));
  }
  EXPECT_NE(id_for(""), id_for(""));
}

// ----------------------------------------------------------------------------------------------------- what is refused

TEST(Server, RefusesWhatItDoesNotUnderstand) {
  RunningServer server({}, router());
  const std::tuple<const char*, std::string, const char*> cases[] = {
      {"no HTTP", "hello\r\n\r\n", "400"},
      {"no host", "GET /hello HTTP/1.1\r\n\r\n", "400"},
      {"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"another version", "GET /hello HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
      {"another scheme", "GET ftp://h/hello HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"a parent folder", "GET /a/../hello HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"an escaped NUL", "GET /hello%00 HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"a control character", "GET /hel\x01lo HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "400"},
      {"a negative length", post("Content-Length: -3\r\n"), "400"},
      {"length and chunks", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      {"chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), "400"},
      {"another coding", post("Transfer-Encoding: gzip\r\n"), "501"},
      {"another coding before chunks", post("Transfer-Encoding: gzip, chunked\r\n"), "501"},
      {"chunks twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400"},
      {"no chunk", post("Transfer-Encoding: chunked\r\n", "zz\r\n"), "400"},
      {"another expectation", post("Expect: wonders\r\nContent-Length: 3\r\n"), "417"},
      {"no timeout", "GET /hello HTTP/1.1\r\nHost: h\r\nX-Request-Timeout-Ms: soon\r\n\r\n", "400"},
      {"a folded header", "GET /hello HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", "400"},
  };
  for (const auto& [name, bytes, status] : cases) {
    EXPECT_THAT(Client(server).send(bytes).read_answer(), StartsWith(fmt::format("HTTP/1.1 {} ", status))) << name;
  }
}

TEST(Server, RefusesWhatIsTooLarge) {
  Router made = router();
  made.add("POST", "/small", echo, {.max_body_bytes = 10});
  RunningServer server({.max_header_bytes = 1024, .max_body_bytes = 1000}, std::move(made));
  const std::string huge(5000, 'x');
  EXPECT_THAT(Client(server).send("GET /" + huge + " HTTP/1.1\r\nHost: h\r\n\r\n").read_all(),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Client(server).send("GET / HTTP/1.1\r\nHost: h\r\nX: " + huge).read_all(), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Client(server).send(post("Content-Length: 1001\r\n")).read_all(),
              AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close\r\n")));
  EXPECT_THAT(Client(server).send(post("Content-Length: 99999999999999999999999\r\n")).read_answer(),
              StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(Client(server).send(post("Transfer-Encoding: chunked\r\n", "3e9\r\n")).read_all(),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Client(server).send("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n").read_all(),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Client(server).send(post("Content-Length: 1000\r\n", std::string(1000, 'x'))).read_answer(),
              StartsWith("HTTP/1.1 200 "));
}

TEST(Server, RefusesBeforeTheBody) {
  std::atomic<int> handled = 0;
  Router made;
  made.add(
      "POST", "/echo", [&](const Request&, const Responder&) { ++handled; },
      {.admit = [](const Head& head) { return std::optional(overloaded_response(head, 7s)); }});
  made.add("GET", "/throws", hello, {.admit = [](const Head&) -> std::optional<Response> {
             throw std::runtime_error("expected by a test");
           }});
  RunningServer server({}, std::move(made));
  const auto refused = AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 7\r\n"),
                             HasSubstr("Connection: close\r\n"), Not(HasSubstr("100 Continue")));
  EXPECT_THAT(Client(server).send(post("Expect: 100-continue\r\nContent-Length: 3\r\n")).read_all(), refused);
  // A client that sends its body all the same still reads the answer.
  EXPECT_THAT(Client(server).send(post("Content-Length: 200000\r\n", std::string(200'000, 'x'))).read_all(), refused);
  EXPECT_EQ(handled, 0);
  Client client(server);
  EXPECT_THAT(client.send("GET /throws HTTP/1.1\r\nHost: h\r\n\r\n").read_answer(), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(client.send("GET /throws HTTP/1.1\r\nHost: h\r\n\r\n").read_answer(), StartsWith("HTTP/1.1 500 "));
}

TEST(Server, RefusesConnectionsBeyondTheLimit) {
  RunningServer server({.max_connections = 2}, router());
  Client first(server), second(server);
  first.send(kGet).read_answer();
  second.send(kGet).read_answer();
  Client third(server);
  EXPECT_THAT(third.send(kGet).read_all(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: ")));
  first.close();
  EXPECT_TRUE(becomes_true([&] { return Client(server).send(kGet).read_answer().starts_with("HTTP/1.1 200 "); }));
  EXPECT_THAT(second.send(kGet).read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, SurvivesGarbage) {
  RunningServer server({.header_timeout = 200ms, .body_timeout = 200ms}, router());
  base::Random random(1);
  const std::string valid = std::string(kGet) + post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
  for (int i = 0; i < 400; ++i) {
    std::string bytes = i % 2 == 0 ? valid : std::string();
    if (bytes.empty()) {
      for (std::size_t left = random.below(300); left > 0; --left) bytes += static_cast<char>(random.below(256));
    } else {
      for (int change = 0; change < 4; ++change) {
        bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
      }
      bytes.resize(random.below(bytes.size() + 1));
    }
    Client client(server);
    client.send(bytes);
    if (i % 40 == 0) client.read_all();
  }
  EXPECT_THAT(Client(server).send(kGet).read_answer(), EndsWith("hello"));
}

// ------------------------------------------------------------------------------------------------------------- time

TEST(Server, EndsWhatTakesTooLong) {
  RunningServer server({.header_timeout = 150ms, .body_timeout = 150ms, .idle_timeout = 150ms}, router());
  EXPECT_TRUE(Client(server).ended()) << "a client that says nothing";

  Client idle(server);
  idle.send(kGet).read_answer();
  EXPECT_TRUE(idle.ended());

  Client dripping(server);  // a byte now and then does not start the time again
  const auto start = Clock::now();
  std::jthread drip([&] {
    for (const char c : std::string_view("GET /hello HTTP/1.1\r\nHost: h")) {
      dripping.send(std::string_view(&c, 1));
      std::this_thread::sleep_for(40ms);
    }
  });
  EXPECT_THAT(dripping.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(Clock::now() - start, 1000ms);
  drip.join();

  EXPECT_THAT(Client(server).send(post("Content-Length: 3\r\n", "ab")).read_answer(), StartsWith("HTTP/1.1 408 "));
}

TEST(Server, EndsAnswersThatAreNotRead) {
  std::promise<std::string> logged;
  Router made;
  made.add("GET", "/large", [](const Request&, Responder responder) {
    responder.send(text_response(200, std::string(20'000'000, 'x')));
  });
  RunningServer server({.write_timeout = 100ms, .access_log = [&](const std::string& line) { logged.set_value(line); }},
                       std::move(made));
  Client client(server);
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(logged.get_future().wait_for(3s), std::future_status::ready);
  EXPECT_LT(client.read_all().size(), 20'000'000u);
}

TEST(Server, KeepsDeadlines) {
  std::vector<Responder> kept;
  std::mutex mutex;
  Router made = router();
  const Handler keep = [&](const Request&, Responder responder) {
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(responder));
  };
  made.add("GET", "/never", keep).add("GET", "/brief", keep, {.max_request = 30ms});
  RunningServer server({.max_request = 500ms}, std::move(made));
  Client client(server);
  const auto ms_of = [&](const std::string& path, const std::string& headers) {
    const auto start = Clock::now();
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
    EXPECT_THAT(client.read_answer(), AllOf(StartsWith("HTTP/1.1 504 "), HasSubstr("\"code\":\"deadline\"")));
    return (Clock::now() - start) / 1ms;
  };
  EXPECT_LT(ms_of("/never", "X-Request-Timeout-Ms: 20\r\n"), 450);
  EXPECT_GE(ms_of("/never", "X-Request-Timeout-Ms: 100000\r\n"), 495);
  EXPECT_LT(ms_of("/brief", ""), 450);
  for (Responder& responder : kept) responder.send({});  // too late, and no harm
  EXPECT_THAT(client.send(kGet).read_answer(), EndsWith("hello"));
}

TEST(Server, TellsThatTheClientLeft) {
  std::promise<Cancellation> came;
  std::optional<Responder> kept;
  Router made;
  made.add("GET", "/never", [&](const Request& request, Responder responder) {
    kept.emplace(std::move(responder));
    came.set_value(request.cancellation);
  });
  std::promise<std::string> logged;
  RunningServer server({.access_log = [&](const std::string& line) { logged.set_value(line); }}, std::move(made));
  Client client(server);
  client.send("GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
  const Cancellation cancellation = came.get_future().get();
  EXPECT_FALSE(cancellation.cancelled());
  client.close();
  EXPECT_TRUE(becomes_true([&] { return cancellation.cancelled(); }));
  EXPECT_EQ(base::parse_json(logged.get_future().get(), "log")["status"], 499);
}

// ---------------------------------------------------------------------------------------------------------- answering

TEST(Server, AnswersLaterFromOtherThreads) {
  Workers workers(2, 16);
  Router made;
  made.add("POST", "/echo", workers.handler([](Request request, Responder responder) {
    std::this_thread::sleep_for(10ms);
    echo(std::move(request), std::move(responder));
  }));
  made.add("GET", "/dropped", [](const Request&, const Responder&) {});
  made.add("GET", "/throws", [](const Request&, const Responder&) { throw std::runtime_error("expected by a test"); });
  made.add("GET", "/unsendable", [](const Request&, Responder responder) {
    responder.send({.headers = {{"X-Kind", "a\r\nSet-Cookie: b"}}});
  });
  made.add("GET", "/empty", [](const Request&, Responder responder) { responder.send({.status = 204, .body = "x"}); });
  made.add("GET", "/ours", [](const Request&, Responder responder) {
    responder.send({.headers = {{"content-length", "7"}, {"Transfer-Encoding", "chunked"}}, .body = "x"});
  });
  RunningServer server({}, std::move(made));
  Client client(server);
  for (int i = 0; i < 5; ++i) {
    const auto body = std::to_string(i);
    EXPECT_THAT(client.send(post("Content-Length: 1\r\n", body)).read_answer(), EndsWith("\r\n\r\n" + body));
  }
  const auto get = [&](const std::string& path) {
    return client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
  };
  EXPECT_THAT(get("/dropped"), AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr("\"code\":\"internal\"")));
  EXPECT_THAT(get("/throws"), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("expected by a test"))));
  EXPECT_THAT(get("/unsendable"), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("Set-Cookie"))));
  EXPECT_THAT(get("/empty"), AllOf(StartsWith("HTTP/1.1 204 "), Not(HasSubstr("Content-Length"))));
  EXPECT_THAT(get("/ours"), AllOf(HasSubstr("Content-Length: 1\r\n"), Not(HasSubstr("chunked"))));
}

TEST(Server, Streams) {
  Workers workers(2, 16);
  std::promise<bool> noticed;
  Router made = router();
  made.add("GET", "/events", workers.handler([](const Request&, Responder responder) {
    Stream stream = responder.stream({.headers = {{"Content-Type", "text/event-stream"}}});
    stream.write_event("word", "a\nb\rc");
    stream.write("");
    stream.write_event("", "end");
    stream.finish();
  }));
  made.add("GET", "/half", workers.handler([](const Request&, Responder responder) {
    responder.stream({}).write("half");
  }));
  made.add("GET", "/large", workers.handler([](const Request&, Responder responder) {
    Stream stream = responder.stream({});
    for (int i = 0; i < 64; ++i) stream.write(std::string(100'000, 'x'));
    stream.finish();
  }));
  made.add("GET", "/endless", workers.handler([&](const Request& request, Responder responder) {
    Stream stream = responder.stream({});
    while (stream.write("more\n")) std::this_thread::sleep_for(5ms);
    noticed.set_value(request.cancelled());
  }));
  RunningServer server({}, std::move(made));

  Client client(server);
  const std::string events = "event: word\ndata: a\ndata: b\ndata: c\n\ndata: end\n\n";
  client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"),
              AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"), Not(HasSubstr("Content-Length"))));
  std::string joined;
  while (true) {
    const auto size = std::stoul(client.read_until("\r\n"), nullptr, 16);
    const auto chunk = client.read_until("\r\n");
    if (size == 0) break;
    ASSERT_EQ(chunk.size(), size + 2);
    joined += chunk.substr(0, size);
  }
  EXPECT_EQ(joined, events);
  EXPECT_THAT(client.send(kGet).read_answer(), EndsWith("hello")) << "the connection is kept";
  client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n").read_until("\r\n\r\n");
  EXPECT_THAT(client.send(kGet).read_answer(), StartsWith("HTTP/1.1 200 ")) << "HEAD's answer had no body";

  EXPECT_THAT(Client(server).send("GET /events HTTP/1.0\r\n\r\n").read_all(), EndsWith("\r\n\r\n" + events));
  EXPECT_THAT(Client(server).send("GET /half HTTP/1.1\r\nHost: h\r\n\r\n").read_all(), EndsWith("4\r\nhalf\r\n"));
  EXPECT_GT(Client(server).send("GET /large HTTP/1.0\r\n\r\n").read_all().size(), 6'400'000u);

  Client leaving(server);
  leaving.send("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").read_until("more");
  leaving.close();
  auto saw = noticed.get_future();
  ASSERT_EQ(saw.wait_for(5s), std::future_status::ready);
  EXPECT_TRUE(saw.get());
}

// ------------------------------------------------------------------------------------------------------ start and end

base::ErrorCode error_of_listening(ServerOptions options) {
  try {
    Server(std::move(options), router()).listen();
  } catch (const base::Error& error) {
    return error.code();
  }
  return base::ErrorCode::kInternal;  // none of those that are expected
}

TEST(Server, ListensWhereItMay) {
  using base::ErrorCode;
  EXPECT_EQ(error_of_listening({.address = "0.0.0.0", .port = 0}), ErrorCode::kUsage);
  EXPECT_EQ(error_of_listening({.address = "::", .port = 0}), ErrorCode::kUsage);
  EXPECT_EQ(error_of_listening({.address = "localhost", .port = 0}), ErrorCode::kUsage);
  EXPECT_EQ(error_of_listening({.port = 0, .threads = 0}), ErrorCode::kUsage);
  EXPECT_EQ(error_of_listening({.port = 0, .idle_timeout = 0ms}), ErrorCode::kUsage);
  EXPECT_EQ(error_of_listening({.address = "0.0.0.0", .port = 0, .trusted_network = true}), ErrorCode::kInternal);
  const auto tokens = std::make_shared<const Tokens>(Tokens::parse(
      fmt::format(R"({{"tokens":[{{"name":"a","role":"admin","sha256":"{:064}"}}]}})", 0), "tokens"));
  EXPECT_EQ(error_of_listening({.address = "0.0.0.0", .port = 0, .tokens = tokens}), ErrorCode::kInternal);
  RunningServer server({}, router());
  EXPECT_EQ(error_of_listening({.port = server.port()}), ErrorCode::kIo);
}

TEST(Server, FinishesWhatIsUnderWay) {
  std::promise<Responder> came;
  Router made = router();
  made.add("GET", "/slow", [&](const Request&, Responder responder) { came.set_value(std::move(responder)); });
  RunningServer server({}, std::move(made));
  Client idle(server), busy(server);
  idle.send(kGet).read_answer();
  busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder responder = came.get_future().get();
  (*server).stop(5s);
  EXPECT_TRUE(idle.ended());
  EXPECT_THROW(Client another(server), std::exception);
  responder.send(text_response(200, "done"));
  EXPECT_THAT(busy.read_all(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("done")));
  const auto start = Clock::now();
  server.join();
  EXPECT_LT(Clock::now() - start, 1s);
}

TEST(Server, CutsWhatDoesNotFinish) {
  std::promise<Responder> came;
  Router made;
  made.add("GET", "/slow", [&](const Request&, Responder responder) { came.set_value(std::move(responder)); });
  std::optional<RunningServer> server(std::in_place, ServerOptions{}, std::move(made));
  Client client(*server);
  client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder responder = came.get_future().get();
  (**server).stop(50ms);
  EXPECT_TRUE(client.ended());
  server.reset();
  responder.send({});  // outlives the server
}

TEST(Server, StopsOnASignal) {
  Server server({.port = 0}, router());
  server.listen();
  server.stop_on({SIGUSR1}, 1s);
  std::jthread running([&] { server.run(); });
  Client(server.port()).send(kGet).read_answer();
  std::raise(SIGUSR1);
  running.join();
}

// ---------------------------------------------------------------------------------------------------------- reporting

TEST(Server, LogsAndCounts) {
  std::mutex mutex;
  std::vector<std::string> lines;
  const auto metrics = std::make_shared<Metrics>();
  Router made = router();
  made.add("GET", "/products/{id}", hello);
  {
    RunningServer server({.access_log =
                              [&](const std::string& line) {
                                const std::lock_guard lock(mutex);
                                lines.push_back(line);
                              },
                          .metrics = metrics},
                         std::move(made));
    Client client(server);
    client.send("GET /products/secret1?key=secret2 HTTP/1.1\r\nHost: h\r\nX-Request-Id: r1\r\nX: secret3\r\n\r\n");
    client.read_answer();
    client.send("GET /secret4 HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
    client.send("SECRET5 /hello HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
    EXPECT_THAT(metrics->text(), HasSubstr("http_connections 1\n"));
    client.send("\r\nsecret6\r\n\r\n").read_all();
  }
  ASSERT_EQ(lines.size(), 4u);
  const auto first = base::parse_json(lines[0], "log");
  EXPECT_EQ(first["id"], "r1");
  EXPECT_EQ(first["method"], "GET");
  EXPECT_EQ(first["route"], "/products/{id}");
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(first["bytes"], 5);
  EXPECT_EQ(first["peer"], "127.0.0.1");
  EXPECT_TRUE(first["ms"].is_number());
  for (const std::string& line : lines) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("SECRET")), Not(HasSubstr("\n"))));
  }
  const std::string text = metrics->text();
  EXPECT_THAT(text, AllOf(HasSubstr("http_requests_total{route=\"/products/{id}\",method=\"GET\",status=\"200\"} 1\n"),
                          HasSubstr("http_requests_total{route=\"none\",method=\"other\",status=\"405\"} 1\n"),
                          HasSubstr("http_request_seconds_count{route=\"/products/{id}\"} 1\n"),
                          HasSubstr("http_rejected_total{reason=\"malformed\"} 1\n"),
                          HasSubstr("http_connections 0\n"), Not(HasSubstr("ecret"))));
}

}  // namespace
}  // namespace hangtag::http
