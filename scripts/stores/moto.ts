/** moto: a store in one Python process, for tests. https://docs.getmoto.org/en/latest/docs/server_mode.html */
import { freePort, type Processes } from "./processes.ts";
import { SECRET, type StartedStore, type Store } from "./store.ts";

export const moto: Store = {
  name: "moto",
  programs: { moto_server: "moto" },
  install: { byHand: "pip install 'moto[s3,server]'" },
  racyBecause: "it checks a condition and writes in two steps",
  version: async (processes) => {
    const shown = await processes.run(["pip", "show", "moto"]).catch(() => "");
    return /^Version: (.*)$/m.exec(shown)?.[1] ?? "";
  },
  start: async (_folder: string, processes: Processes): Promise<StartedStore> => {
    const port = freePort();
    processes.start("moto", ["moto_server", "-H", "127.0.0.1", "-p", `${port}`]);
    const endpoint = `http://127.0.0.1:${port}`;
    await processes.waitFor("moto", `${endpoint}/moto-api/`);
    return { endpoint, accessKeyId: "ftl-local", secretAccessKey: SECRET };
  },
};
