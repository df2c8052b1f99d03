/** The files to deploy. They are made once and kept in a folder for the next run. */
import { capture, pipeline } from "./programs.ts";

/** npm packages that together have about 24,000 files and 100 MB of tarball. */
const PACKAGES = [
  "next",
  "typescript",
  "date-fns",
  "core-js",
  "three",
  "eslint",
];

/** Paths of the files to spool. The part before the first dot is the package's name. */
export interface Corpora {
  /** 24,000 small files. */
  readonly files: string;
  /** 100 MB that do not compress, stored as they are; and 100 MB of gzip. */
  readonly stored: string;
  readonly gzipped: string;
  /** Generated data of the requested size. */
  readonly bigStored: string;
  readonly bigArchive: string;
}

export async function makeCorpora(
  folder: string,
  { bigBytes, say }: { bigBytes: number; say: (text: string) => void },
): Promise<Corpora> {
  Deno.mkdirSync(folder, { recursive: true });
  const make = async (name: string, command: (path: string) => string): Promise<string> => {
    const path = `${folder}/${name}`;
    if (exists(path)) return path;
    say(`making ${name}`);
    // Renamed when it is complete, so that an interrupted run leaves nothing that looks like a corpus.
    await capture({ command: pipeline(`${command(`${path}.part`)}; mv ${path}.part ${path}`) });
    return path;
  };
  const random = (bytes: number): string =>
    `openssl enc -aes-128-ctr -pass pass:ftl -nosalt -md sha256 < /dev/zero 2>/dev/null | head -c ${bytes}`;
  const text = (bytes: number): string =>
    `seq -f 'line %.0f of what a log may look like' 1 1000000000 2>/dev/null | head -c ${bytes}`;
  const big = bigBytes / 2;
  const quiet = "set +o pipefail";
  return {
    files: await make(
      "files.tgz",
      (path) =>
        `mkdir -p ${folder}/npm; cd ${folder}/npm; echo '{"private":true}' > package.json; ` +
        `npm install --silent --no-audit --no-fund --ignore-scripts ${PACKAGES.join(" ")}; ` +
        `tar -czf ${path} node_modules`,
    ),
    stored: await make("stored.bin", (path) => `${quiet}; ${random(1e8)} > ${path}`),
    gzipped: await make(
      "gzipped.log.gz",
      (path) => `${quiet}; { ${random(7e7)}; ${text(3e8)}; } | gzip -1 > ${path}`,
    ),
    bigStored: await make(
      `big${bigBytes}.bin`,
      (path) => `${quiet}; ${random(bigBytes)} > ${path}`,
    ),
    bigArchive: await make(
      `bigtar${bigBytes}.tar.gz`,
      (path) =>
        `${quiet}; mkdir -p ${folder}/big; ${random(big)} > ${folder}/big/random; ` +
        `${text(big)} > ${folder}/big/text; tar -cf - -C ${folder} big | gzip -1 > ${path}; ` +
        `rm -r ${folder}/big`,
    ),
  };
}

/** Entries and compressed bytes of an archive. */
export async function describe(path: string): Promise<string> {
  const entries = await capture({ command: pipeline(`tar -tzf ${path} | wc -l`) });
  return `${entries} entries, ${(Deno.statSync(path).size / 1e6).toFixed(0)} MB`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
