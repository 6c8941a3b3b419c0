import { type LookupAddress, Resolver, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

export interface StrangersLookupSettings {
  /** Waiting time of one question to one name server, and how often it is asked. Defaults 2,000 and 2. */
  readonly timeoutMs?: number;
  readonly tries?: number;
  /** `ip:port`; default: the machine's. */
  readonly servers?: readonly string[];
}

/** No name server could be asked at all (none is configured): the system may know another way. */
const NO_SERVER = 'ECONNREFUSED';

/**
 * Resolves names that strangers chose. The system's own `getaddrinfo` sits on one of four threads until a dead name server gives up,
 * so four such names would stop every new connection of the process; this asks over sockets and holds up nobody. It does not look
 * into /etc/hosts or search domains, where nothing public is.
 */
export function strangersLookup(settings: StrangersLookupSettings = {}): LookupFunction {
  const resolver = new Resolver({ timeout: settings.timeoutMs ?? 2_000, tries: settings.tries ?? 2 });
  if (settings.servers) resolver.setServers(settings.servers);
  return (hostname, options, callback) => {
    const found: LookupAddress[] = [];
    let missing = 2;
    let failure: NodeJS.ErrnoException | undefined;
    const one = (family: 4 | 6) => (error: NodeJS.ErrnoException | null, addresses: string[]) => {
      // A name with IPv4 only has no IPv6 record; that is no failure unless the other one has none either.
      if (error) failure = failure && failure.code !== 'ENODATA' ? failure : error;
      else found.push(...addresses.map((address) => ({ address, family })));
      missing -= 1;
      if (missing > 0) return;
      const [first] = found.sort((a, b) => a.family - b.family);
      if (!first && failure?.code === NO_SERVER) return systemLookup(hostname, options, callback);
      if (!first) return callback(failure ?? null, options.all ? [] : '', 0);
      if (options.all) return callback(null, found);
      return callback(null, first.address, first.family);
    };
    resolver.resolve4(hostname, one(4));
    resolver.resolve6(hostname, one(6));
  };
}
