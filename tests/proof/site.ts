/** Packages to deploy: some hundred small files and all scripts, with what each must look like unpacked. */
import { createHash } from "node:crypto";
import { gzip, type Member, tar } from "../archive/builders.ts";
import { Random } from "../random.ts";

export interface Archive {
  readonly fileName: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  /** What `linesOf` says of it once it is unpacked. */
  readonly lines: string;
}

/** Each script says when it begins, in a file beside the root. */
const SCRIPTS = ["post-sync", "pre-jump", "post-jump", "health", "un-jump", "pre-remove"];

export interface SiteOptions {
  readonly files?: number;
  readonly scripts?: boolean;
  /** Bytes that do not compress, as one file more. */
  readonly ballast?: number;
  /** Whether its health fails at once, always. */
  readonly bad?: boolean;
  /** Each number but 0 makes a small change: some other contents, modes and times, a file more and one less. */
  readonly change?: number;
}

/** The same seed gives the same bytes. */
export function makeSite(
  packageName: string,
  seed: number,
  { files = 200, scripts = true, ballast = 0, bad = false, change = 0 }: SiteOptions = {},
): Archive {
  const random = new Random(seed);
  const version = change === 0 ? `${seed}` : `${seed}${change}`;
  const members: Member[] = [{ name: "version", content: `${version}\n` }];
  for (let i = 0; i < files; i++) {
    const name = `d${i % 11}/e${i % 3}/file-${i}`;
    members.push({ name, content: random.bytes(random.below(900)), mode: i % 7 ? 0o644 : 0o755 });
  }
  if (change !== 0) changeSome(members, change);
  members.push({ name: "d0/link", type: "2", link: "../version" });
  if (ballast > 0) members.push({ name: "ballast", content: random.bytes(ballast) });
  if (scripts) {
    for (const name of SCRIPTS) {
      const content = bad && name === "health" ? `${SCRIPT}exit 100\n` : SCRIPT;
      members.push({ name: `${name}.sh`, content, mode: 0o755 });
    }
  }
  const whole = tar(...members);
  const bytes = ballast > 0 ? whole : gzip(whole);
  return {
    fileName: ballast > 0 ? `${packageName}.tar` : `${packageName}.tgz`,
    bytes,
    sha256: sha256(bytes),
    lines: members.map(lineOfMember).sort().join("\n"),
  };
}

/** Files that differ between two changes of the same site. */
const CHANGED = 3;

function changeSome(members: Member[], change: number): void {
  const random = new Random(change);
  const another = (): number => 1 + random.below(members.length - 1);
  const edit = (at: number, to: Partial<Member>): void => {
    members[at] = { ...members[at] as Member, ...to };
  };
  for (let i = 0; i < CHANGED; i++) edit(another(), { content: random.bytes(random.below(300)) });
  edit(another(), { mtime: 1_600_000_000 + random.below(1_000_000) });
  edit(another(), { mode: 0o640 });
  members.splice(another(), 1);
  members.push({ name: `new-${change % 5}/file-${change}`, content: `${change}` });
}

const SCRIPT =
  '#!/bin/sh\necho "$FTL_HOOK $FTL_REVISION" >> "$FTL_REVISION_DIR/../../../../told"\n';

function lineOfMember(
  { name, type, link, content = "", mode = 0o644, mtime = 1_500_000_000 }: Member,
): string {
  if (type === "2") return `${name} ${mtime} -> ${link}`;
  return `${name} ${mtime} ${mode.toString(8)} ${sha256(content)}`;
}

/** Every file of a revision with its mtime, mode and SHA-256, every link with its mtime and text. */
export function linesOf(folder: string): string {
  const lines: string[] = [];
  const walk = (below: string): void => {
    for (const entry of Deno.readDirSync(`${folder}/${below}`)) {
      const name = below + entry.name;
      const path = `${folder}/${name}`;
      const info = Deno.lstatSync(path);
      const mtime = (info.mtime?.getTime() ?? 0) / 1000;
      if (info.isDirectory) walk(`${name}/`);
      else if (info.isSymlink) lines.push(`${name} ${mtime} -> ${Deno.readLinkSync(path)}`);
      else {
        const mode = (info.mode ?? 0) & 0o7777;
        lines.push(`${name} ${mtime} ${mode.toString(8)} ${sha256(Deno.readFileSync(path))}`);
      }
    }
  };
  walk("");
  return lines.sort().join("\n");
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
