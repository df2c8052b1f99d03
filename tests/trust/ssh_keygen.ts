/** The real ssh-keygen, as a judge of what FTL reads and writes. */
import { need } from "../required_program.ts";
import { TempFolder } from "../temp.ts";

/** OpenSSH 8.1 or newer. A wrong use of `-Y` is answered by what is wrong with it. */
export const SSH_KEYGEN = need("ssh-keygen -Y", () => {
  try {
    const args = ["-Y", "verify"];
    const { stderr } = new Deno.Command("ssh-keygen", { args, stdin: "null" }).outputSync();
    return new TextDecoder().decode(stderr).includes("verify");
  } catch {
    return false;
  }
});

export const SSH_AGENT = need("ssh-agent", () => {
  try {
    return new Deno.Command("ssh-agent", { args: ["true"], stdin: "null" }).outputSync().success;
  } catch {
    return false;
  }
});

export interface VerifyRequest {
  /** The text of a file of allowed signers. */
  readonly allowed: string;
  /** Who is said to have signed it. */
  readonly identity: string;
  readonly namespace: string;
  /** The text of the signature. */
  readonly armored: string;
  readonly message: Uint8Array;
  /** When, as ssh-keygen has times. Now by default. */
  readonly at?: string;
  /** The time zone. */
  readonly zone?: string;
}

/** Whether `ssh-keygen -Y verify` takes it. */
export function verifies(request: VerifyRequest): boolean {
  using folder = new TempFolder();
  const { allowed, identity, namespace, armored, message, at, zone = "UTC" } = request;
  const files = ["-f", folder.write("allowed", allowed), "-s", folder.write("sig", armored)];
  const time = at === undefined ? [] : ["-O", `verify-time=${at}`];
  const { success } = new Deno.Command("sh", {
    args: [
      "-c",
      'input=$1; shift; exec ssh-keygen -Y verify "$@" < "$input"',
      "sh",
      folder.write("message", message),
      ...files,
      ...["-I", identity, "-n", namespace],
      ...time,
    ],
    env: { TZ: zone },
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success;
}

/** Runs ssh-keygen in a folder. Fails if it does. */
export function sshKeygen(folder: TempFolder, ...args: string[]): void {
  const { success, stderr } = new Deno.Command("ssh-keygen", {
    args,
    cwd: folder.path,
    stdin: "null",
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
