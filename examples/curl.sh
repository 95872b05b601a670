#!/bin/sh
# Gets a message's signature with curl alone, in two ways, and has it verified: sh curl.sh URL MESSAGE
set -eu
url=$1
message=$2

sign() { # what else curl is to send
  curl --silent --show-error --fail-with-body --get --data-urlencode "message=$message" "$@" "$url/crypto/sign"
}
number() { printf '%s' "$answer" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }

fail() { echo "Not signed: $answer" >&2; exit 1; }

# One way: ask, and ask again when the answer says so. Polling costs the upstream nothing.
answer=$(sign) || fail
seconds=$(number retry_in_seconds)
if [ -n "$seconds" ]; then
  echo "It waits; asking again in $seconds s."
  sleep "$seconds"
fi

# The other way: let the API hold its answer until there is a signature, and ask again if there was none in time.
while :; do
  answer=$(sign --header 'Prefer: wait=30') || fail
  case $answer in *'"success":true'*) break ;; esac
  # Without a time for the next attempt there is none: the upstream rejects the message.
  [ -n "$(number retry_in_seconds)" ] || fail
  # An API that cannot hold the answer gives it at once.
  sleep 1
done
signature=$(printf '%s' "$answer" | sed 's/.*"value":"//; s/"}$//')
echo "Signature: $signature"

curl --silent --show-error --fail-with-body --get --data-urlencode "message=$message" \
  --data-urlencode "signature=$signature" "$url/crypto/verify"
echo
