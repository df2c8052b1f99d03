/** `deno task reference`: writes `docs/schema.json` from the tables of the code. */
import { jsonSchema } from "../src/cli/schema/documents.ts";

const docs = new URL("../docs/", import.meta.url);
Deno.writeTextFileSync(
  new URL("schema.json", docs),
  `${JSON.stringify(jsonSchema(), null, 2)}\n`,
);
