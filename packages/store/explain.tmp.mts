import { startPostgres } from '@countersign/devservices';
import { Client } from 'pg';
import { migrate, newId } from '/work/main/packages/store/src/index.ts';
import { ACCEPT } from '/work/main/packages/store/src/intake-sql.ts';
import { COMMIT } from '/work/main/packages/store/src/commit-sql.ts';
import { LOAD } from '/work/main/packages/store/src/load-sql.ts';
import { CLAIM, END } from '/work/main/packages/store/src/callback-sql.ts';
import { TAKE, OVERDUE } from '/work/main/packages/store/src/agenda-sql.ts';
const server = await startPostgres({ throwaway: true });
try {
await migrate(server.url);
const c = new Client({ connectionString: server.url, options: '-c enable_seqscan=off -c enable_nestloop=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off' });
await c.connect();
const body = JSON.stringify({ amount: '12.50', currency: 'EUR', metadata: { text: 'x "quoted" '.repeat(170) } });
const client = newId();
let ids: string[] = [];
const batch = () => { ids = []; return JSON.stringify(Array.from({ length: 200 }, () => { const id = newId(); ids.push(id); return { id, client_id: client, kind: 'transaction', natural_id: id, fingerprint: 'ab', body, content_type: 'application/json', callback_url: 'http://x', traceparent: null, queued: true }; })); };
const which = process.argv[2];
const ex = async (name: string, text: string, types: string, p: string) => {
  await c.query(`prepare ${name}(${types}) as ${text}`);
  for (let i = 0; i < 2; i++) await c.query(`execute ${name}(${p})`).catch(e => console.log(e.message));
};
await c.query(`prepare acc(json) as ${ACCEPT.text}`);
for (let i = 0; i < 20; i++) await c.query(`execute acc('${batch()}')`);
const t0 = performance.now();
for (let i = 0; i < 20; i++) await c.query(`execute acc('${batch()}')`);
console.log('accept us/row', (performance.now() - t0) * 1000 / 4000);
const r = await c.query(`explain (analyze, costs off, timing on, summary on) execute acc('${batch()}')`);
if (which === 'accept') console.log(r.rows.map(x => x['QUERY PLAN']).join('\n'));
if (which === 'commit') {
  await c.query(`prepare com(json) as ${COMMIT.text}`);
  const rows = JSON.stringify(ids.map(id => ({ id, version: 1, status: 'PROCESSING', settles: false, failure: null, opened: [{ leg: 'registry', provider: 'registry', key: id + ':registry', status: 'PENDING', reference: null, attempts: 1, looks: 1, told: false, failure: null, telling_in: 0 }], entries: [{ type: 'status', from: 'PENDING', to: 'PROCESSING' }], strike: false, agenda_ms: 15000, exact: false })));
  const q = await c.query(`explain (analyze, costs off) execute com('${rows}')`);
  console.log(q.rows.map(x => x['QUERY PLAN']).join('\n'));
  const rows2 = JSON.stringify(ids.map(id => ({ id, version: 2, status: 'COMPLETED', settles: true, failure: null, changed: [{ leg: 'registry', provider: 'registry', key: id + ':registry', status: 'DONE', reference: 'r', attempts: 1, looks: 1, told: true, failure: null }], entries: [{ type: 'status', from: 'PENDING', to: 'PROCESSING' }], callbacks: [{ id: newId(), type: 'transaction.completed', snapshot: {} }], strike: false, agenda_ms: 15000, exact: false })));
  const q2 = await c.query(`explain (analyze, costs off) execute com('${rows2}')`);
  console.log(q2.rows.map(x => x['QUERY PLAN']).join('\n'));
  await c.query(`prepare cla(json) as ${CLAIM.text}`);
  const q3 = await c.query(`explain (analyze, costs off) execute cla('${JSON.stringify(ids.map(id => ({ submission: id, holder: 'h', lease_ms: 10000 })))}')`);
  console.log(q3.rows.map(x => x['QUERY PLAN']).join('\n'));
}
await c.end();
} finally { await server.stop(); }
