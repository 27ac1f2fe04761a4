#include <fmt/format.h>

#include <mutex>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "command.h"
#include "describe/cache.h"
#include "describe/compose.h"
#include "describe/record.h"
#include "facts/facts.h"
#include "input.h"
#include "shared.h"
#include "writers.h"

namespace hangtag::app {
namespace {

constexpr std::size_t kProductsAJob = 4;  // read ahead
constexpr int kFailuresInARow = 5;        // of a writer's service, before the run stops

struct Options {
  std::filesystem::path attributes;
  WriterOptions writer;
  describe::ComposeOptions compose;
  std::filesystem::path brand, taxonomy, cache, out;
  std::vector<std::string> limits;
  std::string format = "json";
  double min_confidence = 0;
  std::size_t jobs = 0;
  bool resume = false;
};

// "title=70"
void set_limit(describe::Limits& limits, const std::string& text) {
  const std::pair<const char*, std::size_t*> names[] = {{describe::kTitle, &limits.title},
                                                        {describe::kText, &limits.text},
                                                        {"bullet", &limits.bullet},
                                                        {describe::kBullets, &limits.bullets},
                                                        {describe::kSeoTitle, &limits.seo_title},
                                                        {describe::kSeoDescription, &limits.seo_description},
                                                        {describe::kAltText, &limits.alt_text}};
  const auto equals = text.find('=');
  for (const auto& [name, limit] : names) {
    if (text.substr(0, equals) != name || equals == std::string::npos) continue;
    const auto number = text.substr(equals + 1);
    if (number.empty() || number.size() > 6 || number.find_first_not_of("0123456789") != std::string::npos ||
        std::stoul(number) == 0)
      break;
    *limit = std::stoul(number);
    return;
  }
  base::fail(base::ErrorCode::kUsage,
             "--limit {}: expected NAME=CHARACTERS, with title, description, bullet, seo_title, seo_description or "
             "alt_text, or bullets=COUNT",
             text);
}

// The ids of the whole lines of an earlier run. What a crash left of a line is cut off.
std::set<std::string> done_before(const std::filesystem::path& out) {
  std::set<std::string> ids;
  if (!std::filesystem::exists(out)) return ids;
  const auto text = base::read_file(out);
  const auto whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (whole < text.size()) std::filesystem::resize_file(out, whole);
  for (std::size_t begin = 0; begin < whole;) {
    const auto end = text.find('\n', begin);
    const auto json = base::parse_json(std::string_view(text).substr(begin, end - begin), out.string());
    ids.insert(base::get<std::string>(json, "id", out.string()));
    begin = end + 1;
  }
  return ids;
}

class Run {
 public:
  Run(const Options& options, const Session& session)
      : options_(options), compose_(options.compose), session_(session) {
    for (const auto& limit : options.limits) set_limit(compose_.limits, limit);
    if (!options.brand.empty()) compose_.brand = describe::read_brand(options.brand);
    if (!options.taxonomy.empty()) taxonomy_ = catalog::Taxonomy::read(options.taxonomy);
    compose_.taxonomy = taxonomy_ ? &*taxonomy_ : nullptr;
    claims::Lexicon::of(compose_.locale);  // refuses an unknown locale before anything is spent
    if (!options.cache.empty()) cache_.emplace(options.cache);
    made_ = make_writer(options.writer);
    if (options.resume && (options.out.empty() || options.out == "-" || options.format != "json")) {
      base::fail(base::ErrorCode::kUsage, "--resume needs --out FILE and --format json: it reads there what is done");
    }
  }

  Exit go() {
    Input input(options_.attributes);
    facts::FactsReader reader(input.stream(), input.name());
    const auto done = options_.resume ? done_before(options_.out) : std::set<std::string>();
    LineWriter out(options_.out, options_.resume);
    base::Progress progress("describing", 0, "products", session_.quiet || !made_.client);
    const std::size_t jobs = options_.jobs > 0 ? options_.jobs : made_.client ? 4 : 1;
    for (std::vector<facts::ProductFacts> batch; read(reader, done, jobs * kProductsAJob, batch);) {
      std::vector<Outcome> outcomes(batch.size());
      base::for_each_index(
          batch.size(), [&](std::size_t i) { outcomes[i] = describe(batch[i]); }, jobs);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (outcomes[i].failure.empty()) {
          out.write(outcomes[i].record);
          ++described_;
          fallbacks_ += outcomes[i].fallback;
        } else if (!outcomes[i].stopped) {
          fmt::print(stderr, "hangtag: skipped {}\n", outcomes[i].failure);
          ++skipped_;
        }
      }
      progress.update(described_ + skipped_);
      if (!stop_.empty()) break;
    }
    out.close();
    tell();
    if (!stop_.empty()) {
      base::fail(base::ErrorCode::kIo, "stopped: {}; {} products are written{}", stop_, described_,
                 options_.out.empty() ? "" : ", and the same command with --resume goes on behind them");
    }
    return skipped_ == 0 ? Exit::kDone : Exit::kDoneWithFailedRows;
  }

