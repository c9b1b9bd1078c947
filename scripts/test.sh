#!/usr/bin/env bash
# Every check of the project, in the order of their worth; `make test` and CI run this.
# All steps run even after a failure. Each step's full output is kept under .build/test-logs.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

logs=.build/test-logs
mkdir -p "$logs"
summary=()
failures=0

# step NAME COMMAND...: runs it, shows the end of its output, notes seconds and result.
step() {
    local name=$1 log started=$SECONDS result=ok
    log="$logs/$(tr ' ' '-' <<<"$name").log"
    shift
    printf '\n== %s\n' "$name"
    if "$@" >"$log" 2>&1; then
        tail -n 3 "$log"
    else
        result=FAILED
        failures=$((failures + 1))
        grep -aE 'error:|✘|FAILED|Fatal error|WARNING: ThreadSanitizer' "$log" | head -n 60
        printf -- '-- the last lines of %s:\n' "$log"
        tail -n 10 "$log"
    fi
    summary+=("$(printf '%-34s %-7s %4d s' "$name" "$result" $((SECONDS - started)))")
}

debug_tests() { swift test --skip-build; }
race_tests() {
    swift test --sanitize=thread --scratch-path .build-tsan --filter CrossThread
}

step "set-up" scripts/setup.sh test
if [ "$failures" -gt 0 ]; then exit 2; fi
step "release build" scripts/build.sh
step "debug build" swift build --build-tests
step "tests" debug_tests
step "tests under ThreadSanitizer" race_tests
step "lint" scripts/lint.sh
step "fuzz 20 s each" scripts/fuzz.sh 20
step "manifests" .build/tools/bin/python scripts/check_manifests.py
step "dashboards" python3 scripts/check_dashboards.py

printf '\n== summary\n'
printf '%s\n' "${summary[@]}"
printf '%-34s %-7s %4d s\n' "all" "" "$SECONDS"
grep -ahE 'Test run with' "$logs/tests.log" "$logs/tests-under-ThreadSanitizer.log" || true
if [ "$failures" -gt 0 ]; then
    printf '%d step(s) FAILED\n' "$failures"
    exit 1
fi
echo "all steps passed"
