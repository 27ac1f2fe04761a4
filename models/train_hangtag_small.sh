#!/usr/bin/env bash
# Trains models/hangtag-small: models/train_hangtag_small.sh CATALOG WORK
#
#   CATALOG   Kaggle's Fashion Product Images: styles.csv, images/, styles/; photos of 60x80 will do
#   WORK      a folder for the data set and the run; what is there already is not done again, and a run that was interrupted
#             goes on
#
# Two to three hours on 2 cores. Leaves the model in WORK/hangtag-small.
set -euo pipefail
(($# == 2)) || { sed -n '2,8p' "$0" | cut -c3- >&2; exit 2; }
catalog=$1 work=$2
hangtag=${HANGTAG:-$(dirname "$0")/../build/release/bin/hangtag}
attributes="articleType,gender,baseColour,Pattern,Fabric,Sleeve Length,Sleeve Styling,Fit,Neck,Collar,Print or Pattern Type,Length"
attributes+=",Occasion,Material,Ankle Height,Fastening,Toe Shape,Waist Rise,Display,Dial Shape"

[[ -e $work/data/dataset.json ]] ||
  "$hangtag" prepare --catalog "$catalog" --out "$work/data" --types all --attributes "$attributes" --min-count 5
# train RUN EPOCHS RATE OPTION…: goes on where it was interrupted, and fails where it was stopped.
train() {
  local run=$work/$1 epochs=$2 rate=$3 done
  "$hangtag" train "${@:4}" --method full --data "$work/data" --out "$run" --resume --augment --batch-size 256 \
    --learning-rate "$rate" --warmup 0.05 --weight-decay 0.05 --epochs "$epochs" --save-every 300
  done=$(grep -c '"event":"epoch"' "$run/metrics.jsonl" || true)
  ((done == epochs)) || { echo "stopped after $done of $epochs epochs of $run: the same command goes on" >&2; exit 1; }
}
train run 14 0.002 --from-scratch small
train run2 25 0.0015 --model "$work/run/best"  # the rate rises once more: that finds better weights than where it fell to 0

rm -rf "$work/hangtag-small.new"
cp -r "$work/run2/best" "$work/hangtag-small.new"
cp "$work/data/taxonomy.json" "$work/hangtag-small.new"
"$hangtag" calibrate --model "$work/hangtag-small.new" --data "$work/data"
"$hangtag" evaluate --model "$work/hangtag-small.new" --data "$work/data" --out "$work/report" --markdown
rm -rf "$work/hangtag-small"
mv "$work/hangtag-small.new" "$work/hangtag-small"
