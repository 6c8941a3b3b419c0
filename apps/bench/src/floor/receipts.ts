import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { zstdCompressSync } from 'node:zlib';
import type { Pool as Database } from 'pg';
import { batched } from './batched.ts';

const LEGS = ['tax', 'warehouse'];

interface Row {
  readonly id: string;
  readonly bytes: string;
}

export interface ReceiptFloor {
  /** Keeps the document, and resolves with its answer when it is committed; the rest goes on by itself. */
  accept(request: IncomingMessage, text: string): Promise<string>;
  /** A webhook of a leg: false where its signature is wrong. */
  hear(leg: string, request: IncomingMessage, text: string): boolean;
}

type Post = (path: string, body: string) => Promise<string>;

/** Receipts by a bare process: kept compressed, told to both at once, called back when both have said DONE by webhook. */
export async function receiptFloor(database: Database, post: Post, ownUrl: () => string): Promise<ReceiptFloor> {
  await database.query(
    `create table if not exists receipt_floor (id text primary key, status text not null, bytes bytea not null, at timestamptz not null default now()) with (fillfactor = 70)`,
  );
  const insert = batched<Row>(async (rows) => {
    await database.query({
      name: 'insert-receipts',
      text: `insert into receipt_floor (id, status, bytes) select id, 'PENDING', decode(bytes, 'base64') from jsonb_to_recordset($1) as r (id text, bytes text) on conflict do nothing`,
      values: [JSON.stringify(rows)],
    });
  });
  const settle = batched<string>(async (ids) => {
    await database.query({
      name: 'settle',
      text: `update receipt_floor set status = 'COMPLETED' where id = any ($1)`,
      values: [ids],
    });
  });
  const open = new Map<string, { readonly callbackUrl: string; readonly missing: Set<string> }>();
  const end = async (id: string, callbackUrl: string): Promise<void> => {
    await settle(id);
    await post(
      callbackUrl.slice(callbackUrl.indexOf('/', 8)),
      `{"type":"receipt.completed","data":{"id":"${id}","status":"COMPLETED"}}`,
    );
  };
  return {
    async accept({ headers }, text) {
      const id = String(headers['idempotency-key']);
      await insert({ id, bytes: zstdCompressSync(text).toString('base64') });
      open.set(id, { callbackUrl: String(headers['callback-url']), missing: new Set(LEGS) });
      const document = `"type":"fiscal-receipt","format":"json","document":${text}`;
      for (const leg of LEGS)
        void post(`/${leg}/v1/registrations`, `{"id":"${id}",${document},"webhookUrl":"${ownUrl()}/webhooks/${leg}"}`);
      return `{"id":"${id}","status":"PENDING"}`;
    },
    hear(leg, { headers }, text) {
      if (createHmac('sha256', leg).update(text).digest('base64') !== headers['x-request-signature']) return false;
      // Our own third party's body.
      const { id } = (JSON.parse(text) as { registration: { id: string } }).registration;
      const receipt = open.get(id);
      receipt?.missing.delete(leg);
      if (receipt?.missing.size !== 0) return true;
      open.delete(id);
      void end(id, receipt.callbackUrl);
      return true;
    },
  };
}
