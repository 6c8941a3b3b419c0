import type { Invariant } from '../invariant.ts';
import { byOp, isFinal } from '../readings.ts';

interface Sight {
  readonly version: number;
  readonly state: string;
  /** When the asker began and when it had the answer; a callback's moment is both. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly isRead: boolean;
}

/** After the first COMPLETED or FAILED anybody saw, only the same; one version means one status; readings never go back. */
export const invariant: Invariant = {
  id: 'I-06',
  title: 'terminal is final',
  check(ledger, findings) {
    const { readings, deliveries, attempts } = byOp(ledger);
    for (const op of ledger.ops) {
      const sights: Sight[] = [
        ...[...(readings.get(op.n) ?? []), ...(attempts.get(op.n) ?? [])].flatMap(({ version, state, at, ms }) =>
          version === undefined || state === undefined
            ? []
            : [{ version, state, beganMs: at, endedMs: at + ms, isRead: true }],
        ),
        ...(deliveries.get(op.n) ?? []).flatMap(({ version, state, at, type }) =>
          // A pending callback shows the resource as it stood at its own change.
          version === null || state === null || type.endsWith('.pending')
            ? []
            : [{ version, state, beganMs: at, endedMs: at, isRead: false }],
        ),
      ];
      if (sights.length === 0) continue;
      findings.checked();
      const trouble = movesAfterEnd(sights) ?? goesBack(sights);
      if (trouble !== undefined) findings.broken(`${op.id}: ${trouble}`, { op: op.n });
    }
  },
};

function movesAfterEnd(sights: readonly Sight[]): string | undefined {
  const byVersion = [...sights].sort((a, b) => a.version - b.version);
  let end: Sight | undefined;
  let last: Sight | undefined;
  for (const sight of byVersion) {
    if (last?.version === sight.version && last.state !== sight.state)
      return `version ${sight.version} was seen as ${last.state} and as ${sight.state}`;
    if (end && sight.state !== end.state)
      return `it was ${end.state} at version ${end.version} and ${sight.state} at version ${sight.version}`;
    if (isFinal(sight.state)) end ??= sight;
    last = sight;
  }
  return undefined;
}

function goesBack(sights: readonly Sight[]): string | undefined {
  const reads = sights.filter(({ isRead }) => isRead).sort((a, b) => a.endedMs - b.endedMs);
  let newest: Sight | undefined;
  for (const read of [...reads].sort((a, b) => a.beganMs - b.beganMs)) {
    newest = reads
      .filter(({ endedMs }) => endedMs < read.beganMs)
      .reduce<Sight | undefined>((most, one) => (most && most.version >= one.version ? most : one), undefined);
    if (newest && newest.version > read.version)
      return `version ${newest.version} was read before version ${read.version}`;
  }
  return undefined;
}
