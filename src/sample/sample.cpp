#include "sample/sample.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/random.h"
#include "image/encode.h"
#include "image/resize.h"
#include "sample/drawing.h"

namespace hangtag::sample {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::fail;
using base::OrderedJson;
using base::Random;

constexpr std::string_view kMadeBy = "hangtag sample";
constexpr int kFirstId = 10001;

struct Product {
  int index;   // its place in the catalogue
  int source;  // the place of the product whose photo it shows: its own, but for duplicates
  Garment garment;
  bool busy;
  std::string_view brand, gender, season, usage;
  int year, price;
  std::string name;
  std::map<std::string_view, bool> unlabelled;  // attribute → written as "NA", else left out
  bool malformed_row;
  bool undefined_link;

  std::string id() const { return std::to_string(kFirstId + index); }
  std::string_view type() const { return garment.shirt ? "Shirts" : "Tshirts"; }
};

// A stream of random numbers for one purpose and one product.
Random stream(const SampleOptions& options, std::string_view purpose, int index) {
  return Random(options.seed, fmt::format("{} {}", purpose, index));
}

int source_of(const SampleOptions& options, int index) {
  Random random = stream(options, "duplicate", index);
  if (index == 0 || !random.chance(options.duplicate_rate)) return index;
  return source_of(options, static_cast<int>(random.below(index)));
}

template <std::size_t N>
std::string_view one_word(const char* const (&words)[N], Random& random) {
  return words[random.below(N)];
}

Product plan(const SampleOptions& options, int index) {
  Product product{};
  product.index = index;
  product.source = source_of(options, index);
  Random look = stream(options, "garment", product.source);
  product.garment = pick_garment(look);
  product.busy = look.chance(0.5);

  Random words = stream(options, "words", product.source);
  product.brand = one_word({"Halden", "Mirto", "Almera", "Pico Alto", "Norrvik", "Casa Tilo"}, words);
  product.gender = one_word({"Men", "Men", "Women", "Unisex"}, words);
  product.season = season_of(product.garment);
  product.usage = product.garment.shirt ? one_word({"Casual", "Casual", "Formal"}, words)
                                        : one_word({"Casual", "Casual", "Sports"}, words);
  product.year = 2011 + static_cast<int>(words.below(6));
  product.price = 399 + 100 * static_cast<int>(words.below(16));
  const auto attributes = attributes_of(product.garment);
  product.name = fmt::format("{} {} {} {} {}", product.brand, product.gender, product.garment.colour.name,
                             attributes[1].second, product.garment.shirt ? "Shirt" : "T-shirt");
  for (const auto& [attribute, value] : attributes) {
    if (words.chance(options.missing_label_rate)) product.unlabelled[attribute] = words.chance(0.5);
  }
  Random faults = stream(options, "faults", index);
  product.malformed_row = faults.chance(options.malformed_row_rate);
  product.undefined_link = faults.chance(options.malformed_row_rate);
  if (product.malformed_row) product.name += ", New";
  return product;
}

// What a camera does to a scene: exposure, a tint of the light, noise.
void expose(image::Image& photo, bool busy, Random random) {
  const double gain = busy ? random.uniform(0.86, 1.1) : random.uniform(0.98, 1.03);
  const double tint = busy ? random.uniform(-0.05, 0.05) : random.uniform(-0.012, 0.012);
  const double gains[3] = {gain * (1 + tint), gain, gain * (1 - tint)};
  const double noise = random.uniform(1.5, 6);
  for (std::size_t i = 0; i < photo.pixels.size(); ++i) {
    const double grain = noise * (random.uniform() + random.uniform() - 1);
    photo.pixels[i] = static_cast<std::uint8_t>(std::clamp(photo.pixels[i] * gains[i % 3] + grain + 0.5, 0.0, 255.0));
  }
}

// The photo without a few percent at its edges, at its old size.
image::Image trim(const image::Image& photo, Random& random) {
  const int left = 1 + static_cast<int>(photo.width * random.uniform(0, 0.025));
  const int top = 1 + static_cast<int>(photo.height * random.uniform(0, 0.025));
  image::Image inner{.width = photo.width - 2 * left, .height = photo.height - 2 * top, .pixels = {}};
  for (int y = 0; y < inner.height; ++y) {
    const std::uint8_t* row = photo.row(y + top) + 3 * left;
    inner.pixels.insert(inner.pixels.end(), row, row + 3 * inner.width);
  }
  return image::resize_bicubic(inner, photo.width, photo.height);
}

std::vector<std::uint8_t> photograph(const SampleOptions& options, const Product& product) {
  const std::string svg =
      draw(product.garment, {.width = options.width, .height = options.height, .busy = product.busy},
           stream(options, "drawing", product.source));
  image::Image photo = image::render_svg(svg, options.width, options.height);
  expose(photo, product.busy, stream(options, "camera", product.source));
  Random encoder = stream(options, "encoder", product.index);
  if (product.source != product.index && encoder.chance(0.5)) photo = trim(photo, encoder);
  return image::encode_jpeg(photo, 72 + static_cast<int>(encoder.below(22)));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return result;
}

// The same shape as a real record, without what readers have no use for.
OrderedJson record_of(const Product& product) {
  OrderedJson labels = OrderedJson::object();
  for (const auto& [attribute, value] : attributes_of(product.garment)) {
    const auto missing = product.unlabelled.find(attribute);
    if (missing == product.unlabelled.end()) {
      labels[std::string(attribute)] = value;
    } else if (missing->second) {
      labels[std::string(attribute)] = "NA";
    }
  }
  labels["Body or Garment Size"] = "Garment Measurements in";
  const auto truth = attributes_of(product.garment);
  const std::string sleeves =
      product.garment.sleeve == Sleeve::kSleeveless ? "is sleeveless" : "has " + lower(truth[2].second);
  const auto descriptor = [](const char* type, std::string value) {
    return OrderedJson{{"descriptorType", type}, {"value", "<p>" + std::move(value) + "</p>"}};
  };
  const OrderedJson descriptors = {
      {"materials_care_desc", descriptor("materials_care_desc", "Machine wash<br>Do not bleach")},
      {"description",
       descriptor("description", fmt::format("{} {} {} with a {}, {}<br><br>{}", product.garment.colour.name,
                                             lower(truth[1].second), product.garment.shirt ? "shirt" : "T-shirt",
                                             lower(truth[3].second), sleeves, truth[0].second))},
      {"style_note",
       descriptor("style_note", fmt::format("{} by {} is easy to wear. Team it with jeans &amp; trainers.",
                                            product.garment.shirt ? "This shirt" : "This T-shirt", product.brand))}};
  return {{"notification", OrderedJson::object()},
          {"meta", {{"code", 200}, {"requestId", fmt::format("sample-{}", product.id())}}},
          {"data",
           {{"id", kFirstId + product.index},
            {"price", product.price},
            {"discountedPrice", product.price},
            {"productDisplayName", product.name},
            {"brandName", product.brand},
            {"gender", product.gender},
            {"baseColour", product.garment.colour.name},
            {"season", product.season},
            {"year", std::to_string(product.year)},
            {"usage", product.usage},
            {"articleAttributes", labels},
            {"masterCategory", {{"typeName", "Apparel"}}},
            {"subCategory", {{"typeName", "Topwear"}}},
            {"articleType", {{"typeName", product.type()}}},
            {"productDescriptors", descriptors}}}};
}

OrderedJson truth_of(const Product& product) {
  OrderedJson attributes;
  for (const auto& [attribute, value] : attributes_of(product.garment)) attributes[std::string(attribute)] = value;
  OrderedJson unlabelled = OrderedJson::array();
  for (const auto& [attribute, as_na] : product.unlabelled) unlabelled.push_back(attribute);
  OrderedJson truth = {{"id", product.id()},
                       {"articleType", product.type()},
                       {"baseColour", product.garment.colour.name},
                       {"attributes", attributes},
                       {"background", product.busy ? "busy" : "white"},
                       {"unlabelled", unlabelled},
                       {"duplicate_of", nullptr},
                       {"malformed_row", product.malformed_row},
                       {"undefined_link", product.undefined_link}};
  if (product.source != product.index) truth["duplicate_of"] = std::to_string(kFirstId + product.source);
  return truth;
}

void write(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) fail(ErrorCode::kIo, "{}: cannot write {} bytes; is the disk full?", path.string(), bytes.size());
}

