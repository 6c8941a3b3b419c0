import type { Figure, Outcome, Stage } from './scenario.ts';

/** From an empty house to the last callback: POST as fast as it is taken, and wait until everybody has been called back. */
export async function walk(
  stage: Stage,
  count: number,
  answerMs: number,
  goals: Record<'perSecond', number> & { gigabytes?: number },
  kind: 'transaction' | 'receipt' = 'transaction',
): Promise<Outcome> {
  await stage.thirdParty.reset({ answerMs });
  const key = await stage.product.newClient('walk');
  const stop = stage.meter();
  const sent = await stage.send(stage.plan({ key, prefix: 'walk', kind, count, mode: 'full', inFlight: 128 }));
  const accepted = sent.latencyMs.filter((ms) => !Number.isNaN(ms)).length;
  const remarks = Object.entries(sent.failures).map(([word, times]) => `not 202: ${times} × ${word}`);
  try {
    await stage.thirdParty.calledBack('walk', accepted);
  } catch (error) {
    remarks.push(error instanceof Error ? error.message : String(error));
  }
  const cost = stop();
  const { arrivedMs, repeated, posts, looks, doubles, peakInFlight } = await stage.thirdParty.report(['walk']);
  const came = [...(arrivedMs['walk'] ?? [])].filter((ms) => !Number.isNaN(ms));
  const seconds = (came.reduce((last, ms) => Math.max(last, ms), 0) - sent.beganMs) / 1_000;
  if (doubles > 0) remarks.push(`${doubles} transactions were registered twice: every other figure is void`);
  if (repeated > 0) remarks.push(`${repeated} callbacks came more than once`);
  remarks.push(
    `third party: ${(posts / Math.max(1, accepted)).toFixed(2)} POSTs and ${(looks / Math.max(1, accepted)).toFixed(2)} GETs per accepted transaction`,
  );
  const memory = (cost.peakMb['worker'] ?? 0) + (cost.peakMb['sandbox'] ?? 0);
  const memoryFigure: Figure[] =
    stage.isFloor || memory === 0
      ? []
      : [
          {
            what: 'worker memory, peak',
            unit: 'GB',
            value: memory / 1_024,
            ...(goals.gigabytes ? { goal: { atMost: goals.gigabytes } } : {}),
          },
        ];
  return {
    figures: [
      { what: 'end to end', unit: '/s', value: came.length / seconds, goal: { atLeast: goals.perSecond }, ratio: true },
      {
        what: 'accepted meanwhile',
        unit: '/s',
        value: accepted / ((sent.endedMs - sent.beganMs) / 1_000),
        ratio: true,
      },
      { what: 'calls in flight, peak', unit: '', value: peakInFlight },
      ...memoryFigure,
    ],
    cost,
    transactions: Math.max(1, came.length),
    remarks,
  };
}
