import type { Answer, Cellar, Provider } from '@countersign/flow';
import type { Metrics } from '@countersign/process';
import type { House } from '@countersign/steps';

export interface VisitMetrics {
  readonly heard: NonNullable<House['heard']>;
  readonly visited: (step: string, outcome: string, durationMs: number) => void;
  /** The same third party, its calls counted. */
  readonly listening: (provider: Provider) => Provider;
  /** The same cellar, counting what it settles and what it gives up on, callbacks included. */
  readonly counting: (cellar: Cellar) => Cellar;
}

/** What a visit counts, wherever it runs; the worker adds up what its sandboxes counted. No identifiers in labels. */
export function createVisitMetrics(metrics: Metrics): VisitMetrics {
  const calls = metrics.counter('countersign_provider_calls_total', 'Calls to third parties by their outcome', [
    'provider',
    'what',
    'outcome',
  ]);
  const callSeconds = metrics.histogram('countersign_provider_call_seconds', 'How long third parties took', [
    'provider',
    'what',
  ]);
  const callbacks = metrics.counter('countersign_callbacks_total', 'Callbacks posted by their outcome', ['outcome']);
  const callbackSeconds = metrics.histogram('countersign_callback_seconds', 'How long clients took');
  const visits = metrics.counter('countersign_visits_total', 'Visits by the step they began with and how they ended', [
    'step',
    'outcome',
  ]);
  const visitSeconds = metrics.histogram('countersign_visit_seconds', 'How long a visit took, calls included', [
    'step',
  ]);
  return {
    heard({ outcome, durationMs }) {
      callbacks.inc({ outcome });
      callbackSeconds.observe(durationMs / 1000);
    },
    listening(provider) {
      const counted = (what: 'look' | 'tell', answer: Answer): Answer => {
        calls.inc({ provider: provider.name, what, outcome: answer.type });
        if (answer.type !== 'busy')
          callSeconds.observe({ provider: provider.name, what }, answer.evidence.durationMs / 1000);
        return answer;
      };
      return {
        ...provider,
        look: async (ask) => counted('look', await provider.look(ask)),
        tell: async (ask) => counted('tell', await provider.tell(ask)),
      };
    },
    visited(step, outcome, durationMs) {
      visits.inc({ step, outcome });
      visitSeconds.observe({ step }, durationMs / 1000);
    },
    counting: createCounting(metrics),
  };
}

/** What was settled and given up on is counted where it was written down, and only if it was. */
function createCounting(metrics: Metrics): VisitMetrics['counting'] {
  const settled = metrics.counter('countersign_submissions_settled_total', 'Submissions that came to an end', [
    'kind',
    'status',
  ]);
  const buried = metrics.counter('countersign_dead_letters_total', 'Dead letters written', ['kind', 'code']);
  return (cellar) => ({
    ...cellar,
    async commit(submission, change) {
      const moved = await cellar.commit(submission, change);
      if (!moved) return moved;
      if (change.status && change.status !== 'PROCESSING')
        settled.inc({ kind: submission.kind, status: change.status });
      for (const { code } of change.deadLetters ?? []) buried.inc({ kind: submission.kind, code });
      return moved;
    },
    async endCallback(callback, holder, end, entry) {
      await cellar.endCallback(callback, holder, end, entry);
      const { kind } = callback.identity;
      if (end.type === 'dead') buried.inc({ kind, code: end.code });
      if (end.type === 'gone') buried.inc({ kind, code: 'ENDPOINT_GONE' });
    },
  });
}
