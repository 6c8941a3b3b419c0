import { z } from 'zod';
import { noteWebhook, type DeskBooks, type Page } from '../desk/books.ts';
import { controlDesk, unknownControl } from '../desk/control.ts';
import { booksOf, createDesk, type Desk, type DeskOptions, type Plan } from '../desk/desk.ts';
import { live, seen, type Life } from '../desk/life.ts';
import { give, json, play, type Deed, type Reply } from '../desk/play.ts';
import { fourHours } from '../desk/postman.ts';
import { watch } from '../desk/watch.ts';
import { BadRequest, header, readBody } from '../http.ts';
import type { Call, Ground, Party } from '../party.ts';
import { authorityFates } from './fates.ts';
import { bodySchema, fiscalCodeOf, registrationOf, signatureHeaders, type Kept } from './registration.ts';

/** How an authority differs from its profile. */
export interface AuthorityOptions extends DeskOptions {
  /** Default `<name>-api-key`. */
  readonly apiKey?: string;
  /** Signs its webhooks. Default `<name>-webhook-secret`. */
  readonly webhookSecret?: string;
}

export type AuthorityBooks = DeskBooks<Kept>;

interface Office {
  readonly desk: Desk<Kept, Life>;
  readonly apiKey: string;
  readonly secret: string;
}

const paths = { tell: 'POST /v1/registrations', look: 'GET /v1/registrations/{id}' };
const lookPath = '/v1/registrations/';

/** The tax authority, and the warehouse, its twin: contract.md 6 in front, third-parties.md 5 behind. */
export function openAuthority(name: 'tax' | 'warehouse') {
  return (ground: Ground, options: AuthorityOptions = {}): Party & { books: AuthorityBooks } => {
    const desk = createDesk<Kept, Life>(
      ground,
      { name, fates: authorityFates, ordinary: 'done', traits: ['id', 'type', 'format'] },
      options,
    );
    const office: Office = {
      desk,
      apiKey: options.apiKey ?? `${name}-api-key`,
      secret: options.webhookSecret ?? `${name}-webhook-secret`,
    };
    return {
      books: booksOf(desk),
      handle: (call) => handle(office, call),
      async control(call) {
        if (!(await controlDesk(desk, call))) unknownControl(name, call);
      },
      reset: () => desk.reset(),
      settings: () => ({ API_KEY: office.apiKey, WEBHOOK_SECRET: office.secret }),
      close: () => desk.postman.close(),
    };
  };
}

function handle(office: Office, call: Call): void | Promise<void> {
  if (call.method === 'POST' && call.path === '/v1/registrations') return tell(office, call);
  if (call.method === 'GET' && call.path.startsWith(lookPath)) {
    return look(office, call, decodeURIComponent(call.path.slice(lookPath.length)));
  }
  const has = 'it has POST /v1/registrations and GET /v1/registrations/{id}';
  throw new BadRequest(`the ${office.desk.name} has no ${call.method} ${call.path}; ${has}`, [], 404);
}

const refusal = (status: number, code: string, more: object = {}): Reply =>
  json(status, { code, message: code, ...more });
const knows = ({ apiKey }: Office, call: Call): boolean => header(call.request, 'authorization') === `Bearer ${apiKey}`;

async function tell(office: Office, call: Call): Promise<void> {
  const { desk } = office;
  const text = (await readBody(call.request)).toString('utf8');
  const judged = judge(text);
  const page = judged.success ? desk.books.open(judged.data.id) : null;
  const note = watch(call, desk.books, page, paths.tell);
  const down = desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  if (!knows(office, call)) return give(call, note, refusal(401, 'base.credentials'));
  if (!judged.success || !page) {
    const problems = judged.error?.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
    return give(call, note, refusal(400, 'validation.custom', { problems }));
  }
  const { id, type, format, webhookUrl } = judged.data;
  const plan = desk.plan(page, { traits: { id, type, format }, text, names: [desk.name] });
  // Known already and not about to meet a trouble: the record stands, however often it is told.
  if (page.data && !plan.trouble) return give(call, note, duplicate(office, page));
  const kept: Kept = {
    type,
    format,
    webhookUrl,
    life: plan.life,
    code: plan.params.code,
    createdAt: new Date().toISOString(),
  };
  await play(desk, call, page, note, plan, deed(office, page, kept, plan));
}

/** A body that is no JSON at all fails like any other wrong one. */
function judge(text: string): z.ZodSafeParseResult<z.infer<typeof bodySchema>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  return bodySchema.safeParse(value);
}

function deed(office: Office, page: Page<Kept>, kept: Kept, { life }: Plan<Life>): Deed {
  const { desk } = office;
  return {
    effect(late) {
      if (page.data || life.quirk === 'elsewhere') return;
      page.data = kept;
      return live(desk, page, life, late, (notice) => send(office, page, notice));
    },
    answer() {
      if (life.quirk === 'duplicate') return duplicate(office, page);
      if (life.quirk === 'elsewhere') {
        const fiscalCode = fiscalCodeOf(desk.name, `not ${page.id}`);
        return refusal(400, 'registration.already_exists', {
          registration: { id: `not-${page.id}`, status: 'DONE', fiscalCode },
        });
      }
      const status = page.status ?? 'CREATED';
      return json(status === 'DONE' ? 201 : 202, { registration: registrationOf(desk.name, page, status) });
    },
    refusal,
  };
}

function duplicate({ desk }: Office, page: Page<Kept>): Reply {
  const registration = registrationOf(desk.name, page, page.status ?? 'CREATED');
  if (page.data?.life.quirk === 'replay') return json(200, { registration });
  return refusal(400, 'registration.already_exists', { registration });
}

function look(office: Office, call: Call, id: string): void {
  const { desk } = office;
  const page = desk.books.find(id) ?? (desk.books.record === 'full' ? desk.books.open(id) : null);
  const note = watch(call, desk.books, page, paths.look);
  const down = desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  if (page?.deaf) return note('silence');
  if (!knows(office, call)) return give(call, note, refusal(401, 'base.credentials'));
  const status = page?.data ? seen(page, page.data.life) : null;
  if (!page || status === null) return give(call, note, refusal(404, 'registration.not_found'));
  give(call, note, json(200, { registration: registrationOf(desk.name, page, status) }));
}

/** Retried like Checkbox's; a forged one is somebody else's and comes once. */
async function send(
  office: Office,
  page: Page<Kept>,
  { says, wrong }: { says: string; wrong?: string },
): Promise<unknown> {
  const { desk, secret } = office;
  const { data } = page;
  if (!data) return;
  const body = JSON.stringify({ registration: registrationOf(desk.name, page, says) });
  return await desk.postman.deliver({
    url: data.webhookUrl,
    body,
    headers: () => signatureHeaders(secret, body, wrong),
    retryMs: wrong === undefined ? fourHours : [],
    tried: (outcome, attempt) => noteWebhook(desk.books, page, { says, signed: wrong ?? true, attempt, outcome }),
  });
}
