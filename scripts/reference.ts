/** `deno task reference`: writes `docs/reference.md` and `docs/schema.json` from the tables of the code. */
import { referencePage } from "./reference/page.ts";
import { jsonSchema } from "./reference/schema/documents.ts";

const docs = new URL("../docs/", import.meta.url);
Deno.writeTextFileSync(new URL("reference.md", docs), referencePage());
Deno.writeTextFileSync(
  new URL("schema.json", docs),
  `${JSON.stringify(jsonSchema(), null, 2)}\n`,
);
