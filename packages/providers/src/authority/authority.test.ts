import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sellOf } from '../checkbox/sell.ts';
import { taxWebhook, warehouseWebhook } from './webhook.ts';

const ID = '0199a1b2-0000-7000-8000-000000000000';

describe('what an authority posts', () => {
  const proves = (body: string, signature: string | undefined) =>
    taxWebhook.proof.verify(
      Buffer.from(body),
      (name) => (name === 'x-request-signature' ? signature : undefined),
      'secret',
    );
  const sign = (body: string, secret = 'secret') => createHmac('sha256', secret).update(body).digest('base64');

  it('is believed with the Base64 HMAC-SHA256 of its raw bytes, and with nothing else', () => {
    const body = '{"registration":{ "id":"x"}}';
    expect(proves(body, sign(body))).toBe(true);
    for (const wrong of [
      undefined,
      '',
      sign(body, 'other'),
      sign(`${body} `),
      Buffer.from(sign(body), 'base64').toString('hex'),
    ])
      expect(proves(body, wrong)).toBe(false);
  });

  it('settles by DONE and ERROR only; the tax authority gives the number', () => {
    const of = (registration: object) => taxWebhook.parse({ registration: { id: ID, ...registration } });
    expect(of({ status: 'DONE', fiscalCode: 'F-1' })).toEqual({
      submissionId: ID,
      leg: 'tax',
      word: { type: 'done', reference: 'F-1', facts: { fiscalCode: 'F-1' } },
    });
    expect(of({ status: 'ERROR', error: { code: 'bad.vat', message: 'no such rate' } })).toMatchObject({
      word: { type: 'refused', failure: { code: 'bad.vat', provider: 'tax', message: 'no such rate' } },
    });
    for (const status of ['CREATED', 'PENDING', 'IN_CLEARING'])
      expect(of({ status })).toMatchObject({ word: { type: 'pending' } });
    expect(warehouseWebhook.parse({ registration: { id: ID, status: 'DONE', fiscalCode: 'W' } })).toMatchObject({
      leg: 'warehouse',
      word: { type: 'done', reference: 'W' },
    });
  });

  it('may come from Checkbox in its own words', () => {
    expect(taxWebhook.parse({ receipt: { id: ID, status: 'DONE', fiscal_code: 'abc' } })).toMatchObject({
      word: { type: 'done', facts: { fiscalCode: 'abc' } },
    });
    const transaction = { response_error_message: 'refused by DPS' };
    expect(taxWebhook.parse({ receipt: { id: ID, status: 'ERROR', fiscal_code: null, transaction } })).toMatchObject({
      word: { type: 'refused', failure: { code: 'ERROR', message: 'refused by DPS' } },
    });
  });

  it("Checkbox's news of shifts and service receipts is genuine and none of ours", () => {
    expect(taxWebhook.parse({ shift: { id: ID, status: 'OPENED' } })).toEqual({ ignores: 'shift' });
    expect(taxWebhook.parse({ service_receipt: {} })).toEqual({ ignores: 'service_receipt' });
  });

  it('is malformed without an id of ours and a status', () => {
    for (const wrong of [
      null,
      [],
      {},
      { registration: {} },
      { registration: { id: 'x', status: 'DONE' } },
      { registration: { id: ID } },
    ])
      expect(typeof taxWebhook.parse(wrong)).toBe('string');
  });
});

describe('what Checkbox is sold', () => {
  const till = (item: object) =>
    JSON.stringify({ cbChargeItems: [item], cbPayItems: [{ Quantity: 1, Description: 'Cash', Amount: 1.1 }] });
  it('counts 1,000 a piece and kopiyky; what does not divide is one piece', () => {
    expect(sellOf('json', till({ Quantity: 2, Description: 'Bread', Amount: 1.1 }))).toEqual({
      goods: [{ good: { code: '1', name: 'Bread', price: 55 }, quantity: 2_000 }],
      payments: [{ type: 'CASH', value: 110 }],
    });
    expect(sellOf('json', till({ Quantity: 3, Description: 'Bread', Amount: 1 }))).toMatchObject({
      goods: [{ good: { price: 100 }, quantity: 1_000 }],
    });
  });
  it('its own shape as it is; nothing else', () => {
    expect(sellOf('json', '{"goods":[{}],"payments":[{}],"id":"theirs"}')).toEqual({ goods: [{}], payments: [{}] });
    for (const text of ['{}', '[]', till({ Quantity: 'two' })]) expect(typeof sellOf('json', text)).toBe('string');
    expect(typeof sellOf('xml', '<a/>')).toBe('string');
  });
});
