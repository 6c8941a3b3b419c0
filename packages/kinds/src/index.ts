export * from './contract.ts';
export * from './values.ts';
export * from './discover.ts';
export * from './minor-units.ts';
