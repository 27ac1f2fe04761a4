#!/usr/bin/env python3
"""Draws what bench/compare.py measured: bench/plot.py compare.json docs/images/performance.svg"""

import json
import sys
from pathlib import Path

WIDTH, LEFT, BAR, GAP = 760, 250, 22, 12
COLOURS = {"encode": "#0f766e", "answer": "#c2410c", "transformers": "#8a8f98"}


def quickest(sides, key):
    return min(side[key] for side in sides if key in side)


def rows(result):
    """Label, and parts of a bar: what, seconds."""
    theirs = list(result["transformers"].values())
    ours = result["hangtag"]
    encode = quickest(ours, "features_seconds") + quickest(ours, "decode_and_resize_seconds")
    total = quickest(ours, "product_seconds")
    return [
        ("transformers, one by one", [("transformers", quickest(theirs, "one_by_one_seconds"))]),
        ("transformers, in one batch", [("transformers", quickest(theirs, "one_batch_seconds"))]),
        ("hangtag, int8", [("encode", encode), ("answer", total - encode)]),
    ]


def main():
    result = json.loads(Path(sys.argv[1]).read_text())
    bars = rows(result)
    longest = max(sum(seconds for _, seconds in parts) for _, parts in bars)
    scale = (WIDTH - LEFT - 90) / longest
    height = 62 + len(bars) * (BAR + GAP)
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui,sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="12" y="24" font-weight="600">Eight attributes of one photo, seconds (BLIP-2 Flan-T5-XL, 2 cores)</text>',
    ]
    for row, (label, parts) in enumerate(bars):
        y, x = 42 + row * (BAR + GAP), LEFT
        svg.append(f'<text x="{LEFT - 12}" y="{y + 16}" text-anchor="end">{label}</text>')
        for what, seconds in parts:
            svg.append(f'<rect x="{x:.1f}" y="{y}" width="{seconds * scale:.1f}" height="{BAR}" fill="{COLOURS[what]}"><title>{what}: {seconds:.2f} s</title></rect>')
            x += seconds * scale
        note = "" if len(parts) == 1 else f" ({parts[0][1]:.2f} photo, {parts[1][1]:.2f} answers)"
        svg.append(f'<text x="{x + 8:.1f}" y="{y + 16}">{sum(seconds for _, seconds in parts):.2f}{note}</text>')
    svg.append("</svg>")
    Path(sys.argv[2]).write_text("\n".join(svg) + "\n")


if __name__ == "__main__":
    main()
