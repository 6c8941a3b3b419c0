import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { Ending, Playing } from './follow.ts';
import { table } from './lines.ts';

/** Where the demo is shown. On a terminal it has colours and a last line that says what is waited for. */
export interface Screen {
  readonly isTerminal: boolean;
  /** The terminal's width: the line that is rewritten must not wrap. */
  readonly columns: number;
  write(text: string): void;
}

type Paint = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Shows every act as a block, live, one after the other (they all play at the same time); gives their endings. */
export async function show(screen: Screen, playing: readonly Playing[]): Promise<readonly Ending[]> {
  const endings: Ending[] = [];
  for (const one of playing) endings.push(await showAct(screen, one));
  screen.write('\n');
  for (const line of summary(screen, playing, endings)) screen.write(`${line}\n`);
  return endings;
}

async function showAct(screen: Screen, playing: Playing): Promise<Ending> {
  const { act, lines } = playing;
  screen.write(`\n${paint(screen, 'bold', `${act.kind}: ${act.title}`)}  expected ${act.expect}\n`);
  if (act.waitsFor) screen.write(`  ${paint(screen, 'dim', act.waitsFor)}\n`);
  let ending: Ending | null = null;
  void playing.ended.then((end) => (ending = end));
  const begun = Date.now();
  let shown = 0;
  let quietSince = Date.now();
  for (;;) {
    const isOver = ending !== null;
    for (; shown < lines.length; shown++) {
      quietSince = Date.now();
      screen.write(`${clear(screen)}  ${lines[shown]}\n`);
    }
    if (isOver) break;
    const waited = `  … ${playing.standing()}, ${Math.round((Date.now() - begun) / 1_000)} s`;
    if (screen.isTerminal) screen.write(clear(screen) + paint(screen, 'dim', waited.slice(0, screen.columns - 1)));
    // Without a terminal nothing can be rewritten: a sign of life every 10 s of quiet is enough.
    else if (Date.now() - quietSince > 10_000) {
      quietSince = Date.now();
      screen.write(`${waited}\n`);
    }
    await pause(100);
  }
  const end = await playing.ended;
  screen.write(`${clear(screen)}  ${paint(screen, end.asExpected ? 'green' : 'red', endLine(end))}\n`);
  return end;
}

const endLine = ({ status, callback, asExpected }: Ending): string => {
  return `${asExpected ? '✓' : '✗'} ${status}, callback ${callback}`;
};

function summary(screen: Screen, playing: readonly Playing[], endings: readonly Ending[]): string[] {
  const rows = endings.map(({ status, callback, durationMs, asExpected }, at) => {
    const act = playing[at]?.act;
    const seconds = `${(durationMs / 1_000).toFixed(3)} s`;
    return [act?.kind ?? '', act?.title ?? '', act?.expect ?? '', status, callback, seconds, asExpected ? '✓' : '✗'];
  });
  const [head = '', ...lines] = table([['kind', 'fate', 'expected', 'actual', 'callback', 'took', ''], ...rows]);
  return [
    paint(screen, 'bold', head),
    ...lines.map((line) => (line.endsWith('✗') ? paint(screen, 'red', line) : line)),
  ];
}

const clear = (screen: Screen): string => (screen.isTerminal ? '\r\u001b[2K' : '');

const paint = (screen: Screen, colour: Paint, text: string): string => {
  return screen.isTerminal ? styleText(colour, text, { validateStream: false }) : text;
};
