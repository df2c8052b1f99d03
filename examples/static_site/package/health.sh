#!/bin/sh
# Does nginx serve this very revision?
port=$(sed -n 's/^ *listen \([0-9]*\);$/\1/p' nginx.conf)
curl --fail --silent --show-error --max-time 2 "http://127.0.0.1:$port/" | cmp - public/index.html
