#!/usr/bin/env bash
# Builds the container image `ballast:dev`, or the name given.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-ballast:dev}
for tool in docker podman buildah; do
    if command -v "$tool" >/dev/null; then
        revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
        exec "$tool" build --build-arg REVISION="$revision" --tag "$name" .
    fi
done
echo "image: needs docker, podman or buildah; Debian has them: apt-get install buildah" >&2
exit 2
