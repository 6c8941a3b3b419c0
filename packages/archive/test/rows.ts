import type { ArchivedRow } from '@countersign/flow';

export const CLIENT = '0192d000-0000-7000-8000-000000000001';

/** A row with everything in it that could go wrong on the way, told apart by `n`. */
export function row(n: number, part: Partial<ArchivedRow> = {}): ArchivedRow {
  const ms = Date.UTC(2026, 0, 1) + n * 1_000;
  const hex = ms.toString(16).padStart(12, '0');
  const failed = n % 10 === 3;
  return {
    id: `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`,
    clientId: CLIENT,
    kind: 'receipt',
    naturalId: `#key-${n}`,
    status: failed ? 'FAILED' : 'COMPLETED',
    version: 5,
    createdAt: ms,
    updatedAt: ms + 2_001,
    settledAt: ms + 2_001,
    fingerprint: n.toString(16).padStart(64, '0'),
    failure: failed ? '{"code":"REFUSED","message":"тест \\"x\\" 🧾 \\u0000"}' : null,
    facts: n % 2 === 0 ? '{"receiptType":"till","receiptTypeVersion":2}' : null,
    callbackUrl: n % 5 === 0 ? 'https://client.test/ü?a=1' : null,
    traceparent: null,
    contentType: 'application/json',
    registrations: `[{"leg":"tax","provider":"tax","status":"DONE","reference":"T-${n}","idempotencyKey":"k","attempts":1,"updatedAt":${ms}}]`,
    history: `[{"at":${ms + 1_000},"version":2,"entries":[{"type":"status","from":"PENDING","to":"PROCESSING"}]}]`,
    callbacks: '[]',
    webhooks: '[]',
    deadLetters: '[]',
    document: n % 7 === 1 ? new Uint8Array([0, 255, 254, 10, n % 256]) : Buffer.from(`{"total":"${n}.50","lines":[]}`),
    ...part,
  };
}

export function rows(count: number, from = 0): ArchivedRow[] {
  return Array.from({ length: count }, (_, n) => row(from + n));
}
