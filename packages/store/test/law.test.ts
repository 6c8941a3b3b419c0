import { MOVES, STANDING_MOVES, STANDINGS, STATUSES } from '@countersign/flow';
import { expect, test } from 'vitest';
import { accepted, OPEN, shelf } from './shelf.ts';

const here = shelf();

for (const [table, id, words, moves] of [
  ['submission', 'id', STATUSES, MOVES],
  ['registration', 'submission_id', STANDINGS, STANDING_MOVES],
] as const) {
  test(`the database allows exactly flow's moves of a ${table}`, async () => {
    const allowed: Record<string, readonly string[]> = moves;
    const submission = await accepted(here, [OPEN]);
    for (const from of words) {
      for (const to of words) {
        // Set as if it had come there: triggers off for this session only.
        await here.query(`set session_replication_role = replica`);
        await here.query(`update ${table} set status = $1 where ${id} = $2`, [from, submission.id]);
        await here.query(`set session_replication_role = origin`);
        const moved = await here.query(`update ${table} set status = $1 where ${id} = $2`, [to, submission.id]).then(
          () => 'allowed',
          (error: Error) => error.message,
        );
        const lawful = from === to || allowed[from]?.includes(to);
        expect(moved, `${from} to ${to}`).toBe(
          lawful ? 'allowed' : `${table} ${submission.id}: ${from} may not become ${to}`,
        );
      }
    }
  });

  test(`a ${table} has no other status than flow's`, async () => {
    const submission = await accepted(here, [OPEN]);
    await expect(here.query(`update ${table} set status = 'LOST' where ${id} = $1`, [submission.id])).rejects.toThrow(
      /may not become LOST|violates check constraint/,
    );
  });
}
