#!/usr/bin/env bash
# The one gate, the same at the desk and in CI. Run scripts/install.sh first; `make test` and `make test-server` do both.
#   scripts/check.sh          everything
#   scripts/check.sh core     the library, the command-line tool and the harness
#   scripts/check.sh server   what speaks HTTP; its packages take longer to build than all the rest
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0
skipped=0
step() {
    printf '\n== %s\n' "$1"
    shift
    local start=$SECONDS
    "$@"
    passed=$((passed + 1))
    printf -- '-- %d s\n' $((SECONDS - start))
}

formats() {
    swift format lint --strict -r Package.swift Sources Tests Examples
    git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
}

# Swift files under 300 lines, hand-written C under 500; not what protoc has written.
sizes() {
    git ls-files '*.swift' ':!*.pb.swift' | xargs wc -l | awk '$2 != "total" && $1 >= 300 { print "too long: " $0; bad = 1 } END { exit bad }'
    git ls-files '*.c' '*.h' | xargs wc -l | awk '$2 != "total" && $1 >= 500 { print "too long: " $0; bad = 1 } END { exit bad }'
}

# Who knows whom: ARCHITECTURE.md. An import in the wrong place prints the file and fails.
imports() {
    local found
    found=$(
        grep -rlE 'import CScan' Sources/FastVerify --include='*.swift' | grep -v '/Token/'
        grep -rlE 'import CCrypto' Sources/FastVerify --include='*.swift' | grep -vE '/(Signatures|Keys|Signing)/'
        grep -rlE 'import Foundation' Sources/FastVerify --include='*.swift'
        grep -rlE 'import (CScan|CCrypto|CCPU)' Sources/FastVerify[A-Z]* --include='*.swift'
        # FastVerifyAccess knows no server, no socket and no clock but the verifier's.
        grep -rE '^ *(@[a-zA-Z_]+ )*((public|package|internal) )?import ' Sources/FastVerifyAccess --include='*.swift' |
            grep -vE 'import (FastVerify|HTTPTypes|Synchronization|Glibc|Musl|Darwin)$'
        grep -rlE 'import FastVerifyHTTP' Sources/FastVerifyHummingbird --include='*.swift'
        grep -rlE 'import (Hummingbird|FastVerifyHummingbird)' Sources/{FastVerify{,Access,HTTP},TokenService} --include='*.swift'
        grep -rlE 'import (CSodium|CPostgres|CZlib|GRDB)' Sources/*/ --include='*.swift' | grep -v '^Sources/TokenService/'
    ) || true
    [ -z "$found" ] || { echo "$found" && return 1; }
}

# Runs a test command, shows its summary, and keeps its whole output where it failed.
tests() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        grep -vE 'passed after|started\.$' "$log" | tail -200
        return 1
    fi
    grep -E '✔ Test run|Executed [1-9]' "$log" | tail -2
    local absent
    absent=$(grep -c 'SKIPPED' "$log" || true)
    grep -E 'SKIPPED' "$log" | sort -u | head -20 || true
    skipped=$((skipped + absent))
    rm -f "$log"
}

# In release, with internals kept visible for the tests; `make build` builds the tools that are measured without.
testing=(--scratch-path .build-test -c release -debug-info-format none -Xswiftc -enable-testing)
tools=.build-test/release
# Swift has no undefined-behaviour sanitizer on Linux; C gets it in trapping form, which needs no run-time library. Optimised,
# because unoptimised lanes and Swift take ten times as long; DEBUG keeps the range checks of the arithmetic.
sanitize=(--scratch-path .build-sanitize -c release -debug-info-format none -Xswiftc -enable-testing --sanitize=address -Xcc -DDEBUG=1
    -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined)
export LSAN_OPTIONS=suppressions=$PWD/scripts/leaks.supp:print_suppressions=0

vectors=${FASTVERIFY_VECTORS:-../shared/vectors}
published() {
    "$tools"/fastverify-bench vectors --kernel all "$vectors"/wycheproof/*.json "$vectors"/ed25519-speccheck/cases.json
}

interop() { .venv/bin/python -W ignore Tests/Interop/interop.py "$tools"/fastverify --count 2000; }

# Steps that use one CPU.
narrow() {
    if [ -d "$vectors" ]; then
        step "published vectors, every kernel and lane" published
    else
        echo "SKIPPED: no vectors at $vectors"
    fi
    step "tokens of other implementations" interop
    step "instructions, mallocs and bytes per token" "$tools"/fastverify-bench gate
}

core() {
    export FASTVERIFY_PARTS=tools
    step "release build of tools and tests" swift build --build-tests "${testing[@]}"
    # The published signatures run through every kernel and lane by `published`, and under sanitizers once more.
    step "tests" tests swift test --skip-build "${testing[@]}" --skip WycheproofSignatureTests
    # Every supported row ran above. Without an instruction set scanning, hashing and the choice of rows differ.
    local differing='CScanTests|FastVerifyTests|Sha|Hmac|BatchTests|Registry|SelfTest'
    step "tests, FASTVERIFY_CPU=none" tests env FASTVERIFY_CPU=none FASTVERIFY_TABLES=sync,eager \
        swift test --skip-build "${testing[@]}" --filter "$differing"
    step "tests, FASTVERIFY_CPU=avx2" tests env FASTVERIFY_CPU=avx2 \
        swift test --skip-build "${testing[@]}" --filter "$differing" --skip 'CCryptoTests.*BatchTests'

    local log
    log=$(mktemp)
    narrow >"$log" 2>&1 &
    local others=$!
    export FASTVERIFY_PARTS=core
    step "build with address and undefined-behaviour sanitizers" swift build --build-tests "${sanitize[@]}"
    local failed=0
    wait "$others" || failed=1
    cat "$log"
    passed=$((passed + $(grep -c '^-- ' "$log" || true)))
    skipped=$((skipped + $(grep -c '^SKIPPED' "$log" || true)))
    [ $failed = 0 ] || return 1
    # The core alone, every key with a table from its first use.
    step "tests under sanitizers" tests env FASTVERIFY_TABLES=sync,eager swift test --skip-build "${sanitize[@]}"
}

server() {
    export FASTVERIFY_PARTS=server
    local debug=(--scratch-path .build-server -debug-info-format none)
    step "build of the server targets" swift build --build-tests "${debug[@]}"
    step "tests of the server targets, the token service on both stores" tests \
        scripts/with-postgres.sh swift test --skip-build "${debug[@]}"
    step "the gateway with nginx, HAProxy, gRPC and load" \
        .venv/bin/python -B Tests/Gateway/run.py .build-server/debug/fastverify 5
    step "cookies and forgery in a browser" .venv/bin/python -B Tests/Browser/run.py .build-server/debug/browser-site
    step "the pages of the token service in a browser" python3 -B Tests/TokenService/pages.py .build-server/debug/fastverify
    step "the token service, the gateway and nginx: the whole story" Examples/token-service/demo.sh .build-server/debug/fastverify
    # `make test-crash` kills it 200 times on each store.
    step "the token service, killed under load" python3 -B Tests/TokenService/crash.py .build-server/debug/fastverify --kills 5
    step "two instances of the token service on PostgreSQL, and a gateway" scripts/with-postgres.sh \
        python3 -B Tests/TokenService/instances.py .build-server/debug/fastverify --store postgres --rounds 2
    step "no secret in logs, database, answers" python3 -B Tests/TokenService/secrets.py .build-server/debug/fastverify
    # `make test-openapi` makes up many more requests.
    step "the token service against its OpenAPI document" \
        .venv/bin/python -B Tests/TokenService/openapi.py .build-server/debug/fastverify --examples 3
    # `make test-soak` runs it for ten minutes, under thread sanitizer.
    step "ten seconds of everything at once" .build-server/debug/fastverify-soak 10
}

step "formats" formats
step "file sizes" sizes
step "imports" imports
case ${1:-all} in
core) core ;;
server) server ;;
all)
    core
    server
    ;;
*) echo "check.sh [core | server]" && exit 64 ;;
esac

printf '\n%d passed, 0 failed, %d skipped\n' "$passed" "$skipped"
