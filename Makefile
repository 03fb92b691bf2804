# Two commands for a newcomer: `make bench` and `make test`. Each installs what it needs on Debian 12 with Swift.
SWIFT_RELEASE = FASTVERIFY_PARTS=tools swift build -c release --scratch-path .build-release
TOOLS = .build-release/release
SWIFT_SOAK = FASTVERIFY_PARTS=soak swift build -c release --product fastverify-soak

.PHONY: bench bench-gateway bench-issuer demo report test test-server test-gateway test-crash test-openapi test-long test-soak test-soak-memory test-aarch64 peers build install format clean

## Verifications per second for every algorithm and backend, beside OpenSSL's bare check; then other JWT libraries on the same
## tokens, those that `make peers` has built. Less than three minutes.
bench: build
	$(TOOLS)/fastverify-bench measure --quick
	$(TOOLS)/fastverify-bench peers --seconds 0.5 --rounds 7 --count 512

## Everything measured anew and written into results/DATE-MACHINE, the pages and charts included: twenty minutes.
report: build
	Benchmarks/report

## Everything that must hold of the library and the tools: formats, sizes, unit tests, sanitizers, vectors, other
## implementations' tokens.
test: install
	scripts/check.sh core

## What must hold of the parts that speak HTTP. CI runs this as well.
test-server:
	scripts/install.sh server
	scripts/check.sh server

## Rotation, reload and shutdown of the gateway under load for half a minute, an oracle counting; CI does it for five seconds.
test-gateway:
	scripts/install.sh server
	FASTVERIFY_PARTS=server swift build --product fastverify --scratch-path .build-server -debug-info-format none
	.venv/bin/python -B Tests/Gateway/run.py .build-server/debug/fastverify $(or $(SECONDS),30)

## Login, refresh, theft, logout and a new key: the token service, the gateway and nginx before an API, told with curl.
demo:
	scripts/install.sh server
	FASTVERIFY_PARTS=server swift build --product fastverify --scratch-path .build-server -debug-info-format none
	Examples/token-service/demo.sh .build-server/debug/fastverify

## The token service killed 200 times under load on each store: nothing lost, doubled or brought back.
test-crash:
	scripts/install.sh server
	FASTVERIFY_PARTS=server swift build --product fastverify --scratch-path .build-server -debug-info-format none
	python3 -B Tests/TokenService/crash.py .build-server/debug/fastverify --kills $(or $(KILLS),200)
	scripts/with-postgres.sh python3 -B $(CURDIR)/Tests/TokenService/crash.py .build-server/debug/fastverify --store postgres --kills $(or $(KILLS),200)

## The token service against its OpenAPI document: 200 requests made up for every operation, good and bad, with and without credentials.
test-openapi:
	scripts/install.sh server
	FASTVERIFY_PARTS=server swift build --product fastverify --scratch-path .build-server -debug-info-format none
	.venv/bin/python -B Tests/TokenService/openapi.py .build-server/debug/fastverify --examples $(or $(EXAMPLES),200) --seed $(or $(SEED),1)

## Requests per second of the gateway on one core, beside HAProxy's jwt_verify and nginx: the release build takes a quarter of an hour.
bench-gateway:
	scripts/install.sh server
	FASTVERIFY_PARTS=server swift build -c release --product fastverify --scratch-path .build-release-server
	Benchmarks/gateway/run --tool .build-release-server/release/fastverify --perf $(or $(PERF),results/gateway-perf)

## Logins, refreshes and introspections per second of the token service on both stores; the release build as above.
bench-issuer:
	scripts/install.sh server
	FASTVERIFY_PARTS=server swift build -c release --product fastverify --scratch-path .build-release-server
	FASTVERIFY_POSTGRES_DURABLE=1 scripts/with-postgres.sh Benchmarks/token-service/run --out $(or $(OUT),results/token-service)

## Ten million signatures of ES256, EdDSA and RS256 and a million of each slower algorithm, random and mutated, beside
## OpenSSL or libsodium: an hour or two.
test-long: build
	$(TOOLS)/ed25519-differential 10000000
	for algorithm in ES256 RS256; do $(TOOLS)/signature-differential $$algorithm 10000000 || exit 1; done
	for algorithm in ES256K ES384 ES512 PS256; do $(TOOLS)/signature-differential $$algorithm 1000000 || exit 1; done
	.venv/bin/python -W ignore Tests/Interop/interop.py $(TOOLS)/fastverify --count 10000

## Ten minutes of everything at once, every verdict held against an oracle: under thread sanitizer; then, with another target,
## without, so that memory can be judged. SECONDS and SEED may be given.
test-soak: install
	$(SWIFT_SOAK) --scratch-path .build-tsan --sanitize=thread
	.build-tsan/release/fastverify-soak $(or $(SECONDS),600) $(SEED)

test-soak-memory: install
	$(SWIFT_SOAK) --scratch-path .build-soak
	.build-soak/release/fastverify-soak $(or $(SECONDS),600) $(SEED)

## The C code on aarch64 under emulation, and on x86-64 with fewer instruction sets.
test-aarch64:
	scripts/aarch64.sh

## Other libraries for `fastverify-bench peers` and `backends`; one that cannot be had is left out.
peers:
	@for build in Benchmarks/engines/*/build Benchmarks/backends/*/build; do echo "$$build"; $$build || echo "$$build FAILED: left out"; done

build: install
	$(SWIFT_RELEASE)

install:
	scripts/install.sh

format:
	swift format -i -r Package.swift Sources Tests Examples
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf .build .build-release .build-test .build-sanitize .build-tsan .build-soak .build-server .build-release-server .build-aarch64 .venv Benchmarks/*/*/.build
