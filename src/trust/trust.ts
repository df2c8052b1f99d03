/**
 * What other rooms ask of this one while it runs. They import it from here, so that the executable has all of the room
 * in one file, which is read only where something is signed or somebody trusted: each further file costs start-up time.
 */
export { decodeBase64 } from "./base64.ts";
export {
  readTrustFile,
  readTrustPolicy,
  readTrustPolicyOf,
  readTrustSource,
} from "./io/read_policy.ts";
export { openPointerSigning } from "./io/open_signing.ts";
export { openRevisionSigner } from "./io/sign_revision.ts";
export { openSigner, programIn } from "./io/signer.ts";
export { judgeBlessing } from "./judge_blessing.ts";
export { judgeRevision } from "./judge_revision.ts";
export { fitsPatternList, mayOverlap } from "./pattern.ts";
export { PointerJudge } from "./pointer_judge.ts";
export { readSignKey } from "./private_key.ts";
export { isOvertaken } from "./replay.ts";
export { addArmor } from "./sshsig.ts";
export { blessingStatement, namespaceOf, revisionStatement, signaturesIn } from "./statement.ts";
export { differentPeople } from "./verdict.ts";
export { explainRefusal } from "./words.ts";
