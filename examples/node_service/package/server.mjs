/** A service that tells which revision answers. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

// The revision's own folder: Node has followed the link `current` to it. So all that is read here is of one
// revision, also after a jump to another one.
const folder = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const revision = basename(folder);
const port = Number(readFileSync(`${folder}/port`, "utf8"));

const server = createServer((request, response) => {
  if (request.url === "/healthz") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ revision }));
  } else {
    response.end(`Hello from ${revision}\n`);
  }
});
server.listen(port, "127.0.0.1");

// systemctl restart: the requests that are under way end well.
process.on("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
