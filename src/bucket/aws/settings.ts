/**
 * Checks the AWS variables before anything is sent. Otherwise a line break at the end of a key
 * would cause an invalid header, and the runtime's message would show the signature.
 */
import type { Environment } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** The kind of a variable's value. A `secret` is never shown. */
type Kind = "secret" | "region" | "endpoint" | "name";

interface AwsVariable {
  readonly name: string;
  readonly meaning: string;
  /** What this file checks the value for. Undefined if this file does not check the variable. */
  readonly kind?: Kind;
}

/** The AWS variables that FTL itself reads. The AWS SDK reads some more. */
export const AWS_VARIABLES: readonly AwsVariable[] = [
  {
    name: "AWS_ACCESS_KEY_ID",
    kind: "secret",
    meaning:
      "the credentials' id; with the secret it goes before every other source of credentials",
  },
  { name: "AWS_SECRET_ACCESS_KEY", kind: "secret", meaning: "the credentials' secret" },
  {
    name: "AWS_SESSION_TOKEN",
    kind: "secret",
    meaning: "the session's token, if the credentials are temporary",
  },
  {
    name: "AWS_CREDENTIAL_EXPIRATION",
    meaning: "when temporary credentials expire",
  },
  {
    name: "AWS_PROFILE",
    kind: "name",
    meaning: "the profile of the shared AWS files that is used instead of `default`",
  },
  { name: "AWS_REGION", kind: "region", meaning: "the bucket's region" },
  {
    name: "AWS_DEFAULT_REGION",
    kind: "region",
    meaning: "the same, if `AWS_REGION` is not set",
  },
  {
    name: "AWS_ENDPOINT_URL_S3",
    kind: "endpoint",
    meaning: "the URL of an S3-compatible store that is not AWS",
  },
  {
    name: "AWS_ENDPOINT_URL",
    kind: "endpoint",
    meaning: "the same, if `AWS_ENDPOINT_URL_S3` is not set",
  },
  { name: "AWS_CONFIG_FILE", meaning: "the shared AWS file instead of `~/.aws/config`" },
  {
    name: "AWS_SHARED_CREDENTIALS_FILE",
    meaning: "the shared AWS file instead of `~/.aws/credentials`",
  },
  {
    name: "AWS_CA_BUNDLE",
    meaning: "a PEM file: TLS trusts its authorities alone, unless `SSL_CERT_FILE` is set",
  },
  {
    name: "AWS_REQUEST_CHECKSUM_CALCULATION",
    meaning: "`when_required` for stores that refuse checksums; the default is `when_supported`",
  },
];

/** The problems of the variables that are set, alone and together. */
export function awsProblems(env: Environment): { name: string; error: UsageError }[] {
  const problems = AWS_VARIABLES.flatMap(({ name, kind }) => {
    const error = kind && settingProblem(name, env[name], kind, env["FTL_BUCKET"]);
    return error === undefined ? [] : [{ name, error }];
  });
  // A secret without an id is not an error: other sources are tried, as the AWS CLI does.
  if (env["AWS_ACCESS_KEY_ID"] && !env["AWS_SECRET_ACCESS_KEY"]) {
    const name = "AWS_SECRET_ACCESS_KEY";
    const text = `${name} is not set, though AWS_ACCESS_KEY_ID is`;
    problems.push({ name, error: new UsageError(text, { hint: "Set both, or neither" }) });
  }
  return problems;
}

const AGAIN = "Set it again without that: a file of variables is not always read by a shell";

/**
 * What is wrong with a value, if anything.
 *
 * @param bucket an endpoint must not contain this name, because FTL adds it to the endpoint
 */
export function settingProblem(
  name: string,
  value: string | undefined,
  kind: Kind,
  bucket?: string,
): UsageError | undefined {
  if (value === undefined || value === "") return undefined;
  const flaw = flawOf(value, kind);
  if (flaw !== undefined) return new UsageError(`${name} ${flaw}`, { hint: AGAIN });
  if (kind === "region") return regionProblem(name, value);
  return kind === "endpoint" ? endpointProblem(name, value, bucket) : undefined;
}

/** The problem in words, without the value, which may be secret. */
function flawOf(value: string, kind: Kind): string | undefined {
  if (/[\r\n]$/.test(value)) return "ends in a line break, which counts as part of it";
  if (/^["'\s]|["'\s]$/.test(value)) {
    return "has a quote or white space at an end, which counts as part of it";
  }
  // deno-lint-ignore no-control-regex -- control characters are what must not be in it
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) return "has a control character in it";
  if (kind === "name") return undefined;
  if (/\s/.test(value)) return "has white space in it";
  return /^[\x21-\x7e]*$/.test(value) ? undefined : "has a character in it that is not ASCII";
}

/** The SDK demands that a region is a valid label of a host name: RFC 1123, section 2.1. */
function regionProblem(name: string, value: string): UsageError | undefined {
  if (/^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(value)) return undefined;
  return new UsageError(`${name} names no region: ${quote(value)}`, {
    hint: `export ${name}=<the bucket's region>, as in eu-central-1`,
  });
}

function endpointProblem(
  name: string,
  value: string,
  bucket: string | undefined,
): UsageError | undefined {
  const url = URL.parse(value);
  const hint = "As in https://s3.example.com";
  if (url !== null && (url.username !== "" || url.password !== "")) {
    return new UsageError(`${name} has a user name or a password in it`, {
      hint: "Put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    });
  }
  if (url === null || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(value)) {
    return new UsageError(`${name} is not a URL: ${quote(value)}`, { hint });
  }
  if (url.search !== "" || url.hash !== "" || /[?#]$/.test(value)) {
    return new UsageError(`${name} has a query or a fragment: ${quote(value)}`, { hint });
  }
  if (bucket && url.pathname.replace(/\/+$/, "").split("/").at(-1) === bucket) {
    return new UsageError(
      `${name} contains the bucket, which belongs into FTL_BUCKET: ${quote(value)}`,
      {
        hint: `export ${name}=${value.replace(/\/[^/]+\/*$/, "")}`,
      },
    );
  }
  return undefined;
}
