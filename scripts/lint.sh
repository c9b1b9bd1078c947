#!/usr/bin/env bash
# Format and style of everything that people write: Swift, shell, Dockerfile, YAML.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

if [ ! -x .build/tools/bin/hadolint ]; then scripts/setup.sh test || exit 2; fi

failed=0
check() {
    local name=$1
    shift
    if "$@"; then echo "lint: $name ok"; else
        echo "lint: $name FAILED" >&2
        failed=1
    fi
}
mapfile -t shell_scripts < <(grep -rlE '^#!.*\b(ba)?sh\b' .ci scripts Benchmarks Fuzz 2>/dev/null)

check "swift format" swift format lint --strict --parallel --recursive Package.swift Sources Tests
check "shellcheck" shellcheck "${shell_scripts[@]}"
check "hadolint" .build/tools/bin/hadolint Dockerfile
check "yamllint" .build/tools/bin/yamllint --strict -c .yamllint.yaml k8s examples
exit "$failed"
