/** health.mjs REVISION: exit 0 if that revision answers, 1 if nothing does yet, or another one. */
import { readFileSync } from "node:fs";
import process from "node:process";

const port = Number(readFileSync(new URL("port", import.meta.url), "utf8"));
const [, , wanted] = process.argv;
try {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, {
    signal: AbortSignal.timeout(2000),
  });
  const { revision } = await response.json();
  // Without this, an old process that was never restarted would count as healthy.
  if (!response.ok || revision !== wanted) throw new Error(`${revision} answers, not ${wanted}`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
