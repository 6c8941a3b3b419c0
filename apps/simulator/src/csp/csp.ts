import type { DeskBooks } from '../desk/books.ts';
import { controlDesk, unknownControl } from '../desk/control.ts';
import { booksOf, createDesk, type DeskOptions } from '../desk/desk.ts';
import type { Life } from '../desk/life.ts';
import { BadRequest } from '../http.ts';
import type { Call, Ground, Party } from '../party.ts';
import { cspFates, personas, type Persona } from './fates.ts';
import type { Made, Office } from './office.ts';
import { createHoldings } from './portfolio.ts';
import { listPortfolios, lookAtCosts, lookAtJob, lookAtPortfolio } from './read.ts';
import { write } from './write.ts';

/** How a cloud differs from its profile. */
export interface CspOptions extends DeskOptions {
  /** The bearer token it takes. Default `csp-<persona>-api-key`. */
  readonly apiKey?: string;
}

/** A cloud of seed 002 (third-parties.md 4), with the character of one of the original's fakes A to F. */
export function openCsp(persona: Persona) {
  return (ground: Ground, options: CspOptions = {}): Party & { books: DeskBooks<Made> } => {
    const name = `csp-${persona}`;
    const traits = { name, fates: cspFates, ordinary: personas[persona], traits: ['id', 'portfolio', 'operation'] };
    const desk = createDesk<Made, Life>(ground, traits, options);
    const apiKey = options.apiKey ?? `${name}-api-key`;
    const office: Office = { persona, desk, holdings: createHoldings(), jobs: new Map(), apiKey };
    return {
      books: booksOf(desk),
      handle: (call) => handle(office, call),
      async control(call) {
        if (!(await controlDesk(desk, call))) unknownControl(name, call);
      },
      reset() {
        desk.reset();
        office.holdings.clear();
        office.jobs.clear();
      },
      settings: () => ({ API_KEY: apiKey }),
      close: () => desk.postman.close(),
    };
  };
}

function handle(office: Office, call: Call): void | Promise<void> {
  const asked = `${call.method} ${call.path}`;
  const parts = call.path.split('/').slice(1).map(decodeURIComponent);
  const [, id = '', what = '', , , clin = '', last = ''] = parts;
  if (asked === 'POST /portfolios') return write(office, call, 'portfolio', '');
  if (asked === 'GET /portfolios') return listPortfolios(office, call);
  if (/^GET \/portfolios\/[^/]+$/.test(asked)) return lookAtPortfolio(office, call, id);
  if (/^PATCH \/portfolios\/[^/]+$/.test(asked)) return write(office, call, 'administrators', id);
  if (/^POST \/portfolios\/[^/]+\/task-orders$/.test(asked)) return write(office, call, 'task-order', id);
  if (/^GET \/portfolios\/[^/]+\/costs?$/.test(asked) && what !== '') return lookAtCosts(office, call, id, null);
  if (/^GET \/portfolios\/[^/]+\/task-orders\/[^/]+\/clins\/[^/]+\/costs?$/.test(asked) && last !== '')
    return lookAtCosts(office, call, id, clin);
  if (/^GET \/provisioning\/[^/]+\/status$/.test(asked)) return lookAtJob(office, call, id);
  throw new BadRequest(
    `${office.desk.name} has no ${asked}; it has /portfolios... and /provisioning/{jobId}/status`,
    [],
    404,
  );
}
