export * from './contract.ts';
export * from './values.ts';
export * from './discover.ts';
