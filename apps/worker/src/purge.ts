import type { Log } from '@countersign/process';
import type { Store } from '@countersign/store';

/** Contract section 3.2: results can be fetched for so long. */
const KEEP_RESULTS_MS = 14 * 24 * 3_600_000;

/** One round of forgetting what nobody may ask for any more. Returns whether there is more at once. */
export async function purge({ results }: Pick<Store, 'results'>, log: Log): Promise<boolean> {
  const gone = await results.purge(KEEP_RESULTS_MS);
  if (gone > 0) log.info({ results: gone }, 'results older than 14 days were forgotten');
  return gone > 0;
}
