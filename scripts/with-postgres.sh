#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own, which FASTVERIFY_POSTGRES names; the server and its data are gone afterwards.
#   scripts/with-postgres.sh swift test --filter TokenServiceTests
set -euo pipefail

programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$programs" ] || { echo "PostgreSQL is not installed: scripts/install.sh server" >&2 && exit 1; }
folder=$(mktemp -d)
# The server refuses to run as root.
as_owner=()
if [ "$(id -u)" = 0 ]; then
    as_owner=(runuser -u postgres --)
    chown postgres "$folder"
fi
stop() {
    "${as_owner[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
"${as_owner[@]}" "$programs/initdb" -D "$folder/data" -U fastverify -A trust --no-sync >/dev/null
# Reached by a socket in the folder only. FASTVERIFY_POSTGRES_DURABLE=1 for measuring.
settings="-c listen_addresses= -c unix_socket_directories=$folder -c max_connections=200"
[ -n "${FASTVERIFY_POSTGRES_DURABLE:-}" ] || settings="$settings -c fsync=off -c synchronous_commit=off"
"${as_owner[@]}" "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "$settings" start >/dev/null
cd "$OLDPWD"
export FASTVERIFY_POSTGRES="host=$folder user=fastverify dbname=postgres"
"$@"
