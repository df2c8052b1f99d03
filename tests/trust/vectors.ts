/**
 * Keys and signatures of the statements in `statements.ts`, in the namespaces `ftl-bless:my_site` and
 * `ftl-spool:my_site`.
 *
 * Made by OpenSSH 9.2p1: each key by `ssh-keygen -t TYPE -N ''`, each signature by
 * `ssh-keygen -Y sign -f KEY -n NAMESPACE -O hashalg=HASH < STATEMENT`. What ssh-keygen cannot make was made with
 * `node:crypto`: the keys and signatures of FIDO tokens, by `software_token.ts`, and those by rsa-sha2-256 and
 * ssh-rsa (SHA-1), with the key `rsa3072`.
 *
 * `ssh-keygen -Y verify` takes all of them but that by SHA-1, also those that FTL refuses.
 *
 * The file is long because each key and signature is one text.
 */

/** By name, as a line of a `.pub` file. FTL takes all but the last two. */
export const KEYS = {
  "ed25519": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMlcyE7s5borpoVQg7WxYFsbKSI2YcVXoKB54mzvgSG1",
  "other": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIA8ivfjs9FZX0XZAd/OIlH7fJHfXB9R6zgL7xmVZ5JO",
  "p256":
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMCJOBZYpmI62m0SVf7vc8ITGukt2bwiXEX8z1wLNuXT2tiLD/La0oncWpLDu8TNq1nhVSr63Vmr4+7r/MPOz0s=",
  "p384":
    "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBL4l5HRrGJs3Mvn0eTOT4fthJf+6r5+LvF2Ff/LPpE+6t2I5ETJLiC8naojaPqzPTezhJ9bNeTfoR6MfB4TNMJT6uZCeuQu9LGpwSDitQdAH0lTgwC36XdV860kfy10+9Q==",
  "rsa2048":
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDbQdSBcqYNUlRwLB8LNLW6xqkPCO17GFdlhJIjYGtvl89i3fa5lyq9P0LVEL60pfBSlqEP8B2gzD7dWjgQKIrrKijp3vGHHnNvYftc4x0VuU8/OYXCMKogkaTtVvhgVqEHTv6OVjguiMqzU6imWpHQlDGSyQpvkSwqy8ZqcFGw/E+LzRSqNqwESlbMdG/lJvIdxq8/IXg+ilS0MEzxwD/mN4ZOEVrIewHMlxObDLlDhbzkp25CuTVhfnUazoJIOP1M/CtWXh5vpxZ3MpKf4IhAyu+u0SctRu8d+BU3c5WzgqMzLBlybGpZIKrf11WaWbvpaCQbmFkT2oyg9SageSqR",
  "rsa3072":
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCr+TnT0wKKHQLe+xygH2vLt2KUAtzrnlI00s74meAgS7ygDgVbgO3Ls7pFSAz5J4mwyoDX57f79hsE0yHSJvztp8U6Dg4SuXpy75PZgxTRfP0S9jx7zO702vBk9IQczXoitrtczTkCgzY2F2niaJcMr5iNGRXtVDAS83AEPvhRAn+YREBS47tgmUzk6aXV8RKGO2crbVx8hQFuxkapp0vwexhmBCMHzTNGveQm5txLu6sVSRfOMzd6GtNBmkwWeFCpZQu+uHcRUJNwCqfmfoH2csXD6ZHDrOrp3JJI81u11cEtfZdJoY9w3iTr/QJ43cTXxWmFTGC8lAnMbQqBAZYSQOplHkTyxGJBEXlFQov+vHeinLgHV9fWevsUbvAy2hIT5PiMAT6P2fbh6uaAxmTy2KpxwKOFGitGDzCbIvF4RmVgrIynAlxqsNA3JpCNO3EFSwFzIAvDH3cfdc9TWhpS+MdkJklyNQH/VVfTZHmX1+61oWAoWzr+PB1G2RSBXzc=",
  "sk-ed25519":
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIHsO6smTqefnoMxgE9028Ln6kNR92a0m+QO/EwWpNRo+AAAABHNzaDo=",
  "sk-p256":
    "sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBIgkh+vNOB7zSh9inx/0xWit8/htrWryIa69fcBU4jwkw8HhKVVkH83TYPw8SnVpcCgmuHIvm1LgtFirYAXVbOgAAAAEc3NoOg==",
  "p521":
    "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAAC6jbJtqTtZBkiNapcQI5R5xggIyD4kqtYwZVgK1+cvnw1MVu0Xy2p0r2EFYmmiRBA0V5tkTjTmIF5TAFIQ1Q5jAA/QlVt76dqKC3MZaVn+T1uwcqv5iTZVNHsESnriODU3RWINlB+g5wncpVqbQUn4BY9OlsLDnghs93H5uMLp9z4ig==",
  "rsa1024":
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDe39YfhgD8IPXul6V07A2nQyjqXX77HJ0d791O6hgTMD5ZqaJrMDXqorbhiOHK1Mswh9mR09YlI+pyArgY3NjHvjaX3hh+dfyDJawDyh8Ypszx9fb2HR9oKcZjiAfc+XNQLve/NxaWRRMZLxXKSFsptdRIaVcHpKYYk0klMJAfvQ==",
} as const;

