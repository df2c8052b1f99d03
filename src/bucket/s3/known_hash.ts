/** Signs a body by the SHA-256 that is known already. The SDK would compute it once more. */
import { Buffer } from "node:buffer";
import type { PutObjectCommand, UploadPartCommand } from "./sdk.ts";

/**
 * `command`, whose signature covers `sha256`, in base64. The store refuses any other bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signedFor<Command extends PutObjectCommand | UploadPartCommand>(
  sha256: string | undefined,
  command: Command,
): Command {
  if (sha256 === undefined) return command;
  // Both commands have the same kind of stack. A union of them cannot be called.
  const stack = command.middlewareStack as UploadPartCommand["middlewareStack"];
  stack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["x-amz-content-sha256"] = Buffer.from(sha256, "base64").toString("hex");
      return next(args);
    },
    // Runs before the signature.
    { step: "build", priority: "low", name: "ftlKnownHash" },
  );
  return command;
}
