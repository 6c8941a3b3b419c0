import type { Metrics } from '@countersign/process';
import type { FastifyInstance } from 'fastify';

/** Counts and times every answer by route pattern; a pattern holds no identifier. */
export function addMeasures(app: FastifyInstance, metrics: Metrics): void {
  const answers = metrics.counter('countersign_http_answers_total', 'Answers by route, method and status', [
    'route',
    'method',
    'status',
  ] as const);
  const durations = metrics.histogram(
    'countersign_http_duration_seconds',
    'From the first byte of a request to the last of its answer',
    ['route'] as const,
  );
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    answers.inc({ route, method: request.method, status: reply.statusCode });
    durations.observe({ route }, reply.elapsedTime / 1_000);
    if (request.log.level === 'debug') {
      request.log.debug(
        { requestId: request.id, route, method: request.method, status: reply.statusCode, tookMs: reply.elapsedTime },
        'answered',
      );
    }
    done();
  });
}
