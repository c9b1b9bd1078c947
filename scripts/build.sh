#!/usr/bin/env bash
# Builds the release binary: one file that needs no Swift runtime. Its path is the last line of the output.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh build
options=(-c release --product ballast --static-swift-stdlib -Xlinker -s -Xlinker --gc-sections)
swift build "${options[@]}"
printf '%s/ballast\n' "$(swift build "${options[@]}" --show-bin-path)"
