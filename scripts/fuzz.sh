#!/usr/bin/env bash
# Fuzzes each entry point in Fuzz/ for a number of seconds: fuzz.sh [SECONDS] [ENTRY...]
# An entry names its modules in its first line, lowest first. They are built here and not by SwiftPM, because a target
# that links libFuzzer's main breaks `swift build`. A finding stays as .build/fuzz/crash-*.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-20}
shift || true
if [ $# -gt 0 ]; then entries=("$@"); else
    mapfile -t entries < <(basename -s .swift -a Fuzz/*.swift)
fi

# Swift's own crash reporter and AddressSanitizer get into each other's way.
export SWIFT_BACKTRACE=enable=no

out=.build/fuzz
mkdir -p "$out"
flags=(
    -O -package-name ballast -swift-version 6 '-sanitize=fuzzer,address' -parse-as-library
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -strict-memory-safety
    -I "$out" -I Sources/CLinux -I Sources/CYAML
)

# build_module NAME [OBJECT...]: builds a module once, again when one of its sources, or of the modules below, is newer.
build_module() {
    local module=$1
    shift
    if [ -f "$out/$module.o" ] &&
        [ -z "$(find "Sources/$module" "$@" -newer "$out/$module.o" -print -quit)" ]; then return; fi
    mapfile -t sources < <(find "Sources/$module" -name '*.swift' | sort)
    swiftc "${flags[@]}" -whole-module-optimization -module-name "$module" \
        -emit-module -emit-module-path "$out/$module.swiftmodule" \
        -c "${sources[@]}" -o "$out/$module.o"
}

for entry in "${entries[@]}"; do
    source="Fuzz/$entry.swift"
    read -ra modules < <(sed -n '1s|^// modules: ||p' "$source")
    [ ${#modules[@]} -gt 0 ] || {
        echo "fuzz: the first line of $source must be '// modules: A B'" >&2
        exit 2
    }
    objects=()
    for module in "${modules[@]}"; do
        build_module "$module" "${objects[@]}"
        objects+=("$out/$module.o")
    done
    libraries=()
    case " ${modules[*]} " in *" Config "*) libraries+=(-lyaml) ;; esac
    swiftc "${flags[@]}" -module-name "$entry" "$source" "${objects[@]}" \
        "${libraries[@]}" -o "$out/$entry"
    # New inputs go to a folder of their own; Fuzz/corpus holds what people chose.
    mkdir -p "$out/corpus/$entry"
    echo "fuzz: $entry for $seconds s"
    "$out/$entry" -max_total_time="$seconds" -max_len=2048 -timeout=5 -rss_limit_mb=1024 \
        -artifact_prefix="$out/crash-$entry-" -print_final_stats=1 -verbosity=0 \
        "$out/corpus/$entry" "Fuzz/corpus/$entry" 2>&1 | { grep -avE '^("|#)' || true; }
done
