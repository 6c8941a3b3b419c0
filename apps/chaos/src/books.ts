import type { BankFile, Page } from './ledger.ts';

/** Everything the town's third parties have written down, in one shape. `opOf`: whose submission that is, by our id. */
export async function readBooks(
  simulatorUrl: string,
  opOf: (submissionId: string) => number | undefined,
  opOfPortfolio: (name: string) => number | undefined,
): Promise<{ pages: Page[]; files: BankFile[] }> {
  const get = async (path: string): Promise<Raw[]> => {
    const answer = await fetch(`${simulatorUrl}/_sim/${path}`);
    // The simulator's own books: apps/simulator/src/desk/books.ts and src/registry/books.ts.
    return ((await answer.json()) as { data: Raw[] }).data;
  };
  const [registry, tax, warehouse, onRamp, offRamp, payouts, files, csp] = await Promise.all(
    [
      'registry/effects',
      'tax/effects',
      'warehouse/effects',
      'on-ramp/effects',
      'off-ramp/effects',
      'bank/payouts',
      'bank/effects',
      'csp-a/effects',
    ].map(get),
  );
  const pages = [
    ...(registry ?? []).map((raw) => page('registry', 'registry', raw, opOf(raw.id))),
    ...(tax ?? []).map((raw) => page('tax', 'tax', raw, opOf(raw.id))),
    ...(warehouse ?? []).map((raw) => page('warehouse', 'warehouse', raw, opOf(raw.id))),
    ...[...(onRamp ?? []), ...(offRamp ?? [])].map((raw) => rampPage(raw, opOf)),
    ...(payouts ?? []).map((raw) => payoutPage(raw, opOf)),
    // What was only asked for by that name (costs) executes nothing.
    ...(csp ?? [])
      .filter(({ id }) => !id.startsWith('cost:'))
      .map((raw) => page('CSP_A', 'portfolio', raw, opOfPortfolio(raw.id))),
  ];
  const held = new Map<string, number>();
  for (const msgId of (payouts ?? []).flatMap(({ msgIds = [] }) => msgIds)) held.set(msgId, (held.get(msgId) ?? 0) + 1);
  return { pages, files: (files ?? []).map((raw) => fileOf(raw, held.get(raw.id) ?? 0)) };
}

interface Raw {
  readonly id: string;
  readonly fate: string | null;
  readonly posts?: number;
  readonly tellings?: number;
  readonly effects: number;
  readonly status: string | null;
  readonly amount?: string | number | null;
  readonly data?: {
    transfer?: { body: { amount: string }; exchange: { final_amount: string } };
    hashes?: Record<string, number>;
    keys?: string[];
    requestIds?: string[];
  } | null;
  readonly requests?: readonly {
    at: string;
    method?: string;
    call?: string;
    outcome: string | null;
    durationMs: number | null;
    retryAfterSeconds: number | null;
    notes?: Record<string, string>;
  }[];
  readonly statuses?: readonly { at: string; status: string; cause?: string }[];
  readonly webhooks?: readonly {
    at: string;
    status?: string;
    says?: string;
    forged?: boolean;
    signed?: true | string;
    outcome: string;
  }[];
  readonly endToEndId?: string;
  readonly executions?: number;
  readonly instructions?: number;
  readonly msgIds?: readonly string[];
}

function page(party: string, leg: string, raw: Raw, op: number | undefined): Page {
  return {
    party,
    leg,
    id: raw.id,
    op: op ?? null,
    fate: raw.fate,
    posts: raw.posts ?? raw.tellings ?? 0,
    effects: raw.effects,
    status: raw.status,
    amount:
      raw.data?.transfer?.body.amount ?? (raw.amount === undefined || raw.amount === null ? null : String(raw.amount)),
    paidOut: raw.data?.transfer?.exchange.final_amount ?? null,
    msgIds: [],
    requests: requestsOf(raw),
    statuses: (raw.statuses ?? []).map(({ at, status, cause = 'entered' }) => ({ at, status, cause })),
    webhooks: (raw.webhooks ?? []).map(({ at, status, says, forged, signed, outcome }) => ({
      at,
      status: status ?? says ?? '?',
      forged: forged ?? signed !== true,
      outcome,
    })),
  };
}

function requestsOf({ requests = [] }: Raw): Page['requests'] {
  return requests.map(({ at, method, call, outcome, durationMs, retryAfterSeconds, notes }) => ({
    at,
    method: method ?? call?.split(' ')[0] ?? '?',
    outcome: outcome ?? 'open',
    ms: durationMs,
    retryAfterSeconds,
    key: notes?.['idempotencyKey'] ?? null,
  }));
}

/** A leg's page is called `<submissionId>:on`. */
function rampPage(raw: Raw, opOf: (submissionId: string) => number | undefined): Page {
  const [id = '', leg = '?'] = raw.id.split(':');
  return page(leg === 'off' ? 'off-ramp' : 'on-ramp', leg, raw, opOf(id));
}

/** An EndToEndId is our id without its dashes. */
function payoutPage(raw: Raw, opOf: (submissionId: string) => number | undefined): Page {
  const id = raw.endToEndId ?? '';
  const dashed = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return {
    ...page('bank', 'bank', { ...raw, id, effects: raw.executions ?? 0, posts: raw.instructions ?? 0 }, opOf(dashed)),
    msgIds: raw.msgIds ?? [],
  };
}

function fileOf(raw: Raw, payments: number): BankFile {
  const { id, fate, effects, data, tellings = 0 } = raw;
  const { hashes = {}, keys = [] } = data ?? {};
  return { msgId: id, fate, hashes, keys, sends: tellings, effects, payments, requests: requestsOf(raw) };
}
