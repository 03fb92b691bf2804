#!/usr/bin/env bash
# Installs what building and testing need on Debian 12 beside Swift 6.2 or later. Does nothing where all is there.
#   scripts/install.sh          for the library and its tools
#   scripts/install.sh server   also databases, proxies, clients and a browser for what speaks HTTP and its tests
set -euo pipefail
cd "$(dirname "$0")/.."

command -v swift >/dev/null || {
    echo "swift is not installed: see https://www.swift.org/install" >&2
    exit 1
}

packages=()
wanted=(libssl-dev libsodium-dev pkg-config clang-format openssl python3-venv valgrind binutils)
if [ "${1:-}" = server ]; then wanted+=(nginx haproxy wrk chromium libpq-dev libsqlite3-dev zlib1g-dev postgresql); fi
for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || packages+=("$package")
done
if [ ${#packages[@]} -gt 0 ]; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${packages[@]}"
fi

# Independent implementations that sign the tokens of the interoperability test.
if ! .venv/bin/python -c 'import jwt, joserfc, cryptography' 2>/dev/null; then
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check pyjwt==2.15.1 joserfc==1.6.5 cryptography==48.0.0
fi

# A client of Envoy's protocol.
if [ "${1:-}" = server ] && ! .venv/bin/python -c 'import grpc, grpc_tools' 2>/dev/null; then
    .venv/bin/pip install -q --disable-pip-version-check grpcio grpcio-tools
fi

# Makes requests from the OpenAPI document of the token service.
if [ "${1:-}" = server ] && ! .venv/bin/python -c 'import schemathesis' 2>/dev/null; then
    .venv/bin/pip install -q --disable-pip-version-check schemathesis==4.32.5
fi
