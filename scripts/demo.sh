#!/usr/bin/env bash
# Builds Ballast and runs `ballast demo`; options go to it (`scripts/demo.sh --help` lists them).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
exec .build/release/ballast demo "$@"
