/** Packages to deploy: some hundred small files and all scripts, with what each must look like unpacked. */
import { createHash } from "node:crypto";
import { gzip, type Member, tar } from "../archive/builders.ts";
import { Random } from "./random.ts";

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
}

/** The same seed gives the same bytes. */
export function makeSite(
  packageName: string,
  seed: number,
  { files = 200, scripts = true, ballast = 0, bad = false }: SiteOptions = {},
): Archive {
  const random = new Random(seed);
  const members: Member[] = [{ name: "version", content: `${seed}\n` }];
  for (let i = 0; i < files; i++) {
    const name = `d${i % 11}/e${i % 3}/file-${i}`;
    members.push({ name, content: random.bytes(random.below(900)), mode: i % 7 ? 0o644 : 0o755 });
  }
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

const SCRIPT =
  '#!/bin/sh\necho "$FTL_HOOK $FTL_REVISION" >> "$FTL_REVISION_DIR/../../../../told"\n';

function lineOfMember({ name, type, link, content = "", mode = 0o644 }: Member): string {
  return type === "2" ? `${name} -> ${link}` : `${name} ${mode.toString(8)} ${sha256(content)}`;
}

/** Every file of a revision with its mode and SHA-256, every link with its text. */
export function linesOf(folder: string): string {
  const lines: string[] = [];
  const walk = (below: string): void => {
    for (const entry of Deno.readDirSync(`${folder}/${below}`)) {
      const name = below + entry.name;
      const path = `${folder}/${name}`;
      if (entry.isDirectory) walk(`${name}/`);
      else if (entry.isSymlink) lines.push(`${name} -> ${Deno.readLinkSync(path)}`);
      else {
        const mode = (Deno.lstatSync(path).mode ?? 0) & 0o7777;
        lines.push(`${name} ${mode.toString(8)} ${sha256(Deno.readFileSync(path))}`);
      }
    }
  };
  walk("");
  return lines.sort().join("\n");
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