 private:
  struct Outcome {
    std::string record;
    std::string failure;  // why there is none
    bool fallback = false, stopped = false;
  };

  bool read(facts::FactsReader& reader, const std::set<std::string>& done, std::size_t most,
            std::vector<facts::ProductFacts>& batch) {
    batch.clear();
    while (batch.size() < most) {
      auto product = reader.next();
      if (!product) break;
      if (done.contains(product->id)) continue;
      std::erase_if(product->facts, [&](const auto& fact) { return fact.confidence < options_.min_confidence; });
      facts::take_type(*product);
      batch.push_back(std::move(*product));
    }
    return !batch.empty();
  }

  Outcome describe(const facts::ProductFacts& product) {
    {
      const std::lock_guard lock(mutex_);
      if (!stop_.empty()) return {.record = {}, .failure = product.id, .stopped = true};
    }
    try {
      // The cache holds what was composed as JSON, so other formats do without it.
      const bool cached = cache_ && options_.format == "json";
      const auto key = cached ? describe::cache_key(product, *made_.writer, compose_) : "";
      if (cached) {
        if (auto record = cache_->find(key)) return {.record = std::move(*record), .failure = {}};
      }
      const auto composed = describe::compose(product, *made_.writer, compose_);
      Outcome outcome{.record = text_of(composed), .failure = {}, .fallback = !composed.asked.empty()};
      if (cached) cache_->put(key, outcome.record);
      const std::lock_guard lock(mutex_);
      failures_ = 0;
      return outcome;
    } catch (const base::Error& error) {
      const bool of_product = error.code() == base::ErrorCode::kInvalid;
      if (!of_product && error.code() != base::ErrorCode::kIo && error.code() != base::ErrorCode::kLimit) throw;
      const std::lock_guard lock(mutex_);
      failures_ = of_product ? failures_ : failures_ + 1;
      if (stop_.empty() && (error.code() == base::ErrorCode::kLimit || failures_ >= kFailuresInARow))
        stop_ = error.what();
      const std::string what = error.what();
      return {.record = {},
              .failure = what.starts_with("product ") ? what.substr(8) : fmt::format("{}: {}", product.id, what),
              .stopped = error.code() == base::ErrorCode::kLimit};
    }
  }

  std::string text_of(const describe::Composed& composed) const {
    if (options_.format == "html") return describe::to_html(composed);
    if (options_.format == "markdown") return describe::to_markdown(composed);
    return base::to_line(describe::to_json(composed));
  }

  void tell() const {
    if (session_.quiet || !made_.client) return;
    const auto totals = made_.client->totals();
    fmt::print(stderr,
               "hangtag: {} products described, {} of them by the writer template after {}'s text did not pass; {} "
               "requests, {} + {} tokens{}\n",
               described_, fallbacks_, made_.writer->name(), totals.requests, totals.usage.input_tokens,
               totals.usage.output_tokens, totals.cost ? fmt::format(", {:.4f} {}", *totals.cost, made_.currency) : "");
  }

  const Options& options_;
  describe::ComposeOptions compose_;
  const Session& session_;
  std::optional<catalog::Taxonomy> taxonomy_;
  std::optional<describe::Cache> cache_;
  MadeWriter made_;
  std::mutex mutex_;  // of the two below
  int failures_ = 0;  // in a row
  std::string stop_;  // why the run must end
  std::int64_t described_ = 0, skipped_ = 0, fallbacks_ = 0;
};

}  // namespace

void add_describe(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("describe", "Write titles and texts that say what the attributes say: one JSON object a line");
  command
      ->add_option("--attributes", options->attributes, "what `hangtag predict` wrote, or a CSV; - is standard input")
      ->required();
  command
      ->add_option("--locale", options->compose.locale, fmt::format("{}", fmt::join(claims::Lexicon::locales(), ", ")))
      ->capture_default_str();
  command->add_option("--brand", options->brand, "a JSON file: name, tone, facts, banned words, example texts");
  command->add_option("--limit", options->limits,
                      "NAME=CHARACTERS, once for each: title=150, description=5000, bullet=200, bullets=10, "
                      "seo_title=60, seo_description=155, alt_text=125");
  command->add_option("--taxonomy", options->taxonomy, "values in it are trusted as they are");
  command->add_option("--min-confidence", options->min_confidence, "leave out attributes that are less sure")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--format", options->format, "json, html or markdown")
      ->check(CLI::IsMember({"json", "html", "markdown"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "write here instead of to standard output");
  command->add_flag("--resume", options->resume, "go on behind the products that --out holds");
  command->add_option("--cache", options->cache,
                      "a folder of earlier texts: what was written of the same facts is not paid twice");
  command->add_option("--jobs", options->jobs, "products at a time (default: 4 where a model writes, else 1)");
  command->add_option("--tries", options->compose.tries, "of the writer, before sentence plans take over")
      ->check(CLI::Range(1, 10))
      ->capture_default_str();
  add_writer_options(*command, options->writer);
  command->callback(
      [options, &session] { session.action = [options, &session] { return Run(*options, session).go(); }; });
}

}  // namespace hangtag::app
