export * from './house.ts';
export { visit } from './walk.ts';
