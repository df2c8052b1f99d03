/** `deno task man`: writes the manual page, `docs/ftl.1`, from the table of commands. */
import { manualPage } from "./reference/man.ts";
import manifest from "../deno.json" with { type: "json" };

Deno.writeTextFileSync(new URL("../docs/ftl.1", import.meta.url), manualPage(manifest.version));
