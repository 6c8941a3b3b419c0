import { gunzipSync, inflateSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { bankStage, file, group, hex, original, reason, statuses, type File, type Heard } from './bank-stage.ts';
import { all, textAt } from '../src/bank/xml.ts';
import { ask, until } from './stage.ts';

const { town, sim, pay, next, messages, payout, rule } = bankStage();

describe('a payment file', () => {
  test('202 without a body, reports with its Message-Request-Id: first with GrpSts, later without; then a debit notification', async () => {
    const one = file(['12.50', '7.00']);
    const answer = await pay(one);
    expect(answer).toMatchObject({
      status: 202,
      body: '',
      headers: { 'message-request-id': expect.stringMatching(/^REQ[0-9A-F]{32}$/) },
    });
    const [first, later] = await messages(2);
    if (!first || !later) throw new Error('two were waited for');
    expect([first.requestId, later.requestId]).toEqual(Array(2).fill(answer.headers['message-request-id']));
    expect(first.root.namespace).toBe('urn:iso:std:iso:20022:tech:xsd:pain.002.001.10');
    expect([group(first), original(first), group(later), original(later)]).toEqual([
      'ACSP',
      one.msgId,
      null,
      one.msgId,
    ]);
    expect(statuses(first)).toEqual(Object.fromEntries(one.ids.map((id) => [id, 'ACSP'])));
    expect(statuses(later)).toEqual(Object.fromEntries(one.ids.map((id) => [id, 'ACSC'])));
    const [notice] = await messages(1, 'CREDIT_DEBIT_NOTIFICATION');
    expect(notice?.requestId).toBeUndefined();
    const entries = notice ? all(notice.root, 'BkToCstmrDbtCdtNtfctn', 'Ntfctn', 'Ntry', 'NtryDtls', 'TxDtls') : [];
    expect(entries.map((entry) => textAt(entry, 'Refs', 'EndToEndId'))).toEqual(one.ids);
    expect(payout(one.ids[0])).toMatchObject({ executions: 1, status: 'ACSC', fate: 'settled' });
  });
  test('the same MsgId again, for ever: DU01 (or AM05, or silence), nothing executed twice, both hashes kept', async () => {
    const one = file(['12.50']);
    await pay(one);
    await messages(2);
    const again = await pay(one);
    const [duplicate] = await messages(1);
    expect(duplicate && [group(duplicate), reason(duplicate), original(duplicate), duplicate.requestId]).toEqual([
      'RJCT',
      'DU01',
      one.msgId,
      again.headers['message-request-id'],
    ]);
    await sim('POST', '/bank/settings', { duplicates: 'AM05' });
    await pay(file(['1.00'], { msgId: one.msgId }));
    expect((await messages(1)).map(reason)).toEqual(['AM05']);
    await sim('POST', '/bank/settings', { duplicates: 'silent' });
    expect((await pay(one)).status).toBe(202);
    expect(payout(one.ids[0])?.executions).toBe(1);
    expect(Object.values(town().bank.find(one.msgId)?.data?.hashes ?? {})).toEqual([3, 1]);
    expect(town().bank.find(one.msgId)).toMatchObject({ effects: 1, tellings: 4, data: { keys: [one.msgId] } });
  });
  test('the same payout under another MsgId is executed again, and counted', async () => {
    const one = file(['12.50']);
    await pay(one);
    const msgId = hex();
    await pay({ msgId, xml: one.xml.replace(one.msgId, msgId) });
    expect((await sim('GET', '/bank/payouts?doubles=true')).body).toMatchObject({
      data: [{ endToEndId: one.ids[0], executions: 2 }],
    });
    expect((await sim('GET', '/bank/counts')).body).toMatchObject({
      payouts: 1,
      executions: 2,
      doubleExecutions: 1,
      effects: 2,
      doubles: 0,
    });
  });
  test.each([
    ['NbOfTxs', { count: '3' }, 'FF01'],
    ['CtrlSum', { sum: '12.51' }, 'AM10'],
  ])('a wrong %s cancels the file: group RJCT, nothing executed', async (_name, given, code) => {
    const one = file(['12.50'], given);
    await pay(one);
    const [rejection] = await messages(1);
    expect(rejection && [group(rejection), reason(rejection), Object.keys(statuses(rejection)).length]).toEqual([
      'RJCT',
      code,
      0,
    ]);
    expect(payout(one.ids[0])).toBeUndefined();
  });
  test('what is no pain.001: 202, and an Errors document; what is no XML at all by its content type: 400', async () => {
    expect((await pay({ msgId: 'x', xml: '<Document/>' })).status).toBe(202);
    expect((await messages(1)).map(({ root }) => textAt(root, 'Error', 'ErrorCode'))).toEqual([
      'errStatement_RequestInvalid',
    ]);
    expect((await ask('POST', `${town().url}/bank/payment`, {})).status).toBe(400);
  });
});

describe('one payout', () => {
  test.each([
    ['1.02', ['RJCT AC04'], 'RJCT', 0],
    ['1.03', ['ACSP', 'RJCT AM04'], 'ACSP', 0],
    ['1.04', ['ACSP', 'PDNG NARR', 'ACSC'], 'ACSP', 1],
    ['1.05', ['PDNG'], 'PDNG', 0],
    ['1.06', ['PDNG', 'RJCT MS03'], 'PDNG', 0],
    ['1.07', ['ACWC', 'ACSC'], 'ACSP', 1],
    ['1.08', ['ACSC', 'ACSP', 'PDNG'], 'ACSC', 1],
    ['1.12', ['ACSC'], 'ACSC', 1],
    ['1.13', ['BLCK'], 'ACSP', 0],
    ['1.14', ['PDNG', 'CANC'], 'PDNG', 0],
    ['1.15', ['ACSP', 'ACSC', 'ACCC'], 'ACSP', 1],
    ['1.16', ['ZZZZ', 'ACSC'], 'ACSP', 1],
    ['1.35', ['ACSC', 'RJCT NARR'], 'ACSC', 1],
  ] as const)('%s: %j, GrpSts %s, %i executions', async (amount, words, status, executions) => {
    const one = file([amount]);
    await pay(one);
    const heard = await messages(words.length);
    expect(heard.map((message) => statuses(message)[one.ids[0] ?? ''])).toEqual(words);
    expect(heard[0] && group(heard[0])).toBe(status);
    expect(payout(one.ids[0])?.executions).toBe(executions);
  });
  test('a mixture: PART, each by its own fate; the silent one is in the notification only', async () => {
    const one = file(['1.01', '1.02', '1.11']);
    await pay(one);
    const [first, later] = await messages(2);
    expect(first && [group(first), statuses(first)]).toEqual([
      'PART',
      { [one.ids[0] ?? '']: 'ACSP', [one.ids[1] ?? '']: 'RJCT AC04' },
    ]);
    expect(later && statuses(later)).toEqual({ [one.ids[0] ?? '']: 'ACSC' });
    const [notice] = await messages(1, 'CREDIT_DEBIT_NOTIFICATION');
    expect(notice?.raw).toContain(one.ids[2]);
    expect(notice?.raw).not.toContain(one.ids[1]);
  });
  test('unnotified, notified-only, returned', async () => {
    const [quiet, noticed, back] = ['1.17', '1.18', '1.19'].map((amount) => file([amount]));
    if (!quiet || !noticed || !back) throw new Error('three were made');
    for (const one of [quiet, noticed, back]) await pay(one);
    const notices = await messages(3, 'CREDIT_DEBIT_NOTIFICATION');
    const entry = (indicator: string, one: File) =>
      notices.some(({ raw }) => raw.includes(`<CdtDbtInd>${indicator}<`) && raw.includes(one.ids[0] ?? ''));
    expect([entry('DBIT', quiet), entry('DBIT', noticed), entry('DBIT', back), entry('CRDT', back)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(payout(noticed.ids[0])?.status).toBe('ACSP');
  });
  test('a rule chooses by id, iban, name or amount', async () => {
    const one = file(['5.00', '6.00']);
    await sim('POST', '/bank/payout-rules', { match: { id: one.ids[1] }, fate: 'rejected' });
    await pay(one);
    const [first] = await messages(1);
    expect(first && statuses(first)).toEqual({ [one.ids[0] ?? '']: 'ACSP', [one.ids[1] ?? '']: 'RJCT AC04' });
  });
});

describe('a whole file', () => {
  test('group-rejected and errors-document: nothing executed', async () => {
    await rule('group-rejected');
    const one = file(['1.00']);
    await pay(one);
    const [rejection] = await messages(1);
    expect(rejection && [group(rejection), reason(rejection)]).toEqual(['RJCT', 'FF01']);
    await sim('DELETE', '/bank/rules');
    await rule('errors-document');
    const two = file(['1.00']);
    await pay(two);
    expect((await messages(1))[0]?.root.name).toBe('Errors');
    expect([payout(one.ids[0])?.executions, payout(two.ids[0])?.executions]).toEqual([0, 0]);
  });
  test('group-only, no-group-status, no-original-msgid, unknown-msgid', async () => {
    const first = async (fate: string): Promise<[File, Heard]> => {
      await sim('DELETE', '/bank/rules');
      await rule(fate);
      const one = file(['1.12']);
      await pay(one);
      const [heard] = await messages(1);
      if (!heard) throw new Error('one was waited for');
      return [one, heard];
    };
    const [, only] = await first('group-only');
    expect([group(only), statuses(only)]).toEqual(['ACSC', {}]);
    await rule('group-only');
    const mixed = file(['1.02', '1.12']);
    await pay(mixed);
    const [unsaid, said] = await messages(2);
    expect([unsaid && statuses(unsaid), said && statuses(said)]).toEqual([
      {},
      { [mixed.ids[0] ?? '']: 'RJCT AC04', [mixed.ids[1] ?? '']: 'ACSC' },
    ]);
    await rule('group-only');
    const blocked = file(['1.13']);
    await pay(blocked);
    const [vague, told] = await messages(2);
    expect([vague && group(vague), told && statuses(told)]).toEqual(['ACSP', { [blocked.ids[0] ?? '']: 'BLCK' }]);
    expect(group((await first('no-group-status'))[1])).toBeNull();
    const [one, without] = await first('no-original-msgid');
    expect([original(without), Object.keys(statuses(without))]).toEqual([null, one.ids]);
    const [two, unknown] = await first('unknown-msgid');
    expect(original(unknown)).not.toBe(two.msgId);
    expect(Object.keys(statuses(unknown))).toEqual(two.ids);
  });
  test('version-03, no-request-id, split, delivered-twice, reversed', async () => {
    await rule('version-03');
    await pay(file(['1.12']));
    expect((await messages(1))[0]?.root.namespace).toBe('urn:iso:std:iso:20022:tech:xsd:pain.002.001.03');
    for (const [fate, count] of [
      ['no-request-id', 1],
      ['split', 2],
      ['delivered-twice', 2],
    ] as const) {
      await sim('DELETE', '/bank/rules');
      await rule(fate);
      await pay(file(fate === 'split' ? ['1.12', '2.12'] : ['1.12']));
      const heard = await messages(count);
      if (fate === 'no-request-id') expect(heard[0]?.requestId).toBeUndefined();
      if (fate === 'split') expect(heard.map((one) => Object.keys(statuses(one)).length)).toEqual([1, 1]);
      if (fate === 'delivered-twice') expect(new Set(heard.map(({ id }) => id)).size).toBe(2);
    }
    await sim('DELETE', '/bank/rules');
    await rule('reversed');
    const one = file(['1.01']);
    await pay(one);
    expect((await messages(2)).map((message) => statuses(message)[one.ids[0] ?? ''])).toEqual(['ACSC', 'ACSP']);
  });
  test('odd-xml: a foreign namespace, prefixes, CDATA and white space; a lenient reader still understands', async () => {
    await rule('odd-xml');
    const one = file(['1.02']);
    await pay(one);
    const [heard] = await messages(1);
    expect(heard?.root.namespace).toBe('http://bank.example/pain.002.001.10');
    expect(heard?.raw).toContain(`<![CDATA[ ${one.msgId} ]]>`);
    expect(heard?.raw).toContain('<p:TxSts>RJCT</p:TxSts>');
  });
  test('foreign-first: a VIBAN message and a foreign report stand before its own', async () => {
    await rule('foreign-first');
    const one = file(['1.12']);
    await pay(one);
    const [foreign, own] = await messages(2);
    expect([foreign && original(foreign), own && original(own)]).toEqual(['FOREIGN-MSGID', one.msgId]);
    expect((await next('')).headers['message-response-type']).toBe('VIBAN_OPEN');
  });
  test('never-reported: executed, 202 and silence; huge-report: gzip, deflate, or 500', async () => {
    await rule('never-reported');
    const one = file(['1.00']);
    expect((await pay(one)).status).toBe(202);
    expect(payout(one.ids[0])?.executions).toBe(1);
    await sim('DELETE', '/bank/rules');
    await rule('huge-report');
    await pay(file(['1.12']));
    await until('the report', async () => (await next()).status === 500);
    const url = `${town().url}/bank/messages/next`;
    for (const [encoding, unpack] of [
      ['deflate, gzip', gunzipSync],
      ['deflate', inflateSync],
    ] as const) {
      const answer = await request(url, {
        headers: { 'accept-encoding': encoding, 'filter-response-type': 'PAYMENT' },
      });
      const bytes = unpack(Buffer.from(await answer.body.arrayBuffer()));
      expect(bytes.length).toBeGreaterThan(11 * 1024 * 1024);
    }
  });
  test.each([
    ['silent-kept', 'TimeoutError', 1],
    ['silent-lost', 'TimeoutError', 0],
    ['504-kept', 504, 1],
    ['burst-500', 500, 0],
    ['burst-503', 503, 0],
    ['busy-429', 429, 0],
    ['forbidden', 403, 0],
  ] as const)(
    '%s: %s, executed %i times; told again with the same bytes never twice',
    async (fate, met, executions) => {
      await rule(fate);
      const one = file(['1.12']);
      const answer = await pay(one, met === 'TimeoutError' ? 300 : undefined);
      expect(answer.status).toBe(met);
      if (fate === 'forbidden') expect(answer.body).toContain('<ErrorCode>FORBIDDEN</ErrorCode>');
      expect(payout(one.ids[0])?.executions ?? 0).toBe(executions);
      for (let n = 0; n < 3; n++) await pay(one);
      expect(payout(one.ids[0])?.executions ?? 0).toBe(fate === 'forbidden' ? 0 : 1);
      expect(Object.keys(town().bank.find(one.msgId)?.data?.hashes ?? {})).toHaveLength(1);
    },
  );
});
