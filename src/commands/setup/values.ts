/**
 * What the texts of `ftl setup` are filled with: the environment where it tells, else placeholders, and for
 * the root the usual one.
 */
import type { Config } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

export interface SetupValues {
  readonly bucket: string;
  readonly root: string;
  readonly region: string;
  /** The endpoint of a store that is not AWS. A machine needs it too. */
  readonly endpoint: string | undefined;
  /** The variables that were not set, whose values above are placeholders. */
  readonly placeholders: readonly string[];
}

/** One file as it is to lie on a machine. */
export interface SetupFile {
  /** Absolute. */
  readonly path: string;
  /** Octal digits, as `chmod` has them. */
  readonly mode: string;
  /** All that is in it. */
  readonly text: string;
}

/** Where the texts expect the executable, and the variables of every unit. */
export const EXECUTABLE = "/usr/local/bin/ftl";
export const ENV_FILE = "/etc/ftl.env";

/** What `ftl` refuses, so that nothing runs with a value that nobody has chosen. */
export const PLACEHOLDERS = { bucket: "<bucket>", region: "<region>", from: "<from>" };

/** Where the packages lie, unless the environment tells otherwise. */
const USUAL_ROOT = "/srv/ftl";

/** Throws `UsageError` for a value that no such text can carry. */
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
    placeholders,
  };
}

/** Every one of the texts is made of lines: no quoting carries a newline through all that read them. */
export function requireOneLine(name: string, text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text) || !text.isWellFormed()) {
    throw new UsageError(`${name} has a character that no such file can carry: ${quote(text)}`);
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
