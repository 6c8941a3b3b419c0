import type { OutboundRequest, OutboundResult } from '@countersign/outbound';
import { readReferenceLeg } from './reference.ts';

export const WINDOW_MS = 120_000;
const DAY_MS = 24 * 3_600_000;

/** What one POST comes to, besides what becomes of the transfer. */
export type PostFate =
  | 'answered'
  /** 400 for good, nothing done. */
  | 'rejected'
  | 'too-many'
  | 'not-connected'
  | 'silent-lost'
  | 'silent-kept'
  /** 504, and it is done 119 s later, if nobody has told it again under that key by then. */
  | 'kept-late'
  /** Our process dies during the call, before or after the effect. */
  | 'crash-lost'
  | 'crash-kept';

/** How a transfer ends; `null`: never by itself. */
export type End = 'payment_processed' | 'refunded' | 'canceled' | 'undeliverable' | null;

export interface Transfer {
  readonly id: string;
  readonly reference: string;
  readonly leg: string;
  readonly body: { readonly amount: string };
  readonly at: number;
  state: string;
}

/** Both ramps in memory, in Bridge's shape and with its keys: 24 h, the same answer for the same bytes, 422 afterwards. */
export class Bridge {
  readonly transfers: Transfer[] = [];
  readonly posts: { readonly leg: string; readonly key: string; readonly body: string; readonly at: number }[] = [];
  dark = false;
  gate: (label: string) => Promise<void> = () => Promise.resolve();
  readonly #keys = new Map<string, { body: string; usedAt: number; transfer: Transfer }>();
  readonly #fates: Record<string, PostFate[]>;
  readonly #ends: Record<string, End>;
  readonly #now: () => number;

  constructor(fates: Record<string, PostFate[]>, ends: Record<string, End>, now: () => number) {
    this.#fates = fates;
    this.#ends = ends;
    this.#now = now;
  }

  /** What the books say of a leg by now; several would be a leg executed more than once. */
  of(leg: string): Transfer[] {
    return this.transfers.filter((t) => t.leg === leg && t.at <= this.#now());
  }

  /** Everything that ends by itself has ended. */
  finish(): void {
    for (const transfer of this.transfers) {
      const end = this.#ends[transfer.leg] ?? null;
      if (end !== null && transfer.at <= this.#now()) transfer.state = end;
    }
  }

  readonly way = async (_settings: unknown, _name: string, request: OutboundRequest): Promise<OutboundResult> => {
    await this.gate(request.method);
    if (request.method === 'GET') return this.#get(new URL(request.url));
    const result = this.#post(String(request.body), request.headers?.['idempotency-key'] ?? '');
    await this.gate('answered');
    return result;
  };

  #get(url: URL): OutboundResult {
    if (this.dark) return answer(503, {});
    const reference = url.searchParams.get('client_reference_id');
    const known = this.transfers.filter((t) => t.at <= this.#now());
    if (reference !== null) return answer(200, { data: known.filter((t) => t.reference === reference).map(told) });
    const one = known.find((t) => url.pathname.endsWith(`/${t.id}`));
    return one ? answer(200, told(one)) : answer(404, { code: 'not_found' });
  }

  #post(body: string, key: string): OutboundResult {
    const { client_reference_id: reference } = JSON.parse(body) as { client_reference_id: string };
    const leg = readReferenceLeg(reference);
    this.posts.push({ leg, key, body, at: this.#now() });
    const fate = this.#fates[leg]?.shift() ?? 'answered';
    if (fate === 'not-connected') return { ...SILENCE, reason: 'refused', sent: 'no' };
    if (fate === 'too-many') return answer(429, {});
    if (fate === 'silent-lost') return SILENCE;
    if (fate === 'crash-lost') throw new Error('the process died');
    const used = this.#keys.get(key);
    if (!used && fate === 'rejected') return answer(400, { code: 'invalid_parameters', message: 'no' });
    if (used && this.#now() - used.usedAt > DAY_MS) return answer(422, { code: 'idempotency_key_expired' });
    if (used && used.body !== body) return answer(400, { code: 'duplicate_record' });
    const transfer =
      used?.transfer ?? this.#execute(key, body, reference, leg, fate === 'kept-late' ? WINDOW_MS - 1 : 0);
    if (fate === 'crash-kept') throw new Error('the process died');
    if (fate === 'silent-kept') return SILENCE;
    if (fate === 'kept-late') return answer(504, {});
    return answer(201, told({ ...transfer, state: 'awaiting_funds' }));
  }

  #execute(key: string, body: string, reference: string, leg: string, lateMs: number): Transfer {
    const at = this.#now() + lateMs;
    const parsed = JSON.parse(body) as { amount: string };
    const transfer = { id: `t-${this.transfers.length}`, reference, leg, body: parsed, at, state: 'funds_received' };
    this.transfers.push(transfer);
    this.#keys.set(key, { body, usedAt: this.#now(), transfer });
    return transfer;
  }
}

/** What came of an amount: the tests look for exactly this one at the next leg. */
export const PAID_OUT = '106.919999';

export function told({ id, reference, leg, body, state }: Transfer): Record<string, unknown> {
  const final = leg === 'on' ? PAID_OUT : '97.13';
  return { id, client_reference_id: reference, state, amount: body.amount, receipt: { final_amount: final } };
}

const SILENCE = { type: 'no-answer', reason: 'timeout', sent: 'maybe', message: 'silence', durationMs: 1 } as const;

function answer(statusCode: number, body: object): OutboundResult {
  return { type: 'answer', statusCode, headers: {}, body: JSON.stringify(body), truncated: false, durationMs: 1 };
}
