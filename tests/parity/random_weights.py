"""Random weights for a BLIP-2 model of transformers."""

import torch


def fill(model, seed):
    """Every weight matters and none drowns the others; transformers' own beginning has zeros, and 1e-10 for vision."""
    torch.manual_seed(seed)
    d_kv = model.config.text_config.d_kv
    for name, weight in model.named_parameters():
        values = torch.randn(weight.shape)
        if name.endswith(("norm.weight", "norm1.weight", "norm2.weight", "LayerNorm.weight")):
            values = 1 + 0.2 * values
        elif name.endswith("bias"):
            values *= 0.2
        elif name.endswith((".q.weight", ".k.weight")):
            # T5 does not divide by the root of d_kv when it attends.
            values *= weight.shape[1] ** -0.5 * d_kv**-0.25
        elif weight.dim() == 2 and not name.endswith(("shared.weight", "relative_attention_bias.weight")):
            values *= weight.shape[1] ** -0.5
        elif name.endswith("patch_embedding.weight"):
            values *= weight[0].numel() ** -0.5
        weight.data.copy_(values)
