/** Credentials for a bucket that a test opens in its own process. */

/**
 * Puts the AWS variables but the endpoint into the environment of this process, where the AWS SDK looks for
 * credentials.
 */
export function useCredentials(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith("AWS_") && !name.includes("ENDPOINT")) Deno.env.set(name, value);
  }
}
