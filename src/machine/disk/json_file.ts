/** Reads the small JSON files that FTL keeps below `.ftl`. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";

/** Bytes. FTL's own files are far smaller. */
const LARGEST = 1024 * 1024;

/**
 * The content of a file. Undefined if there is no file, or one that FTL did not write. Such a file counts as
 * lost, and the next write replaces it.
 */
export function readJson(path: string): object | undefined {
  try {
    const { isFile, size } = Deno.lstatSync(path);
    if (!isFile || size > LARGEST) return undefined;
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

/** A member of an object, if it is a finite number. */
export function numberIn(value: object, name: string): number | undefined {
  const member: unknown = (value as Record<string, unknown>)[name];
  return typeof member === "number" && Number.isFinite(member) ? member : undefined;
}

/** A member of an object, if it is a string. */
export function textIn(value: object, name: string): string | undefined {
  const member: unknown = (value as Record<string, unknown>)[name];
  return typeof member === "string" ? member : undefined;
}
