#!/bin/sh
# After the jump to this revision, and after a way back to it: nginx reads the configuration again, and keeps its
# connections.
systemctl reload-or-restart nginx.service
