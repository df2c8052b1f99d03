import fc from "fast-check";
import { main, type Surroundings } from "../../src/cli/main.ts";
import { readRevisionContent } from "../../src/revision/metadata.ts";
import { Config } from "../../src/config.ts";
import { FtlError, UsageError } from "../../src/errors.ts";
import { parseKey, revisionKey, splitFileName } from "../../src/revision/keys.ts";
import {
  isRevisionId,
  newRevisionId,
  parseRevisionName,
  revisionName,
} from "../../src/revision/names.ts";
import { planSync, type PostSync } from "../../src/plan/sync.ts";
import { createContext } from "../../mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { TempFolder, treeOf } from "../temp.ts";
import { breakArchives } from "./hostile_archives.ts";
import {
  anyRevisionId as id,
  anyText as text,
  INPUTS as inputs,
  SEED as seed,
} from "./hostile_values.ts";
import { announce } from "./report.ts";
import { quote } from "../../src/foreign_text.ts";
import { parsePointer, readBlessing } from "../../src/revision/pointer.ts";
import { anId, aPackage } from "../names.ts";

announce(`hostile input: seed ${seed}`);
const RUNS = { seed: seed | 0, numRuns: inputs };

/** Runs it; errors that are for the user are as good as an answer. */
function designed<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof FtlError) return undefined;
    throw error;
  }
}

Deno.test("10,000 broken archives are accepted or refused, and nothing gets out", async () => {
  await breakArchives({ seed, inputs: 5 * inputs });
});

Deno.test("any key is one of FTL's or none, and those of FTL's come back from their parts", () => {
  fc.assert(
    fc.property(text, (key) => {
      const parsed = parseKey(key);
      if (parsed?.kind !== "revision") return;
      assertEquals(revisionKey(parsed, parsed.rest), key);
      assert(!parsed.package.includes("/") && !parsed.rest.includes("/"), key);
    }),
    RUNS,
  );
});

Deno.test("any text is a revision's name or none, and any file name gives a package or an error", () => {
  fc.assert(
    fc.property(text, (name) => {
      const revision = parseRevisionName(name);
      if (revision !== undefined) assertEquals(revisionName(revision), name);
      const split = designed(() => splitFileName(name));
      if (split !== undefined) assert(/^[\w-]+$/.test(split.package), name);
      assert(!/[\p{Cc}]/u.test(quote(name)), "what is printed has no control characters");
    }),
    RUNS,
  );
});

Deno.test("any content of .rev is an id or an integrity error, and any metadata is read", () => {
  const metadata = fc.dictionary(
    fc.constantFrom(
      ...["ftl-by", "ftl-at", "ftl-replaced", "ftl-sha256", "ftl-bytes", "ftl-files"],
      ...["ftl-next", "ftl-next-key", "ftl-rollout", "ftl-stopped"],
    ),
    text,
  );
  fc.assert(
    fc.property(text, metadata, (content, found) => {
      const place = { key: "site.rev", packageName: aPackage("site") };
      const read = designed(() => parsePointer(content, place));
      if (read !== undefined) assert(isRevisionId(read), read);
      const { replaced, next, rollout, stopped } = readBlessing(anId("V00000"), found);
      for (const id of [replaced, next?.id, stopped]) assert(id === undefined || isRevisionId(id));
      assert(rollout?.state !== "running", "these words never let a machine in");
      const { bytes, sha256 } = readRevisionContent(found);
      assert(bytes === undefined || Number.isSafeInteger(bytes));
      assert(sha256 === undefined || sha256.length === 64);
    }),
    RUNS,
  );
});

Deno.test("a new id is greater than any newest one, or there is an error that says so", () => {
  const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, min: -1e15, max: 3e12 }),
      sha256,
      id,
      (now, sum, newest) => {
        const made = designed(() => newRevisionId({ now, sha256: sum, newest }));
        assert(made === undefined || (made > newest && isRevisionId(made)), `${made} <= ${newest}`);
      },
    ),
    RUNS,
  );
});

