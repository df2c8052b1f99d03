/**
 * The values in the texts of `ftl setup`. They come from the environment. Missing ones become placeholders, and
 * a missing root becomes the usual one.
 */
import type { Config, SettingName } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

export interface SetupValues {
  readonly bucket: string;
  readonly root: string;
  readonly region: string;
  /** The endpoint of a store that is not AWS. The machine needs it too. */
  readonly endpoint: string | undefined;
  /** Seconds: `FTL_REPORT`. */
  readonly report: number;
  /** `FTL_TRUST` and the variables beside it, as far as they are set. Never what signs. */
  readonly trust: readonly (readonly [name: SettingName, value: string])[];
  /** The variables that were not set; their values are placeholders. */
  readonly placeholders: readonly string[];
}

/** One file for a machine. */
export interface SetupFile {
  /** The absolute path. */
  readonly path: string;
  /** Octal digits, as for `chmod`. */
  readonly mode: string;
  /** The whole content. */
  readonly text: string;
}

/** Where the texts expect the executable and the file with the variables. */
export const EXECUTABLE = "/usr/local/bin/ftl";

/**
 * What a timer runs each minute. It lists S3 every ten minutes: `docs/operating.md` has what that costs, and what is
 * seen when.
 */
export function timedSync(executable = EXECUTABLE): string {
  return `${executable} sync --quiet --list-every 600`;
}
/**
 * The niceness of what a timer runs. It has a tenth of the CPU where all of it is wanted, and never nothing: what was
 * blessed arrives on a busy machine, too. Without an I/O class of its own a process has the I/O priority of its niceness.
 */
export const NICE = 10;
export const ENV_FILE = "/etc/ftl.env";

/** `ftl` refuses these values, so that nothing runs with a value that nobody has chosen. */
export const PLACEHOLDERS = { bucket: "<bucket>", region: "<region>", from: "<from>" };

/** The root if the environment names none. */
const USUAL_ROOT = "/srv/ftl";
/** Seconds: a report each hour costs as much as a look at one pointer every five minutes. */
const USUAL_REPORT = 3600;

/** For files of variables. */
export const REPORT_COMMENT =
  "# After so many seconds, or when something has changed, the machine reports to S3 what it runs: see ftl fleet.";

const TRUST_COMMENT =
  "# Whose signatures decide what runs here. If it is a file, no sync works without it.";
const TRUST = ["FTL_TRUST", "FTL_TRUST_THRESHOLD", "FTL_TRUST_BUCKET", "FTL_TRUST_SINCE"] as const;

/** Lines for a file of variables; none if none of these is set. */
export function trustLines(
  { trust }: SetupValues,
  line: (name: string, value: string) => string,
): string[] {
  return trust.length === 0
    ? []
    : [TRUST_COMMENT, ...trust.map(([name, value]) => line(name, value))];
}

/** Throws `UsageError` for a value that no such text can express. */
export function readSetupValues(config: Config): SetupValues {
  const { env } = config;
  const region = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"];
  const placeholders = [
    ...(env["FTL_BUCKET"] ? [] : ["FTL_BUCKET"]),
    ...(region ? [] : ["AWS_REGION"]),
  ];
  return {
    bucket: env["FTL_BUCKET"] ? config.bucket : PLACEHOLDERS.bucket,
    root: env["FTL_ROOT"] ? requireOneLine("FTL_ROOT", config.root) : USUAL_ROOT,
    region: region ? requireRegion(region) : PLACEHOLDERS.region,
    endpoint: requireEndpoint(env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"] || undefined),
    report: env["FTL_REPORT"] ? config.reportEvery : USUAL_REPORT,
    trust: TRUST.filter((name) => env[name]).map((name) => {
      return [name, requireOneLine(name, String(config.read(name)))] as const;
    }),
    placeholders,
  };
}

/** All texts consist of lines, and no quoting protects a newline from all programs that read them. */
export function requireOneLine(name: string, text: string): string {
  // deno-lint-ignore no-control-regex -- the test looks for control characters
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text) || !text.isWellFormed()) {
    throw new UsageError(`${name} has a character that no such file can hold: ${quote(text)}`);
  }
  return text;
}

function requireRegion(region: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(region)) return region;
  throw new UsageError(`AWS_REGION is not the name of a region: ${quote(region)}`);
}

function requireEndpoint(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || /^https?:\/\/[A-Za-z0-9._~:\/[\]@-]+$/.test(endpoint)) {
    return endpoint;
  }
  throw new UsageError(`AWS_ENDPOINT_URL_S3 is not a plain URL: ${quote(endpoint)}`);
}
