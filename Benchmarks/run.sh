#!/bin/sh
# Builds what the benchmarks need and runs them; options go to bench.py (--help lists them).
# With --ballast PATH nothing of the product is built.
set -eu
cd "$(dirname "$0")/.."

missing=""
for tool in nginx:nginx wrk:wrk h2load:nghttp2-client hey:hey ab:apache2-utils openssl:openssl \
    python3:python3 cc:gcc taskset:util-linux; do
    command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool##*:}"
done
if [ -n "$missing" ]; then
    echo "The benchmarks need these Debian packages: apt-get install$missing" >&2
    exit 2
fi

case " $* " in
*" --ballast"* | *" --help "* | *" -h "*) ;;
*)
    swift build -c release --static-swift-stdlib --product ballast
    swift build -c release --static-swift-stdlib --product MicroCosts
    ;;
esac
exec python3 Benchmarks/bench.py "$@"
