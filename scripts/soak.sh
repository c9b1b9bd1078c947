#!/usr/bin/env bash
# Long series on a real binary; options go to Benchmarks/soak.py (--help lists them).
# With --ballast PATH nothing of the product is built.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for tool in nginx:nginx-light openssl:openssl python3:python3 cc:gcc taskset:util-linux \
    unshare:util-linux timeout:coreutils; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "soak: these Debian packages are missing: apt-get install ${missing[*]}" >&2
    exit 2
fi

case " $* " in
*" --ballast"* | *" --help "* | *" -h "*) ;;
*) scripts/build.sh ;;
esac
exec python3 Benchmarks/soak.py "$@"
