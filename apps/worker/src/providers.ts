import { ElsewhereError, type Provider } from '@countersign/flow';
import type { ProviderSettings } from '@countersign/process';
import type { KindPlan } from '@countersign/kinds';
import type { ProviderSettings as Wanted, Way } from '@countersign/providers';

/** The third parties the plans need and the environment gives an address to. @throws ElsewhereError `UNKNOWN_PROVIDER` for any other. */
export function createProviders(
  plans: readonly KindPlan[],
  settings: Readonly<Record<string, ProviderSettings>>,
  way: Way,
  listening: (provider: Provider) => Provider,
): (name: string) => Provider {
  const known = new Map<string, Provider>();
  for (const neighbour of plans.flatMap((plan) => plan.neighbours)) {
    // `CSP_*` stands for every CSP the environment names.
    const names = neighbour.name.endsWith('*')
      ? Object.keys(settings).filter((name) => name.startsWith(neighbour.name.slice(0, -1)))
      : [neighbour.name];
    for (const name of names) {
      const wanted = wantedOf(settings[name]);
      if (wanted) known.set(name, listening(neighbour.create(wanted, way, name)));
    }
  }
  return (name) => {
    const provider = known.get(name);
    if (provider) return provider;
    throw new ElsewhereError(
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
