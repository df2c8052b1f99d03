/**
 * The SDK's chain of all sources of credentials. It is loaded only if the environment has no keys.
 * Nothing of it leads to the client for S3.
 */
import { defaultProvider } from "npm:@aws-sdk/credential-provider-node@3.972.97";
import { externalDataInterceptor } from "npm:@smithy/core@3.41.0/config";
import type { Environment } from "../../config.ts";
import { type Credentials, METADATA_TIMEOUT } from "./credentials.ts";
import { ChainNotes, explainNoCredentials } from "./no_credentials.ts";

/** The settings of the SDK's clients for STS and SSO. */
type ClientConfig = NonNullable<
  NonNullable<Parameters<typeof defaultProvider>[0]>["clientConfig"]
>;

/** Sends the requests of these clients. */
export type ServiceHandler = Extract<
  NonNullable<ClientConfig["requestHandler"]>,
  { handle: unknown }
>;

/**
 * The credentials of the first source that has some. Throws `UsageError` or `StorageError`.
 *
 * @param loadHandler called only for the sources that ask STS or SSO
 */
export function openChain(
  env: Environment,
  loadHandler: () => Promise<ServiceHandler>,
): () => Promise<Credentials> {
  // The SDK has one such place for the whole process. That is harmless: every call puts the same
  // function there, and it depends on nothing of this client.
  externalDataInterceptor.interceptToken("exec", runCredentialProcess);
  const notes = new ChainNotes();
  const provider = defaultProvider({
    timeout: METADATA_TIMEOUT,
    maxRetries: 0,
    ec2MetadataV1Disabled: true,
    clientConfig: { requestHandler: lazily(loadHandler) },
    logger: notes.logger,
  });
  const find = async (): Promise<Credentials> => {
    notes.clear();
    const found = await provider().catch((error) => {
      throw explainNoCredentials(error, { env, notes });
    });
    return marked(found, env);
  };
  // Requests that need credentials at once wait for the same search, whose notes none of them may clear.
  let search: Promise<Credentials> | undefined;
  return () => search ??= find().finally(() => search = undefined);
}

function lazily(load: () => Promise<ServiceHandler>): ServiceHandler {
  return {
    handle: async (...request: Parameters<ServiceHandler["handle"]>) =>
      await (await load()).handle(...request),
    // The SDK changes the settings of a handler only if its client's user does.
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/**
 * The SDK marks the credentials of each source but two: a container's in an old way, and the instance's role.
 * The mark is the SDK's own, which its user agent knows.
 */
function marked(found: Credentials, env: Environment): Credentials {
  const isContainer = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] ||
    env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  if ("$source" in found) return found;
  const mark = isContainer ? { CREDENTIALS_HTTP: "z" } : { CREDENTIALS_IMDS: "0" };
  return Object.assign({ $source: mark }, found);
}

type ExecCallback = (error: Error | null, output?: { stdout: string }) => void;

/**
 * Runs a `credential_process` instead of the SDK's `exec`. That one would pass on only the
 * variables that FTL itself may read.
 */
function runCredentialProcess(command: string, done: ExecCallback): void {
  new Deno.Command("/bin/sh", { args: ["-c", command], stdin: "null", stderr: "piped" }).output()
    .then(({ success, stdout, stderr }) => {
      const decoder = new TextDecoder();
      if (success) return done(null, { stdout: decoder.decode(stdout) });
      done(new Error(`credential_process failed: ${decoder.decode(stderr).trim()}`));
    }, done);
}
