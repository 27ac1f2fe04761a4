#include "llm/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/error.h"
#include "llm/bedrock.h"
#include "llm/openai.h"
#include "net/testing.h"

namespace hangtag::llm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "sk-hidden-0123456789";

std::unique_ptr<Provider> provider(std::string base_url = "http://model.example/v1") {
  return std::make_unique<OpenAi>(
      OpenAiOptions{.model = "m", .base_url = std::move(base_url), .key = net::Secret(kKey, "KEY")});
}

// One unit of money an output token, none for input: costs are easy to follow.
Prices prices(double input = 0, double output = 1e6) {
  return Prices::parse(
      {{"currency", "USD"}, {"models", {{"m", {{"input_per_million", input}, {"output_per_million", output}}}}}},
      "prices");
}

std::string answer_of(int output_tokens) {
  return fmt::format(R"({{"choices":[{{"message":{{"content":"A shirt."}},"finish_reason":"stop"}}],)"
                     R"("usage":{{"prompt_tokens":7,"completion_tokens":{}}}}})",
                     output_tokens);
}

const Chat kChat{.messages = {{Role::kUser, "Hello"}}, .max_tokens = 10};
const net::Waiter kNoWait{.sleep = [](std::chrono::nanoseconds) {}};

struct Script {
  std::vector<net::Response> answers;  // status 0: no answer
  int sent = 0;

  std::function<net::Response(const net::Request&)> send() {
    return [this](const net::Request&) {
      const auto& answer = answers.at(std::min<std::size_t>(sent++, answers.size() - 1));
      if (answer.status == 0) base::fail(base::ErrorCode::kIo, "no answer");
      return answer;
    };
  }
};

