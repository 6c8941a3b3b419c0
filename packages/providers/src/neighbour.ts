import type { Provider } from '@countersign/flow';
import type { ProviderSettings } from './settings.ts';
import type { Way } from './third-party.ts';

/** A third party a kind's plan needs: its name in the environment, and how its adapter is made. */
export interface Neighbour {
  /** `registry` → `PROVIDER_REGISTRY_URL`; `CSP_*` stands for every CSP the environment gives a URL to. */
  readonly name: string;
  /** `name` is the one in the environment, such as `CSP_A`. */
  readonly create: (settings: ProviderSettings, way: Way, name: string) => Provider;
}
