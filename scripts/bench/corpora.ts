/** The files to deploy. They are made when a case first asks for them, and kept in a folder for the next run. */
import { Unavailable } from "./case.ts";
import { capture, pipeline } from "./programs.ts";

/** The newest of npm packages that together have about 24,000 files and 100 MB of tarball: another set each month. */
const NEWEST = ["next", "typescript", "date-fns", "core-js", "three", "eslint"];

/**
 * npm packages of fixed versions, which never change: with their folders 25,300 entries, 448 MB as a tar
 * archive and 97 MB with gzip. None is made for one kind of machine. The archive has the same bytes everywhere.
 */
const PINNED = [
  "core-js@3.37.1",
  "date-fns@3.6.0",
  "lodash@4.17.21",
  "mathjs@12.4.2",
  "monaco-editor@0.48.0",
  "next@14.2.3",
  "onnxruntime-web@1.17.3",
  "prettier@3.2.5",
  "rxjs@7.8.1",
  "three@0.164.1",
  "typescript@5.4.5",
];

/** Of the tar archive of `PINNED`, before it is compressed. */
const PINNED_SHA256 = "d7d109c4a097e77369b4fd95370692a465fa8f4b566dbe69ffe43ee5f2d91f52";

/** Nothing of the machine or of the moment is in the archive. */
const PINNED_TAR =
  "LC_ALL=C tar --sort=name --format=gnu --mtime=@1700000000 --owner=0 --group=0 " +
  "--numeric-owner --mode=u=rwX,go=rX -cf - tree";

/** Archives of many small files. */
export const CORPORA = ["npm", "files"] as const;
export type CorpusName = (typeof CORPORA)[number];

export interface CorporaOptions {
  /** Bytes of the generated data. */
  readonly bigBytes: number;
  readonly say: (text: string) => void;
}

/** Each method gives the path of a file to spool. The part before the first dot is the package's name. */
export class Corpora {
  readonly #folder: string;
  readonly #bigBytes: number;
  readonly #say: (text: string) => void;

  constructor(folder: string, { bigBytes, say }: CorporaOptions) {
    this.#folder = folder;
    this.#bigBytes = bigBytes;
    this.#say = say;
  }

  /** Many small files: `npm` is the same for all, `files` are what npm has today. */
  many(name: CorpusName): Promise<string> {
    return name === "npm" ? this.#pinned() : this.#newest();
  }

  /** 100 MB that do not compress, stored as they are. */
  stored(): Promise<string> {
    return this.#make("stored.bin", (path) => `${random(1e8)} > ${path}`);
  }

  /** 100 MB of gzip. */
  gzipped(): Promise<string> {
    return this.#make(
      "gzipped.log.gz",
      (path) => `{ ${random(7e7)}; ${text(3e8)}; } | gzip -1 > ${path}`,
    );
  }

  bigStored(): Promise<string> {
    const bytes = this.#bigBytes;
    return this.#make(`big${bytes}.bin`, (path) => `${random(bytes)} > ${path}`);
  }

  bigArchive(): Promise<string> {
    const [folder, half] = [this.#folder, this.#bigBytes / 2];
    return this.#make(
      `bigtar${this.#bigBytes}.tar.gz`,
      (path) =>
        `mkdir -p ${folder}/big; ${random(half)} > ${folder}/big/random; ` +
        `${text(half)} > ${folder}/big/text; tar -cf - -C ${folder} big | gzip -1 > ${path}; ` +
        `rm -r ${folder}/big`,
    );
  }

  /** `npm pack` gets a package as it was published, without what it depends on. */
  #pinned(): Promise<string> {
    const lab = `${this.#folder}/npm-packages`;
    const unpacked =
      'mkdir -p tree/"${f%-*}"; tar -xzf "$f" --strip-components=1 -C tree/"${f%-*}"';
    const fits = `[ "$(cut -d ' ' -f 1 sum)" = ${PINNED_SHA256} ]`;
    const differs = "{ echo 'the archive has not the bytes that it has elsewhere' >&2; exit 1; }";
    return this.#make(
      "npm.tgz",
      (path) =>
        `set -o pipefail; rm -rf ${lab}; mkdir -p ${lab}; cd ${lab}; ` +
        `npm pack --silent ${PINNED.join(" ")} > /dev/null; ` +
        `for f in *.tgz; do ${unpacked}; done; ${PINNED_TAR} > tar; sha256sum tar > sum; ` +
        `${fits} || ${differs}; gzip -n < tar > ${path}; rm -r ${lab}`,
    );
  }

  #newest(): Promise<string> {
    const lab = `${this.#folder}/npm`;
    return this.#make(
      "files.tgz",
      (path) =>
        `mkdir -p ${lab}; cd ${lab}; echo '{"private":true}' > package.json; ` +
        `npm install --silent --no-audit --no-fund --ignore-scripts ${NEWEST.join(" ")}; ` +
        `tar -czf ${path} node_modules`,
    );
  }

  async #make(name: string, command: (path: string) => string): Promise<string> {
    const path = `${this.#folder}/${name}`;
    if (exists(path)) return path;
    this.#say(`making ${name}`);
    Deno.mkdirSync(this.#folder, { recursive: true });
    try {
      // The generators are cut off. Renamed when it is complete, so that an interrupted run leaves nothing that
      // looks like a corpus.
      const text = `set +o pipefail; ${command(`${path}.part`)}; mv ${path}.part ${path}`;
      await capture({ command: pipeline(text) });
      return path;
    } catch (error) {
      throw new Unavailable(`no ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function random(bytes: number): string {
  return "openssl enc -aes-128-ctr -pass pass:ftl -nosalt -md sha256 < /dev/zero 2>/dev/null | " +
    `head -c ${bytes}`;
}

function text(bytes: number): string {
  return `seq -f 'line %.0f of what a log may look like' 1 1000000000 2>/dev/null | head -c ${bytes}`;
}

/** Entries, compressed and unpacked megabytes of an archive. */
export async function describe(path: string): Promise<Readonly<Record<string, number>>> {
  const entries = await capture({ command: pipeline(`tar -tzf ${path} | wc -l`) });
  const unpacked = await capture({ command: pipeline(`gzip -dc ${path} | wc -c`) });
  return {
    "entries": Number(entries),
    "MB of .tgz": Math.round(Deno.statSync(path).size / 1e6),
    "MB of tar": Math.round(Number(unpacked) / 1e6),
  };
}

/** The package's name of a file to spool. */
export function packageOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).split(".")[0] ?? "";
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
