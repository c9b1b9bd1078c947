#!/usr/bin/env bash
# Measures Ballast beside other load generators; options go to Benchmarks/run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh bench
exec Benchmarks/run.sh "$@"
