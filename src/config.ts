/**
 * The configuration, which comes only from the environment. A value is read when a command asks for
 * it. So a command fails only because of a variable that it needs. The file is long because it has the
 * table of all variables.
 */
import { UsageError } from "./errors.ts";
import { quote } from "./foreign_text.ts";
import { isMachineName } from "./machine_name.ts";

/** The environment variables, as `mod.ts` passes them on. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that holds a whole number. */
interface Count {
  readonly meaning: string;
  readonly standard: number;
  readonly least: number;
  readonly most: number;
}

const COUNTS = {
  FTL_KEEP: {
    meaning: "candidates newer than the blessed that a machine holds ready",
    standard: 3,
    least: 0,
    most: 1000,
  },
  FTL_LOCK_WAIT: {
    meaning: "seconds to wait for a busy lock",
    standard: 60,
    least: 0,
    most: 86_400,
  },
  FTL_HOOK_TIMEOUT: {
    meaning: "seconds that a package script may take",
    standard: 3600,
    least: 1,
    most: 604_800,
  },
  FTL_HEALTH_TIMEOUT: {
    meaning: "seconds in which a new revision's health must succeed",
    standard: 60,
    least: 1,
    most: 3600,
  },
  FTL_REPORT: {
    meaning: "seconds after which a machine reports to S3 again what it runs; 0: it never does",
    standard: 0,
    least: 0,
    most: 604_800,
  },
  FTL_TRUST_THRESHOLD: {
    meaning: "how many people must have signed a blessing, with FTL_TRUST",
    standard: 1,
    least: 1,
    most: 16,
  },
  FTL_TRUST_MAX_AGE: {
    meaning: "days after which a blessing is so old that FTL warns; 0: it never does",
    standard: 0,
    least: 0,
    most: 36_500,
  },
  FTL_SPARE: {
    meaning: "revisions that are kept for the next delta after their removal; 0: none",
    standard: 1,
    least: 0,
    most: 1,
  },
  FTL_CONCURRENCY: {
    meaning: "packages, ranges or parts at the same time",
    standard: 4,
    least: 1,
    most: 64,
  },
} as const satisfies Record<string, Count>;

const TEXTS = {
  FTL_BUCKET: { meaning: "the S3 bucket that holds the revisions" },
  FTL_ROOT: { meaning: "this machine's deployment folder, with a folder for each package" },
  FTL_MACHINE: { meaning: "this machine's name, if not the instance's id or the host's name" },
  FTL_GROUP: { meaning: "the groups of this machine, with commas between them, for rollouts" },
  FTL_NOTIFY: { meaning: "a program that is told of each change, as JSON on its input" },
  FTL_TRUST: {
    meaning: "who may sign: a file of allowed signers, or keys; after `warn:` FTL only reports",
  },
  FTL_TRUST_BUCKET: { meaning: "the bucket that was signed for, if FTL_BUCKET is a copy of it" },
  FTL_TRUST_SINCE: { meaning: "the time before which no blessing is trusted, as in 2026-11-25" },
  FTL_SIGN_KEY: {
    meaning: "what signs revisions and blessings: a key's path, its text, or `exec:` and a program",
  },
  FTL_DELTA: {
    meaning:
      "`auto`, the default: with a spare only what has changed is moved; `always`: without one, too; `off`",
  },
  FTL_VERIFY: {
    meaning: "`full`: a delta reads all unchanged files again, too; the default is `stat`",
  },
} as const;

/** FTL's own variables. Help, manual page, reference and `ftl doctor` are made from this table. */
export const SETTINGS: Readonly<Record<SettingName, Pick<Count, "meaning"> & Partial<Count>>> = {
  ...TEXTS,
  ...COUNTS,
};

export type SettingName = keyof typeof TEXTS | keyof typeof COUNTS;

/** When a delta is used: `src/plan/route.ts`. */
export type DeltaSetting = "auto" | "always" | "off";
const DELTA_SETTINGS = ["auto", "always", "off"] as const satisfies readonly DeltaSetting[];