Deno.test("no plan removes what a machine runs, ran, holds or is to run, or anything by an empty listing", () => {
  const ids = ["V00001", "V00002", "V00003", "V00004", "V00005", "V00006"].map(anId);
  const pool = fc.constantFrom(...ids);
  const maybe = fc.option(pool, { nil: undefined });
  const post = fc.constantFrom<PostSync>("ok", "pending", "failed");
  const facts = fc.record({
    remote: fc.uniqueArray(pool),
    local: fc.array(fc.tuple(pool, post)).map((pairs) => new Map(pairs)),
    blessed: maybe,
    replaced: maybe,
    active: maybe,
    previous: maybe,
    hold: fc.option(
      fc.record({ id: pool, blessed: maybe, version: fc.constantFrom(undefined, "1", "2") }),
      {
        nil: undefined,
      },
    ),
    keep: fc.nat(4),
  });
  fc.assert(
    fc.property(facts, (given) => {
      const plan = planSync(given);
      const staying = [
        given.active,
        given.hold?.id,
        plan.activate ?? given.previous,
        given.blessed,
      ];
      for (const old of plan.remove) {
        assert(!staying.includes(old) && given.local.has(old) && given.remote.length > 0, old);
      }
      for (const wanted of plan.fetch) {
        assert(given.remote.includes(wanted) && !given.local.has(wanted), wanted);
        assert(!plan.remove.includes(wanted), wanted);
      }
      assert(plan.activate === undefined || plan.activate === given.blessed);
    }),
    RUNS,
  );
});

Deno.test("any environment is taken or refused by a usage error that names the variable", () => {
  const names = [
    "FTL_BUCKET",
    "FTL_ROOT",
    "FTL_KEEP",
    "FTL_LOCK_WAIT",
    "FTL_HOOK_TIMEOUT",
  ] as const;
  const getters = ["bucket", "root", "keep", "lockWait", "scriptTimeout"] as const;
  fc.assert(
    fc.property(text, fc.nat(4), (value, n) => {
      const [name = "FTL_ROOT", getter = "root"] = [names[n], getters[n]];
      try {
        void new Config({ [name]: value })[getter];
      } catch (error) {
        assert(error instanceof UsageError && error.message.startsWith(name), String(error));
      }
    }),
    RUNS,
  );
});

Deno.test("any arguments bring a designed exit code, no stack, and no write outside of the root", async () => {
  using folder = new TempFolder();
  const root = folder.folder("root");
  folder.folder("root/site/revs/V00001");
  folder.write("outside/file", "untouched");
  const before = treeOf(`${folder.path}/outside`);
  const word = fc.oneof(
    fc.constantFrom(...[
      "list",
      "sync",
      "jump",
      "jump-back",
      "purge",
      "status",
      "spool",
      "setup",
      "verify",
    ]),
    fc.constantFrom("help", "completions", "--json", "--master", "--keep", "--dry-run", "-m", "--"),
    fc.constantFrom("site", "site.V00001", "../outside", "site/../../outside", "1", "bash", "iam"),
    fc.constantFrom(
      ...["-_", "--_", "--_=x", "--__proto__", "--quiet", "--verbosity", "-v", "--splay"],
      ...[
        "--name",
        "--exclude",
        "--follow",
        "--long",
        "--wait",
        "--prune",
        "--strict",
        "--trust",
        "--version",
      ],
    ),
    text,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (argv) => {
      const { code, stderr } = await run(argv.filter((arg) => arg !== "-v"), { FTL_ROOT: root });
      assert([0, 2, 3, 4, 5, 6, 7].includes(code), `exit ${code}: ${stderr}`);
      assert(!/^ +at /m.test(stderr), stderr);
      assert(code === 0 || stderr.startsWith("ftl: "), `exit ${code} without a word: ${stderr}`);
    }),
    { ...RUNS, numRuns: Math.ceil(inputs / 4) },
  );
  assertEquals(treeOf(`${folder.path}/outside`), before);
  assertEquals([...Deno.readDirSync(folder.path)].length, 2);
});

/** The command line in this process, without a bucket. */
async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; stderr: string }> {
  let stderr = "";
  const stream = { isTerminal: false, size: () => undefined };
  const { signal } = new AbortController();
  const surroundings: Surroundings = {
    version: { version: "0", commit: null, runtime: "", arch: "" },
    env,
    system: Deno.build.os,
    stdout: { ...stream, write: () => {} },
    stderr: { ...stream, write: (written) => stderr += written },
    signal,
    context: (report) => createContext(env, { report, signal }),
    programs: { credentialProcess: () => false, signer: () => false },
    keepOnly: () => {},
  };
  return { code: await main(argv, surroundings), stderr };
}
