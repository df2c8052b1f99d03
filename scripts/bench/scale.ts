/** How time and memory grow: each command at three sizes, each at least ten times the one before. */
import type { Case, Contender } from "./case.ts";
import { capture, measure } from "./programs.ts";
import type { Stage } from "./stage.ts";

/** A case here has no target: the numbers beside each other say it. */
type Growth = Omit<Case, "targets" | "isExtra">;

export function scaleCases(stage: Stage): Case[] {
  const cases = [
    idleSync(stage, [10, 100, 1_000]),
    masterListing(stage, [200, 2_000, 20_000]),
    masterPurge(stage, [200, 2_000, 20_000]),
    localPurge(stage, [100, 1_000, 10_000]),
    entries(stage, [10_000, 100_000, 1_000_000]),
  ];
  return cases.map((one) => ({ ...one, targets: [], isExtra: true }));
}

/** An id in FTL's form. The ids sort by their numbers. */
function idOf(number: number): string {
  return `V${String(number).padStart(10, "0")}`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

function idleSync(stage: Stage, sizes: readonly number[]): Growth {
  const requests: Record<string, number> = {};
  const packagesOf = (size: number): string[] =>
    Array.from({ length: size }, (_, i) => `scale${size}x${i}`);
  return {
    name: "scale-idle",
    title: "sync with nothing to do, by packages of the machine",
    prepare: async () => {
      const contenders: Contender[] = [];
      for (const size of sizes) {
        const packages = packagesOf(size);
        await stage.fill(packages.map((name) => [`${name}.${idOf(1)}.txt`, "x"]));
        await stage.fill(packages.map((name) => [`${name}.rev`, `${name}.${idOf(1)}`]));
        const root = stage.machine(`scale${size}`, packages);
        await capture(stage.ftl(["sync", "--quiet"], root));
        contenders.push({
          name: `ftl sync, ${count(size)} packages`,
          run: async () => {
            await stage.requests();
            const measured = await measure(stage.ftl(["sync", "--quiet"], root));
            requests[`requests, ${count(size)} packages`] = await stage.requests();
            return measured;
          },
        });
      }
      return contenders;
    },
    facts: () => Promise.resolve(requests),
    clean: () => stage.empty("scale"),
  };
}

async function fillRevisions(stage: Stage, name: string, size: number): Promise<void> {
  const ids = Array.from({ length: size }, (_, i) => idOf(i));
  await stage.fill(ids.map((id) => [`${name}.${id}.txt`, "x"]));
  await stage.fill([[`${name}.rev`, `${name}.${idOf(size - 1)}`]]);
}

function masterListing(stage: Stage, sizes: readonly number[]): Growth {
  return {
    name: "scale-list",
    title: "list --master, by revisions of the package in S3",
    prepare: async () => {
      for (const size of sizes) await fillRevisions(stage, `list${size}`, size);
      return sizes.map((size) => ({
        name: `ftl list --master, ${count(size)} revisions`,
        run: () => measure(stage.ftl(["list", "--master", `list${size}`])),
      }));
    },
    clean: () => stage.empty("list"),
  };
}

function masterPurge(stage: Stage, sizes: readonly number[]): Growth {
  return {
    name: "scale-purge-master",
    title: "purge --master --keep 3, by revisions of the package in S3",
    rounds: 1,
    prepare: async () => {
      for (const size of sizes) await fillRevisions(stage, `purge${size}`, size);
      return sizes.flatMap((size) => {
        const purge = ["purge", "--master", "--keep", "3", `purge${size}`, "--quiet"];
        return [
          {
            name: `ftl purge --dry-run, ${count(size)} revisions`,
            run: () => measure(stage.ftl([...purge, "--dry-run"])),
          },
          {
            name: `ftl purge, ${count(size)} revisions`,
            run: () => measure(stage.ftl(purge)),
          },
        ];
      });
    },
    clean: () => stage.empty("purge"),
  };
}

function localPurge(stage: Stage, sizes: readonly number[]): Growth {
  const roots: string[] = [];
  return {
    name: "scale-purge",
    title: "purge --keep 3, by revisions of the package on the machine, of ten files each",
    rounds: 1,
    prepare: () =>
      Promise.resolve(sizes.map((size) => {
        const root = stage.machine(`local${size}`, ["site"]);
        roots.push(root);
        for (let i = 0; i < size; i++) {
          const folder = `${root}/site/revs/${idOf(i)}`;
          Deno.mkdirSync(folder, { recursive: true });
          for (let file = 0; file < 10; file++) Deno.writeTextFileSync(`${folder}/${file}`, "x");
        }
        const program = stage.ftl(["purge", "--keep", "3", "site", "--quiet"], root);
        return { name: `ftl purge, ${count(size)} revisions`, run: () => measure(program) };
      })),
    clean: () => {
      for (const root of roots) stage.drop(root);
      return Promise.resolve();
    },
  };
}

function entries(stage: Stage, sizes: readonly number[]): Growth {
  return {
    name: "scale-entries",
    title: "spool and sync, by entries of the archive",
    rounds: 1,
    prepare: async () => {
      const contenders: Contender[] = [];
      for (const size of sizes) {
        const path = `${stage.folder}/entries${size}.tgz`;
        await writeArchive(path, size);
        let root = "";
        contenders.push(
          {
            name: `ftl spool, ${count(size)} entries`,
            run: () => measure(stage.ftl(["spool", path, "--quiet"])),
          },
          {
            name: `ftl sync, ${count(size)} entries`,
            run: () => {
              root = stage.machine(`entries${size}`, [`entries${size}`]);
              return measure(stage.ftl(["sync", "--quiet"], root));
            },
            after: () => {
              stage.drop(root);
              stage.drop(path);
            },
          },
        );
      }
      return contenders;
    },
    clean: () => stage.empty("entries"),
  };
}

/** An archive of that many empty files, a thousand in a folder, in the format of POSIX `ustar`. */
async function writeArchive(path: string, size: number): Promise<void> {
  const gzip = new Deno.Command("gzip", { args: ["-1"], stdin: "piped", stdout: "piped" }).spawn();
  const written = gzip.stdout.pipeTo((await Deno.create(path)).writable);
  const writer = gzip.stdin.getWriter();
  for (let i = 0; i < size; i += 1000) {
    const block = new Uint8Array(1001 * 512);
    const folder = `${String(i / 1000).padStart(4, "0")}/`;
    block.set(header(folder, "5"));
    const files = Math.min(1000, size - i - 1);
    for (let file = 0; file < files; file++) {
      block.set(header(`${folder}${String(file).padStart(4, "0")}`, "0"), (file + 1) * 512);
    }
    await writer.write(block.subarray(0, (files + 1) * 512));
  }
  await writer.write(new Uint8Array(1024));
  await writer.close();
  await written;
}

function header(name: string, type: "0" | "5"): Uint8Array {
  const text = name.padEnd(100, "\0") + (type === "5" ? "0000755\0" : "0000644\0") +
    "0000000\0".repeat(2) + "00000000000\0" + "15000000000\0" + " ".repeat(8) + type +
    "\0".repeat(100) + "ustar\x0000";
  const bytes = new TextEncoder().encode(text.padEnd(512, "\0"));
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return bytes;
}
