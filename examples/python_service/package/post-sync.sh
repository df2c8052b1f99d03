#!/bin/sh
# Before anybody can activate it, and while the old revision runs: can this machine's Python import it?
# Dependencies are packed with it, as wheels, so that a machine needs no package index:
#   python3 -m venv .venv
#   .venv/bin/pip install --no-index --find-links wheels -r requirements.txt
# A revision never moves, so a virtual environment may be made here.
set -e
python3 -m compileall -q .
python3 -c 'import service'
