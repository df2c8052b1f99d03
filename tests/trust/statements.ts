/** A pointer and a revision, as they are signed in the vectors. */
import type { BlessingFacts, RevisionFacts } from "../../src/trust/statement.ts";
import { requirePackageName } from "../../src/revision/names.ts";

export const BLESSING: BlessingFacts = {
  bucket: "my-deploys",
  package: requirePackageName("my_site"),
  text: "my_site.VZ5vQk8aR4G",
  metadata: {
    "ftl-at": "2026-11-25T14:00:00.123Z",
    "ftl-blessed": "1795615200123",
    "ftl-by": "ann@laptop",
    "ftl-key": "my_site.VZ5vQk8aR4G.tar.gz",
    "ftl-message": "looks%20good",
    "ftl-replaced": "VZ5uB1x0pQa",
    "ftl-serial": "1795615200123",
    "ftl-sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ftl-size": "110000000",
  },
};

export const REVISION: RevisionFacts = {
  bucket: "my-deploys",
  key: "my_site.VZ5vQk8aR4G.tar.gz",
  size: 110_000_000,
  metadata: {
    "ftl-at": "2026-11-25T13:00:00.456Z",
    "ftl-by": "ci@runner",
    "ftl-bytes": "380000000",
    "ftl-files": "22000",
    "ftl-sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ftl-upload": "6b1f0c54-6a0e-4f43-9a57-6f6e6f0b2d11",
  },
};

/** The statement of `BLESSING`, as other programs sign and verify it. */
export const BLESSING_TEXT = `ftl blessing 1
bucket: my-deploys
key: my_site.rev
text: my_site.VZ5vQk8aR4G
ftl-at: 2026-11-25T14:00:00.123Z
ftl-blessed: 1795615200123
ftl-by: ann@laptop
ftl-key: my_site.VZ5vQk8aR4G.tar.gz
ftl-message: looks%20good
ftl-replaced: VZ5uB1x0pQa
ftl-serial: 1795615200123
ftl-sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
ftl-size: 110000000
`;

export const REVISION_TEXT = `ftl revision 1
bucket: my-deploys
key: my_site.VZ5vQk8aR4G.tar.gz
size: 110000000
ftl-at: 2026-11-25T13:00:00.456Z
ftl-by: ci@runner
ftl-bytes: 380000000
ftl-files: 22000
ftl-sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
ftl-upload: 6b1f0c54-6a0e-4f43-9a57-6f6e6f0b2d11
`;
