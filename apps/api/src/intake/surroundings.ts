import type { KindContract, Surroundings } from '@countersign/kinds';
import { invalid } from '../problem.ts';

/** Refuses a body that its kind cannot serve here: a third party it names is not one the environment gives an address to. */
export function refuseUnserved({ intake }: KindContract, body: unknown, surroundings: Surroundings): void {
  if (intake.type !== 'json') return;
  const [first, ...rest] = intake.judge?.(body, surroundings) ?? [];
  if (first) throw invalid(first, ...rest);
}
