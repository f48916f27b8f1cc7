#!/usr/bin/env bash
# Starts the server as `npm start` does, makes an order over HTTP, queries it, and stops the server by SIGTERM.
set -euo pipefail
cd "$(dirname "$0")/.."
export PORT="${PORT:-4090}" SANDBOX_PORT="${SANDBOX_PORT:-4091}"
url="http://127.0.0.1:$PORT"

npm start --silent &
pid=$!
trap 'kill "$pid" 2>/dev/null || true' EXIT
for _ in $(seq 600); do
  curl --silent --fail --output /dev/null "$url/ready" && break
  sleep 0.1
done

call() { curl --silent --show-error --fail "$url/graphql" --header 'content-type: application/json' --data "$1"; }
expect() { case "$2" in *"$1"*) ;; *) printf 'expected %s in %s\n' "$1" "$2" >&2; exit 1 ;; esac; }

created=$(call '{"query":"mutation { createPayAfterOrder(input: { outOrderNo: \"SMOKE-1\", serviceStartTime: \"OnAccept\", serviceStartLocation: \"深圳\", serviceIntroduction: \"骑行\", riskAmount: 100 }) { __typename ... on CreatePayAfterOrderPayload { orderId } ... on UserError { code message } } }"}')
expect '"__typename":"CreatePayAfterOrderPayload"' "$created"
queried=$(call '{"query":"{ payAfterOrder(by: { outOrderNo: \"SMOKE-1\" }) { state riskAmount } }"}')
expect '"payAfterOrder":{"state":"CREATED","riskAmount":100}' "$queried"

kill -TERM "$pid"
code=0
wait "$pid" || code=$?
trap - EXIT
[ "$code" -eq 0 ] || { printf 'the server stopped with exit code %s\n' "$code" >&2; exit 1; }
printf 'smoke: created, queried, stopped with exit code 0\n'
