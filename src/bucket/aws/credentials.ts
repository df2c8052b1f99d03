/**
 * Finds the credentials of FTL and the region of the bucket.
 *
 * The credentials come from the default chain of the AWS SDK: environment, profile in the shared
 * files (keys, assumed role, SSO, login, `credential_process`), web identity, container, instance
 * role. Only the first one needs nothing of the SDK. It loads the module of a source only when the
 * chain reaches it, and renews credentials before they expire.
 */
import { settingProblem } from "./settings.ts";
import type { Environment } from "../../config.ts";
import type { ServiceHandler } from "./credential_chain.ts";
import { hasStaticCredentials, type Profile } from "./profile.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/**
 * Milliseconds for one answer of the metadata service. The service is on the same host, so this is
 * enough, and a machine without a role learns soon that it has none.
 */
export const METADATA_TIMEOUT = 1_000;

interface CredentialsOptions {
  /** Loads what sends the requests to STS and SSO by `fetch`, which supports proxies. */
  readonly loadHandler: () => Promise<ServiceHandler>;
}

/**
 * Returns a function that is called for each request. The function throws
 * `UsageError` or `StorageError`.
 */
export function findCredentials(
  env: Environment,
  { loadHandler }: CredentialsOptions,
): () => Promise<Credentials> {
  if (hasStaticCredentials(env)) return () => Promise.resolve(staticCredentials(env));
  const open = async (): Promise<() => Promise<Credentials>> => {
    const { openChain } = await import("./credential_chain.ts");
    return openChain(env, loadHandler);
  };
  let chain: ReturnType<typeof open> | undefined;
  return async () => requireSendable(await (await (chain ??= open()))());
}

/** Throws `UsageError` if a key or token contains characters that a header cannot have. */
function requireSendable(credentials: Credentials): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const from = sourceOf(credentials);
  const problem = settingProblem(`The access key, from ${from},`, accessKeyId, "secret") ??
    settingProblem(`The secret key, from ${from},`, secretAccessKey, "secret") ??
    settingProblem(`The session token, from ${from},`, sessionToken, "secret");
  if (problem !== undefined) throw problem;
  return credentials;
}

const INSTANCE_ROLE = "the instance's role";

/**
 * The SDK's marks for the source of credentials, with words for people. The first match counts.
 * https://github.com/aws/aws-sdk-js-v3/blob/main/packages/types/src/feature-ids.ts
 */
const SOURCES: readonly (readonly [mark: RegExp, source: string])[] = [
  [/_PROCESS$/, "the credential_process of the AWS profile"],
  [/_SSO(_LEGACY)?$/, "the SSO session of the AWS profile"],
  [/_LOGIN$/, "the login of the AWS profile"],
  [/WEB_ID/, "web identity, AWS_WEB_IDENTITY_TOKEN_FILE or the profile's"],
  [/_ASSUME_ROLE$/, "the role that the AWS profile assumes"],
  [/_PROFILE/, "the shared AWS files"],
  [/_HTTP$/, "the container, AWS_CONTAINER_CREDENTIALS_*"],
  [/_IMDS$/, INSTANCE_ROLE],
  [/_ENV_VARS$/, "AWS_ACCESS_KEY_ID"],
];

/** The source of credentials, in words for people. */
export function sourceOf(credentials: Credentials): string {
  const { $source = {} } = credentials as { $source?: Readonly<Record<string, unknown>> };
  const marks = Object.keys($source);
  const found = SOURCES.find(([mark]) => marks.some((name) => mark.test(name)));
  return found?.[1] ?? "AWS_ACCESS_KEY_ID";
}

function staticCredentials(env: Environment): Credentials {
  const expiration = env["AWS_CREDENTIAL_EXPIRATION"];
  return {
    accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "",
    ...(env["AWS_SESSION_TOKEN"] ? { sessionToken: env["AWS_SESSION_TOKEN"] } : {}),
    ...(expiration ? { expiration: new Date(expiration) } : {}),
  };
}

/**
 * The bucket's region, from the environment, the profile, or the instance. The SDK's client calls
 * the result often; the region is looked up once. Throws an Error, `Region is missing`, as the SDK
 * does.
 */
export function findRegion(env: Environment, profile: Profile): () => Promise<string> {
  let found: Promise<string> | undefined;
  const find = async (): Promise<string> => {
    const region = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || profile.get("region") ||
      await instanceRegion(env);
    if (region) return region;
    throw new Error("Region is missing");
  };
  return () => found ??= find();
}

/** The region of this EC2 instance. Undefined if its metadata service does not tell. */
async function instanceRegion(env: Environment): Promise<string | undefined> {
  if (/^true$/i.test(env["AWS_EC2_METADATA_DISABLED"] ?? "")) return undefined;
  return await readMetadata("placement/region");
}

/**
 * The id of this EC2 instance. Undefined if its metadata service does not tell, or if the credentials do not
 * come from there: a machine elsewhere would wait for an answer that never comes.
 */
export async function instanceId(credentials: Credentials): Promise<string | undefined> {
  return sourceOf(credentials) === INSTANCE_ROLE ? await readMetadata("instance-id") : undefined;
}

/**
 * One value of the metadata service, by its version 2:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
async function readMetadata(path: string): Promise<string | undefined> {
  const { getInstanceMetadataEndpoint, httpRequest } = await import(
    "npm:@smithy/credential-provider-imds@4.5.2"
  );
  try {
    const service = { ...await getInstanceMetadataEndpoint(), timeout: METADATA_TIMEOUT };
    const token = await httpRequest({
      ...service,
      method: "PUT",
      path: "/latest/api/token",
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" },
    });
    const value = await httpRequest({
      ...service,
      path: `/latest/meta-data/${path}`,
      headers: { "x-aws-ec2-metadata-token": token.toString() },
    });
    return value.toString().trim();
  } catch {
    return undefined;
  }
}
