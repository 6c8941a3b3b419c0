import { openClient } from './client/client.ts';
import { openRegistry } from './registry/registry.ts';

/**
 * Everybody who lives here, by the name they are mounted under. A new third party is a folder that exports
 * `open...(ground, options)` and a line in this table.
 */
export const parties = { registry: openRegistry, client: openClient } as const;

export type PartyName = keyof typeof parties;
/** What each party may be given at the start. */
export type PartyOptions = { [Name in PartyName]?: NonNullable<Parameters<(typeof parties)[Name]>[1]> };
/** What each party lets its own process read. */
export type PartyBooks = { [Name in PartyName]: ReturnType<(typeof parties)[Name]>['books'] };
