/**
 * Opens what `FTL_SIGN_KEY` names:
 *
 *     -----BEGIN OPENSSH PRIVATE KEY-----...   the text of a key, which signs in this process
 *     exec:PROGRAM                             a program that is given the statement, and prints an SSHSIG
 *     /home/ann/.ssh/id_ed25519                a key, or a .pub whose key an agent or a token has: for ssh-keygen
 *
 * Programs have all the time they need, as a person may have to find a token; only the signal ends them. They ask
 * on the terminal themselves. No text of a key is ever printed.
 */
import { isatty } from "node:tty";
import { type Config, isPrivateKeyText } from "../../config.ts";
import { explainDiskError } from "../../disk_errors.ts";
import { FtlError, IntegrityError, messageOf, UsageError } from "../../errors.ts";
import { oneLine, quote } from "../../foreign_text.ts";
import { encodeBase64 } from "../base64.ts";
import { requireOwnSignature } from "../own_signature.ts";
import { readSignKey, signWith } from "../private_key.ts";
import type { Signer } from "../signing.ts";
import { removeArmor } from "../sshsig.ts";
import type { Statement } from "../statement.ts";

const EXEC = "exec:";
/** In bytes: longer than any path. */
const LONGEST_PATH = 4096;

export interface SignerOptions {
  /** Ends a program that signs. */
  readonly signal: AbortSignal;
}

/** Undefined if `FTL_SIGN_KEY` is not set. Throws `UsageError` if it names nothing that can sign. */
export async function openSigner(
  config: Config,
  options: SignerOptions,
): Promise<Signer | undefined> {
  const text = config.signKey;
  if (text === undefined) return undefined;
  const makeBlob = await blobMaker(text, options);
  return {
    sign: async (statement) => {
      options.signal.throwIfAborted();
      const blob = await makeBlob(statement);
      return { base64: encodeBase64(blob), key: requireOwnSignature(blob, statement) };
    },
  };
}

/** The program after `exec:`. Undefined if the text names none. */
export function programIn(text: string): string | undefined {
  return text.startsWith(EXEC) ? text.slice(EXEC.length) : undefined;
}

type BlobMaker = (statement: Statement) => Uint8Array | Promise<Uint8Array>;

async function blobMaker(text: string, options: SignerOptions): Promise<BlobMaker> {
  if (isPrivateKeyText(text)) {
    const key = readSignKey(text);
    return ({ bytes: message, namespace }) => signWith(key, { message, namespace });
  }
  const named = programIn(text);
  if (named !== undefined) {
    const program = requireProgram(named);
    return (statement) =>
      signByProgram(
        { program, args: [], what: quote(program), hint: undefined },
        statement,
        options,
      );
  }
  await requireKeyFile(text);
  return ({ namespace, ...statement }) => {
    const args = ["-Y", "sign", "-f", text, "-n", namespace];
    const run = { program: "ssh-keygen", args, what: "ssh-keygen", hint: KEYGEN_HINT };
    return signByProgram(run, { namespace, ...statement }, options);
  };
}

const KEYGEN_HINT =
  "Try it by hand: ssh-keygen -Y sign -f $FTL_SIGN_KEY -n test < /dev/null. A key with a " +
  "passphrase needs a terminal or an agent (ssh-add), and a .pub needs the agent or the token that has its key";

/** The runtime looks it up by `PATH` if it has no slash. */
function requireProgram(program: string): string {
  if (program !== "" && (program.startsWith("/") || !program.includes("/"))) return program;
  throw new UsageError(`FTL_SIGN_KEY names no program: ${quote(EXEC + program)}`, {
    hint:
      "After exec: comes its absolute path, or its name if it is on the PATH; it gets no arguments",
  });
}

/** What is no path may be a damaged key, so it is not repeated. */
async function requireKeyFile(path: string): Promise<void> {
  const isShown = path.startsWith("/") && !path.includes("\n") && path.length < LONGEST_PATH;
  const shown = isShown ? `: ${quote(path)}` : "";
  const hint =
    "Give the path of a key or of its .pub, as in /home/ann/.ssh/id_ed25519.pub, the whole text of a " +
    "private key, or exec: and a program";
  try {
    using file = await Deno.open(path);
    if ((await file.stat()).isFile) return;
  } catch (error) {
    if (!isShown) throw new UsageError("FTL_SIGN_KEY is no file that can be read", { hint });
    const explained = explainDiskError(error, `FTL_SIGN_KEY cannot be read${shown}`);
    if (!(explained instanceof FtlError)) throw explained;
    throw new UsageError(explained.message, { hint, cause: error });
  }
  throw new UsageError(`FTL_SIGN_KEY is no file${shown}`, { hint });
}

interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  /** As a message calls it. */
  readonly what: string;
  readonly hint: string | undefined;
}

/** The SSHSIG that the program prints. */
async function signByProgram(
  { program, args, what, hint }: ProgramRun,
  { bytes, namespace }: Pick<Statement, "bytes" | "namespace">,
  { signal }: SignerOptions,
): Promise<Uint8Array> {
  const isShown = isatty(2);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      env: { FTL_SIGN_NAMESPACE: namespace },
      stdin: "piped",
      stdout: "piped",
      // "Confirm user presence" must be seen while the token waits. OpenSSH says it on a terminal only.
      stderr: isShown ? "inherit" : "piped",
      signal,
    }).spawn();
  } catch (error) {
    throw notStarted(error, { program, what });
  }
  const output = child.output();
  // A program may know without reading what it signs. Then its output tells.
  await feed(child, bytes).catch(() => {});
  const done = await output;
  signal.throwIfAborted();
  if (!done.success) {
    // Without a pipe, reading it is an error.
    const words = isShown ? "" : oneLine(new TextDecoder().decode(done.stderr));
    const why = words === "" ? `ended with ${done.code}` : `said: ${words}`;
    throw new UsageError(`FTL_SIGN_KEY did not sign: ${what} ${why}`, { hint });
  }
  try {
    return removeArmor(new TextDecoder().decode(done.stdout));
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    throw new UsageError(`FTL_SIGN_KEY did not sign: ${what} printed no SSH signature`, {
      hint: "It must print what 'ssh-keygen -Y sign' prints, and nothing else",
    });
  }
}

async function feed({ stdin }: Deno.ChildProcess, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
}

function notStarted(
  error: unknown,
  { program, what }: Pick<ProgramRun, "program" | "what">,
): UsageError {
  if (program === "ssh-keygen" && error instanceof Deno.errors.NotFound) {
    return new UsageError("FTL_SIGN_KEY needs ssh-keygen, which is not on the PATH", {
      hint: "Install the client of OpenSSH, 8.1 or newer; the text of an Ed25519 key needs none",
      cause: error,
    });
  }
  const why = error instanceof Deno.errors.NotFound
    ? "there is no such program"
    : error instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    : messageOf(error);
  return new UsageError(`FTL_SIGN_KEY did not sign: ${what} cannot be started: ${why}`, {
    cause: error,
  });
}