/** What a delta makes sure of: that unchanged files were not written to, or their bytes. */
export type VerifySetting = "stat" | "full";
const VERIFY_SETTINGS = ["stat", "full"] as const satisfies readonly VerifySetting[];

/** The system's variables that FTL reads, each with its purpose. */
export const SYSTEM_VARIABLES: readonly (readonly [names: readonly string[], meaning: string])[] = [
  [["HOME"], "the folder that has `.aws` with the shared AWS files"],
  [
    ["SUDO_USER", "USER", "LOGNAME"],
    "the author of a revision or a blessing: the first of them that is set",
  ],
  [["PATH"], "where programs are looked up that package scripts and AWS profiles name"],
  [["TMPDIR"], "where `spool` keeps what it packs, and what it needs for patches; else `/tmp`"],
  [["TERM"], "`dumb` for a terminal without colors and live lines"],
  [["NO_COLOR"], "no colors, on any terminal"],
  [["FORCE_COLOR"], "colors, even without a terminal"],
  [["CI"], "no live lines"],
  [["SSL_CERT_FILE"], "a PEM file with the only authorities that TLS trusts"],
  [
    ["DENO_TLS_CA_STORE"],
    "which authorities TLS trusts: `system`, `mozilla` for the built-in ones, or both",
  ],
  [
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    "the proxy on the way to S3",
  ],
  [["NO_PROXY", "no_proxy"], "hosts that are reached without the proxy"],
];

/** Examples of values, which hints show. */
const EXAMPLES = {
  FTL_BUCKET: "my-deploys",
  FTL_ROOT: "/srv/ftl",
  AWS_REGION: "eu-central-1",
  AWS_DEFAULT_REGION: "eu-central-1",
} as const;

/**
 * The path without slashes at its end. A path of only dots and slashes becomes `/`. A `..` after a
 * name stays: the name may be a link, so `..` may lead elsewhere.
 */
function normalize(path: string): string {
  return path.split("/").every((part) => ["", ".", ".."].includes(part))
    ? "/"
    : path.replace(/\/+$/, "");
}

/** What is neither a path nor a program may be a key, or a part of one. */
function showSignKey(text: string): string {
  if (text.includes("-----BEGIN")) return "a key";
  return /^(\/|exec:)[^\n]*$/.test(text) ? text : "not shown, as it may be a key";
}

/** A day, or a time in UTC. */
function isIsoTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text);
}

/** Whether a text is meant to be a private key rather than the path of one. */
export function isPrivateKeyText(text: string): boolean {
  return text.trimStart().startsWith("-----BEGIN ");
}

/** The configuration that the environment gives. */
export class Config {
  /** Reads nothing yet. */
  constructor(readonly env: Environment) {}

  /** `FTL_BUCKET`. */
  get bucket(): string {
    this.#requireFilledIn("FTL_BUCKET", "AWS_REGION", "AWS_DEFAULT_REGION");
    const name = this.#bucketIn("FTL_BUCKET");
    if (name !== undefined) return name;
    throw new UsageError("FTL_BUCKET is not set", {
      hint: "export FTL_BUCKET=<the S3 bucket that holds your revisions>",
    });
  }

  /** `FTL_ROOT`: an absolute path without a slash at its end. It is never `/`. */
  get root(): string {
    this.#requireFilledIn("FTL_ROOT");
    const path = this.#text("FTL_ROOT");
    if (path === undefined) {
      throw new UsageError("FTL_ROOT is not set", {
        hint: "export FTL_ROOT=<this machine's deployment folder>, as in /srv/ftl",
      });
    }
    if (!path.startsWith("/") || path.includes("\0")) {
      throw new UsageError(`FTL_ROOT is not an absolute path: ${quote(path)}`);
    }
    const root = normalize(path);
    if (root === "/") {
      throw new UsageError(`FTL_ROOT is the root of the whole system: ${quote(path)}`, {
        hint: "Each folder in it would be a package: give a folder of FTL's own, as in /srv/ftl",
      });
    }
    return root;
  }

  /** `FTL_KEEP`: how many revisions that are newer than the blessed one a machine keeps ready. */
  get keep(): number {
    return this.#count("FTL_KEEP");
  }

