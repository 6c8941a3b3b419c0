import { kindOf } from './kinds/kinds.ts';
import type { Desk } from './load/desk.ts';
import type { Sink } from './load/sink.ts';
import { lettersOf } from './collect.ts';
import type { Ledger, Letter, Op } from './ledger.ts';
import { ADMIN_KEY } from './settings.ts';

/** So many letters of each step are tried again, each ordered from so many sides at once. */
const OF_EACH = 6;
const SIDES = 10;
/** How long a callback that is ordered again may take, the sweep's 15 s included. */
const WITHIN_MS = 20_000;

/** I-27: the letterboxes take what comes from now on, and dead letters are replayed, each ten times in parallel. */
export async function redrive(ledger: Ledger, desk: Desk, sink: Sink, say: (text: string) => void): Promise<void> {
  const [caller] = desk.callers;
  if (!caller) return;
  const owners = new Map(
    ledger.attempts.flatMap(({ submissionId, body, op }) =>
      submissionId !== undefined && body === 'own' ? [[submissionId, op] as const] : [],
    ),
  );
  const ops = new Map(ledger.ops.map((op) => [op.n, op]));
  sink.mend();
  const chosen = (await lettersOf(caller)).flatMap((letter): { letter: Letter; op: Op }[] => {
    const op = ops.get(owners.get(letter.submissionId) ?? -1);
    // 410 disables the URL until its client sets it again: no order of an operator does.
    return op && op.letterbox !== 'gone' ? [{ letter, op }] : [];
  });
  const some = ['notify', 'register', 'poll'].flatMap((step) =>
    chosen.filter(({ letter }) => letter.step === step).slice(0, OF_EACH),
  );
  say(`dead letters: ${some.length} of ${chosen.length} are tried again, each from ${SIDES} sides at once`);
  for (const { letter, op } of some) {
    const at = Date.now();
    const takenBefore = taken(ledger, op.n);
    const path = `/v1/${kindOf(op).path}/${letter.submissionId}/replay`;
    const answers = await Promise.all(
      Array.from({ length: SIDES }, () => desk.callers[at % desk.callers.length]?.call('POST', path, ADMIN_KEY, '{}')),
    );
    const told = answers.map((answer) => (answer?.outcome === 'answered' ? answer.status : null));
    ledger.redrives.push({
      op: op.n,
      letter: letter.id,
      step: letter.step,
      answers: told,
      at,
      takenBefore,
      stillThere: true,
    });
  }
  const until = Date.now() + WITHIN_MS;
  const isOver = (): boolean =>
    ledger.redrives.every(({ op, step, takenBefore }) => step !== 'notify' || taken(ledger, op) > takenBefore);
  while (Date.now() < until && !isOver()) await new Promise((wake) => setTimeout(wake, 200));
  // A second one of the same would come at once.
  await new Promise((wake) => setTimeout(wake, 1_000));
}

/** Callbacks of an op that were delivered and taken. */
export function taken({ deliveries }: Pick<Ledger, 'deliveries'>, op: number): number {
  return deliveries.filter((one) => one.op === op && typeof one.answered === 'number' && one.answered < 300).length;
}
