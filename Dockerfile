# Build: docker build -t ballast .
# Run:   docker run --rm -p 9909:9909 -v "$PWD/ballast.yaml:/etc/ballast/ballast.yaml:ro" ballast

FROM swift:6.3-bookworm AS build

# The versions are those of the base image's Debian release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libcurl4-openssl-dev libssl-dev libyaml-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY Package.* ./
# Not compiled here, but SwiftPM wants every folder that the manifest names.
COPY Benchmarks/MicroCosts Benchmarks/MicroCosts
COPY Tests Tests
COPY Sources Sources
RUN swift build -c release --product ballast --static-swift-stdlib \
        -Xlinker -s -Xlinker --gc-sections \
    && install -D "$(swift build -c release --show-bin-path)/ballast" /out/ballast

FROM debian:bookworm-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates libcurl4 libssl3 libstdc++6 libyaml-0-2 zlib1g \
    && rm -rf /var/lib/apt/lists/*

COPY --from=build /out/ballast /usr/local/bin/ballast

ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Ballast" \
      org.opencontainers.image.description="Steady load on the services beside it, with honest Prometheus metrics" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"

# A number, because Kubernetes' runAsNonRoot cannot check a name. The root file system may be read-only.
USER 65532:65532
EXPOSE 9909
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s \
    CMD ["/usr/local/bin/ballast", "healthcheck", "/etc/ballast/ballast.yaml"]
ENTRYPOINT ["/usr/local/bin/ballast"]
CMD ["run", "/etc/ballast/ballast.yaml"]
