import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret of the tests' };

/** A bucket over real HTTP that lets in only who signs as AWS wants it (Signature Version 4, by header or by query). */
export async function startBucket() {
  const objects = new Map<string, Buffer>();
  const asked: string[] = [];
  const trouble = { next: 0, silent: false };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push(`${request.method} ${request.headers.range ?? ''}`.trim());
      if (trouble.silent) return;
      if (trouble.next > 0) {
        trouble.next -= 1;
        return say(response, 503, 'SlowDown');
      }
      const refusal = refuse(request, body);
      if (refusal) return say(response, 403, refusal);
      serve(objects, request, response, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    objects,
    asked,
    trouble,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function serve(objects: Map<string, Buffer>, request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const key = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname);
  if (request.method === 'PUT') {
    objects.set(key, body);
    return void response.writeHead(200, { etag: '"1"' }).end();
  }
  if (request.method === 'DELETE') {
    objects.delete(key);
    return void response.writeHead(204).end();
  }
  const found = objects.get(key);
  if (!found) return say(response, 404, 'NoSuchKey');
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (from === '') return void response.writeHead(200, { 'content-length': found.length }).end(found);
  const part = found.subarray(Number(from), Number(to) + 1);
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${found.length}` }).end(part);
}

function say(response: ServerResponse, status: number, code: string): void {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What is wrong with the signature, as AWS says it; undefined: nothing. */
function refuse(request: IncomingMessage, body: Buffer): string | undefined {
  const url = new URL(request.url ?? '', 'http://x');
  const query = url.searchParams;
  const header = /Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(request.headers.authorization ?? '');
  const [credential, signed, signature] = header
    ? [header[1], header[2], header[3]]
    : ['Credential', 'SignedHeaders', 'Signature'].map((name) => query.get(`X-Amz-${name}`));
  if (!credential || !signed || !signature) return 'AccessDenied';
  const at = request.headers['x-amz-date']?.toString() ?? query.get('X-Amz-Date') ?? '';
  const expires = query.get('X-Amz-Expires');
  if (!header && Date.now() > timeOf(at) + Number(expires) * 1_000) return 'AccessDenied';
  const hash = request.headers['x-amz-content-sha256']?.toString() ?? 'UNSIGNED-PAYLOAD';
  if (/^[\da-f]{64}$/.test(hash) && hash !== sha(body)) return 'XAmzContentSHA256Mismatch';
  const [id, date = '', region = '', service = ''] = credential.split('/');
  if (id !== CREDENTIALS.accessKeyId) return 'InvalidAccessKeyId';
  const pairs = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const headers = signed
    .split(';')
    .map((name) => `${name}:${request.headers[name]?.toString().trim() ?? ''}\n`)
    .join('');
  const canonical = [request.method, url.pathname, pairs.sort().join('&'), headers, signed, hash].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', at, `${date}/${region}/${service}/aws4_request`, sha(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => mac(secret, part),
    `AWS4${CREDENTIALS.secretAccessKey}`,
  );
  return mac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

function timeOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function mac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
