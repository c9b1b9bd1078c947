# Every target is one script; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test build lint bench soak fuzz image clean

help: ## show this list
	@grep -E '^[a-z]+: ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+): ## (.*)/  make \1\t\2/' | expand -t 16

demo: ## install what is missing, build, and show a load on an embedded target
	@scripts/demo.sh

test: ## install what is missing, build, and run every check (what CI runs)
	@scripts/test.sh

build: ## build the release binary
	@scripts/build.sh

lint: ## check the format and style of code, scripts and manifests
	@scripts/lint.sh

bench: ## measure Ballast beside wrk, h2load, hey and ab; writes docs/performance.md
	@scripts/bench.sh

soak: ## long series: stops, signals, faults, peers, starvation; two hours, on an idle machine
	@scripts/soak.sh

fuzz: ## fuzz the parsers, ten minutes each (SECONDS_EACH=... for other lengths)
	@scripts/fuzz.sh $(or $(SECONDS_EACH),600)

image: ## build the container image with docker, podman or buildah
	@scripts/image.sh

clean: ## remove everything that was built
	@rm -rf .build .build-*
