import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { invalid } from '../problem.ts';

/** Documents are kept as they came: parsed by nobody here, judged by the worker. */
export function addRawBodies(scope: FastifyInstance, contentTypes: readonly string[]): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser([...contentTypes], { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(invalid({ pointer: '', detail: 'is empty' }), undefined);
    if (!isUtf8(bytes)) return done(invalid({ pointer: '', detail: 'is not valid UTF-8' }), undefined);
    done(null, bytes.toString('utf8'));
  });
}