export type KeyName = keyof typeof KEYS;

export interface Vector {
  readonly name: string;
  readonly key: KeyName;
  readonly statement: "blessing" | "revision";
  /** The role in its namespace. */
  readonly role: "ftl-bless" | "ftl-spool";
  /** The SSHSIG blob in base64, as metadata has it. */
  readonly signature: string;
}

/** Signatures that are good. */
export const VECTORS: readonly Vector[] = [
  {
    name: "ed25519 and sha256",
    key: "ed25519",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgyVzITuzluiumhVCDtbFgWxspIjZhxVegoHnibO+BIbUAAAARZnRsLWJsZXNzOm15X3NpdGUAAAAAAAAABnNoYTI1NgAAAFMAAAALc3NoLWVkMjU1MTkAAABAtjsWrtmHIqLv9hnvD5RCrHv3slbsXc3RZxzxSGgyyrgHCcWm2n9ktPj94x6FGoh2LbteaUM0nU5JOjEDYmM9Cg==",
  },
  {
    name: "ed25519 and sha512",
    key: "ed25519",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgyVzITuzluiumhVCDtbFgWxspIjZhxVegoHnibO+BIbUAAAARZnRsLWJsZXNzOm15X3NpdGUAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1MTkAAABAwQv7h3pG9z04pSni4ek4wScXf61UH6cNoogpVq/eHn+znXZBFvpyOcSnjBntVZo//zx92bdndb+o3NwyMd8FDw==",
  },
  {
    name: "p256 and sha256",
    key: "p256",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAEEEwIk4FlimYjrabRJV/u9zwhMa6S3ZvCJcRfzPXAs25dPa2IsP8trSidxaksO7xM2rWeFVKvrdWavj7uv8w87PSwAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhMjU2AAAAZQAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAASgAAACEAwDN7Nx7iShynYz4KAVjB9SGF8C3qzlGFGjSZ/4dc4eUAAAAhAL3AxZkbge0v4mRA9cjhoYZKx2YjKMzEyByZ3cynNE//",
  },
  {
    name: "p256 and sha512",
    key: "p256",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAEEEwIk4FlimYjrabRJV/u9zwhMa6S3ZvCJcRfzPXAs25dPa2IsP8trSidxaksO7xM2rWeFVKvrdWavj7uv8w87PSwAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhNTEyAAAAYwAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAASAAAACBluqW+FJGjy8lYJHjOp2Z2FTttBUs2AM0hgkpnQ3E1twAAACBlXCLRRs1h9y339cAY7ESuZI0v578o6RDWV2gPQegfyA==",
  },
  {
    name: "p384 and sha256",
    key: "p384",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NAAAAGEEviXkdGsYmzcy+fR5M5Ph+2El/7qvn4u8XYV/8s+kT7q3YjkRMkuILydqiNo+rM9N7OEn1s15N+hHox8HhM0wlPq5kJ65C70sanBIOK1B0AfSVODALfpd1XzrSR/LXT71AAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGEyNTYAAACFAAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAABqAAAAMQDQrFNxzUfCXtCySbZ/AI4PDRSPDe1h2AnSRlPHHQvTgXYnxgfK5cDw4haEDHXsdY8AAAAxAPpITNGioie2rokRQYvvdv7MzQ4vSO2fPGq53fYWN3O7rgdV08wbXOt9CfYYTRBj9A==",
  },
  {
    name: "p384 and sha512",
    key: "p384",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NAAAAGEEviXkdGsYmzcy+fR5M5Ph+2El/7qvn4u8XYV/8s+kT7q3YjkRMkuILydqiNo+rM9N7OEn1s15N+hHox8HhM0wlPq5kJ65C70sanBIOK1B0AfSVODALfpd1XzrSR/LXT71AAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGE1MTIAAACEAAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAABpAAAAMQDtBmuXkOC99a8xx51iUfMwBwAOIuJDzthkhxCZVP3O+wZsN3P4k4Jn/GMaDOMRbxwAAAAwC8QHGiX1w5HxRQpIProvrq+MmtUY8YZMbOpndfSoYqualmcOGo8i1TMMa31k1072",
  },
  {
    name: "rsa2048 and sha256",
    key: "rsa2048",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBANtB1IFypg1SVHAsHws0tbrGqQ8I7XsYV2WEkiNga2+Xz2Ld9rmXKr0/QtUQvrSl8FKWoQ/wHaDMPt1aOBAoiusqKOne8Ycec29h+1zjHRW5Tz85hcIwqiCRpO1W+GBWoQdO/o5WOC6IyrNTqKZakdCUMZLJCm+RLCrLxmpwUbD8T4vNFKo2rARKVsx0b+Um8h3Grz8heD6KVLQwTPHAP+Y3hk4RWsh7AcyXE5sMuUOFvOSnbkK5NWF+dRrOgkg4/Uz8K1ZeHm+nFncykp/giEDK767RJy1G7x34FTdzlbOCozMsGXJsalkgqt/XVZpZu+loJBuYWRPajKD1JqB5KpEAAAARZnRsLWJsZXNzOm15X3NpdGUAAAAAAAAABnNoYTI1NgAAARQAAAAMcnNhLXNoYTItNTEyAAABAJsXjWUbBdsoHUBYQi/4gSqGo0LHSheGtihHKB0/73H4QuFbWF8gkA0w0iLu+Dh2STukQhMc/EXzF/TUPezjD/5EY84LJh9GfvNgDBNw09NyGF9v9btAChVkao/hvNgrMKs+RZeObbWNdjejXwdtgEDfgnTwO+wSoE9bvG3SRSk0eYes8IpjtqUo++Vj72dbFPEg4XXM4tsBnBcLZ0kAUa3LGHNFOaQY+AFHUNpfGAG2RbNbm9SSEfyIqHskVtnW6aobNsEBqT2alAqD7KYgaQxMTNjUdi1CYT7x89MmkREwuhjio7LnrRam9t2V9N0nHWye0s6X9kBd4M2JxIfOKQI=",
  },
  {
    name: "rsa2048 and sha512",
    key: "rsa2048",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBANtB1IFypg1SVHAsHws0tbrGqQ8I7XsYV2WEkiNga2+Xz2Ld9rmXKr0/QtUQvrSl8FKWoQ/wHaDMPt1aOBAoiusqKOne8Ycec29h+1zjHRW5Tz85hcIwqiCRpO1W+GBWoQdO/o5WOC6IyrNTqKZakdCUMZLJCm+RLCrLxmpwUbD8T4vNFKo2rARKVsx0b+Um8h3Grz8heD6KVLQwTPHAP+Y3hk4RWsh7AcyXE5sMuUOFvOSnbkK5NWF+dRrOgkg4/Uz8K1ZeHm+nFncykp/giEDK767RJy1G7x34FTdzlbOCozMsGXJsalkgqt/XVZpZu+loJBuYWRPajKD1JqB5KpEAAAARZnRsLWJsZXNzOm15X3NpdGUAAAAAAAAABnNoYTUxMgAAARQAAAAMcnNhLXNoYTItNTEyAAABAJEJ2FLH4bx3RjFGZi0tc4nmYDv8NSEQGdd8J4P817cCVRVP8wS7O/phdEWH5d6Z4FszU2mPgX5qcPYgDRKPzSBrK04w3D4Jd4h8iMnWDgmRfjPpkI97gmsBHX1geQ7GP4a9CWL+Aw9YEQm1UtXOYGCeZV1EfzzJkDX+e8RSx4sO/emKoMa66+9QqlwZItwtNjQBFNHDYlNs4H9+ttJC5YADm5Kq7iTuTEttVUHXe0u33wnA9qn49wyuOkdnrvhXwSyXS8yzNWoKxoemN72julaQncSZiZXJYKOskZqy7aUZVF0Yq8P/dOQ5BAEi01x5/Va3PrEizKjUznt+2Ei0jWw=",
  },
  {
    name: "sk-ed25519 and sha256",
    key: "sk-ed25519",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAgew7qyZOp5+egzGAT3TbwufqQ1H3ZrSb5A78TBak1Gj4AAAAEc3NoOgAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhMjU2AAAAZwAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAEBHSxkP9/NzbA9XluH7NbvtmO9X/jTV/jIyDi3ATMSpMHAnlhhz0ZPfs/m27byF261O82rdq91UoNB1tTjLCGsLBf////8=",
  },
  {
    name: "sk-ed25519 and sha512",
    key: "sk-ed25519",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAgew7qyZOp5+egzGAT3TbwufqQ1H3ZrSb5A78TBak1Gj4AAAAEc3NoOgAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhNTEyAAAAZwAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAEDPJmcC+X5/rOwwxNvCrjN8WwM5TRzcjLUNq1BBgnctwBl2QEvypt9HIS+/0HAG30qSkcK10FeoFrEPaeB7eg4FAQAAAAc=",
  },
  {
    name: "sk-p256 and sha256",
    key: "sk-p256",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQAAAAhuaXN0cDI1NgAAAEEEiCSH6804HvNKH2KfH/TFaK3z+G2tavIhrr19wFTiPCTDweEpVWQfzdNg/DxKdWlwKCa4ci+bUuC0WKtgBdVs6AAAAARzc2g6AAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGEyNTYAAAB4AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAABJAAAAIFqyUcXp0nqOnzJMg+UEyV1MCaSmwzgXO3WhLDcR+jT/AAAAIQDwonuv6yQDYleffLRFQacb810eXfPanAlf887G9QFcKgX/////",
  },
  {
    name: "sk-p256 and sha512",
    key: "sk-p256",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQAAAAhuaXN0cDI1NgAAAEEEiCSH6804HvNKH2KfH/TFaK3z+G2tavIhrr19wFTiPCTDweEpVWQfzdNg/DxKdWlwKCa4ci+bUuC0WKtgBdVs6AAAAARzc2g6AAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGE1MTIAAAB4AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAABJAAAAIQD3wNl/ZHuKU/5+YCTpvFstLWOQHsfHGSNLk7Lbo7IehgAAACBnjPlWXXsQRjgWFsBwjxcQikp1JaWzshpWhN/X1LnkiAEAAAAH",
  },
  {
    name: "another ed25519",
    key: "other",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAggDyK9+Oz0VlfRdkB384iUft8kd9cH1HrOAvvGZVnkk4AAAARZnRsLWJsZXNzOm15X3NpdGUAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1MTkAAABA3XpbXyyHjYFNSV9gR1uQgeUpETuK2Eu4jyTW1nd5X4rH8DgK2pbdKswoiZI7w+LP53tAzX+BeTBkUAFd5IErCw==",
  },
  {
    name: "ed25519 of a revision",
    key: "ed25519",
    statement: "revision",
    role: "ftl-spool",
    signature:
      "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgyVzITuzluiumhVCDtbFgWxspIjZhxVegoHnibO+BIbUAAAARZnRsLXNwb29sOm15X3NpdGUAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1MTkAAABAvVntGuuyvy8Kn28y/zJUziSoWBXgvI56VyYe1YeK3rMzal8Fme4Rg/soGHNiwiBs/fiT4dkP1GAAkEpzuUoXAg==",
  },
  {
    name: "rsa3072 of a revision",
    key: "rsa3072",
    statement: "revision",
    role: "ftl-spool",
    signature:
      "U1NIU0lHAAAAAQAAAZcAAAAHc3NoLXJzYQAAAAMBAAEAAAGBAKv5OdPTAoodAt77HKAfa8u3YpQC3OueUjTSzviZ4CBLvKAOBVuA7cuzukVIDPknibDKgNfnt/v2GwTTIdIm/O2nxToODhK5enLvk9mDFNF8/RL2PHvM7vTa8GT0hBzNeiK2u1zNOQKDNjYXaeJolwyvmI0ZFe1UMBLzcAQ++FECf5hEQFLju2CZTOTppdXxEoY7ZyttXHyFAW7GRqmnS/B7GGYEIwfNM0a95Cbm3Eu7qxVJF84zN3oa00GaTBZ4UKllC764dxFQk3AKp+Z+gfZyxcPpkcOs6unckkjzW7XVwS19l0mhj3DeJOv9AnjdxNfFaYVMYLyUCcxtCoEBlhJA6mUeRPLEYkEReUVCi/68d6KcuAdX19Z6+xRu8DLaEhPk+IwBPo/Z9uHq5oDGZPLYqnHAo4UaK0YPMJsi8XhGZWCsjKcCXGqw0DcmkI07cQVLAXMgC8Mfdx91z1NaGlL4x2QmSXI1Af9VV9NkeZfX7rWhYChbOv48HUbZFIFfNwAAABFmdGwtc3Bvb2w6bXlfc2l0ZQAAAAAAAAAGc2hhNTEyAAABlAAAAAxyc2Etc2hhMi01MTIAAAGAcJl5HetR9gQlz749jopKOMblTrjb5V64aucGwMBNMNxFciZnBdVKORn+q5B7tRQgRkBAi01Y77FRu+4kkt8yAKTbHyMbb9KHyUjdYyYtYMdgxseehs0OmPtycMVntk67yKFc41h+W6BigYo352VX7k1P7idDuPTpAT2i2Vw8/sa/DAReTtt9ocsboe5LYi9meGv7/MBnlUd1eI0HCBrgDyZm6oFTtGV2a5fK7DxxqYCx5ekCBeObj6oJVn7yXHlkeSgp4rzj93/xF93kIJO6+7Wap6VHwFyIvZPNuqFlvociLq7PfAkS3EQ7Y6xiLFzxwyBjUOGWP50YA0BO4kFtD8fUMaqaWVEZph0oSESdWyGXo0CelG16O/FLnaXGBcp21BqrfLL1FHjem7zGcOdChm3aFqrmNgefrpM9JoGmedhEjp1WwLbdIBavhvEker+FPs5HIywqhTuas2FpLXTyw0WPjUj+R0x5qOgTCv+7J9rcLRmbjIPmvjor+5WHPJYP",
  },
  {
    name: "rsa3072 by rsa-sha2-256",
    key: "rsa3072",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAZcAAAAHc3NoLXJzYQAAAAMBAAEAAAGBAKv5OdPTAoodAt77HKAfa8u3YpQC3OueUjTSzviZ4CBLvKAOBVuA7cuzukVIDPknibDKgNfnt/v2GwTTIdIm/O2nxToODhK5enLvk9mDFNF8/RL2PHvM7vTa8GT0hBzNeiK2u1zNOQKDNjYXaeJolwyvmI0ZFe1UMBLzcAQ++FECf5hEQFLju2CZTOTppdXxEoY7ZyttXHyFAW7GRqmnS/B7GGYEIwfNM0a95Cbm3Eu7qxVJF84zN3oa00GaTBZ4UKllC764dxFQk3AKp+Z+gfZyxcPpkcOs6unckkjzW7XVwS19l0mhj3DeJOv9AnjdxNfFaYVMYLyUCcxtCoEBlhJA6mUeRPLEYkEReUVCi/68d6KcuAdX19Z6+xRu8DLaEhPk+IwBPo/Z9uHq5oDGZPLYqnHAo4UaK0YPMJsi8XhGZWCsjKcCXGqw0DcmkI07cQVLAXMgC8Mfdx91z1NaGlL4x2QmSXI1Af9VV9NkeZfX7rWhYChbOv48HUbZFIFfNwAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhNTEyAAABlAAAAAxyc2Etc2hhMi0yNTYAAAGAV95WHNhScXwqQ/zE+MBW13XUgvC1iQx3XlTjVwXjO2pUKJtvIsg2i6JeeQodyzm31xhR32IkaeZaC0JMu0i/MQ21SV8Wpmv/zQ9Ipm7zPJMdb6nSuEiUX+DqnAUT23rDUKNpUjwF35EoemphbzVt5iXFV69WR4BiRIVWrx8wWvL52V30RGNQmQGYCG/yP7S5iRwVL4vyzmRN7tOArpkBamrlsv8SJmK5phO/wV7WuWDXR8OplUEX2covjsZwJRNy53R1nchvCX02kl+MbhS1p8Rb7Dvf16zM5jN+xT91Lti2XIxCUZPcB/C2USnOdjWBhAOOooH7B8UvUVMvEsfo+hDF8fRO1rVdqW7iVaczE+T01hul9qjRsZTv7e38ps+iLsqHDR1DKt9bimMUZY7o8ZEQFLgeqIEWRpezQqm9vOIxsCcA7bfoDkMOTH+WbiHWRUEQjTpbcNhp27fgWg3NmAGFBUkvbn4AXRRQjyTBwXjQCANBm+9OOezd+kJtAOG4",
  },
];

