import { readFileSync } from 'node:fs';

/** Where the demo plays. */
export interface Where {
  readonly apiUrl: string;
  readonly key: string;
  readonly simulatorUrl: string;
  /** What the callbacks to the demo client are signed with; told to the simulator so that it can check them. */
  readonly webhookSecret: string | null;
  /** The settings the running dev said it has. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What `pnpm dev` leaves in `.data/dev.json`, as far as the demo needs it. */
interface DevFile {
  readonly url?: string;
  readonly simulatorUrl?: string;
  readonly demo?: { readonly key?: string; readonly webhookSecret?: string };
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * `COUNTERSIGN_URL`, `COUNTERSIGN_KEY`, `SIMULATOR_URL` and `COUNTERSIGN_WEBHOOK_SECRET` where given, else what dev wrote.
 * Throws with what is missing and what to do.
 */
export function findWhere(env: Readonly<Record<string, string | undefined>>, devFile: URL): Where {
  const dev = readDevFile(devFile);
  const apiUrl = env['COUNTERSIGN_URL'] || dev.url;
  const key = env['COUNTERSIGN_KEY'] || dev.demo?.key;
  const simulatorUrl = env['SIMULATOR_URL'] || dev.simulatorUrl;
  if (!apiUrl || !key || !simulatorUrl) {
    const missing = Object.entries({ COUNTERSIGN_URL: apiUrl, COUNTERSIGN_KEY: key, SIMULATOR_URL: simulatorUrl });
    const names = missing.filter(([, value]) => !value).map(([name]) => name);
    throw new Error(
      `The demo plays against a running \`pnpm dev\` with its simulator: start it in another terminal, or set ${names.join(', ')}.`,
    );
  }
  // The numbers are those of the dev that wrote them, not of an API somebody names.
  const webhookSecret = env['COUNTERSIGN_WEBHOOK_SECRET'] || dev.demo?.webhookSecret || null;
  return { apiUrl, key, simulatorUrl, webhookSecret, settings: apiUrl === dev.url ? (dev.settings ?? {}) : {} };
}

function readDevFile(file: URL): DevFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  try {
    // dev's own file; every field is looked at before use.
    return JSON.parse(text) as DevFile;
  } catch {
    throw new Error(`.data/dev.json is not JSON: stop \`pnpm dev\`, delete the file, and start dev again.`);
  }
}
