/** Writes what was signed, and the signatures, so that anybody can check them with ssh-keygen. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { UsageError } from "../../errors.ts";
import { quote, shellWord } from "../../foreign_text.ts";
import type { JudgedObject } from "../../trust/judge_revision.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import type { Statement } from "../../trust/statement.ts";
import {
  addArmor,
  blessingStatement,
  decodeBase64,
  revisionStatement,
  signaturesIn,
} from "../../trust/trust.ts";
import type { JudgedPart, StoredPointer } from "./judged_part.ts";

/** What was written. */
export interface ShownStatement {
  /** The folder. It has `statement`, and `signature.1` and so on. */
  readonly folder: string;
  /** For each signature the command line that checks it. */
  readonly commands: readonly string[];
}

interface Shown {
  readonly policy: TrustPolicy | undefined;
  /** The bucket that was signed for. */
  readonly bucket: string;
  readonly object: JudgedObject;
  /** If the blessing is to be shown rather than the revision. */
  readonly pointer: StoredPointer | undefined;
  readonly judged: JudgedPart | undefined;
}

/** Throws `UsageError` if something is there. */
export function requireEmptyFolder(folder: string): void {
  try {
    if ([...Deno.readDirSync(folder)].length === 0) return;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw explainDiskError(error, `Cannot write in ${folder}`);
  }
  throw new UsageError(`${quote(folder)} is not empty`, {
    hint: "--show never overwrites anything: name a new folder",
  });
}

/** Throws `IntegrityError` if something is missing that a signature must cover. */
export function showStatement(folder: string, shown: Shown): ShownStatement {
  const { bucket, object, pointer } = shown;
  const statement = pointer === undefined
    ? revisionStatement({ bucket, ...object })
    : blessingStatement({ bucket, ...pointer });
  const signatures = signaturesIn((pointer ?? object).metadata);
  try {
    requireEmptyFolder(folder);
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeFileSync(`${folder}/statement`, statement.bytes, { createNew: true });
    for (const [index, base64] of signatures.entries()) {
      // What is no base64 is shown as it is.
      const blob = decodeBase64(base64);
      const text = blob === undefined ? base64 : addArmor(blob);
      Deno.writeTextFileSync(`${folder}/signature.${index + 1}`, text, { createNew: true });
    }
  } catch (error) {
    throw explainDiskError(error, `Cannot write in ${folder}`);
  }
  const commands = signatures.map((_, index) => commandFor(index + 1, folder, statement, shown));
  return { folder, commands };
}

/** The line for a shell. */
function commandFor(
  signature: number,
  folder: string,
  { namespace, time }: Statement,
  { policy, judged }: Shown,
): string {
  const known = [...judged?.by ?? [], ...judged?.refused ?? []]
    .find((one) => one.signature === signature);
  const signer = policy?.signers.find(({ key }) => key.fingerprint === known?.fingerprint);
  const principal = principalOf(known?.principals);
  const isInFile = signer?.line !== undefined && principal !== undefined && policy !== undefined;
  const isLimited = signer?.validAfter !== undefined || signer?.validBefore !== undefined;
  const words = [
    // Whose key it is, only a file tells: else ssh-keygen says which key it is.
    ...["ssh-keygen", "-Y"],
    ...(isInFile ? ["verify", "-f", policy.source, "-I", principal] : ["check-novalidate"]),
    ...["-n", namespace, "-s", `${folder}/signature.${signature}`],
    // As FTL does: a key that has expired since is still the one that signed it then.
    ...isLimited && time !== undefined ? ["-O", `verify-time=${timestamp(time)}`] : [],
  ];
  return `${words.map(shellWord).join(" ")} < ${shellWord(`${folder}/statement`)}`;
}

/** One that fits the patterns: the first pattern fits itself. */
function principalOf(patterns: string | undefined): string | undefined {
  return patterns?.split(",").find((pattern) => pattern !== "" && !pattern.startsWith("!"));
}

/** `20261125140000Z`, as ssh-keygen has times. */
function timestamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}
