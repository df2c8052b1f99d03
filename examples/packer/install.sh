#!/bin/sh
# install.sh FILE PACKAGE...: makes this machine one that syncs those packages, as root, with FTL_BUCKET and AWS_REGION.
# The timer is enabled and not started: the machines from the image start it.
set -eu

install -m 755 "$1" /usr/local/bin/ftl
shift
ftl setup systemd env > /etc/ftl.env
ftl setup systemd service > /etc/systemd/system/ftl-sync.service
ftl setup systemd timer > /etc/systemd/system/ftl-sync.timer
for package; do
  mkdir -p "/srv/ftl/$package"
done

# What is blessed is in the image, so that a new machine has nothing to download.
set -a
. /etc/ftl.env
set +a
ftl sync
# No image of a machine with something wrong or unfinished.
ftl doctor

systemctl daemon-reload
systemctl enable ftl-sync.timer
