import type { Ledger } from './ledger.ts';
import { byOp } from './readings.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

/** Everything the ledger knows of one op, in the order it happened, with the faults of those moments in between. */
export function storyOf(ledger: Ledger, op: number): string[] {
  const { attempts, readings, deliveries, stories, pages } = byOp(ledger);
  const known = ledger.ops.find(({ n }) => n === op);
  const of = <T>(map: ReadonlyMap<number, readonly T[]>): readonly T[] => map.get(op) ?? [];
  const lines: Line[] = [
    ...of(attempts).map((one) => ({
      at: one.at,
      text: `client    POST at ${one.api}${one.body === 'other' ? ' (another body)' : one.body === 'rekeyed' ? ' (another key)' : ''} → ${one.status ?? one.outcome} after ${Math.round(one.ms)} ms${one.state ? `, ${one.state} v${one.version ?? '?'} ${one.submissionId ?? ''}` : ''}${one.problem ? ` ${one.problem}` : ''}`,
    })),
    ...collapsed(
      of(readings).map((one) => ({
        at: one.at,
        text: `client    GET (${one.why}) at ${one.api} → ${one.status ?? 'no answer'}${one.state ? `, ${one.state} v${one.version ?? '?'}` : ''}${one.errorCode ? ` ${one.errorCode}` : ''}`,
      })),
    ),
    ...of(deliveries).map((one) => ({
      at: one.at,
      text: `letterbox ${one.type} v${one.version ?? '?'} ${one.state ?? ''} ${one.webhookId} (${one.signature}) → ${one.answered}`,
    })),
    ...(stories.get(op)?.entries ?? []).map((one) => ({
      at: Date.parse(one.at),
      text: `timeline  ${one.type}${one.provider ? ` ${one.provider}` : ''}${one.attempt === undefined ? '' : ` #${one.attempt}`}${one.from ? ` ${one.from} →` : ''}${one.to ? ` ${one.to}` : ''}${one.statusCode === undefined ? '' : ` ${one.statusCode}`}${one.error ? ` (${one.error})` : ''}`,
    })),
    ...of(pages).flatMap((page) => [
      ...page.requests.map((one) => ({
        at: Date.parse(one.at),
        text: `${nameOf(page)} ${one.method} → ${one.outcome}`,
      })),
      ...page.statuses.map((one) => ({
        at: Date.parse(one.at),
        text: `${nameOf(page)} its record: ${one.status} (${one.cause})`,
      })),
      ...page.webhooks.map((one) => ({
        at: Date.parse(one.at),
        text: `${nameOf(page)} webhook ${one.status}${one.forged ? ' (forged)' : ''} → ${one.outcome}`,
      })),
    ]),
  ].sort((a, b) => a.at - b.at);
  const from = (lines[0]?.at ?? 0) - 5_000;
  // The last look at the end of the campaign is no part of the story's time.
  const to = (lines.findLast(({ text }) => !text.includes('(final)'))?.at ?? 0) + 5_000;
  const faults = ledger.injections
    .filter(({ fromMs, toMs }) => fromMs < to && toMs > from)
    .flatMap(({ fault, target, fromMs, toMs, note, pids }) => [
      {
        at: fromMs,
        text: `FAULT     ${fault} ${target} begins${pids.length > 0 ? ` (pid ${pids.join(', ')})` : ''}${note ? `: ${note}` : ''}`,
      },
      { at: toMs, text: `FAULT     ${fault} ${target} is healed` },
    ]);
  const head = known
    ? `${known.kind} ${known.client}/${known.id}, fate ${known.fate}, letterbox ${known.letterbox ?? 'none'}${known.amount === '' ? '' : `, amount ${known.amount}`}`
    : `op ${op}`;
  return [head, ...[...lines, ...faults].sort((a, b) => a.at - b.at).map(({ at, text }) => `${clock(at)}  ${text}`)];
}

/** As wide as the other names. */
const nameOf = ({ party, leg }: { party: string; leg: string }): string =>
  (party === leg ? party : `${party} ${leg}`).padEnd(9);

/** A run of the same reading is one line. */
function collapsed(lines: readonly Line[]): Line[] {
  return lines.filter(({ text }, n) => text !== lines[n - 1]?.text || text !== lines[n + 1]?.text);
}

const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);
