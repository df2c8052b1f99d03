/** What must be at a path, with its content, and how what is there differs. */
import { withShortPath } from "../write/long_path.ts";
import { type Content, hasContent } from "./content.ts";
import { compareAttributes, type Difference, type Expected } from "./difference.ts";

/** What must be at a path, with its content. */
export interface Whole extends Expected {
  /** Of a file. */
  readonly content?: Content | undefined;
}

/** Compares what is at `place` with what must be there. */
export function compareWhole(
  place: string,
  found: Deno.FileInfo,
  expected: Whole,
): Difference[] {
  const differences = compareAttributes(found, expected);
  if (!differences.every(isOfContent)) return differences;
  const { kind, target, content } = expected;
  if (kind === "symlink") {
    const is = readLink(place);
    if (is !== target) differences.push({ what: "target", found: is, spooled: target });
  } else if (content !== undefined && !hasContent(place, content)) {
    differences.push({ what: "content" });
  }
  return differences;
}

/** Whether the content may be the same all the same. */
export function isOfContent({ what }: Difference): boolean {
  return what !== "type" && what !== "size";
}

/** What a link to the file or symlink at `place` must be. */
export function wholeOf({ isSymlink, mode, mtime, size }: Deno.FileInfo, place: string): Whole {
  const seconds = mtime === null ? undefined : mtime.getTime() / 1000;
  if (isSymlink) return { kind: "symlink", mtime: seconds, target: readLink(place) };
  return { kind: "file", mode: (mode ?? 0) & 0o7777, mtime: seconds, size, content: { place } };
}

function readLink(place: string): string {
  return withShortPath(place, Deno.readLinkSync);
}
