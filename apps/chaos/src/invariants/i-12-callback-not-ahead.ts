import type { Invariant } from '../invariant.ts';
import { byOp } from '../readings.ts';

/** A GET made on receiving a callback never shows an older version; an older callback never comes after a newer was taken. */
export const invariant: Invariant = {
  id: 'I-12',
  title: 'callback never ahead of GET',
  check(ledger, findings) {
    const { readings, deliveries, stories } = byOp(ledger);
    for (const [n, mine] of deliveries) {
      let taken = 0;
      for (const { at, version, answered, webhookId } of [...mine].sort((a, b) => a.at - b.at)) {
        if (version === null) continue;
        findings.checked();
        const older = (readings.get(n) ?? []).find(
          (read) => read.at >= at && read.version !== undefined && read.version < version,
        );
        if (older)
          findings.broken(
            `the callback spoke of version ${version}, a GET ${older.at - at} ms later showed ${older.version}`,
            { op: n, at },
          );
        // Given up after its time-out and delivered all the same: nobody could have called it back.
        const late = (stories.get(n)?.entries ?? []).some(
          ({ type, requestId, error }) => type === 'callback' && requestId === webhookId && error !== undefined,
        );
        if (version < taken && !late)
          findings.broken(`${webhookId} of version ${version} came after version ${taken} was taken`, { op: n, at });
        if (typeof answered === 'number' && answered < 300) taken = Math.max(taken, version);
      }
    }
  },
};
