#include "nn/packing.h"

#include <ATen/ATen.h>

namespace hangtag::nn {

Packing::Packing(const at::Tensor& mask) : rows_(mask.size(0)), width_(mask.size(1)) {
  const auto flat = mask.flatten();
  const auto places = flat.nonzero().squeeze(1);
  if (places.size(0) == rows_ * width_) return;
  place_of_token_ = places;
  token_of_place_ = at::zeros({rows_ * width_}, places.options());
  token_of_place_.index_copy_(0, places, at::arange(places.size(0), places.options()));
}

at::Tensor Packing::pack(const at::Tensor& padded) const {
  const auto flat = padded.flatten(0, 1);
  return place_of_token_.defined() ? flat.index_select(0, place_of_token_) : flat;
}

at::Tensor Packing::unpack(const at::Tensor& packed) const {
  const auto flat = token_of_place_.defined() ? packed.index_select(0, token_of_place_) : packed;
  return flat.view({rows_, width_, -1});
}

}  // namespace hangtag::nn
