import type { Log } from '@countersign/process';
import type { Days } from '@countersign/store';

/** A week without any worker is bridged; what comes after it is kept too, in the partition for the rest. */
const AHEAD_DAYS = 8;

/** The leader's round: the days that documents are kept by are there before the documents. */
export async function makeDays(days: Days, log: Log): Promise<boolean> {
  const made = await days.makeAhead(Date.now(), AHEAD_DAYS);
  if (made.length > 0) log.info({ made }, 'days made ahead for documents');
  return false;
}
