import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';

/** A request the simulator itself refuses: the caller made a mistake, and is told which. */
export class BadRequest extends Error {
  readonly status: number;
  readonly problems: readonly string[];
  constructor(message: string, problems: readonly string[] = [], status = 400) {
    super(message);
    this.name = 'BadRequest';
    this.status = status;
    this.problems = problems;
  }
}

const maxBodyBytes = 4 * 1024 * 1024;

/** The whole body. Throws BadRequest (413) above 4 MiB. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) {
        reject(new BadRequest(`the body is larger than ${maxBodyBytes} bytes`, [], 413));
        request.resume();
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

/** The body as JSON in the shape of `schema`. An empty body counts as `{}`. Throws BadRequest naming every problem. */
export async function readJson<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = (await readBody(request)).toString('utf8');
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new BadRequest(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return inShape(value, schema);
}

/** `value` in the shape of `schema`. Throws BadRequest naming every problem with its place. */
export function inShape<Schema extends z.ZodType>(value: unknown, schema: Schema): z.infer<Schema> {
  const judged = schema.safeParse(value);
  if (judged.success) return judged.data;
  const problems = judged.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`);
  throw new BadRequest('the request is not as expected', problems);
}

/** Answers with JSON. Does nothing when the caller is gone. */
export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  answerText(response, status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

/** Answers with these very characters. Does nothing when the caller is gone. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Cuts the connection with a TCP reset, as a crashed or overloaded server would. */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** A request header's value, when it came once. */
export function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}