base::Error error_of(Client& client, const Chat& chat = kChat) {
  try {
    client.ask(chat);
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {base::ErrorCode::kInternal, ""};
}

TEST(LlmClient, AsksAndCounts) {
  Script script{.answers = {{.status = 200, .body = answer_of(3)}}};
  Client client(provider(), {.prices = prices(1e6), .send = script.send()});
  EXPECT_EQ(client.totals().cost, 0);
  EXPECT_EQ(client.ask(kChat).text, "A shirt.");
  EXPECT_EQ(client.ask(kChat).usage.output_tokens, 3);
  const Totals totals = client.totals();
  EXPECT_EQ(totals.requests, 2);
  EXPECT_EQ(totals.retries, 0);
  EXPECT_EQ(totals.usage.input_tokens, 14);
  EXPECT_EQ(totals.usage.output_tokens, 6);
  EXPECT_EQ(totals.cost, 20);
}

TEST(LlmClient, WithoutPricesThereIsNoCost) {
  Script script{.answers = {{.status = 200, .body = answer_of(3)}}};
  Client client(provider(), {.send = script.send()});
  client.ask(kChat);
  EXPECT_EQ(client.totals().cost, std::nullopt);
}

TEST(LlmClient, RetriesAndTellsTheServersWordsInTheEnd) {
  Script passing{.answers = {{.status = 503}, {}, {.status = 200, .body = answer_of(3)}}};
  Client client(provider(), {.send = passing.send(), .waiter = kNoWait});
  client.ask(kChat);
  EXPECT_EQ(client.totals().requests, 3);
  EXPECT_EQ(client.totals().retries, 2);

  Script lasting{.answers = {{.status = 503, .body = R"({"error":{"message":"overloaded"}})"}}};
  Client other(provider(), {.retry = {.attempts = 2}, .send = lasting.send(), .waiter = kNoWait});
  EXPECT_THAT(error_of(other).what(), HasSubstr("503: overloaded"));
  EXPECT_EQ(lasting.sent, 2);
}

TEST(LlmClient, TheProviderSaysWhatIsRetried) {
  Script script{.answers = {{.status = 424}}};
  auto bedrock = std::make_unique<Bedrock>(BedrockOptions{.model = "m", .region = "us-east-1"});
  Client client(std::move(bedrock), {.send = script.send(), .waiter = kNoWait});
  error_of(client);
  EXPECT_EQ(script.sent, 2) << "424 is tried once more";
}

TEST(LlmClient, SignsEveryAttemptAnew) {
  std::vector<std::string> signatures;
  int signed_requests = 0;
  auto bedrock = std::make_unique<Bedrock>(
      BedrockOptions{.model = "m", .region = "us-east-1", .sign = [&](net::Request& request) {
                       request.headers.push_back({"Authorization", std::to_string(++signed_requests)});
                     }});
  const auto send = [&](const net::Request& request) {
    signatures.push_back(request.headers.back().value);
    return net::Response{.status = 503};
  };
  Client client(std::move(bedrock), {.retry = {.attempts = 3}, .send = send, .waiter = kNoWait});
  error_of(client);
  ASSERT_EQ(signatures.size(), 3u);
  EXPECT_TRUE(signatures[0] != signatures[1] && signatures[1] != signatures[2]);
}

TEST(LlmClient, KeepsToTheRate) {
  Script script{.answers = {{.status = 503}, {.status = 200, .body = answer_of(3)}}};
  std::vector<double> waits;
  const net::Waiter waiter{.now = [] { return std::chrono::steady_clock::time_point(std::chrono::hours(1)); },
                           .sleep = [&](std::chrono::nanoseconds wait) { waits.push_back(wait.count() / 1e9); },
                           .random = [] { return 0.5; }};
  Client client(provider(), {.requests_per_minute = 30, .send = script.send(), .waiter = waiter});
  client.ask(kChat);
  EXPECT_THAT(waits, ::testing::ElementsAre(0.25, 2)) << "the retry's own wait, then its turn";
}

TEST(LlmClient, StopsBeforeTheBudgetIsExceeded) {
  Script script{.answers = {{.status = 200, .body = answer_of(4)}}};
  Client client(provider(), {.prices = prices(), .max_cost = 20, .send = script.send()});
  for (int i = 0; i < 3; ++i) client.ask(kChat);  // 10 set aside each time, 4 spent
  const auto error = error_of(client);
  EXPECT_EQ(error.code(), base::ErrorCode::kLimit);
  EXPECT_STREQ(error.what(),
               "m: the budget of 20.00 USD is used up: 12.0000 spent, 0.0000 set aside for requests under way, and "
               "another may cost 10.0000");
  EXPECT_EQ(script.sent, 3);
  EXPECT_EQ(client.totals().requests, 3);
  Chat shorter = kChat;
  shorter.max_tokens = 8;
  EXPECT_NO_THROW(client.ask(shorter)) << "what still fits is asked";
}

TEST(LlmClient, CountsWhatMayBeBilled) {
  struct Case {
    const char* name;
    std::vector<net::Response> answers;
    double cost;
  };
  for (const auto& [name, answers, cost] : {
           Case{"an error is free", {{.status = 400}}, 0},
           Case{"so are errors before an answer", {{.status = 503}, {.status = 200, .body = answer_of(3)}}, 3},
           Case{"a lost answer may be billed", {{}, {.status = 200, .body = answer_of(3)}}, 13},
           Case{"so may every lost answer", {{}}, 50},
           Case{"an answer that cannot be read", {{.status = 200, .body = "{}"}}, 10},
           Case{"an answer without usage",
                {{.status = 200, .body = R"({"choices":[{"message":{"content":"A"}}]})"}},
                10},
           Case{"an answer longer than asked for", {{.status = 200, .body = answer_of(30)}}, 30},
       }) {
    Script script{.answers = answers};
    Client client(provider(), {.prices = prices(), .max_cost = 1000, .send = script.send(), .waiter = kNoWait});
    try {
      client.ask(kChat);
    } catch (const base::Error&) {
    }
    EXPECT_EQ(client.totals().cost, cost) << name;
  }
}

TEST(LlmClient, RetriesKeepToTheBudgetToo) {
  Script script{.answers = {{}}};
  Client client(provider(), {.prices = prices(), .max_cost = 25, .send = script.send(), .waiter = kNoWait});
  EXPECT_EQ(error_of(client).code(), base::ErrorCode::kLimit);
  EXPECT_EQ(script.sent, 2);
}

TEST(LlmClient, TheWorstCaseHoldsForInputToo) {
  std::string body;
  const auto send = [&](const net::Request& request) {
    body = request.body;
    return net::Response{.status = 200, .body = answer_of(1)};
  };
  Chat chat = kChat;
  chat.messages[0].text = "\x01\x02 漢字 🙂";
  Client client(provider(), {.prices = prices(1e6, 0), .send = send});
  client.ask(chat);
  Client strict(provider(), {.prices = prices(1e6, 0), .max_cost = body.size() - 1.0, .send = send});
  EXPECT_EQ(error_of(strict, chat).code(), base::ErrorCode::kLimit);
  Client just(provider(), {.prices = prices(1e6, 0), .max_cost = body.size(), .send = send});
  EXPECT_NO_THROW(just.ask(chat));
}

TEST(LlmClient, ThreadsNeverOverspendTogether) {
  constexpr double kBudget = 300;
  std::atomic<int> billed = 0, refused = 0, number = 0;
  const auto send = [&](const net::Request&) -> net::Response {
    const int kind = ++number % 5;
    std::this_thread::yield();
    if (kind == 0) return {.status = 503};
    billed += kind == 1 ? 10 : 2 * kind;
    if (kind == 1) base::fail(base::ErrorCode::kIo, "cut off, but billed");
    return {.status = 200, .body = answer_of(2 * kind)};
  };
  Client client(provider(), {.prices = prices(), .max_cost = kBudget, .send = send, .waiter = kNoWait});
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          try {
            client.ask(kChat);
          } catch (const base::Error& error) {
            refused += error.code() == base::ErrorCode::kLimit;
          }
        }
      });
    }
  }
  EXPECT_LE(billed, kBudget);
  EXPECT_EQ(client.totals().cost, billed);
  EXPECT_GT(billed, kBudget - 10) << "nor does it stop while another request fits";
  EXPECT_GT(refused, 0);
}

