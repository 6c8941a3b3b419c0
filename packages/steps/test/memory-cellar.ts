export { MemoryCellar, type KeptCallback } from '@countersign/testkit';
