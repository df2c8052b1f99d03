/** Checks whether what `FTL_SIGN_KEY` names is there. Nothing is signed, as doctor starts no program. */
import { type Environment, isPrivateKeyText } from "../../config.ts";
import { explainDiskError } from "../../disk_errors.ts";
import { FtlError, UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";
import { readSignKey } from "../../trust/private_key.ts";
import { type Check, fail, finding, ok } from "./check.ts";
import { isProgram } from "./variables.ts";

const NAME = "signing";
const EXEC = "exec:";

/**
 * Never shows anything of a key's text.
 *
 * @param text `FTL_SIGN_KEY`
 */
export async function checkSignKey(text: string, env: Environment): Promise<Check[]> {
  return await finding(NAME, () => {
    if (isPrivateKeyText(text)) {
      const { type, fingerprint } = readSignKey(text).publicKey;
      return [ok(NAME, `${type}, ${fingerprint}`)];
    }
    if (text.startsWith(EXEC)) return [checkProgram(text.slice(EXEC.length), env)];
    const problem = checkFile(text);
    return [problem ?? checkProgram("ssh-keygen", env)];
  });
}

function checkProgram(program: string, { PATH = "" }: Environment): Check {
  const places = program.startsWith("/")
    ? [program]
    : program.includes("/")
    ? []
    : PATH.split(":").map((folder) => `${folder}/${program}`);
  const found = places.find(isProgram);
  if (found !== undefined) return ok(NAME, `by ${found}`);
  const message = `FTL_SIGN_KEY cannot sign: ${quote(program)} is no program that can be run`;
  const hint = program === "ssh-keygen"
    ? "Install the client of OpenSSH; the text of an Ed25519 key needs none"
    : "After exec: comes the absolute path of a program, or its name if it is on the PATH";
  return fail(NAME, new UsageError(message, { hint }));
}

/** Undefined if it can be read. What is no path may be a damaged key, so it is not repeated. */
function checkFile(path: string): Check | undefined {
  const shown = path.startsWith("/") && !path.includes("\n") ? `: ${quote(path)}` : "";
  const hint =
    "Give the path of a key or of its .pub, the whole text of a key, or exec: and a program";
  const message = `FTL_SIGN_KEY is no file that can be read${shown}`;
  try {
    using file = Deno.openSync(path);
    return file.statSync().isFile ? undefined : fail(NAME, new UsageError(message, { hint }));
  } catch (error) {
    const explained = explainDiskError(error, message);
    if (!(explained instanceof FtlError)) throw explained;
    const why = shown === "" ? message : explained.message;
    return fail(NAME, new UsageError(why, { hint }));
  }
}
