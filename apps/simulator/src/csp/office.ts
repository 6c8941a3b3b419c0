import type { Page } from '../desk/books.ts';
import type { Desk } from '../desk/desk.ts';
import type { Life } from '../desk/life.ts';
import { json, type Reply } from '../desk/play.ts';
import { header } from '../http.ts';
import type { Call } from '../party.ts';
import type { Persona } from './fates.ts';
import type { Holdings } from './portfolio.ts';

/** What a cloud keeps of one thing it was asked for: the last of them, and in whose name. */
export interface Made {
  readonly portfolioId: string;
  readonly jobId: string | null;
}

/** A provisioning job. */
export interface Job {
  readonly id: string;
  readonly portfolioId: string;
  readonly page: Page<Made>;
  readonly life: Life;
  looks: number;
}

/** What a cloud's routes work with. */
export interface Office {
  readonly persona: Persona;
  readonly desk: Desk<Made, Life>;
  readonly holdings: Holdings;
  readonly jobs: Map<string, Job>;
  readonly apiKey: string;
}

/** The specification defines no error body: a few words. */
export const refusal = (status: number, code: string): Reply => json(status, { error: code });

export const knows = ({ apiKey }: Office, call: Call): boolean => {
  return header(call.request, 'authorization') === `Bearer ${apiKey}`;
};

/** What of a request's headers is written down. */
export function notesOf({ request }: Call): Record<string, string> {
  const deadline = header(request, 'x-provision-deadline');
  const version = header(request, 'x-atat-api-version');
  return { ...(deadline === null ? {} : { deadline }), ...(version === null ? {} : { version }) };
}
