/** The trial of each store: FTL's main job, racing blessings, a large package, and doctor. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { openS3Bucket } from "../../src/bucket/s3/s3_bucket.ts";
import { useCredentials } from "../../tests/credentials.ts";
import { startProgram } from "../../tests/e2e/fleet.ts";
import { sumOf, writeRandom } from "./random_file.ts";
import { REGION, type StartedStore } from "./store.ts";

const BUCKET = "deploys";

/** The result of one row, and whether it is good. */
export interface Finding {
  readonly isGood: boolean;
  readonly text: string;
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TrialOptions {
  readonly store: StartedStore;
  /** For files and machines. */
  readonly folder: string;
  readonly racers: number;
  readonly megabytes: number;
  /** Why the store itself may let two racers win. */
  readonly racyBecause: string | undefined;
}

export class Trial {
  readonly #options: TrialOptions;
  /** What FTL's warnings say about the store, each once. */
  readonly warnings = new Set<string>();

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  async makeBucket(): Promise<void> {
    const { endpoint, accessKeyId, secretAccessKey } = this.#options.store;
    const client = new S3Client({
      endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
  }

  /** Spool, list, sync, jump, two blessings, jump-back, purge. Checks each result on two machines. */
  async mainJob(): Promise<Finding> {
    const machines = ["web-1", "web-2"].map((name) => this.#machine(name, "my_site"));
    const sync = async (): Promise<void> => {
      for (const machine of machines) await this.#ok(["sync"], machine);
    };
    const [first, second] = [await this.#spool("1"), await this.#spool("2")];
    expect(await this.#ok(["list", "--master"]), "my_site");
    await sync();
    await this.#ok(["jump", first], machines[0]);
    await this.#ok(["jump", "--master", first, "-m", "first"]);
    await this.#ok(["jump", "--master", second, "-m", "second"]);
    expect(await this.#ok(["list", "--master", "my_site"]), `${first}\n${second}\t(active)`);
    await sync();
    for (const machine of machines) expect(versionOn(machine), "2");
    await this.#ok(["jump-back", "--master", "my_site"]);
    await sync();
    for (const machine of machines) expect(versionOn(machine), "1");
    const third = await this.#spool("3");
    await this.#ok(["purge", "--master", third]);
    expect(await this.#ok(["list", "--master", "my_site"]), `${first}\t(active)\n${second}`);
    return { isGood: true, text: "works" };
  }

  /**
   * Several people bless different revisions as fast as they can. Only one of those who replace the same
   * blessing may win. Then the same with plain writes: all racers have read before the first one writes.
   */
  async race(): Promise<Finding> {
    const revisions: string[] = [];
    for (let i = 0; i < this.#options.racers; i++) revisions.push(await this.#spool(`race ${i}`));
    const results = await Promise.all(
      revisions.map((revision) => this.#ftl(["jump", "--master", revision])),
    );
    const winners = results.filter(({ code }) => code === 0);
    const strange = results.find(({ code }) => code !== 0 && code !== 4);
    if (strange !== undefined) throw new Error(`a racer ended with ${strange.stderr}`);
    const replaced = winners.map(({ stderr }) => /: blessed, was (\S+)/.exec(stderr)?.[1]);
    const commands = { winners: winners.length, lost: replaced.length - new Set(replaced).size };
    const writes = await this.#raceWrites();
    const isLost = commands.lost > 0 || writes !== 1 || commands.winners === 0;
    const text = `${commands.winners} of ${results.length} commands won` +
      (commands.lost === 0 ? "" : `, ${commands.lost} overwrote another's blessing`) +
      `; of writes at the same moment ${writes} won`;
    if (!isLost) return { isGood: true, text };
    if ([...this.warnings].some((line) => line.includes("race"))) {
      return { isGood: true, text: `${text}; FTL warned` };
    }
    const { racyBecause } = this.#options;
    if (racyBecause === undefined) return { isGood: false, text };
    return { isGood: true, text: `${text}; not FTL's fault: ${racyBecause}` };
  }

  /** The number of racers that believe they have won. */
  async #raceWrites(): Promise<number> {
    const env = this.#env();
    useCredentials(env);
    const key = "race.rev";
    const etag = await openS3Bucket(BUCKET, env).put(key, "start", { metadata: {} });
    const results = await Promise.allSettled(
      Array.from({ length: this.#options.racers }, (_, i) => {
        const metadata = { "ftl-by": `racer ${i}` };
        return openS3Bucket(BUCKET, env).put(key, `${i}`, { metadata, condition: { etag } });
      }),
    );
    return results.filter(({ status }) => status === "fulfilled").length;
  }

  /** Removes several keys, as `purge --master --keep` does. */
  async removals(): Promise<Finding> {
    let requests = 0;
    const bucket = openS3Bucket(BUCKET, this.#env(), { onAnswer: () => requests++ });
    const keys = Array.from({ length: 20 }, (_, i) => `many.${i}`);
    for (const key of keys) await bucket.put(key, key, { metadata: {} });
    requests = 0;
    const left = await bucket.removeMany(keys);
    const sent = requests;
    const isGone = left.length === 0 && (await bucket.list("many.")).length === 0;
    return { isGood: isGone, text: `${keys.length} keys, ${sent} request${sent === 1 ? "" : "s"}` };
  }

  /** A file in many parts must arrive unchanged. */
  async large(): Promise<Finding> {
    const { folder, megabytes } = this.#options;
    const machine = this.#machine("web-3", "large");
    const sum = await writeRandom(`${folder}/large.bin`, megabytes);
    const begun = performance.now();
    const revision = await this.#ok(["spool", `${folder}/large.bin`]);
    const spooled = performance.now();
    await this.#ok(["sync"], machine);
    const synced = performance.now();
    const path = `${machine}/large/revs/${revision.replace("large.", "")}/large.bin`;
    if (await sumOf(path) !== sum) throw new Error("the large file has changed on its way");
    const speed = (ms: number): string => `${Math.round(megabytes / ms * 1000)} MB/s`;
    const text = `same SHA-256, ${speed(spooled - begun)} up, ${speed(synced - spooled)} down`;
    return { isGood: true, text };
  }

  async doctor(): Promise<Finding> {
    const machine = this.#machine("web-4", "my_site");
    const { code, stdout, stderr } = await this.#ftl(["doctor"], machine);
    const remarks = stdout.split("\n").filter((line) => /^(info|warn|fail) +S3/.test(line));
    for (const line of remarks) this.warnings.add(line.replace(/^\w+ +S3 \w+ +/, ""));
    if (code !== 0 && remarks.length === 0) throw new Error(`doctor ended with ${code}: ${stderr}`);
    const marks = remarks.map((line) => /^(\w+) +(S3 \w+)/.exec(line)?.slice(1).join(": "));
    return { isGood: code === 0, text: marks.length === 0 ? "nothing" : marks.join(", ") };
  }

  #env(): Record<string, string> {
    const { endpoint, accessKeyId, secretAccessKey } = this.#options.store;
    return {
      ...inherited(),
      DENO_NO_UPDATE_CHECK: "1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: REGION,
      FTL_BUCKET: BUCKET,
    };
  }

  async #spool(version: string): Promise<string> {
    const { folder } = this.#options;
    await Deno.mkdir(`${folder}/site`, { recursive: true });
    await Deno.writeTextFile(`${folder}/site/version.txt`, version);
    const tar = new Deno.Command("tar", {
      args: ["-czf", `${folder}/my_site.tgz`, "-C", `${folder}/site`, "."],
    });
    if (!(await tar.output()).success) throw new Error("tar failed");
    return await this.#ok(["spool", `${folder}/my_site.tgz`]);
  }

  /** The root of a machine that wants that package. */
  #machine(name: string, wanted: string): string {
    const root = `${this.#options.folder}/${name}`;
    Deno.mkdirSync(`${root}/${wanted}`, { recursive: true });
    return root;
  }

  async #ok(args: readonly string[], root?: string): Promise<string> {
    const { code, stdout, stderr } = await this.#ftl(args, root);
    if (code !== 0) throw new Error(`ftl ${args.join(" ")}: exit ${code}: ${stderr.trim()}`);
    return stdout.trimEnd();
  }

  async #ftl(args: readonly string[], root?: string): Promise<Ran> {
    const child = startProgram(args, {
      cwd: this.#options.folder,
      env: { ...this.#env(), FTL_ROOT: root },
    });
    const { code, stdout, stderr } = await child.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const ran = { code, stdout: out ?? "", stderr: err ?? "" };
    for (const line of ran.stderr.split("\n")) {
      if (line.startsWith("warning: ")) this.warnings.add(line.slice("warning: ".length));
    }
    return ran;
  }
}

/** The variables that a process needs to start. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "TMPDIR"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function versionOn(machine: string): string {
  return Deno.readTextFileSync(`${machine}/my_site/current/version.txt`);
}

function expect(found: string, wanted: string): void {
  if (found === wanted) return;
  throw new Error(`found ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}
