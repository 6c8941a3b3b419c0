import { endToEndId } from '@countersign/providers';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openPayoutStage, type PayoutStage } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
  stage.open();
});
afterAll(async () => await stage.close());
beforeEach(() => void stage.told.splice(0));

const LETTERBOX = 'https://client.example/callbacks';
const accept = (amount: string) => stage.accept({ amount }, undefined, LETTERBOX);
const returned = (id: string) =>
  until(async () => (await stage.find(id)).facts['returned'], { label: `${id} to be returned` });
/** The bank has nothing more to say, and all it said is done with, callbacks and all: only then a message's end is written. */
const allIsSaid = () =>
  until(
    async () => {
      const isSilent = stage.town.isIdle() && stage.town.bank.messages.waiting().length === 0;
      return isSilent && (await stage.store.bankMail.kept(1)).length === 0;
    },
    { label: 'the bank to have nothing more to say' },
  );
const lines = async (id: string) => (await stage.store.submissions.timeline(id)).map(({ type }) => type);

it.each([
  ['10.19', 'a return after the debit', 'RETURNED', '10.19 EUR came back: AC04: Account closed'],
  ['10.36', 'a return told before the debit, and no ACSC', 'RETURNED', '10.36 EUR came back: AC04: Account closed'],
  ['10.35', 'RJCT after ACSC', 'NARR', 'the bank answered RJCT NARR: The payment is being looked at'],
])('%s, %s: COMPLETED stays, told once after it', async (amount, _what, code, message) => {
  const id = await accept(amount);
  expect(await returned(id)).toEqual({ code, message });
  await allIsSaid();
  expect(stage.told).toEqual(['payout.completed', 'payout.returned']);
  expect(await stage.find(id)).toMatchObject({ status: 'COMPLETED', failure: null });
  expect(await lines(id)).toContain('returned');
  expect(stage.atBank(id)).toMatchObject({ executions: 1 });
});

/** A camt.054 with one credit. */
const credit = (id: string, amount: string, more = '') => ({
  type: 'CREDIT_DEBIT_NOTIFICATION',
  body: `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry>
    <Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>${more}<Sts>BOOK</Sts><NtryDtls><TxDtls><Refs>
    <EndToEndId>${endToEndId(id)}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`,
});
const parkedAbout = async (id: string) =>
  (await stage.store.bankMail.parked(100)).map(({ note }) => note ?? '').filter((note) => note.includes(id));

it('the same return told twice is told to the client once', async () => {
  const id = await accept('10.12');
  await stage.settled([id]);
  await stage.tell('messages', credit(id, '10.12'));
  await returned(id);
  await stage.tell('messages', credit(id, '10.12', '<RvslInd>true</RvslInd>'));
  await until(async () => (await lines(id)).filter((type) => type === 'webhook').length > 2, { label: 'the second' });
  await allIsSaid();
  expect(stage.told).toEqual(['payout.completed', 'payout.returned']);
});

it('a cent under our reference that nobody calls a return is parked: the payee knows the reference too', async () => {
  const id = await accept('10.12');
  await stage.settled([id]);
  await stage.tell('messages', credit(id, '0.01'));
  expect(await until(async () => (await parkedAbout(id))[0])).toBe(
    `0.01 EUR with the reference of payout ${id} came in, and no word why`,
  );
  expect((await stage.find(id)).facts['returned']).toBeUndefined();
});

it('money that comes back of a payout that had FAILED changes nothing and tells nobody', async () => {
  const id = await accept('10.02');
  await stage.settled([id]);
  const before = (await lines(id)).length;
  await stage.tell('messages', credit(id, '10.02'));
  await until(async () => (await lines(id)).length > before, { label: 'its line in the timeline' });
  await allIsSaid();
  expect(stage.told).toEqual(['payout.failed']);
  expect(await stage.find(id)).toMatchObject({ status: 'FAILED', failure: { code: 'AC04' } });
});
