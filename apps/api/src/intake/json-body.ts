import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Json } from '@countersign/flow';
import { invalid, Problem } from '../problem.ts';
import { findJsonFault } from './json-fault.ts';
import { repeatedMember } from './repeated-member.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** A JSON body as it was sent, and what it parses to before any schema touched it; null without a JSON body. */
    sent: SentJson | null;
  }
}

export interface SentJson {
  readonly text: string;
  readonly json: Json;
}

/** JSON is parsed by us, because the exact text is kept and whoever must mend a body is told where it breaks. */
export function addJsonBodies(app: FastifyInstance): void {
  app.decorateRequest('sent', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request: FastifyRequest, bytes: Buffer, done) => {
      try {
        refuseOtherCharsets(request.headers['content-type'] ?? '');
        request.sent = parseJson(bytes);
        done(null, request.sent.json);
      } catch (error) {
        // parseJson and refuseOtherCharsets throw Problems only.
        done(error as Problem, undefined);
      }
    },
  );
}

/** RFC 8259 section 8.1: JSON between systems is UTF-8. */
function refuseOtherCharsets(contentType: string): void {
  if (contentType === 'application/json') return;
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new Problem('unsupported-media-type', `JSON must be UTF-8, not ${charset.slice(0, 40)}`);
  }
}

/** @throws Problem invalid-request with the position of what is wrong. */
export function parseJson(bytes: Buffer): SentJson {
  if (bytes.length === 0) throw invalid({ pointer: '', detail: 'is empty; send a JSON object' });
  if (!isUtf8(bytes)) throw invalid({ pointer: '', detail: `is not valid UTF-8, near byte ${firstBadByte(bytes)}` });
  const text = bytes.toString('utf8');
  const json = parsed(text);
  const repeated = repeatedMember(text, json);
  if (repeated) {
    const detail = `names ${JSON.stringify(repeated.name.slice(0, 100))} twice in one object, again at position ${repeated.position}; leave one of them out`;
    throw invalid({ pointer: '', detail });
  }
  return { text, json };
}

function parsed(text: string): Json {
  try {
    // Whatever parses is JSON: the type says no more than that.
    return JSON.parse(text) as Json;
  } catch {
    if (text.startsWith('\uFEFF'))
      throw invalid({ pointer: '', detail: 'begins with a byte order mark; leave it out' });
    const { position, line, column, expected } = findJsonFault(text);
    const found =
      position >= text.length ? 'it ends there' : `found ${JSON.stringify(text.slice(position, position + 1))}`;
    throw invalid({
      pointer: '',
      detail: `is not valid JSON at position ${position} (line ${line}, column ${column}): expected ${expected}, ${found}`,
    });
  }
}

function firstBadByte(bytes: Buffer): number {
  let good = 0;
  for (let bad = bytes.length; bad - good > 1;) {
    // A prefix may end within a character, which is no fault of it: up to 3 bytes are forgiven.
    const middle = (good + bad) >> 1;
    if ([0, 1, 2, 3].some((cut) => middle > cut && isUtf8(bytes.subarray(0, middle - cut)))) good = middle;
    else bad = middle;
  }
  return good;
}