  /** `FTL_LOCK_WAIT`, in seconds. */
  get lockWait(): number {
    return this.#count("FTL_LOCK_WAIT");
  }

  /** `FTL_HOOK_TIMEOUT`, in seconds. */
  get scriptTimeout(): number {
    return this.#count("FTL_HOOK_TIMEOUT");
  }

  /** `FTL_HEALTH_TIMEOUT`, in seconds. */
  get healthTimeout(): number {
    return this.#count("FTL_HEALTH_TIMEOUT");
  }

  /** `FTL_MACHINE`; undefined if it is not set. */
  get machine(): string | undefined {
    const name = this.#text("FTL_MACHINE");
    if (name === undefined || isMachineName(name)) return name;
    throw new UsageError(`FTL_MACHINE is not a name for a machine: ${quote(name)}`, {
      hint: "Up to 128 letters, digits and any of _.:@- as in i-0abc1234, or unset it",
    });
  }

  /** `FTL_GROUP`: the names of the machine's groups, each once. */
  get groups(): readonly string[] {
    const names = (this.#text("FTL_GROUP") ?? "").split(",").map((name) => name.trim());
    const given = names.filter((name) => name !== "");
    const wrong = given.find((name) => !isMachineName(name));
    if (wrong === undefined) return [...new Set(given)];
    throw new UsageError(`FTL_GROUP has a group that is no name: ${quote(wrong)}`, {
      hint: "Names of up to 128 letters, digits and any of _.:@- with commas between them",
    });
  }

  /** `FTL_REPORT`, in seconds; 0 if the machine reports nothing. */
  get reportEvery(): number {
    return this.#count("FTL_REPORT");
  }

  /** `FTL_NOTIFY`, an absolute path; undefined if it is not set. */
  get notify(): string | undefined {
    const path = this.#text("FTL_NOTIFY");
    if (path === undefined || (path.startsWith("/") && !path.includes("\0"))) return path;
    throw new UsageError(`FTL_NOTIFY is not an absolute path: ${quote(path)}`, {
      hint: "Give the path of a program, as in /usr/local/bin/tell-the-team",
    });
  }

  /**
   * `FTL_TRUST`, as `src/trust/trust_setting.ts` reads it; undefined if signatures are not looked at. Unlike other
   * variables it must not be empty: what failed to fill it in must not turn the checks off.
   */
  get trust(): string | undefined {
    const text = this.env["FTL_TRUST"];
    if (text === undefined || text.trim() !== "") return text;
    throw new UsageError("FTL_TRUST is set, and empty", {
      hint: "Give who may sign, or unset it if signatures are not to be looked at",
    });
  }

  /** `FTL_TRUST_BUCKET`; undefined if it is not set. */
  get trustBucket(): string | undefined {
    return this.#bucketIn("FTL_TRUST_BUCKET");
  }

  /** `FTL_TRUST_THRESHOLD`: how many people must have signed a blessing. */
  get trustThreshold(): number {
    return this.#count("FTL_TRUST_THRESHOLD");
  }

  /** `FTL_TRUST_SINCE`, in Unix milliseconds; undefined if it is not set. */
  get trustSince(): number | undefined {
    const text = this.#text("FTL_TRUST_SINCE");
    if (text === undefined) return undefined;
    const time = isIsoTime(text) ? Date.parse(text) : NaN;
    if (!Number.isNaN(time)) return time;
    throw new UsageError(`FTL_TRUST_SINCE is not a time: ${quote(text)}`, {
      hint: "Give a day or a time in UTC, as in 2026-11-25 or 2026-11-25T14:00:00Z",
    });
  }

  /** `FTL_TRUST_MAX_AGE`, in days; 0 if a blessing is never too old. */
  get trustMaxAge(): number {
    return this.#count("FTL_TRUST_MAX_AGE");
  }

  /** `FTL_SIGN_KEY`, as `src/trust/io/signer.ts` reads it. It may be a secret: print `read` instead. */
  get signKey(): string | undefined {
    return this.#text("FTL_SIGN_KEY");
  }

  /** Whether a program signs, as `FTL_SIGN_KEY` is not the text of a key. */
  get signsByProgram(): boolean {
    const key = this.signKey;
    return key !== undefined && !isPrivateKeyText(key);
  }

  /** `FTL_DELTA`: when a revision may come by a delta. */
  get delta(): DeltaSetting {
    return this.#word("FTL_DELTA", DELTA_SETTINGS);
  }

  /** `FTL_SPARE`: whether a removed revision is kept for the next delta. Never without deltas. */
  get spare(): boolean {
    return this.#count("FTL_SPARE") > 0 && this.delta !== "off";
  }

  /** `FTL_VERIFY`: what a delta makes sure of. */
  get verify(): VerifySetting {
    return this.#word("FTL_VERIFY", VERIFY_SETTINGS);
  }

  /**
   * `FTL_CONCURRENCY`: how many packages are synced, or ranges or parts moved, at the same time.
   */
  get concurrency(): number {
    return this.#count("FTL_CONCURRENCY");
  }

  /** Throws `UsageError` for the first tuning variable whose value is not valid. */
  requireTuning(): void {
    void [this.keep, this.lockWait, this.scriptTimeout, this.healthTimeout, this.concurrency];
    void [this.machine, this.notify, this.groups, this.reportEvery];
    void [this.trustBucket, this.trustThreshold, this.trustSince, this.trustMaxAge];
    void [this.spare, this.verify];
  }

  /**
   * The value of any variable, in words that may be printed. Throws `UsageError`.
   * @internal
   */
  read(name: SettingName): string | number | undefined {
    if (name === "FTL_BUCKET") return this.bucket;
    if (name === "FTL_ROOT") return this.root;
    if (name === "FTL_MACHINE") return this.machine;
    if (name === "FTL_GROUP") return this.#text(name) && this.groups.join(",");
    if (name === "FTL_NOTIFY") return this.notify;
    if (name === "FTL_TRUST") return this.trust;
    if (name === "FTL_TRUST_BUCKET") return this.trustBucket;
    if (name === "FTL_TRUST_SINCE") return this.trustSince && this.#text(name);
    if (name === "FTL_DELTA") return this.#text(name) && this.delta;
    if (name === "FTL_VERIFY") return this.#text(name) && this.verify;
    if (name === "FTL_SIGN_KEY") return this.signKey && showSignKey(this.signKey);
    return this.#count(name);
  }

  /**
   * Refuses a value in angle brackets, such as `<bucket>`: `ftl setup` writes it if it does not
   * know the value, and no command may run with it.
   */
  #requireFilledIn(...names: readonly (keyof typeof EXAMPLES)[]): void {
    for (const name of names) {
      const text = this.#text(name) ?? "";
      if (!/^<.*>$/.test(text)) continue;
      throw new UsageError(`${name} is still a placeholder: ${quote(text)}`, {
        hint: `Replace it with the value for this machine, as in ${EXAMPLES[name]}`,
      });
    }
  }

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  #bucketIn(name: "FTL_BUCKET" | "FTL_TRUST_BUCKET"): string | undefined {
    const bucket = this.#text(name);
    if (bucket === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) return bucket;
    throw new UsageError(`${name} is not the name of a bucket: ${quote(bucket)}`, {
      hint: "Give the bare name, as in my-deploys: no s3://, no slash",
    });
  }

  #text(name: string): string | undefined {
    const value = this.env[name];
    return value === undefined || value === "" ? undefined : value;
  }

  /** One of these words; the first is the default. */
  #word<T extends string>(name: SettingName, words: readonly [T, ...T[]]): T {
    const text = this.#text(name);
    const found = text === undefined ? words[0] : words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(`${name} is none of ${words.join(", ")}: ${quote(text ?? "")}`, {
      hint: `Unset it for the default, ${words[0]}`,
    });
  }

  #count(name: keyof typeof COUNTS): number {
    const { standard, least, most } = COUNTS[name];
    const text = this.#text(name);
    if (text === undefined) return standard;
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`${name} is not a whole number from ${least} to ${most}: ${quote(text)}`, {
      hint: `Unset it for the default, ${standard}`,
    });
  }
}
