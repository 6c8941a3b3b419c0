import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { openStore } from '../src/index.ts';
import { shelf } from './shelf.ts';

const here = shelf();

test('of two contenders one leads; when its connection is lost, the other does, and never both', async () => {
  const stores = ['one', 'two'].map((applicationName) => openStore({ databaseUrl: here.url, applicationName }));
  const leaders = stores.map((store) => store.leader('sweep'));
  const leading = () => leaders.filter((leader) => leader.leads());
  const first = (await until(() => leading().length > 0 && leading()))[0];
  let both = 0;
  const watch = setInterval(() => (both += leading().length > 1 ? 1 : 0), 1);
  const applicationName = leaders[0] === first ? 'one' : 'two';
  await here.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1`, [
    applicationName,
  ]);
  await until(() => first && !first.leads(), { label: 'the loss' });
  // Kept: after a pause nobody leads for a moment, until it is confirmed.
  const [next] = await until(() => leading().length === 1 && leading());
  clearInterval(watch);
  expect(both).toBe(0);
  await next?.close();
  await until(() => leaders.find((leader) => leader !== next)?.leads(), { label: 'the heir' });
  await Promise.all(stores.map((store) => store.close()));
  expect(leading()).toEqual([]);
});

test('different names have leaders of their own', async () => {
  const [one, two] = [here.store.leader('a'), here.store.leader('b')];
  await until(() => one.leads() && two.leads());
  await Promise.all([one.close(), two.close()]);
});
