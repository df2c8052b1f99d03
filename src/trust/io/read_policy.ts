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

/** @param text as `FTL_TRUST` has it. Throws `UsageError`, as `readTrustPolicy`. */
export async function readTrustSource(text: string): Promise<TrustSource> {
  const { isEnforced, source } = parseTrustSetting(text);
  if ("signers" in source) {
    return { isEnforced, signers: source.signers, skipped: [], source: "FTL_TRUST" };
  }
  const { path } = source;
  return { isEnforced, ...requireSigners(await readSigners(path), { path }), source: path };
}

async function readSigners(path: string): Promise<string> {
  const hint = "Nothing is done while it is not known who may sign: give the path of a file of " +
    "allowed signers that this user can read, or unset FTL_TRUST";
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new UsageError(`FTL_TRUST is no file: ${quote(path)}`, { hint });
    if (size > LARGEST) {
      throw new UsageError(`FTL_TRUST is larger than 1 MiB: ${quote(path)}`, { hint });
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    const explained = explainDiskError(error, `FTL_TRUST cannot be read: ${quote(path)}`);
    if (!(explained instanceof FtlError) || explained instanceof UsageError) throw explained;
    throw new UsageError(explained.message, { hint, cause: error });
  }
}
