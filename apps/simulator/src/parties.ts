import { openAuthority } from './authority/authority.ts';
import { openBank } from './bank/bank.ts';
import { openCheckbox } from './checkbox/checkbox.ts';
import { openClient } from './client/client.ts';
import { openRamp } from './ramp/ramp.ts';
import { openCsp } from './csp/csp.ts';
import type { Ground, Party } from './party.ts';
import { openRegistry } from './registry/registry.ts';

/**
 * Everybody who lives here, by the name they are mounted under. A new third party is a folder that exports
 * `open...(ground, options)` and a line in this table.
 */
const parties = {
  registry: openRegistry,
  client: openClient,
  tax: openAuthority('tax'),
  warehouse: openAuthority('warehouse'),
  checkbox: openCheckbox,
  'on-ramp': openRamp('on-ramp'),
  'off-ramp': openRamp('off-ramp'),
  bank: openBank,
  'csp-a': openCsp('a'),
  'csp-b': openCsp('b'),
  'csp-c': openCsp('c'),
  'csp-d': openCsp('d'),
  'csp-e': openCsp('e'),
  'csp-f': openCsp('f'),
} as const;

type Parties = typeof parties;
/** What each party may be given at the start. */
export type PartyOptions = { [Name in keyof Parties]?: NonNullable<Parameters<Parties[Name]>[1]> };
/** What each party lets its own process read. */
export type PartyBooks = { [Name in keyof Parties]: ReturnType<Parties[Name]>['books'] };

/** Opens them all. */
export function openParties(
  ground: Ground,
  options: PartyOptions,
): { everybody: Record<string, Party>; books: PartyBooks } {
  type Open = (ground: Ground, options?: object) => Party & { books: unknown };
  // One loop over openers whose options differ: each gets what stands under its own name.
  const opened = Object.entries(parties as Record<string, Open>).map(([name, open]) => {
    return [name, open(ground, options[name as keyof Parties])] as const;
  });
  const books = Object.fromEntries(opened.map(([name, party]) => [name, party.books]));
  return { everybody: Object.fromEntries(opened), books: books as PartyBooks };
}