/** What ssh-keygen made, or takes, and FTL refuses. */
export const REFUSED = {
  /** Of the blessing, but for the namespace of revisions. */
  otherRole: {
    name: "otherRole",
    key: "ed25519",
    statement: "blessing",
    role: "ftl-spool",
    signature:
      "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgyVzITuzluiumhVCDtbFgWxspIjZhxVegoHnibO+BIbUAAAARZnRsLXNwb29sOm15X3NpdGUAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1MTkAAABAAS6/OH9UNkxb7M4yUF1+ht7c0agQGiLadWGeaK+fBZKFAg8MwcYNl5u2uy7SW0AoI5nhi7vR+8lyt0lKMDbeBQ==",
  },
  /** Nobody touched the token. */
  untouchedEd25519: {
    name: "untouchedEd25519",
    key: "sk-ed25519",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAgew7qyZOp5+egzGAT3TbwufqQ1H3ZrSb5A78TBak1Gj4AAAAEc3NoOgAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhNTEyAAAAZwAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAEAjz/Pnb6L+WGNk1BPJ26XR/mrZSMRFQkC2y/hyYP6P0Jo5Wy0g4boXCZ6LxnIPfpxUnCMRoboNyh2rpNVw79YJAAAAAAc=",
  },
  /** Nobody touched the token. */
  untouchedEcdsa: {
    name: "untouchedEcdsa",
    key: "sk-p256",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQAAAAhuaXN0cDI1NgAAAEEEiCSH6804HvNKH2KfH/TFaK3z+G2tavIhrr19wFTiPCTDweEpVWQfzdNg/DxKdWlwKCa4ci+bUuC0WKtgBdVs6AAAAARzc2g6AAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGE1MTIAAAB3AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAABIAAAAIDI6np02yL+3f7SxV4HUNfPKrDzM6h+qkyM4Mw2QCiBbAAAAIHrn7GGc8+1uv0gkB2bYH/lIipOk/2gB/FnmRghxUroIAAAAAAc=",
  },
  /** By RSA with SHA-1. */
  sha1: {
    name: "sha1",
    key: "rsa3072",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAZcAAAAHc3NoLXJzYQAAAAMBAAEAAAGBAKv5OdPTAoodAt77HKAfa8u3YpQC3OueUjTSzviZ4CBLvKAOBVuA7cuzukVIDPknibDKgNfnt/v2GwTTIdIm/O2nxToODhK5enLvk9mDFNF8/RL2PHvM7vTa8GT0hBzNeiK2u1zNOQKDNjYXaeJolwyvmI0ZFe1UMBLzcAQ++FECf5hEQFLju2CZTOTppdXxEoY7ZyttXHyFAW7GRqmnS/B7GGYEIwfNM0a95Cbm3Eu7qxVJF84zN3oa00GaTBZ4UKllC764dxFQk3AKp+Z+gfZyxcPpkcOs6unckkjzW7XVwS19l0mhj3DeJOv9AnjdxNfFaYVMYLyUCcxtCoEBlhJA6mUeRPLEYkEReUVCi/68d6KcuAdX19Z6+xRu8DLaEhPk+IwBPo/Z9uHq5oDGZPLYqnHAo4UaK0YPMJsi8XhGZWCsjKcCXGqw0DcmkI07cQVLAXMgC8Mfdx91z1NaGlL4x2QmSXI1Af9VV9NkeZfX7rWhYChbOv48HUbZFIFfNwAAABFmdGwtYmxlc3M6bXlfc2l0ZQAAAAAAAAAGc2hhNTEyAAABjwAAAAdzc2gtcnNhAAABgENgBP3jHUuzufLsvLHkR0Wu5iSl0qrGNXcvZqiRIVKxZtzFq4njkwpNBCXZ/8P2B6VksjCGRJjyPg3vjklQbt7clXz549CA0rwP4e/HXmLQI+5kmhdWexFlwSiMZG7arIeB831Ytr8CqRwDp4VezwZ3uuxVKUSgiiMT4HgO5ky5zkxCiLpfhXUBldFDMG+CCZTdIjl/5c3n1gAUG1bwhnRSfLQ0u0Ok5lacIzhvETEFOdkAgx+AxcBPJGTuUa/65ahmKSi7CpUqCdR/PFJjuErVu5W0aUZZ0Y8AHBbcjNpZBDyewBq953Mv0KKeC6fuyOIY4dV8vsktXcNVI7ARSW7ujMPohQxXaZBbDAg7cIlGxmGso7Yd+iKwb9ufxmHIFuSC/YyNgTBNd1TQTreoE62NZ3PWCNL1rZRlcVjapbZ6/L4jb0/xPjUQARzEEKFG6maPeKrGvufuoUZCh6yxVaZTbA4cZC+1Gy9S4dKHEwRRhTWU4ppx6V/dqn/hVOEsWA==",
  },
  /** On a curve that FTL does not know. */
  p521: {
    name: "p521",
    key: "p521",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAKwAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQAAAIUEAALqNsm2pO1kGSI1qlxAjlHnGCAjIPiSq1jBlWArX5y+fDUxW7RfLanSvYQViaaJEEDRXm2RONOYgXlMAUhDVDmMAD9CVW3vp2ooLcxlpWf5PW7Byq/mJNlU0ewRKeuI4NTdFYg2UH6DnCdylWptBSfgFj06WwsOeCGz3cfm4wun3PiKAAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGE1MTIAAACmAAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAACLAAAAQTC4hAK0a1ax8fuJwrQTidT9NIaXDE7JL7/QExU+0Z2E+tfVjLlR3tW5A1onXV1WCafIQxDJ9pFhfoK7Wv/tPUSSAAAAQgHz5SeXoPnM9z0eimd/bYxDJL3pdSxR9ZEIrnbHEaWEsMzMpy9gkYzcrw7DdEeKaNuWhSl1HCG5RwmoTbH6Q5v1yw==",
  },
  /** By an RSA key that is too short. */
  rsa1024: {
    name: "rsa1024",
    key: "rsa1024",
    statement: "blessing",
    role: "ftl-bless",
    signature:
      "U1NIU0lHAAAAAQAAAJcAAAAHc3NoLXJzYQAAAAMBAAEAAACBAN7f1h+GAPwg9e6XpXTsDadDKOpdfvscnR3v3U7qGBMwPlmpomswNeqituGI4crUyzCH2ZHT1iUj6nICuBjc2Me+NpfeGH51/IMlrAPKHximzPH19vYdH2gpxmOIB9z5c1Au9783FpZFExkvFcpIWym11EhpVwekphiTSSUwkB+9AAAAEWZ0bC1ibGVzczpteV9zaXRlAAAAAAAAAAZzaGE1MTIAAACUAAAADHJzYS1zaGEyLTUxMgAAAIBiv9yI0UebcSIyz2G4QpNjckJXhKw8t3304J56uTmisu0W24B+V5WmA887ayRZbkmOZ0o1O5QK1qy0R5pgttbvKEfaweA1KQXSGoTopgjOttansUTlUqcM5YGln8YQxzjh+yoFLzx3iQ8lPRiAkKFXdCsjDRKFrbdGIjdJKqq0ww==",
  },
} as const satisfies Record<string, Vector>;

