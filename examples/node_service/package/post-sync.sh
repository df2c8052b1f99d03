#!/bin/sh
# Before anybody can activate it, and while the old revision runs: can this machine's Node read it?
# Dependencies are packed with it: run `npm ci --omit=dev` in CI, before `ftl spool`.
set -e
for file in *.mjs; do
  node --check "$file"
done
