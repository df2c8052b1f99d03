/**
 * Makes a package for Debian and Ubuntu with dpkg-deb(1).
 *
 * https://www.debian.org/doc/debian-policy/ch-controlfields.html, and for the scripts ch-maintainerscripts.html
 */
import { gzipSync } from "node:zlib";
import { run } from "../process.ts";
import type { Architecture } from "../target.ts";
import {
  DESCRIPTION,
  DISABLE,
  ENV_FILE,
  type PackagedFile,
  packagedFiles,
  type Packaging,
  RELOAD,
  stage,
  SUMMARY,
} from "./files.ts";

const ARCHITECTURES: Readonly<Record<Architecture, string>> = { x86_64: "amd64", aarch64: "arm64" };
const DOCS = "/usr/share/doc/ftl";
const PLACES = { zsh: "/usr/share/zsh/vendor-completions", license: `${DOCS}/copyright` };

/** The name by which Debian's programs know it. */
export function nameOfDeb({ version, architecture }: Packaging): string {
  return `ftl_${debVersion(version)}_${ARCHITECTURES[architecture]}.deb`;
}

/** Makes it in the folder `out`, by way of an empty folder `work`. Returns its path. */
export async function makeDeb(
  packaging: Packaging,
  { out, work }: { readonly out: string; readonly work: string },
): Promise<string> {
  const { time } = packaging;
  const files = [
    ...packagedFiles({ ...packaging, license: copyright(packaging) }, PLACES),
    file(`${DOCS}/changelog.gz`, gzipSync(changelog(packaging), { level: 9 })),
  ];
  stage([...files, ...controlFiles(packaging, files)], work, time);
  const output = `${out}/${nameOfDeb(packaging)}`;
  // Debian 11 and older read xz, and not zstd. Level 6 takes four times as long for a seventh less.
  await run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", work, output], {
    env: { SOURCE_DATE_EPOCH: String(time) },
  });
  return output;
}

/** What `1.0.0-rc.1` comes before. */
function debVersion(version: string): string {
  return version.replace("-", "~");
}

function controlFiles(packaging: Packaging, files: readonly PackagedFile[]): PackagedFile[] {
  return [
    file("/DEBIAN/control", control(packaging, files)),
    file("/DEBIAN/conffiles", `${ENV_FILE}\n`),
    script("postinst", RELOAD),
    script("prerm", `if [ "$1" = remove ] || [ "$1" = deconfigure ]; then\n${DISABLE}\nfi`),
    script("postrm", RELOAD),
  ];
}

function control(
  { version, architecture }: Packaging,
  files: readonly PackagedFile[],
): string {
  return `Package: ftl
Version: ${debVersion(version)}
Architecture: ${ARCHITECTURES[architecture]}
Maintainer: the FTL authors <ftl@users.invalid>
Installed-Size: ${Math.ceil(files.reduce((sum, each) => sum + sizeOf(each), 0) / 1024)}
Depends: libc6 (>= 2.27), libgcc-s1 | libgcc1
Recommends: ca-certificates
Suggests: openssh-client
Section: admin
Priority: optional
Description: ${SUMMARY}
${DESCRIPTION.map((line) => ` ${line}`).join("\n")}
`;
}

function sizeOf({ content }: PackagedFile): number {
  return content instanceof Uint8Array ? content.length : Deno.statSync(content.from).size;
}

function script(name: string, body: string): PackagedFile {
  return { ...file(`/DEBIAN/${name}`, `#!/bin/sh\nset -e\n${body}\n`), mode: 0o755 };
}

/** https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
function copyright({ license }: Packaging): string {
  const body = license.trim().split("\n").slice(2).filter((line) => !line.startsWith("Copyright"));
  const [holder = ""] = /^Copyright .*$/m.exec(license) ?? [];
  const text = body.join("\n").trim().split("\n").map((line) => ` ${line === "" ? "." : line}`);
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ftl

Files: *
Copyright: ${holder.replace("Copyright (c) ", "")}
License: ISC
${text.join("\n")}

Files: usr/bin/ftl
Copyright: the FTL authors, the Deno authors, and those of the packages in it
License: ISC and Expat and Apache-2.0 and BSD-3-clause
 The executable has the runtime Deno in it, with V8, and packages from npm.
`;
}

function changelog({ version, time }: Packaging): string {
  const date = new Date(time * 1000).toUTCString().replace("GMT", "+0000");
  return `ftl (${debVersion(version)}) stable; urgency=medium

  * See the changelog of FTL.

 -- the FTL authors <ftl@users.invalid>  ${date}
`;
}

function file(path: string, content: string | Uint8Array): PackagedFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, mode: 0o644, content: bytes };
}
