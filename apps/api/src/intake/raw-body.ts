import type { FastifyInstance } from 'fastify';

/** Documents are kept as they came, whatever their bytes: read by nobody here, judged by the worker. */
export function addRawBodies(scope: FastifyInstance, contentTypes: readonly string[]): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser([...contentTypes], { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes));
}
