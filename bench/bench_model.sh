#!/bin/sh
# How long the model takes with 10 million samples in 100,000 stacks of 30 frames.
# Run in the build folder after `make bench/make_recording bench/bench_model`.
set -e
file=$(mktemp "${TMPDIR:-/tmp}/model.XXXXXX")
trap 'rm -f "$file"' EXIT
./bench/make_recording "$file" "$@"
./bench/bench_model "$file"
