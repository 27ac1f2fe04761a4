"""Decoding and resizing give Pillow's pixels.

Writes photos of every kind with Pillow, keeps what Pillow makes of them, and has `image_test` compare. HANGTAG_BIN is
the folder of built programs; HANGTAG_FASHION, where set, a catalogue in the Kaggle layout, whose photos are compared.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, features

RESIZE_TO = [(224, 224), (64, 64), (1, 1), (37, 301)]


def upright_rgb(path):
    """The photo as decode() should give it: upright, RGB, transparency laid on white, 16-bit grey cut to 8."""
    with Image.open(path) as photo:
        photo.load()
        photo = ImageOps.exif_transpose(photo)
        if photo.mode == "I;16":
            return Image.fromarray((np.asarray(photo) >> 8).astype(np.uint8)).convert("RGB")
        if photo.has_transparency_data:
            photo = photo.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB")
        return photo.convert("RGB")


def bicubic(photo, size):
    """Width first, then height: what resize() does in one call, but for Pillow 13, which begins with the height where
    that shrinks much more than the width."""
    width_first = photo.resize((size[0], photo.height), Image.Resampling.BICUBIC)
    return width_first.resize(size, Image.Resampling.BICUBIC)


def scene(width, height, mode="RGB", seed=0):
    """Slopes with noise: smooth parts, hard edges and full range in one picture."""
    random = np.random.default_rng([width, height, seed])
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for channel in range(channels):
        slope = (x * (channel + 1) / width + y * (channels - channel) / height) * 255 / (channels + 1)
        planes.append(np.where((x // 5 + y // 7) % 3 == channel % 3, slope, random.integers(0, 256, (height, width))))
    pixels = np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode)


class Cases:
    """A folder of photos, Pillow's pixels for them, and cases.json: see src/image/pixel_parity_test.cpp."""

    def __init__(self, folder):
        self.folder = folder
        self.cases = []

    def path(self, name):
        return self.folder / name

    def save(self, name, photo, tolerance=0, sizes=(), **options):
        photo.save(self.path(name), **options)
        self.add(name, self.path(name), tolerance, sizes)

    def add(self, name, photo, tolerance=0, sizes=()):
        expected = upright_rgb(photo)
        self.cases.append({
            "name": name,
            "photo": str(photo),
            "decoded": self.keep(expected, f"{name}.decoded", tolerance),
            "resized": [self.keep(bicubic(expected, size), f"{name}.{size[0]}x{size[1]}", 0) for size in sizes],
        })

    def keep(self, pixels, file, tolerance):
        self.path(file).write_bytes(pixels.tobytes())
        return {"file": file, "width": pixels.width, "height": pixels.height, "tolerance": tolerance}

    def compare(self, record_property):
        """Runs the comparison; a skipped or an empty run is a failure."""
        self.path("cases.json").write_text(json.dumps(self.cases))
        report = self.path("report.json")
        run = subprocess.run(
            [Path(os.environ["HANGTAG_BIN"]) / "image_test", "--gtest_filter=PixelParity.EqualsPillow",
             f"--gtest_output=json:{report}"],
            env=os.environ | {"HANGTAG_PIXEL_CASES": str(self.folder)}, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
        (suite,) = json.loads(report.read_text())["testsuites"]
        (test,) = suite["testsuite"]
        assert test["result"] == "COMPLETED"
        assert int(test["cases"]) == len(self.cases) > 0
        for figure in ("worst_decoded", "worst_resized"):
            record_property(figure, int(test[figure]))
            print(f"{figure}: {test[figure]} of 255 over {len(self.cases)} photos")


@pytest.fixture
def cases(tmp_path):
    if "HANGTAG_BIN" not in os.environ:
        pytest.skip("HANGTAG_BIN is not set: the folder of built programs, build/release/bin")
    return Cases(tmp_path)


def test_every_kind_of_photo(cases, record_property):
    for quality, sampling in [(30, 2), (75, 2), (90, 1), (95, 0)]:
        for progressive in (False, True):
            cases.save(f"quality{quality}-{sampling}-{progressive}.jpg", scene(61, 83), quality=quality,
                       subsampling=sampling, progressive=progressive, tolerance=1)
    cases.save("grey.jpg", scene(33, 21, "L"), tolerance=1)
    cases.save("cmyk.jpg", scene(40, 33, "CMYK"), quality=95, tolerance=1)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        cases.save(f"orientation{orientation}.jpg", scene(50, 31), exif=exif, tolerance=1)
        cases.save(f"orientation{orientation}.png", scene(50, 31), exif=exif)
        cases.save(f"orientation{orientation}.webp", scene(50, 31), exif=exif, lossless=True)

    for mode in ("L", "LA", "RGB", "RGBA"):
        cases.save(f"{mode}.png", scene(45, 30, mode), tolerance=1 if "A" in mode else 0)
    cases.save("one-bit.png", scene(45, 30, "L").convert("1"))
    cases.save("palette.png", scene(45, 30).quantize(64))
    cases.save("palette-transparent.png", scene(45, 30).quantize(16), transparency=3)
    cases.save("grey16.png", Image.fromarray((np.arange(45 * 30).reshape(30, 45) * 48).astype(np.uint16)))

    cases.save("lossy.webp", scene(61, 83), quality=80, tolerance=1)
    cases.save("lossless.webp", scene(61, 83), lossless=True)
    cases.save("alpha.webp", scene(61, 83, "RGBA"), lossless=True, exact=True, tolerance=1)
    frames = [scene(30, 20, seed=i) for i in range(3)]
    cases.save("animated.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True)
    frames = [frame.quantize(32) for frame in frames]
    cases.save("animated.gif", frames[0], save_all=True, append_images=frames[1:])

    for mode in ("L", "RGB", "CMYK"):
        cases.save(f"{mode}.tif", scene(45, 30, mode), tolerance=1 if mode == "CMYK" else 0)
    cases.save("lzw.tif", scene(45, 30), compression="tiff_lzw")
    cases.compare(record_property)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif(cases, record_property):
    # Another decoder with other rounding of YUV to RGB: near, not equal.
    smooth = scene(64, 48).resize((64, 48)).reduce(8).resize((64, 48), Image.Resampling.BICUBIC)
    cases.save("smooth.avif", smooth, quality=95, subsampling="4:4:4", tolerance=3)
    cases.compare(record_property)


def test_every_resize(cases, record_property):
    for width, height in [(1, 1), (2, 3), (1, 90), (60, 80), (224, 224), (225, 300), (1080, 1440)]:
        cases.save(f"{width}x{height}.png", scene(width, height), sizes=[*RESIZE_TO, (width, 50), (50, height)])
    cases.save("extremes.png", scene(90, 70).point(lambda v: 255 * (v > 127)), sizes=RESIZE_TO)
    cases.compare(record_property)


def test_real_photos(cases, record_property):
    if "HANGTAG_FASHION" not in os.environ:
        pytest.skip("HANGTAG_FASHION is not set: a catalogue in the Kaggle layout, whose photos are compared")
    photos = sorted(Path(os.environ["HANGTAG_FASHION"], "images").glob("*.jpg"))
    for photo in photos[:: max(1, len(photos) // 200)]:
        cases.add(photo.stem, photo, tolerance=1, sizes=[(224, 224), (64, 64)])
    cases.compare(record_property)
