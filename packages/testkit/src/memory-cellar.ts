import {
  applyChange,
  isFinal,
  mayMove,
  mayStand,
  snapshotOf,
  type Cellar,
  type Change,
  type ClaimedCallback,
  type Entry,
  type KeptWebhook,
  type LoadedSubmission,
  type ResultDraft,
} from '@countersign/flow';

export interface KeptCallback {
  readonly callback: ClaimedCallback;
  readonly version: number;
  state: 'WAITING' | 'DELIVERED' | 'DEAD';
  attempts: number;
  dueAt: number;
}

/** The cellar's promises in memory, with a clock the test pushes: one compare-and-set per change, the law enforced. */
export class MemoryCellar implements Cellar {
  nowMs = 1_000_000;
  readonly rows = new Map<string, LoadedSubmission>();
  readonly history: { version: number; entry: Entry }[] = [];
  readonly statuses: string[] = [];
  readonly callbacks: KeptCallback[] = [];
  readonly webhooks = new Map<string, KeptWebhook>();
  readonly deadLetters: { code: string }[] = [];
  readonly results: ResultDraft[] = [];
  /** Every port call passes here first: a scheduler interleaves visits, a fault throws. */
  gate: (label: string) => Promise<void> = () => Promise.resolve();

  insert(row: Omit<LoadedSubmission, 'readAt'>): void {
    this.rows.set(row.id, { ...row, readAt: { databaseMs: 0, monotonicMs: 0 } });
    this.statuses.push(row.status);
  }

  readonly load = async (id: string): Promise<LoadedSubmission | undefined> => {
    await this.gate('load');
    const row = this.rows.get(id);
    const unheard = [...this.webhooks.values()].filter((w) => w.submissionId === id && !w.applied).map((w) => w.id);
    return row && { ...row, unheard, readAt: { databaseMs: this.nowMs, monotonicMs: performance.now() } };
  };

  readonly commit = async <S extends { readonly id: string; readonly version: number }>(
    submission: S,
    change: Change,
  ): Promise<S | undefined> => {
    await this.gate('commit');
    const row = this.rows.get(submission.id);
    if (!row || row.version !== submission.version) return undefined;
    const next = applyChange(row, change, this.nowMs);
    this.#enforceLaw(row, next);
    this.rows.set(row.id, next);
    if (next.status !== row.status) this.statuses.push(next.status);
    for (const entry of change.entries ?? []) this.history.push({ version: next.version, entry });
    for (const { type } of change.callbacks ?? []) this.#addCallback(type, next);
    this.deadLetters.push(...(change.deadLetters ?? []));
    this.results.push(...(change.results ?? []));
    const webhook = this.webhooks.get(change.appliesWebhook ?? '');
    if (webhook) this.webhooks.set(webhook.id, { ...webhook, applied: true });
    await this.gate('committed');
    return { ...submission, ...next, readAt: { databaseMs: this.nowMs, monotonicMs: performance.now() } };
  };

  readonly document = async (id: string): Promise<Uint8Array | undefined> => Buffer.from(this.rows.get(id)?.body ?? '');

  readonly definitions = async (): Promise<readonly []> => [];

  readonly webhook = async (id: string): Promise<KeptWebhook | undefined> => {
    await this.gate('webhook');
    return this.webhooks.get(id);
  };

  readonly claimCallback: Cellar['claimCallback'] = async (submissionId) => {
    await this.gate('claim');
    const row = this.rows.get(submissionId);
    const next = this.callbacks.find((c) => c.state === 'WAITING');
    if (!next) return { type: 'none', settled: row !== undefined && isFinal(row.status) };
    if (next.dueAt > this.nowMs) return { type: 'later', inMs: next.dueAt - this.nowMs };
    return { type: 'claimed', callback: { ...next.callback, attempt: next.attempts + 1 } };
  };

  readonly endCallback: Cellar['endCallback'] = async (callback, _holder, end, entry) => {
    await this.gate('end');
    const kept = this.callbacks.find((c) => c.callback.id === callback.id);
    if (!kept) throw new Error(`no callback ${callback.id}`);
    kept.attempts = callback.attempt;
    if (end.type === 'delivered') kept.state = 'DELIVERED';
    if (end.type === 'dead' || end.type === 'gone') kept.state = 'DEAD';
    if (end.type === 'retry' || end.type === 'unspent') kept.dueAt = this.nowMs + end.inMs;
    this.history.push({ version: 0, entry });
  };

  #enforceLaw(before: LoadedSubmission, after: LoadedSubmission): void {
    if (before.status !== after.status && !mayMove(before.status, after.status)) {
      throw new Error(`the law forbids ${before.status} → ${after.status}`);
    }
    for (const row of after.registrations) {
      const was = before.registrations.find((r) => r.leg === row.leg);
      if (was && was.status !== row.status && !mayStand(was.status, row.status)) {
        throw new Error(`the law forbids ${was.status} → ${row.status} at ${row.provider}`);
      }
    }
  }

  #addCallback(type: string, row: LoadedSubmission): void {
    // Told once, as in PostgreSQL.
    if (type.endsWith('.pending') && this.callbacks.some(({ callback }) => callback.type === type)) return;
    const { id, kind, naturalId, createdAt, callbackUrl, clientId } = row;
    const callback: ClaimedCallback = {
      id: `cb-${this.callbacks.length}`,
      type,
      url: callbackUrl ?? '',
      clientId,
      attempt: 0,
      body: null,
      createdAt: this.nowMs,
      identity: { id, kind, naturalId, createdAt },
      snapshot: snapshotOf(row),
      requestJson: row.body,
      secrets: [],
    };
    this.callbacks.push({ callback, version: row.version, state: 'WAITING', attempts: 0, dueAt: 0 });
  }
}
