/** Finds out why S3 denied a request, from S3's own message, and what to change. */

/** A message that says no more than its error code. */
const EMPTY_WORDS = /^(access ?denied|forbidden|all access .* disabled|unauthorized)?\.?$/i;

/** S3's message in parentheses, or nothing if the message adds nothing. */
export function inS3sWords(said: string): string {
  return EMPTY_WORDS.test(said) ? "" : ` (S3 says: ${said})`;
}

type Hint = string | ((found: RegExpExecArray) => string);

/**
 * The first match counts: a denial by a policy comes before a missing right. The messages of
 * policies are from
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
const HINTS: readonly (readonly [sentence: RegExp, hint: Hint])[] = [
  [/VPC endpoint polic/i, "The VPC endpoint's policy forbids it, whatever IAM allows: change that"],
  [
    /(service|resource) control polic/i,
    ([, kind]) =>
      `A ${kind?.toLowerCase()} control policy of the organization forbids it: ask its owner`,
  ],
  [/permissions boundary/i, "The permissions boundary of the user or role forbids it: change that"],
  [/session polic/i, "The policy of the session forbids it: ask for another session"],
  [
    /\bkms:[A-Za-z]+/,
    ([action]) =>
      `Allow ${action} on the KMS key to the credentials in use, in IAM and in the key's policy`,
  ],
  [
    /explicit deny in a resource-based polic/i,
    "The bucket's policy forbids it, whatever IAM allows: change that",
  ],
  [/explicit deny in an identity-based polic/i, "A policy of the user or role has a Deny for it"],
  [
    /object ?lock|legal hold|WORM\b/i,
    "Object lock keeps the object until its retention or its legal hold ends",
  ],
  [
    /\bMFA\b|multi-?factor/i,
    "The bucket demands multi-factor authentication for this, which FTL does not support",
  ],
  [
    /requester[- ]?pays|request-payer/i,
    "The bucket makes its requesters pay, which FTL does not support",
  ],
  [
    /block ?public ?access|public access/i,
    "S3 Block Public Access forbids it: remove the public ACL",
  ],
  [
    /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)(?: on resource: "?(arn:[^\s"]+))?/,
    ([, action, on]) =>
      `Allow ${action}${on === undefined ? "" : ` on ${on}`} to the credentials in use`,
  ],
];

/** What to do about a denial, from S3's message. Undefined if the message does not tell. */
export function denialHint(said: string): string | undefined {
  for (const [sentence, hint] of HINTS) {
    const found = sentence.exec(said);
    if (found !== null) return typeof hint === "string" ? hint : hint(found);
  }
  return undefined;
}
