#!/bin/sh
# A unit that has given up will not come back: there is nothing to wait for.
systemctl is-failed --quiet node_service.service && exit 100
exec node health.mjs "${FTL_REVISION_DIR##*/}"