bool is_drawn_catalog(const fs::path& folder) {
  try {
    return base::get<std::string>(base::read_json(folder / "truth.json"), "made_by", "truth.json") == kMadeBy;
  } catch (const base::Error&) {
    return false;
  }
}

void check(const SampleOptions& options) {
  if (options.products < 1 || options.products > 1'000'000) {
    fail(ErrorCode::kUsage, "{} products; expected 1 to 1,000,000", options.products);
  }
  for (const int side : {options.width, options.height}) {
    if (side < 32 || side > 4096) fail(ErrorCode::kUsage, "photos of {} pixels a side; expected 32 to 4096", side);
  }
  for (const double rate : {options.missing_label_rate, options.duplicate_rate, options.malformed_row_rate}) {
    if (!(rate >= 0 && rate <= 1)) fail(ErrorCode::kUsage, "a rate of {}; expected 0 to 1", rate);
  }
  if (options.out.empty()) fail(ErrorCode::kUsage, "no folder named for the catalogue");
  std::error_code error;
  if (!fs::exists(options.out, error)) return;
  if (!fs::is_directory(options.out, error) || !(fs::is_empty(options.out, error) || is_drawn_catalog(options.out))) {
    fail(ErrorCode::kUsage, "{} is there already, and is not a drawn catalogue: name another folder, or remove it",
         options.out.string());
  }
}

}  // namespace

