/**
 * Finds out which machine this is. What is stored never counts: a copied disk would keep it.
 *
 * 1. `FTL_MACHINE`
 * 2. the instance's id as cloud-init knows it. The file lies in memory, so no image contains it
 * 3. the instance's id from its metadata service, if the credentials come from there too
 * 4. the host's name
 *
 * `/etc/machine-id` is not used: machine-id(5) calls it confidential, and cloned machines may share it.
 */
import { hostname } from "node:os";
import type { Config } from "../config.ts";
import { isMachineName } from "../machine_name.ts";
import type { MachineIdentity } from "../plan/clone.ts";

/** https://docs.cloud-init.io/en/latest/explanation/instancedata.html */
export const CLOUD_INIT = "/run/cloud-init/instance-data.json";

export interface IdentityOptions {
  /** Asks the instance's metadata service. Undefined: the credentials do not come from there. */
  readonly instanceId?: (() => Promise<string | undefined>) | undefined;
  /** The file of cloud-init. */
  readonly cloudInit?: string;
}

/** Throws `UsageError` if `FTL_MACHINE` is no name. */
export async function identifyMachine(
  config: Config,
  { instanceId, cloudInit = CLOUD_INIT }: IdentityOptions = {},
): Promise<MachineIdentity> {
  const host = hostname();
  const given = config.machine;
  if (given !== undefined) return { machine: given, source: "FTL_MACHINE", host };
  const known = readInstanceId(cloudInit);
  if (known !== undefined) return { machine: known, source: "cloud-init", host };
  const told = await instanceId?.();
  if (isMachineName(told)) return { machine: told, source: "instance metadata", host };
  return { machine: host, source: "host name", host };
}

/** Which machine this is. It is found out once, when somebody asks first. */
export function identifyOnce(
  config: Config,
  bucket: { instanceId(): Promise<string | undefined> },
): () => Promise<MachineIdentity> {
  let found: Promise<MachineIdentity> | undefined;
  const instanceId = (): Promise<string | undefined> => bucket.instanceId();
  return () => found ??= identifyMachine(config, { instanceId });
}

/** Undefined if the file is missing or says nothing: then the next source is asked. */
function readInstanceId(path: string): string | undefined {
  try {
    const data: unknown = JSON.parse(Deno.readTextFileSync(path));
    const id = (data as { v1?: { instance_id?: unknown } } | null)?.v1?.instance_id;
    return isMachineName(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
