export { config } from './config.ts';
export type { Table } from './config.ts';
export { findCycles, readImports } from './imports.ts';
export type { FileImports } from './imports.ts';