SampleCounts draw_catalog(const SampleOptions& options, const std::function<void(int)>& drawn) {
  check(options);
  base::AtomicFolder folder(options.out);
  for (const char* part : {"images", "styles"}) {
    std::error_code error;
    fs::create_directory(folder.path() / part, error);
    if (error) fail(ErrorCode::kIo, "{}: cannot make the folder: {}", options.out.string(), error.message());
  }
  std::string styles =
      "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n";
  std::string images = "filename,link\n";
  OrderedJson truths = OrderedJson::array();
  SampleCounts counts{.products = options.products};
  std::mutex mutex;
  int done = 0;
  base::for_each_index(static_cast<std::size_t>(options.products), [&](std::size_t index) {
    const Product product = plan(options, static_cast<int>(index));
    const auto photo = photograph(options, product);
    write(folder.path() / "images" / (product.id() + ".jpg"),
          {reinterpret_cast<const char*>(photo.data()), photo.size()});
    write(folder.path() / "styles" / (product.id() + ".json"), base::to_line(record_of(product)) + "\n");
    const std::lock_guard lock(mutex);
    if (drawn) drawn(++done);
  });
  for (int index = 0; index < options.products; ++index) {
    const Product product = plan(options, index);
    styles += fmt::format("{},{},Apparel,Topwear,{},{},{},{},{},{}\n", product.id(), product.gender, product.type(),
                          product.garment.colour.name, product.season, product.year, product.usage, product.name);
    images += product.undefined_link ? fmt::format("{}.jpg,undefined\n", product.id())
                                     : fmt::format("{0}.jpg,http://assets.example.com/images/{0}.jpg\n", product.id());
    truths.push_back(truth_of(product));
    counts.duplicates += product.source != index;
    counts.malformed_rows += product.malformed_row;
    counts.missing_labels += static_cast<int>(product.unlabelled.size());
  }
  write(folder.path() / "styles.csv", styles);
  write(folder.path() / "images.csv", images);
  base::write_json(folder.path() / "truth.json",
                   {{"made_by", kMadeBy}, {"seed", options.seed}, {"products", std::move(truths)}});
  folder.commit();
  return counts;
}

}  // namespace hangtag::sample