TEST(LlmClient, RefusesBudgetsItCannotKeep) {
  const auto make = [](ClientOptions options) { Client client(provider(), std::move(options)); };
  const auto other = Prices::parse({{"currency", "USD"}, {"models", base::Json::object()}}, "prices");
  for (const ClientOptions& options :
       {ClientOptions{.max_cost = 1}, ClientOptions{.prices = other, .max_cost = 1},
        ClientOptions{.prices = prices(), .max_cost = -1}, ClientOptions{.requests_per_minute = -1}}) {
    try {
      make(options);
      ADD_FAILURE();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    }
  }
}

TEST(LlmClient, OverTheWire) {
  net::testing::Server server({net::testing::answer(429, R"({"error":{"message":"slowly"}})", "Retry-After: 0\r\n"),
                               net::testing::answer(200, answer_of(3)),
                               net::testing::answer(401, R"({"error":{"message":"wrong: )" + kKey + "\"}}")});
  Client client(provider(server.url("/v1")), {.waiter = kNoWait});
  EXPECT_EQ(client.ask(kChat).text, "A shirt.");
  EXPECT_THAT(server.requests().at(1),
              AllOf(HasSubstr("POST /v1/chat/completions HTTP/1.1\r\n"),
                    HasSubstr("\r\nAuthorization: Bearer " + kKey + "\r\n"), HasSubstr("\"content\":\"Hello\"")));
  EXPECT_THAT(error_of(client).what(), AllOf(HasSubstr("401: wrong: ***; check the key"), Not(HasSubstr(kKey))));
}

}  // namespace
}  // namespace hangtag::llm
