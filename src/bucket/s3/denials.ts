/** Why S3 denies: what its own sentence says, and where that is to be changed. */

/** A sentence that says no more than its code. */
const EMPTY_WORDS = /^(access ?denied|forbidden|all access .* disabled|unauthorized)?\.?$/i;

/** S3's sentence in parentheses, or nothing where it says nothing that is not said already. */
export function inS3sWords(said: string): string {
  return EMPTY_WORDS.test(said) ? "" : ` (S3 says: ${said})`;
}

type Hint = string | ((found: RegExpExecArray) => string);

/**
 * The first that fits counts: who denies comes before what is lacking. The sentences of policies are from
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
    "The bucket demands multi-factor authentication for this, which FTL has not",
  ],
  [
    /requester[- ]?pays|request-payer/i,
    "The bucket makes its requesters pay, which FTL does not offer",
  ],
  [
    /block ?public ?access|public access/i,
    "S3 Block Public Access forbids it: do without the public ACL",
  ],
  [
    /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)(?: on resource: "?(arn:[^\s"]+))?/,
    ([, action, on]) =>
      `Allow ${action}${on === undefined ? "" : ` on ${on}`} to the credentials in use`,
  ],
];

/** What to do about a denial, by S3's sentence; undefined where it does not tell. */
export function denialHint(said: string): string | undefined {
  for (const [sentence, hint] of HINTS) {
    const found = sentence.exec(said);
    if (found !== null) return typeof hint === "string" ? hint : hint(found);
  }
  return undefined;
}
