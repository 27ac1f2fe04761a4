#include "features/encode.h"

#include <ATen/ops/stack.h>

#include <memory>
#include <variant>

#include "base/file.h"
#include "base/hash.h"
#include "base/read_ahead.h"
#include "features/cache.h"
#include "image/decode.h"

namespace hangtag::features {
namespace {

// A photo on its way: resized pixels, or features that were kept from an earlier time, or why there are none.
struct Photo {
  std::string hash;
  std::variant<image::Image, at::Tensor, base::Error> content;
};

Photo read(const std::filesystem::path& path, const model::ImageProcessor& processor, const Cache* cache) {
  Photo photo{.hash = {}, .content = image::Image{}};
  try {
    const auto bytes = base::read_file(path, image::Limits{}.max_bytes);
    if (cache != nullptr) {
      photo.hash = base::hash_hex(bytes);
      if (auto kept = cache->get(photo.hash)) {
        photo.content = std::move(*kept);
        return photo;
      }
    }
    photo.content = processor.resize(image::decode(std::as_bytes(std::span(bytes)), path.string()));
  } catch (const base::Error& error) {
    photo.content = error;
  }
  return photo;
}

}  // namespace

void encode(model::Checkpoint& checkpoint, const std::vector<std::filesystem::path>& photos, const Options& options,
            const std::function<void(Encoded)>& take) {
  const at::NoGradGuard no_grad;
  std::unique_ptr<Cache> cache;
  if (!options.cache.empty()) cache = std::make_unique<Cache>(options.cache, checkpoint);
  const auto per_pass = std::max<std::size_t>(1, options.photos_per_pass);
  base::ReadAhead<Photo> ahead(
      photos.size(), [&](std::size_t i) { return read(photos[i], checkpoint.processor, cache.get()); },
      options.reading_threads, 2 * per_pass);

  for (std::size_t begin = 0; begin < photos.size(); begin += per_pass) {
    Encoded pass;
    std::vector<at::Tensor> features, pixels;
    std::vector<std::pair<std::size_t, std::string>> computed;  // place in features, hash
    for (auto i = begin; i < std::min(photos.size(), begin + per_pass); ++i) {
      auto photo = ahead.next();
      if (const auto* error = std::get_if<base::Error>(&photo.content)) {
        pass.failed.push_back({.photo = i, .error = *error});
        continue;
      }
      if (const auto* image = std::get_if<image::Image>(&photo.content)) {
        pixels.push_back(checkpoint.processor.normalize(*image));
        computed.emplace_back(features.size(), photo.hash);
        features.emplace_back();
      } else {
        features.push_back(std::get<at::Tensor>(photo.content));
      }
      pass.photos.push_back(i);
    }
    if (!pixels.empty()) {
      const auto fresh = checkpoint.model->image_features(at::stack(pixels));
      for (std::size_t j = 0; j < computed.size(); ++j) {
        const auto& [place, hash] = computed[j];
        features[place] = fresh[static_cast<std::int64_t>(j)];
        if (cache) cache->put(hash, features[place]);
      }
    }
    if (!features.empty()) pass.features = at::stack(features);
    take(std::move(pass));
  }
}

}  // namespace hangtag::features
