"""health.py REVISION: exit 0 if that revision answers, 1 if nothing does yet, or another one."""

import json
import pathlib
import sys
import urllib.request

port = int((pathlib.Path(__file__).resolve().parent / "port").read_text())
wanted = sys.argv[1]
try:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as response:
        revision = json.load(response)["revision"]
except OSError as error:
    sys.exit(str(error))
# Without this, an old process that was never restarted would count as healthy.
if revision != wanted:
    sys.exit(f"{revision} answers, not {wanted}")
