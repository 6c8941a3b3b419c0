import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '@countersign/testkit';
import { openPayoutStage, UNHURRIED, type PayoutStage } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
  // Who hears no answer asks under the same key until the end: a file refused after that is not known to be unpaid.
  stage.open({ ...UNHURRIED, timeoutMs: 3_000 });
});
afterAll(async () => await stage.close());

const many = (amount: string, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => stage.accept({ amount })));

describe('a payout walks', () => {
  it('into a file, to the bank, to its end; the resource says which file, which request, and when', async () => {
    const id = await stage.accept();
    const [end] = await stage.settled([id]);
    expect(end).toMatchObject({ status: 'COMPLETED', facts: { batchId: expect.stringMatching(/^[0-9a-f]{32}$/) } });
    expect(end?.facts.messageRequestId).toMatch(/^REQ/);
    expect(end?.facts.initiatedAt).toMatch(/^\d{4}-.*Z$/);
    expect(stage.atBank(id)).toMatchObject({ executions: 1, msgIds: [end?.facts.batchId], amount: '10.01' });
    const types = (await stage.store.submissions.timeline(id)).map(
      ({ type, to, reason }) => `${type} ${to ?? ''} ${reason ?? ''}`,
    );
    expect(types).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^attempt.started/),
        expect.stringMatching(/^webhook pending ACSP/),
      ]),
    );
  });

  it('250 at once: files of at most 100, each payout in exactly one, sums right', async () => {
    const ids = await many('10.01', 250);
    await stage.settled(ids);
    const files = new Map<string, number>();
    for (const id of ids) {
      const payout = stage.atBank(id);
      expect(payout).toMatchObject({ executions: 1, instructions: 1 });
      const msgId = payout?.msgIds[0] ?? '';
      files.set(msgId, (files.get(msgId) ?? 0) + 1);
    }
    for (const count of files.values()) expect(count).toBeLessThanOrEqual(100);
    expect(files.size).toBeLessThan(150);
  });

  it.each([
    ['10.02', 'FAILED', 'AC04'],
    ['10.03', 'FAILED', 'AM04'],
    ['10.04', 'COMPLETED', undefined],
    ['10.06', 'FAILED', 'MS03'],
    ['10.07', 'COMPLETED', undefined],
    ['10.08', 'COMPLETED', undefined],
    ['10.11', 'COMPLETED', undefined],
    ['10.13', 'FAILED', 'BLCK'],
    ['10.14', 'FAILED', 'CANC'],
    ['10.16', 'COMPLETED', undefined],
    ['10.18', 'COMPLETED', undefined],
    ['10.35', 'COMPLETED', undefined],
  ])('%s ends %s %s', async (amount, status, code) => {
    const [end] = await stage.settled([await stage.accept({ amount })]);
    expect(end?.status).toBe(status);
    expect(end?.failure?.code).toBe(code);
  });

  it('one that no file can hold is refused alone, the rest goes', async () => {
    const bad = await stage.accept(
      {},
      '{"id":"x","amount":"1.00","currency":"EUR","creditor":{"name":"王","iban":"EE382200221020145685"}}',
    );
    const good = await many('10.01', 5);
    const ends = await stage.settled([bad, ...good]);
    expect(ends.map(({ status }) => status)).toEqual(['FAILED', ...good.map(() => 'COMPLETED')]);
    expect(ends[0]?.failure?.code).toBe('INVALID_PAYOUT');
  });

  it('pounds and euros go in different files', async () => {
    const [euro, pound] = await Promise.all([stage.accept(), stage.accept({ currency: 'GBP' })]);
    await stage.settled([euro, pound]);
    expect(stage.atBank(euro)?.msgIds).not.toEqual(stage.atBank(pound)?.msgIds);
  });
});

describe('what the bank does not take', () => {
  it('400: the file falls in halves until the one it cannot take stands alone; that one FAILED, the rest is paid once', async () => {
    await stage.tell('rules', { match: { contains: 'Poison' }, fate: 'refused', params: { httpStatus: 400 } });
    const bad = await stage.accept({ creditor: { name: 'Poison', iban: 'EE382200221020145685' } });
    const good = await many('10.01', 9);
    const ends = await stage.settled([bad, ...good]);
    expect(ends.map(({ status }) => status)).toEqual(['FAILED', ...good.map(() => 'COMPLETED')]);
    expect(ends[0]?.failure?.code).toBe('REJECTED');
    for (const id of good) expect(stage.atBank(id)).toMatchObject({ executions: 1, instructions: 1 });
    expect(stage.atBank(bad)).toBeUndefined();
  });
});

describe('whole files', () => {
  // The simulated bank reads its fate out of the file's own text.
  const marked = (fate: string): Promise<string[]> =>
    Promise.all(Array.from({ length: 3 }, () => stage.accept({ remittance: `sim:${fate}` })));
  it.each([
    'version-03',
    'odd-xml',
    'no-original-msgid',
    'no-request-id',
    'no-group-status',
    'group-only',
    'split',
    'foreign-first',
    'delivered-twice',
    'reversed',
    'delete-fails',
    'huge-report',
    'unknown-msgid',
    'webhook-missing',
    '504-kept',
    '504-lost',
    'silent-kept',
    'silent-lost',
    'reset-before',
    'reset-after',
    'busy-429',
    'burst-500',
    'burst-503',
    'malformed',
  ])('%s: every payout is paid once and COMPLETED', async (fate) => {
    const ids = await marked(fate);
    const ends = await stage.settled(ids);
    expect(ends.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    for (const id of ids) expect(stage.atBank(id)?.executions).toBe(1);
  });

  it('group-rejected: every payout of the file FAILED, none executed', async () => {
    const ids = await marked('group-rejected');
    const ends = await stage.settled(ids);
    expect(ends.map(({ status, failure }) => `${status} ${failure?.code ?? ''}`)).toEqual(Array(3).fill('FAILED FF01'));
    for (const id of ids) expect(stage.atBank(id)?.executions).toBe(0);
  });

  it('errors-document and foreign reports are parked and visible, and stand in nobody’s way', async () => {
    await marked('errors-document');
    const parked = await until(async () => {
      const notes = (await stage.store.bankMail.parked(100)).map(({ note }) => note ?? '');
      return (
        notes.some((note) => note.includes('Errors')) && notes.some((note) => note.includes('no file of ours')) && notes
      );
    });
    expect(parked.length).toBeGreaterThan(1);
    await stage.settled([await stage.accept()]);
    await until(() => stage.town.bank.messages.waiting('PAYMENT').length === 0, {
      label: 'an empty queue at the bank',
    });
  });
});
