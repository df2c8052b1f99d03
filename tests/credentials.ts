/** Credentials for a bucket that a test opens in its own process. */

/** Other settings would stay for all tests after it, such as one that leaves all reads to the SDK. */
const NAMES =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|EC2_METADATA_DISABLED|.*_FILE)$/;

/**
 * Puts the credentials and the region into the environment of this process, where the AWS SDK looks for them.
 */
export function useCredentials(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (NAMES.test(name)) Deno.env.set(name, value);
  }
}
