import { randomUUID } from 'node:crypto';
import type { ObjectStore } from '@countersign/archive';
import type { ArchiveJob } from '@countersign/store';

const PATH = 'countersign-archive.json';

/**
 * The object store carries a mark that the database knows: a folder that is not mounted, or is another database's, is given
 * nothing. Called before anything is written.
 * @throws Error that says what to look at.
 */
export async function checkMark(job: Pick<ArchiveJob, 'storeId'>, objects: ObjectStore): Promise<void> {
  const found = await objects.get(PATH);
  const mark = (id: string): Buffer => Buffer.from(`${JSON.stringify({ archive: id })}\n`);
  const { id, files } = await job.storeId(randomUUID());
  if (found && mark(id).equals(found)) return;
  if (found)
    throw new Error(
      `ARCHIVE_URL leads to the archive of another database (its ${PATH} does not say ${id}): nothing was moved`,
    );
  if (files > 0)
    throw new Error(
      `ARCHIVE_URL leads to a place without ${PATH}, where ${files} files should be: is the right folder mounted? Nothing was moved`,
    );
  await objects.put(PATH, mark(id));
}