/** The private key of `ed25519`. It signs nothing but tests. */
export const PRIVATE_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDJXMhO7OW6K6aFUIO1sWBbGykiNmHFV6CgeeJs74EhtQAAAJh3WpMTd1qT
EwAAAAtzc2gtZWQyNTUxOQAAACDJXMhO7OW6K6aFUIO1sWBbGykiNmHFV6CgeeJs74EhtQ
AAAEDGRzUyG8GsQFXEO0ounLWzZR50JpG2TEk4DiUg+TDXsclcyE7s5borpoVQg7WxYFsb
KSI2YcVXoKB54mzvgSG1AAAAE2VkMjU1MTlAZXhhbXBsZS5jb20BAg==
-----END OPENSSH PRIVATE KEY-----
`;

/** One with the passphrase "secret". */
export const LOCKED_PRIVATE_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDwTyJ4VQ
yCzxKmzGo6H588AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIEMH+Qgz5zxlFY1L
p6YcnvTEDZYrYTnAfVX6b0w3bLdUAAAAoG+4kKG+EkyyPZaYiUtagPwcKeFhU5MnjeP7rT
2XXRnvoiE0fPq990NTXGyHdMFLpoWamLclS1vaqZf6KTUrbdbEDX2ukOdlT1d8Pd7VkQ/V
HjNPfOP//5beZP5r1o+yuMcWFZ70s/56Ihj5i2gsBnAdbY0WOzeIssS+utfPC7iUqX08Vo
15MnRNP9PJio5i4Xr7Yd+Ch1Bgmdw8L5pN7Ig=
-----END OPENSSH PRIVATE KEY-----
`;

/** Of `p256`: FTL itself signs with Ed25519 only. */
export const ECDSA_PRIVATE_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQTAiTgWWKZiOtptElX+73PCExrpLdm8
IlxF/M9cCzbl09rYiw/y2tKJ3FqSw7vEzatZ4VUq+t1Zq+Pu6/zDzs9LAAAAqAbLQZwGy0
GcAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMCJOBZYpmI62m0S
Vf7vc8ITGukt2bwiXEX8z1wLNuXT2tiLD/La0oncWpLDu8TNq1nhVSr63Vmr4+7r/MPOz0
sAAAAgLFpAngcXptJNebrE1j0Ug/LvuMzfmonZa4TYXGRIvlwAAAAQcDI1NkBleGFtcGxl
LmNvbQ==
-----END OPENSSH PRIVATE KEY-----
`;
