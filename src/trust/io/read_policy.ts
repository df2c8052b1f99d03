/** Reads whom a command trusts. A fault in it is an error: it must never turn the checks off. */
import type { Config } from "../../config.ts";
import { explainDiskError } from "../../disk_errors.ts";
import { FtlError, UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";
import { type TrustPolicy, trustPolicy, type TrustSource } from "../policy.ts";
import { parseTrustSetting, requireSigners } from "../trust_setting.ts";

/** In bytes. A line has about 150. */
const LARGEST = 1024 * 1024;

/**
 * By `FTL_TRUST` and the variables beside it. Undefined if it is not set. Throws `UsageError` if it names no file that
 * can be read, or nobody who may sign.
 */
export async function readTrustPolicy(config: Config): Promise<TrustPolicy | undefined> {
  const text = config.trust;
  return text === undefined ? undefined : trustPolicy(config, await readTrustSource(text));
}

/** The same, with the signers of the file at `path` in the place of those of `FTL_TRUST`. */
export async function readTrustPolicyOf(config: Config, path: string): Promise<TrustPolicy> {
  return trustPolicy(config, await readTrustFile(path));
}

/** Only the signers of a file, without any variable. */
export async function readTrustFile(path: string): Promise<TrustSource> {
  const text = await readSigners(path, "--trust");
  return { isEnforced: true, ...requireSigners(text, { path }), source: path };
}

/** @param text as `FTL_TRUST` has it. Throws `UsageError`, as `readTrustPolicy`. */
export async function readTrustSource(text: string): Promise<TrustSource> {
  const { isEnforced, source } = parseTrustSetting(text);
  if ("signers" in source) {
    return { isEnforced, signers: source.signers, skipped: [], source: "FTL_TRUST" };
  }
  const { path } = source;
  return {
    isEnforced,
    ...requireSigners(await readSigners(path, "FTL_TRUST"), { path }),
    source: path,
  };
}

/** @param name what a message calls it */
async function readSigners(path: string, name: string): Promise<string> {
  const hint = "Nothing is done while it is not known who may sign: give the path of a file of " +
    `allowed signers that this user can read${name === "FTL_TRUST" ? ", or unset FTL_TRUST" : ""}`;
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new UsageError(`${name} is no file: ${quote(path)}`, { hint });
    if (size > LARGEST) {
      throw new UsageError(`${name} is larger than 1 MiB: ${quote(path)}`, { hint });
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    const explained = explainDiskError(error, `${name} cannot be read: ${quote(path)}`);
    if (!(explained instanceof FtlError) || explained instanceof UsageError) throw explained;
    throw new UsageError(explained.message, { hint, cause: error });
  }
}
