/**
 * Gives up permissions by the table as a command does, then tries everything. Prints what it could do, as JSON:
 * `permission_probe.ts SCOPE FOLDER PORT`. The folder has a file `there`, and something listens on the port.
 */
import { CLOUD_INIT } from "../../src/machine/identity.ts";
import { keepOnly, type ScopeName } from "../../src/cli/permissions.ts";

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function can(attempt: () => unknown): Promise<boolean> {
  try {
    return await attempt() !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** Whether it got as far as to fail. */
function isTried(attempt: () => unknown): true {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
  return true;
}

const [scope = "", folder = "", port = ""] = Deno.args;
keepOnly(scope as ScopeName, () => []);
const outcome = {
  read: await can(() => Deno.readTextFileSync(`${folder}/there`)),
  readCloudInit: await can(() => readIfThere(CLOUD_INIT)),
  write: await can(() => Deno.writeTextFileSync(`${folder}/new`, "") ?? true),
  remove: await can(() => Deno.removeSync(`${folder}/there`) ?? true),
  run: await can(() => new Deno.Command("/bin/true").outputSync()),
  kill: await can(() => Deno.kill(Deno.ppid, "SIGCONT") ?? true),
  net: await can(() => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text())),
  connect: await can(() =>
    Deno.connect({ port: Number(port) }).then((socket) => socket.close() ?? 1)
  ),
  env: await can(() => Deno.env.get("AWS_PROFILE")),
  otherEnv: await can(() => Deno.env.get("SECRET_OF_ANOTHER_PROGRAM")),
  sys: await can(() => Deno.hostname()),
  otherSys: await can(() => Deno.networkInterfaces()),
  ffi: await can(() => isTried(() => Deno.dlopen(`${folder}/none.so`, {}))),
  // Its error is a TypeError. The text depends on how the program was started.
  import: await import(`http://127.0.0.1:${port}/module.js`).then(() => true, () => false),
};
// deno-lint-ignore no-console -- a program for tests
console.log(JSON.stringify(outcome));
