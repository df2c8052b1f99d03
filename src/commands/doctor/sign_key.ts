/** Checks whether what `FTL_SIGN_KEY` names is there. Nothing is signed, as doctor starts no program. */
import { type Config, type Environment, isPrivateKeyText } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";
import { type Check, fail, finding, ok } from "./check.ts";
import { isProgram } from "./variables.ts";
import { openSigner, programIn, readSignKey } from "../../trust/trust.ts";

const NAME = "signing";

/** Never shows anything of a key's text. */
export async function checkSignKey(config: Config): Promise<Check[]> {
  return await finding(NAME, async () => {
    await openSigner(config, { signal: new AbortController().signal });
    const text = config.signKey ?? "";
    if (isPrivateKeyText(text)) {
      const { type, fingerprint } = readSignKey(text).publicKey;
      return [ok(NAME, `${type}, ${fingerprint}`)];
    }
    return [checkProgram(programIn(text) ?? "ssh-keygen", config.env)];
  });
}

function checkProgram(program: string, { PATH = "" }: Environment): Check {
  const places = program.startsWith("/")
    ? [program]
    : PATH.split(":").map((folder) => `${folder}/${program}`);
  const found = places.find(isProgram);
  if (found !== undefined) return ok(NAME, `by ${found}`);
  const message = `FTL_SIGN_KEY cannot sign: ${quote(program)} is no program that can be run`;
  const hint = program === "ssh-keygen"
    ? "Install the client of OpenSSH; the text of an Ed25519 key needs none"
    : "After exec: comes the absolute path of a program, or its name if it is on the PATH";
  return fail(NAME, new UsageError(message, { hint }));
}
