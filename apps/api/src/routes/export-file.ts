import { Readable } from 'node:stream';
import { isSignedPath, type ObjectStore } from '@countersign/archive';
import type { KindContract } from '@countersign/kinds';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import { Problem } from '../problem.ts';
import { matches } from './read.ts';
import { documented } from './schemas.ts';

/** What is held of a file at once while it is sent. */
const PIECE_BYTES = 1024 * 1024;

const params = z.object({
  format: z.string().regex(/^v\d{1,4}$/),
  client: z.string().regex(/^client=[\da-f-]{36}$/),
  day: z.string().regex(/^day=[\d-]{10}$/),
  file: z.string().regex(/^[\da-f]{32}\.parquet$/),
});

/** A file of a folder, for who has a signed URL of it. Ranges are served: engines read a file's end first and then what they need. */
export function addExportFile(app: FastifyInstance, door: Door, contract: KindContract): void {
  const schema = documented({
    summary: `A Parquet file of archived ${contract.path}; its URL is given by the export`,
    tags: [contract.path],
    params,
    querystring: z.strictObject({ expires: z.string(), signature: z.string() }),
    response: { 200: z.unknown(), 206: z.unknown() },
    problems: ['invalid-request', 'forbidden', 'not-found'],
  });
  const url = `/v1/${contract.path}/export/:format/:client/:day/:file`;
  app.withTypeProvider<ZodTypeProvider>().get(url, { schema }, async (request, reply) => {
    const { format, client, day, file } = request.params;
    const path = [contract.kind, format, client, day, file].join('/');
    const secret = await door.store.archive.urlSecret();
    if (!isSignedPath(secret, path, request.query, Date.now()))
      throw new Problem('forbidden', 'This URL has ended or was changed: ask the export for a new one');
    const found = await door.store.archive.file(path);
    if (!found) throw new Problem('not-found', 'The archive has no such file');
    const etag = `"${found.sha256}"`;
    reply.header('etag', etag).header('accept-ranges', 'bytes').header('cache-control', 'private, no-cache');
    if (matches(request.raw.headers['if-none-match'], etag)) return reply.code(304).send();
    const { headers } = request.raw;
    const stale = headers['if-range'] !== undefined && headers['if-range'] !== etag;
    const range = stale ? undefined : rangeOf(headers.range, found.bytes);
    const [start, end] = range ?? [0, found.bytes];
    if (range) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${found.bytes}`);
    reply.header('content-type', 'application/vnd.apache.parquet').header('content-length', end - start);
    reply.header('content-disposition', `attachment; filename="${day.slice(4)}-${file}"`);
    const pieces = request.method === 'HEAD' ? [] : piecesOf(await door.objects(), path, start, end);
    return reply.send(Readable.from(pieces, { objectMode: false }));
  });
}

async function* piecesOf(objects: ObjectStore, path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES)
    yield await objects.slice(path, at, Math.min(end, at + PIECE_BYTES));
}

/** RFC 9110: one range; several, or what cannot be understood or satisfied, is answered with the whole. */
export function rangeOf(header: string | undefined, size: number): readonly [start: number, end: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? [start, end] : undefined;
}
