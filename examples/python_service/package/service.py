"""A service that tells which revision answers."""

import json
import pathlib
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The revision's own folder, not the link `current`: so all that is read here is of one revision, also after a jump to
# another one.
FOLDER = pathlib.Path(__file__).resolve().parent
REVISION = FOLDER.name
PORT = int((FOLDER / "port").read_text())


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthz":
            self.answer("application/json", json.dumps({"revision": REVISION}))
        else:
            self.answer("text/plain", f"Hello from {REVISION}\n")

    def answer(self, kind, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Says nothing of each request."""


def main():
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    # systemctl restart: the requests that are under way end well.
    server.daemon_threads = False
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
