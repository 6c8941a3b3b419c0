export { digestOf } from './digest.ts';
export type { ArchiveLocation, ObjectStore } from './object-store.ts';
export { openObjectStore } from './open-object-store.ts';
export { parquetOf } from './write-file.ts';
export { FORMAT } from './columns.ts';
export { rowsOf } from './read-file.ts';
export { createArchiveReader } from './reader.ts';
export type { ArchiveReaderOptions, ClosableArchiveReader } from './reader.ts';
export { isSignedPath, signedPath } from './signed-path.ts';
