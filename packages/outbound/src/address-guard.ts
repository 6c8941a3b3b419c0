import type { LookupAddress } from 'node:dns';
import { type LookupFunction, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Global unicast is the only part of IPv6 that is routed (RFC 4291); all else is reserved, whatever a list forgets. */
const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3');
/** Azure's host agent: a public address that answers only inside, with secrets. */
const AZURE_WIRE_SERVER = '168.63.129.16';

/** Names that mean "inside" by themselves, whatever they resolve to. Subdomains included. */
const INSIDE_NAMES = ['localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'home.arpa'];

/** The guard's answer: the URL in its normal form, without fragment, or why it is refused, for the client to read. */
export type CallbackUrlVerdict = { readonly ok: true; readonly url: string } | { readonly refused: string };

/**
 * Judges a callback URL when a client submits it: form, scheme, port, and literal addresses in every notation (the URL parser turns
 * `0x7f.1`, `2130706433` and full-width digits into `127.0.0.1` first). Names are judged again at every connection, by address.
 * `allowPrivate` (development and tests) lets every http and https URL through that has a host and no credentials.
 */
export function checkCallbackUrl(url: string, options: { readonly allowPrivate: boolean }): CallbackUrlVerdict {
  const parsed = URL.parse(url);
  if (!parsed) return { refused: 'is not an absolute URL' };
  const refused = refuseForm(parsed) ?? (options.allowPrivate ? undefined : refusePrivate(parsed));
  if (refused) return { refused };
  parsed.hash = '';
  return { ok: true, url: parsed.href };
}

function refuseForm(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  if (url.username || url.password) return 'must not hold a user name or password';
  if (url.port === '0') return 'must not use port 0';
  return undefined;
}

function refusePrivate(url: URL): string | undefined {
  if (url.protocol !== 'https:') return 'must be an https URL';
  // Below 1024 live mail, shell and directory services; a callback there is an attack on a third house.
  if (url.port && Number(url.port) < 1024 && url.port !== '80') return `must not use port ${url.port}`;
  const host = hostOf(url.hostname);
  if (isIP(host)) return isPublicAddress(host) ? undefined : `must not point to the address ${host} (${rangeOf(host)})`;
  const name = host.replace(/\.+$/, '').toLowerCase();
  if (!name.includes('.') || INSIDE_NAMES.some((inside) => name === inside || name.endsWith(`.${inside}`))) {
    return `must have a public host name; ${name} is not one`;
  }
  return undefined;
}

/** Without the brackets of a literal IPv6 address. */
function hostOf(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** True for public unicast addresses only. IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) is never public here: no honest client needs it. */
export function isPublicAddress(address: string): boolean {
  const unscoped = address.split('%', 1)[0] ?? '';
  if (!ipaddr.isValid(unscoped) || !isIP(unscoped)) return false;
  const parsed = ipaddr.parse(unscoped);
  if (parsed.range() !== 'unicast' || unscoped === AZURE_WIRE_SERVER) return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST_V6);
}

function rangeOf(address: string): string {
  const range = ipaddr.isValid(address) ? ipaddr.parse(address).range() : 'unicast';
  return range === 'unicast' ? 'reserved' : range;
}

/** The error of a connection the guard forbids; undici hands it to the call as reason `blocked`. */
export class BlockedAddressError extends Error {
  readonly code = 'COUNTERSIGN_BLOCKED';
  constructor(host: string, detail: string) {
    super(`${host} ${detail}`);
    this.name = 'BlockedAddressError';
  }
}

/** Judges a host that is already an address, for which no name is ever looked up. */
export function refuseLiteral(hostname: string): BlockedAddressError | undefined {
  const host = hostOf(hostname);
  if (!isIP(host) || isPublicAddress(host)) return undefined;
  return new BlockedAddressError(host, `is not a public address (${rangeOf(host)})`);
}

/** Wraps a lookup so that only public addresses come out; the socket connects to exactly those. */
export function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, options.all ? [] : '', 0);
      const all: LookupAddress[] = Array.isArray(found) ? found : [{ address: found, family: family ?? isIP(found) }];
      const allowed = all.filter((entry) => isPublicAddress(entry.address));
      const [first] = allowed;
      if (!first) {
        return callback(new BlockedAddressError(hostname, 'resolves to no public address'), options.all ? [] : '', 0);
      }
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
