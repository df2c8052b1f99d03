/** The small JSON files that FTL keeps below `.ftl`. */
import { explainDiskError, systemCode } from "../core/disk_errors.ts";
import { syncDirectory } from "./durable.ts";

/** Undefined where there is no such file, or where it is not FTL's: then it counts as lost. */
export function readJson(path: string): unknown {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

/** That there is no such file is no error. */
export function removeFile(path: string, { durable }: { durable: boolean }): void {
  try {
    Deno.removeSync(path);
    if (durable) syncDirectory(path.slice(0, path.lastIndexOf("/")));
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw explainDiskError(error, `Cannot remove ${path}`);
  }
}
