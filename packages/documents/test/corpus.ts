import { existsSync, readFileSync } from 'node:fs';

const CORPUS = new URL('../../../../shared/corpus/', import.meta.url);
/** Documents nobody here wrote; where the folder is absent, what needs it is passed over with this as the reason. */
export const hasCorpus = existsSync(CORPUS);
export const noCorpus = 'the folder ../shared/corpus is not beside this checkout';

export function corpus(path: string): Buffer {
  return readFileSync(new URL(path, CORPUS));
}

export function corpusLines<T>(path: string): T[] {
  // Each line's shape is named by the test that reads it.
  return corpus(path)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
