import { TerminalError, type Provider } from '@countersign/flow';
import type { ProviderSettings } from '@countersign/process';
import { registry, type ProviderSettings as Wanted, type Way } from '@countersign/providers';

/** How each third party is spoken to, by the name its settings go by. */
const PROVIDERS: Readonly<Record<string, (settings: Wanted, way: Way) => Provider>> = { registry };

export const PROVIDER_NAMES = Object.keys(PROVIDERS);

/** The third parties the environment gives an address to. @throws TerminalError `UNKNOWN_PROVIDER` for any other. */
export function createProviders(
  settings: Readonly<Record<string, ProviderSettings>>,
  way: Way,
  listening: (provider: Provider) => Provider,
): (name: string) => Provider {
  const known = new Map<string, Provider>();
  for (const [name, create] of Object.entries(PROVIDERS)) {
    const wanted = wantedOf(settings[name]);
    if (wanted) known.set(name, listening(create(wanted, way)));
  }
  return (name) => {
    const provider = known.get(name);
    if (provider) return provider;
    throw new TerminalError(
      'UNKNOWN_PROVIDER',
      `${name} has no settings: give its URL to this worker (PROVIDER_…_URL)`,
    );
  };
}

function wantedOf(settings: ProviderSettings | undefined): Wanted | undefined {
  if (settings?.url === undefined) return undefined;
  const { url, apiKey, timeoutMs, retry, poll, concurrency, ratePerSecond } = settings;
  return {
    url,
    timeoutMs,
    retry,
    poll,
    concurrency,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(ratePerSecond === null ? {} : { ratePerSecond }),
  };
}
