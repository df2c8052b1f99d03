/**
 * Runs the shell of a page, from its first block to its last one in one bash:
 *
 *     ```sh         must succeed
 *     ```console    the lines after `$ ` run; what they print must be what the page shows
 */
import type { TempFolder } from "../temp.ts";
import { programLine } from "./fleet.ts";

/** A command of the page. */
export interface Shown {
  readonly command: string;
  /** What the page shows of its output. */
  readonly expected: string;
  readonly printed: string;
}

/** A path of the page, and where the test has it. */
export type Place = readonly [onPage: string, here: string];

export interface PageRun {
  /** What the commands print goes into it. */
  readonly folder: TempFolder;
  readonly places: readonly Place[];
  readonly env: Readonly<Record<string, string>>;
  /** Shell before the first block. */
  readonly before?: string;
}

/** Throws if a block that must succeed does not. */
export async function runShown(
  markdown: string,
  { folder, places, env, before = "" }: PageRun,
): Promise<Shown[]> {
  const shown: Omit<Shown, "printed">[] = [];
  // What it does is shown if it fails, apart from what it prints.
  let script = `set -eu\nexec 7>&2\nBASH_XTRACEFD=7\n${before}set -x\n`;
  for (const [, kind, text = ""] of markdown.matchAll(/^```(sh|console)\n([^]*?)^```$/gm)) {
    if (text.startsWith("#!")) continue;
    if (kind === "sh") script += here(text, places);
    else {
      for (const one of commandsIn(text)) {
        const file = `${folder.path}/printed.${shown.push(one)}`;
        script += `{ ${here(one.command, places)}\n} > ${file} 2>&1 || { cat ${file}; exit 1; }\n`;
      }
    }
  }
  await runBash(script, { folder, env });
  return shown.map((one, index) => {
    const printed = Deno.readTextFileSync(`${folder.path}/printed.${index + 1}`);
    return { ...one, printed: onPage(printed, places) };
  });
}

function commandsIn(block: string): Omit<Shown, "printed">[] {
  return block.split(/^\$ /m).slice(1).map((text) => {
    const end = text.indexOf("\n");
    return { command: text.slice(0, end), expected: text.slice(end + 1) };
  });
}

/** The text with the paths of the test. Where several places fit, the first one of them counts. */
export function here(text: string, places: readonly Place[]): string {
  return replaceEach(text, places);
}

function onPage(text: string, places: readonly Place[]): string {
  return replaceEach(text, places.map(([page, path]) => [path, page]));
}

/** In one pass: a folder of the test may lie in one that a page names. */
function replaceEach(text: string, places: readonly Place[]): string {
  const any = places.map(([from]) => from.replace(/[.$()]/g, "\\$&")).join("|");
  return text.replace(new RegExp(any, "g"), (found) => {
    return places.find(([from]) => from === found)?.[1] ?? found;
  });
}

async function runBash(
  script: string,
  { folder, env }: Pick<PageRun, "folder" | "env">,
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script],
    cwd: folder.path,
    clearEnv: true,
    env,
    stdin: "null",
  }).output();
  if (success) return;
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  throw new Error(`The page's shell failed:\n${log}${out}`);
}

/** Puts the `ftl` that is tested into a folder for the PATH. */
export function writeFtl(folder: string): void {
  const line = programLine().map((word) => `'${word}'`).join(" ");
  Deno.writeTextFileSync(`${folder}/ftl`, `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
}

/** The commands with what they print, or with what the page shows of it, in words that can be compared. */
export function transcript(shown: readonly Shown[], kind: "expected" | "printed"): string {
  return shown.map((one) => `$ ${one.command}\n${withoutChance(one[kind])}`).join("");
}

/** Without what differs each time, or from machine to machine: ids, keys, times, sizes. */
function withoutChance(text: string): string {
  return text
    .replace(/\b[V-Z][0-9A-Za-z]{10}\b/g, "<id>")
    .replace(/SHA256:[A-Za-z0-9+/]{43}/g, "<key>")
    .replace(/\b[0-9a-f]{64}\b/g, "<sha256>")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<upload>")
    .replace(/\d{4}-?\d\d-?\d\dT[\d:.]+Z/g, "<time>")
    .replace(/\b\d{13}\b/g, "<serial>")
    .replace(/\b\d+(\.\d+)? (s|min)\b/g, "<n> s")
    .replace(/\b\d+(\.\d+)? (B|kB|bytes)\b/g, "<n> bytes")
    .replace(/\b\d+\.\d+\.\d+\b/g, "<version>")
    .replace(/\bftl-size: \d+/g, "ftl-size: <n>")
    .replace(/^ftl-by: .*/gm, "ftl-by: <user>")
    .replace(/[ \t]+/g, " ");
}
