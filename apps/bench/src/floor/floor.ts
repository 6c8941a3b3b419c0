// The floor: one bare process that does the same I/O without any queue or guarantee. accept → insert → register → update → callback.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool as Database } from 'pg';
import { Pool as Http } from 'undici';
import { batched } from './batched.ts';
import { receiptFloor } from './receipts.ts';

const { DATABASE_URL = '', THIRD_PARTY_URL = '' } = process.env;
const database = new Database({ connectionString: DATABASE_URL, max: 10 });
const thirdParty = new Http(THIRD_PARTY_URL, { connections: 2_048, pipelining: 1 });

interface Row {
  readonly id: string;
  readonly body: string;
}
interface Move {
  readonly id: string;
  readonly status: string;
}

await database.query(
  `create table if not exists floor (id text primary key, status text not null, body text not null, at timestamptz not null default now()) with (fillfactor = 70)`,
);
const insert = batched<Row>(async (rows) => {
  await database.query({
    name: 'insert',
    text: `insert into floor (id, status, body) select id, 'PENDING', body from jsonb_to_recordset($1) as r (id text, body text) on conflict do nothing`,
    values: [JSON.stringify(rows)],
  });
});
const update = batched<Move>(async (moves) => {
  await database.query({
    name: 'update',
    text: `update floor set status = m.status from jsonb_to_recordset($1) as m (id text, status text) where floor.id = m.id`,
    values: [JSON.stringify(moves)],
  });
});

let ownUrl = '';
const receipts = await receiptFloor(database, post, () => ownUrl);

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    if (request.url === '/v1/receipts' || request.url?.startsWith('/webhooks/'))
      return receipt(request, response, text);
    // Our own generator's body.
    const body = JSON.parse(text) as { id: string; callbackUrl: string };
    void insert({ id: body.id, body: text }).then(() => {
      answer(response, 202, `{"id":"${body.id}","status":"PENDING"}`);
      return walk(body.id, body.callbackUrl, text);
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address !== 'object') return;
  ownUrl = `http://127.0.0.1:${address.port}`;
  process.send?.({ listening: address.port });
});
process.on('disconnect', () => process.exit(0));

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function receipt(request: IncomingMessage, response: ServerResponse, text: string): void {
  const leg = /^\/webhooks\/(\w+)$/.exec(request.url ?? '')?.[1];
  if (leg === undefined) void receipts.accept(request, text).then((body) => answer(response, 202, body));
  else answer(response, receipts.hear(leg, request, text) ? 200 : 401, '{"ok":true}');
}

async function walk(id: string, callbackUrl: string, request: string): Promise<void> {
  const word = await post(
    '/registry/transaction',
    JSON.stringify({ id, amount: '12.50', currency: 'EUR', webhookUrl: callbackUrl }),
  );
  const status = word.includes('completed') ? 'COMPLETED' : 'FAILED';
  await update({ id, status });
  const path = callbackUrl.slice(callbackUrl.indexOf('/', 8));
  await post(path, `{"type":"transaction.completed","data":{"id":"${id}","status":"${status}","request":${request}}}`);
}

async function post(path: string, body: string): Promise<string> {
  const answer = await thirdParty.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body,
  });
  return await answer.body.text();
}
