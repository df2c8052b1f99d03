/** Explains why there are no credentials, as far as the SDK's chain of sources tells. */
import type { Environment } from "../../config.ts";
import { FtlError, messageOf, StorageError, UsageError } from "../../errors.ts";
import { unreadableFiles } from "./profile.ts";
import { codeOf, from, saidBy, statusOf } from "./sdk_error.ts";

/**
 * The chain's message if no source gave credentials. Then only the chain's notes tell the reason.
 */
const AT_THE_END = "Could not load credentials from any providers";

/** Notes about sources that are not set up. */
const NOT_SET_UP: readonly RegExp[] = [
  /^AWS_PROFILE is set, skipping/,
  /^Skipping SSO provider/,
  /^Unable to find environment variable/,
  /^Profile \S+ (did not contain|could not be found)/,
  /^Web identity configuration not specified/,
  /^AWS_EC2_METADATA_V1_DISABLED/,
  /^EC2 Instance Metadata Service access disabled/,
];

/**
 * Collects the SDK's notes while it looks for credentials. They contain the error of each source.
 */
export class ChainNotes {
  readonly #notes: string[] = [];

  /**
   * The logger of the SDK. Without it, the SDK would write warnings to stderr, which is for FTL's
   * messages.
   */
  readonly logger: Readonly<Record<"debug" | "info" | "warn" | "error" | "trace", Log>> = {
    debug: (note) => void (typeof note === "string" && this.#notes.push(note)),
    info: () => {},
    warn: () => {},
    error: () => {},
    trace: () => {},
  };

  /** Deletes the notes of earlier attempts. */
  clear(): void {
    this.#notes.length = 0;
  }

  has(words: string): boolean {
    return this.#notes.some((note) => note.includes(words));
  }

  /** The first note of a source that is set up but failed. */
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

/** The error for the user, made from any error of the SDK's chain. */
export function explainNoCredentials(
  error: unknown,
  { env, notes }: { env: Environment; notes: ChainNotes },
): FtlError {
  if (error instanceof FtlError) return error;
  const { name, code } = error as { name?: string; code?: string };
  const isEnd = name === "CredentialsProviderError";
  if (!isEnd && statusOf(error) > 0) return refused(error);
  if (!isEnd && code !== "ENOENT" && code !== "EACCES") {
    return new StorageError(`Cannot get AWS credentials: ${saidBy(error)}`, {
      cause: error,
      reason: "unreachable",
      retryable: true,
      hint: "Check the network, and that the service for credentials can be reached",
    });
  }
  const reason = isEnd && messageOf(error) === AT_THE_END ? lastReason(env, notes) : error;
  const login = loginFor(reason, env, notes);
  // Removes the SDK's advice: FTL's hint gives it with the profile's name.
  const said = saidBy(reason).replace(/ ?To refresh this SSO session run .*/, "")
    .replace(/([^.])\.$/, "$1");
  return new UsageError(`No AWS credentials found${reason === undefined ? "" : `: ${said}`}`, {
    cause: error,
    hint: login ??
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the instance a role",
  });
}

/** STS or a similar service has refused. */
function refused(error: unknown): StorageError {
  const retryable = statusOf(error) >= 500 || statusOf(error) === 429;
  return new StorageError(`Cannot get AWS credentials: ${codeOf(error)}, ${saidBy(error)}`, {
    ...from(error),
    reason: retryable ? "busy" : "unauthenticated",
    retryable,
    code: codeOf(error),
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
    return "Run the credential_process of the AWS profile by hand to see its error";
  }
  if (/\bMFA\b|multi-factor/.test(saidBy(reason))) {
    return "FTL cannot ask for a code: get session keys by aws sts get-session-token, and set them";
  }
  if (notes.has("credential-provider-sso - fromSSO")) {
    return `Log in again: aws sso login${profile}`;
  }
  return notes.has("fromLoginCredentials") ? `Log in again: aws login${profile}` : undefined;
}
