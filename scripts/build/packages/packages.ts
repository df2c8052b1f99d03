/** Packages for the two families of distributions, of an executable for Linux. */
import { findProgram } from "../process.ts";
import { makeDeb } from "./deb.ts";
import type { Packaging } from "./files.ts";
import { makeRpm } from "./rpm.ts";

/** The programs that make them, each with the package of Debian that has it. */
const PROGRAMS = { "dpkg-deb": "dpkg", "rpmbuild": "rpm" } as const;

/** Throws an Error with a message for the user if a program is missing. */
export async function requirePackagers(): Promise<void> {
  for (const [name, source] of Object.entries(PROGRAMS)) {
    if (await findProgram(name) !== undefined) continue;
    throw new Error(`--packages needs ${name}: on Debian, apt-get install ${source}`);
  }
}

/** Makes both in the folder `out`. Returns their paths. */
export async function makePackages(packaging: Packaging, out: string): Promise<string[]> {
  return [
    await inEmptyFolder(out, (work) => makeDeb(packaging, { out, work })),
    await inEmptyFolder(out, (work) => makeRpm(packaging, { out, work })),
  ];
}

async function inEmptyFolder(
  out: string,
  make: (work: string) => Promise<string>,
): Promise<string> {
  const work = Deno.makeTempDirSync({ dir: out, prefix: ".package-" });
  try {
    return await make(work);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}
