// The thread the archive is read in: taking Parquet files apart is work for the processor, and the door has its own.
import { parentPort, workerData } from 'node:worker_threads';
import type { ArchiveReader } from '@countersign/flow';
import { lookInto } from './look.ts';
import type { ArchiveLocation } from './object-store.ts';
import { openObjectStore } from './open-object-store.ts';

export type What = keyof ArchiveReader;

export interface Order {
  readonly number: number;
  readonly what: What;
  readonly values: readonly unknown[];
}

export type Reply = { readonly number: number } & ({ readonly answer: unknown } | { readonly error: string });

// Given by reader.ts.
const look = openObjectStore(workerData as ArchiveLocation).then(lookInto);

parentPort?.on('message', ({ number, what, values }: Order) => {
  void look
    // Each method with the values that reader.ts was called with.
    .then(async (reader) => await (reader[what] as (...given: readonly unknown[]) => Promise<unknown>)(...values))
    .then((answer) => ({ number, answer }))
    .catch((error: unknown) => ({ number, error: error instanceof Error ? error.message : String(error) }))
    .then((reply: Reply) => parentPort?.postMessage(reply));
});
