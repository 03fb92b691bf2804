#!/usr/bin/env bash
# The whole story: an issuer, a user, an API behind nginx and the gateway; login, refresh, theft, logout, a new key.
#   Examples/token-service/demo.sh .build-server/debug/fastverify
# Needs nginx, curl, python3 and the ports 8080, 8090, 9080, 9180 and 9181. Exit status 0: everything went as it is told.
set -euo pipefail
tool=$(realpath "$1")
examples=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
finish() {
    kill $(jobs -p) 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
cd "$folder"
chmod 755 .

say() { printf '\n# %s\n' "$*"; }
member() { python3 -c "import json,sys; print(json.load(sys.stdin)['$1'])"; }
issuer=http://127.0.0.1:8090
api=http://127.0.0.1:8080/orders/7
post() { curl -s -X POST "$issuer$1" -H 'Content-Type: application/json' -d "$2"; }
login() { post /api/auth/login '{"username":"alice","password":"correct horse battery staple"}'; }
# The API's answer to an access token, as a status.
ask() { curl -s -o /dev/null -w '%{http_code}' "$api" -H "Authorization: Bearer $1"; }
# Waits at most a second for a status, the bound within which a revocation counts everywhere.
within_a_second() {
    local start=$(date +%s%N)
    until [ "$(ask "$2")" = "$1" ]; do
        [ $((($(date +%s%N) - start) / 1000000)) -lt 1000 ] || { echo "not $1 within a second" && exit 1; }
        sleep 0.02
    done
    echo "$1 after $((($(date +%s%N) - start) / 1000000)) ms"
}
expect() { [ "$1" = "$2" ] && echo "$2" || { echo "expected $1, got $2" && exit 1; }; }
until_ready() {
    for _ in $(seq 200); do
        curl -sf -o /dev/null "$1" && return
        sleep 0.05
    done
    echo "nothing at $1" && exit 1
}

say 'fastverify issuer init; user add alice; client add gateway'
"$tool" issuer init --issuer $issuer --audience orders --scope orders:read
sed -i 's/"audience"/"refreshGrace" : 1,\n  "audience"/' issuer/issuer.json
echo 'correct horse battery staple' | "$tool" issuer user add alice --role admin >/dev/null
secret=$("$tool" issuer client add gateway --scope revocations:read)
printf 'Basic %s\n' "$(printf 'gateway:%s' "$secret" | base64 -w0)" >feed-authorization
"$tool" issuer run --log-level error &
until_ready $issuer/ready

say 'fastverify serve gateway.yaml, behind nginx, before an API'
cp "$examples/token-service/gateway.yaml" "$examples/nginx/nginx.conf" .
"$tool" serve gateway.yaml --log-level error &
until_ready http://127.0.0.1:9181/ready
mkdir -p api/orders && echo '{"order":7}' >api/orders/7
python3 -m http.server 9080 --bind 127.0.0.1 --directory api >/dev/null 2>&1 &
nginx -p "$folder" -c nginx.conf 2>/dev/null &
sleep 1

say 'No token, no order'
expect 401 "$(curl -s -o /dev/null -w '%{http_code}' $api)"

say 'Login, and a call with the access token'
grant=$(login)
echo "$grant" | python3 -c "import json,sys; g=json.load(sys.stdin); print({k: v if len(str(v)) < 50 else str(v)[:20] + '…' for k, v in g.items()})"
access=$(echo "$grant" | member accessToken)
refresh=$(echo "$grant" | member refreshToken)
expect 200 "$(ask "$access")"

say 'Refresh: a new pair'
next=$(post /api/auth/refresh "{\"refreshToken\":\"$refresh\"}")
second=$(echo "$next" | member accessToken)
expect 200 "$(ask "$second")"

say 'Somebody else uses the old refresh token: the session ends, for thief and owner, and so do its access tokens'
sleep 2.1
post /api/auth/refresh "{\"refreshToken\":\"$refresh\"}"
echo
post /api/auth/refresh "{\"refreshToken\":\"$(echo "$next" | member refreshToken)\"}"
echo
within_a_second 401 "$second"

say 'Login again, and logout: the call is refused'
grant=$(login)
access=$(echo "$grant" | member accessToken)
expect 200 "$(ask "$access")"
curl -s -o /dev/null -w '%{http_code}\n' -X POST $issuer/api/auth/logout -H 'Content-Type: application/json' \
    -d "{\"refreshToken\":\"$(echo "$grant" | member refreshToken)\"}"
within_a_second 401 "$access"

say 'The signing key is taken back: what it signed is refused, the session goes on under another'
grant=$(login)
access=$(echo "$grant" | member accessToken)
expect 200 "$(ask "$access")"
kid=$("$tool" issuer keys | member kid)
"$tool" issuer keys revoke "$kid"
within_a_second 401 "$access"
sleep 1
next=$(post /api/auth/refresh "{\"refreshToken\":\"$(echo "$grant" | member refreshToken)\"}" | member accessToken)
within_a_second 200 "$next"

say 'What happened, and that nobody has changed it'
"$tool" issuer audit | cut -c1-110 | tail -5
"$tool" issuer audit --check | cut -c1-60
