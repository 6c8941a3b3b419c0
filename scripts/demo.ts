/**
 * `pnpm demo [word]`: submits one real submission per interesting fate to a running `pnpm dev` and shows their timelines
 * until they settle; with a word, only those whose kind or title holds it. Exit code 0: all as expected; 1: not; 2: could not play.
 */
import { createAsker } from './demo/ask.ts';
import { play } from './demo/follow.ts';
import { loadActs } from './demo/scenario.ts';
import { settingLines } from './demo/settings.ts';
import { show, type Screen } from './demo/show.ts';
import { findWhere } from './demo/where.ts';

const root = new URL('../', import.meta.url);
const { isTTY, columns = 80 } = process.stdout;
const screen: Screen = { isTerminal: isTTY, columns, write: (text) => void process.stdout.write(text) };

/** Plays all acts at once and shows them one after the other. Gives the exit code. */
async function demo(word: string, env: NodeJS.ProcessEnv): Promise<number> {
  const where = findWhere(env, new URL('.data/dev.json', root));
  const all = await loadActs(new URL('packages/kinds/src/', root));
  const acts = all.filter(({ kind, title }) => `${kind} ${title}`.includes(word));
  if (acts.length === 0)
    throw new Error(`No demo holds "${word}"; there are: ${all.map(({ title }) => title).join(', ')}.`);
  const asker = createAsker(where);
  if (where.webhookSecret !== null) await asker.tellSecret(where.webhookSecret).catch(isDevUp);
  screen.write(`Countersign at ${where.apiUrl}, third parties and client at ${where.simulatorUrl}\n`);
  for (const line of settingLines(acts, where.settings)) screen.write(`  ${line}\n`);
  const patienceMs = Number(env['DEMO_PATIENCE_MS'] || 180_000);
  const endings = await show(
    screen,
    acts.map((act) => play(act, where, asker, patienceMs)),
  );
  return endings.every(({ asExpected }) => asExpected) ? 0 : 1;
}

/** The first question: when nobody answers it, most often nothing runs there (any more). */
function isDevUp(cause: unknown): never {
  const what = cause instanceof Error ? cause.message : String(cause);
  throw new Error(
    `${what}\nIs \`pnpm dev\` running? Start it in another terminal, wait for its line \`ready\`, and run the demo again.`,
    {
      cause,
    },
  );
}

try {
  process.exitCode = await demo(process.argv[2] ?? '', process.env);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
