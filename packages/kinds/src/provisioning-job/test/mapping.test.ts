import {
  exactJson,
  fromAdministrator,
  fromCosts,
  fromPortfolio,
  fromTaskOrder,
  fundingSource,
  operator,
  portfolioPayload,
  toAdministrator,
  toPortfolio,
  toTaskOrder,
} from '@countersign/providers';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((s) => s.isWellFormed() && !s.includes('\0'));
const days = fc
  .tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 0, max: 4_000 }))
  .map(
    ([from, long]) =>
      [from, from + long].map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10)) as [string, string],
  );
const source = fc
  .record(
    {
      taskOrderNumber: text,
      clin: fc.integer({ min: 1, max: 9999 }).map((n) => String(n).padStart(4, '0')),
      days,
      type: fc.constantFrom('CLOUD' as const, 'NON_CLOUD' as const),
      classificationLevel: fc.constantFrom('UNCLASSIFIED' as const, 'SECRET' as const, 'TOP_SECRET' as const),
    },
    { requiredKeys: ['taskOrderNumber', 'clin', 'days'] },
  )
  .map(({ days: [popStartDate, popEndDate], ...rest }) => ({ ...rest, popStartDate, popEndDate }));
const person = fc.record({ email: fc.emailAddress(), dodId: text, needsReset: fc.boolean() });
const portfolio = fc.record({
  name: text,
  fundingSources: fc.array(source, { maxLength: 5 }),
  operators: fc.array(person, { maxLength: 5 }),
});
/** What a wire does to it. */
const wired = (value: unknown) => exactJson(JSON.stringify(value)) ?? null;
const objectOf = (value: unknown) => wired(value) as Record<string, never>;

test('what is made up here is what the door lets in', () => {
  fc.assert(
    fc.property(source, portfolio, (one, whole) => {
      expect(fundingSource.parse(one)).toEqual(one);
      expect(portfolioPayload.shape.name.parse(whole.name)).toBe(whole.name);
    }),
  );
});

test('a portfolio to the cloud and back is the same portfolio', () => {
  fc.assert(
    fc.property(portfolio, (ours) => {
      expect(fromPortfolio(wired(toPortfolio(ours)))).toEqual(ours);
    }),
  );
});

test('a funding source to a task order with one CLIN and back; an operator to an administrator and back', () => {
  fc.assert(
    fc.property(source, person, (money, whom) => {
      const order = toTaskOrder(money);
      expect(order.clins).toHaveLength(1);
      expect(fromTaskOrder(objectOf(order))).toEqual([money]);
      expect(fromAdministrator(objectOf(toAdministrator(whom)))).toEqual(whom);
    }),
  );
});

test('needsReset is false unless given', () => {
  expect(toAdministrator(operator.parse({ email: 'a@b.ee', dodId: '1' }))).toEqual({
    email: 'a@b.ee',
    dod_id: '1',
    needs_reset: false,
  });
});

test('what the cloud sees is snake_case, all the way down', () => {
  const keys = (value: unknown): string[] =>
    value instanceof Object
      ? Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...keys(inner)])
      : [];
  fc.assert(
    fc.property(portfolio, (ours) => {
      for (const key of keys(toPortfolio(ours))) expect(key).toMatch(/^[a-z]+(_[a-z]+)*$/);
    }),
  );
});

test('an answer of the 2022 specification in our words, ids and all; several CLINs are several funding sources', () => {
  const clin = (number: string) => ({ clin_number: number, pop_start_date: '2026-01-01', pop_end_date: '2026-12-31' });
  const answer = {
    id: 'p-1',
    name: 'Weather',
    administrators: [{ email: 'a@b.ee', dod_id: 1234567890, needs_reset: true }],
    dashboard_link: 'https://cloud.example/p-1',
    task_orders: [
      {
        id: 't-1',
        task_order_number: '77',
        pop_start_date: '2025-01-01',
        pop_end_date: '2027-12-31',
        clins: [clin('0001'), clin('0002')],
      },
    ],
    cloud_mood: 'fine',
  };
  const source = { taskOrderNumber: '77', taskOrderId: 't-1', popStartDate: '2026-01-01', popEndDate: '2026-12-31' };
  expect(fromPortfolio(wired(answer))).toEqual({
    id: 'p-1',
    name: 'Weather',
    fundingSources: [
      { ...source, clin: '0001' },
      { ...source, clin: '0002' },
    ],
    operators: [{ email: 'a@b.ee', dodId: '1234567890', needsReset: true }],
    dashboardLink: 'https://cloud.example/p-1',
  });
});

const money = fc.oneof(
  fc
    .tuple(fc.nat(), fc.integer({ min: 0, max: 99 }))
    .map(([whole, cents]) => `${whole}.${String(cents).padStart(2, '0')}`),
  fc.bigInt({ min: 0n, max: 10n ** 25n }).map(String),
);
const months = fc.array(fc.record({ month: fc.constantFrom('2026-01', '2026-12'), value: money }), { maxLength: 4 });
const costData = fc.record({ total: money, results: months });

test('costs: lists or single objects, money as strings or as numbers, come to the same, and no digit is lost', () => {
  fc.assert(
    fc.property(costData, costData, fc.boolean(), fc.boolean(), (actual, forecast, lists, numbers) => {
      const clin = { clin_number: '9999', actual: lists ? [actual] : actual, forecast: lists ? [forecast] : forecast };
      const orders = [{ task_order_number: '77', clins: lists ? [clin] : clin }];
      const asSent = JSON.stringify({ task_orders: lists ? orders : orders[0] });
      const text = numbers ? asSent.replaceAll(/"(total|value)":"([\d.]+)"/g, '"$1":$2') : asSent;
      expect(fromCosts(exactJson(text))).toEqual({
        taskOrders: [
          { taskOrderNumber: '77', clins: [{ clinNumber: '9999', actual: [actual], forecast: [forecast] }] },
        ],
      });
    }),
  );
});

test('a number a double would write otherwise stays as it was written', () => {
  expect(exactJson('{"a":50.00,"b":12345678901234567890,"c":7,"d":[1e2]}')).toEqual({
    a: '50.00',
    b: '12345678901234567890',
    c: 7,
    d: ['1e2'],
  });
  expect(exactJson('{"a":')).toBeUndefined();
});

test('what is not of the shape is nothing, never an invention', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const read = fromPortfolio(wired(value));
      const isOne =
        value instanceof Object && !Array.isArray(value) && ['id', 'name', 'administrators'].some((k) => k in value);
      expect(read === undefined).toBe(!isOne);
      fromCosts(wired(value));
    }),
  );
});
