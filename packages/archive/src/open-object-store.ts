import { openFolder } from './folder.ts';
import type { ArchiveLocation, ObjectStore } from './object-store.ts';

/** Opening touches nothing; each call may fail. */
export async function openObjectStore(location: ArchiveLocation): Promise<ObjectStore> {
  if (location.type === 'folder') return openFolder(location.path);
  // The SDK takes 0.3 s and 30 MB: only who has a bucket pays for it.
  const { openBucket } = await import('./bucket.ts');
  return openBucket(location);
}
