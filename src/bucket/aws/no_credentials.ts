/** Why there are no credentials, as far as the SDK's chain of sources tells. */
import type { Environment } from "../../config.ts";
import { FtlError, messageOf, StorageError, UsageError } from "../../errors.ts";
import { unreadableFiles } from "./profile.ts";
import { requestIdOf, s3Code, saidBy, statusOf } from "../s3/failure.ts";

/** What the chain says where it has come to its end: by then only its notes know why. */
const AT_THE_END = "Could not load credentials from any providers";

/** Notes on sources that nobody has set up. */
const NOT_SET_UP: readonly RegExp[] = [
  /^AWS_PROFILE is set, skipping/,
  /^Skipping SSO provider/,
  /^Unable to find environment variable/,
  /^Profile \S+ (did not contain|could not be found)/,
  /^Web identity configuration not specified/,
  /^AWS_EC2_METADATA_V1_DISABLED/,
  /^EC2 Instance Metadata Service access disabled/,
];

/** Notes of the SDK while it looks for credentials; each error of a source is among them. */
export class ChainNotes {
  readonly #notes: string[] = [];

  /** The SDK's logger: what it finds odd it would else write to stderr, which is FTL's. */
  readonly logger: Readonly<Record<"debug" | "info" | "warn" | "error" | "trace", Log>> = {
    debug: (note) => void (typeof note === "string" && this.#notes.push(note)),
    info: () => {},
    warn: () => {},
    error: () => {},
    trace: () => {},
  };

  /** What was told before concerns another time. */
  clear(): void {
    this.#notes.length = 0;
  }

  has(words: string): boolean {
    return this.#notes.some((note) => note.includes(words));
  }

  /** The first note of a source that was set up and failed. */
  failure({ AWS_PROFILE }: Environment): string | undefined {
    const uninteresting = AWS_PROFILE
      ? NOT_SET_UP
      : [...NOT_SET_UP, /^Could not resolve credentials using profile: \[default\]/];
    return this.#notes
      .map((note) => /^@smithy\/property-provider -> (.*)/s.exec(note)?.[1])
      .find((said) => said !== undefined && !uninteresting.some((known) => known.test(said)));
  }
}

type Log = (...content: unknown[]) => void;

/** The error for the user, for whatever the SDK's chain threw. */
export function explainNoCredentials(
  error: unknown,
  { env, notes }: { env: Environment; notes: ChainNotes },
): FtlError {
  if (error instanceof FtlError) return error;
  const { name, code } = error as { name?: string; code?: string };
  const isEnd = name === "CredentialsProviderError";
  if (!isEnd && statusOf(error) > 0) {
    return Object.assign(refused(error), { requestId: requestIdOf(error) });
  }
  if (!isEnd && code !== "ENOENT" && code !== "EACCES") {
    return new StorageError(`Cannot get AWS credentials: ${saidBy(error)}`, {
      cause: error,
      reason: "unreachable",
      retryable: true,
      hint: "Check the network, and that the service that gives them can be reached",
    });
  }
  const reason = isEnd && messageOf(error) === AT_THE_END ? lastReason(env, notes) : error;
  const login = loginFor(reason, env, notes);
  // The SDK's advice, which the hint gives with the profile's name.
  const said = saidBy(reason).replace(/ ?To refresh this SSO session run .*/, "")
    .replace(/([^.])\.$/, "$1");
  return new UsageError(`No AWS credentials found${reason === undefined ? "" : `: ${said}`}`, {
    cause: error,
    hint: login ??
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the instance a role",
  });
}

/** STS and the like have answered. */
function refused(error: unknown): StorageError {
  const retryable = statusOf(error) >= 500 || statusOf(error) === 429;
  return new StorageError(`Cannot get AWS credentials: ${s3Code(error)}, ${saidBy(error)}`, {
    cause: error,
    reason: retryable ? "busy" : "unauthenticated",
    retryable,
    code: s3Code(error),
    said: saidBy(error),
    hint: retryable
      ? "Try again: nothing has changed"
      : "Check the role, who may assume it, and the credentials that it is assumed with",
  });
}

function lastReason(env: Environment, notes: ChainNotes): string | undefined {
  const unread = unreadableFiles(env);
  if (unread.length > 0) return `${unread.join(" and ")} cannot be read by this user`;
  const container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    .find((name) => env[name]);
  const failure = notes.failure(env);
  if (container !== undefined) {
    return `the endpoint of ${container} gave none${failure === undefined ? "" : `, ${failure}`}`;
  }
  if (failure !== undefined) return failure;
  if (!notes.has("AWS SDK Instance Metadata")) return undefined;
  return "none are set, and the instance's metadata service does not answer or has no role";
}

function loginFor(reason: unknown, env: Environment, notes: ChainNotes): string | undefined {
  const profile = env["AWS_PROFILE"] ? ` --profile ${env["AWS_PROFILE"]}` : "";
  if (/credential_process/.test(saidBy(reason))) {
    return "Run the credential_process of the AWS profile by hand, and see what it wants";
  }
  if (/\bMFA\b|multi-factor/.test(saidBy(reason))) {
    return "FTL cannot ask for a code: take a session by aws sts get-session-token, and set its keys";
  }
  if (notes.has("credential-provider-sso - fromSSO")) {
    return `Log in again: aws sso login${profile}`;
  }
  return notes.has("fromLoginCredentials") ? `Log in again: aws login${profile}` : undefined;
}
