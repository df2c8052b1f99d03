#!/bin/sh
# A unit that has given up will not come back: there is nothing to wait for.
systemctl is-failed --quiet python_service.service && exit 100
exec python3 health.py "${FTL_REVISION_DIR##*/}"
