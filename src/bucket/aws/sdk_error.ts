/** Reads the fields of the errors that the SDK throws for any service: S3, STS, SSO. */
import { type FtlErrorOptions, messageOf } from "../../errors.ts";
import { oneLine } from "../../foreign_text.ts";

/** The fields of the SDK's exceptions that FTL reads: `ServiceException` of `@smithy/core`. */
export interface ServiceFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  /** The answer itself. The names of its headers are in lower case. */
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The service's error code, e.g. `NoSuchKey`. If the answer had no body, as with HEAD, its HTTP status. */
export function codeOf(error: unknown): string {
  const failure = error as ServiceFailure;
  const status = statusOf(error);
  if (status === 412) return "PreconditionFailed";
  const name = failure.name ?? "";
  return /^(Error|TypeError|Unknown|UnknownError|S3ServiceException)$/.test(name) && status > 0
    ? String(status)
    : name;
}

/** The HTTP status of the answer. 0 if no answer came. */
export function statusOf(error: unknown): number {
  return (error as ServiceFailure).$metadata?.httpStatusCode ?? 0;
}

/** At most so many characters of the service's message are shown. */
const LONGEST_SENTENCE = 400;

/** The service's own message: one line, without control characters, with a limited length. */
export function saidBy(error: unknown): string {
  const text = oneLine(messageOf(error).replace(/\s+/g, " "));
  return text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)}...` : text;
}

/** What every error that is made from an answer tells about it. */
export function from(error: unknown): Pick<FtlErrorOptions, "cause" | "requestId"> {
  return { cause: error, requestId: (error as ServiceFailure).$metadata?.requestId };
}
