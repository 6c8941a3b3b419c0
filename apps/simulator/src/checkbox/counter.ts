import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { json, type Reply } from '../desk/play.ts';
import { header } from '../http.ts';
import type { Call, Ground } from '../party.ts';
import { createShifts, type Shift, type Shifts } from './shift.ts';

/** The credentials it takes, told in README. */
const known = { login: 'cashier', password: 'checkbox-password', pin: '1234567890', license: 'checkbox-license-key' };

/** All of Checkbox that is not receipts: signing in, shifts, where webhooks go. */
export interface Counter {
  readonly shifts: Shifts;
  readonly webhook: { readonly url: string; readonly key: string } | null;
  knows(call: Call): boolean;
  /** As `POST /webhook`, with a key that is known beforehand. */
  setWebhook(webhook: { readonly url: string; readonly key: string }): void;
  /** Makes every token worthless; gives how many there were. */
  expire(): number;
  /** null: no such path. */
  serve(call: Call, path: string, body: unknown): Reply | null;
  clear(): void;
}

const refusal = (status: number, code: string): Reply => json(status, { code, message: code });
const licensed = (call: Call): boolean => header(call.request, 'x-license-key') === known.license;

/** What the counter's work changes. */
interface Till {
  readonly shifts: Shifts;
  readonly tokens: Set<string>;
  webhook: Counter['webhook'];
}

/** `told` hears of every move of the shift. */
export function createCounter(ground: Ground, openMs: number, told: (shift: Shift) => void): Counter {
  const till: Till = { shifts: createShifts(ground.timers, openMs, told), tokens: new Set(), webhook: null };
  return {
    shifts: till.shifts,
    get webhook() {
      return till.webhook;
    },
    knows: (call) => knows(till, call),
    setWebhook: (webhook) => void (till.webhook = webhook),
    expire() {
      const had = till.tokens.size;
      till.tokens.clear();
      return had;
    },
    serve(call, path, body) {
      const asked = `${call.method} ${path}`;
      const right = signsIn(call, asked, body);
      if (right !== null) return signIn(till, right);
      if (!knows(till, call)) return refusal(401, 'base.credentials');
      const work = registerOnly(till, asked, body);
      if (work) return licensed(call) ? work() : refusal(401, 'cash_register.invalid_license_key');
      return cashier(till, asked);
    },
    clear() {
      till.shifts.clear();
      till.tokens.clear();
      till.webhook = null;
    },
  };
}

const knows = ({ tokens }: Till, call: Call): boolean => {
  return tokens.has(header(call.request, 'authorization')?.replace(/^bearer /i, '') ?? '');
};

/** Whether the credentials are right; null: nobody is signing in. */
function signsIn(call: Call, asked: string, body: unknown): boolean | null {
  const fields = z.object({ login: z.string(), password: z.string(), pin_code: z.string() }).partial();
  const given = fields.safeParse(body).data;
  if (asked === 'POST /cashier/signin') return given?.login === known.login && given.password === known.password;
  return asked === 'POST /cashier/signinPinCode' ? licensed(call) && given?.pin_code === known.pin : null;
}

function signIn({ tokens }: Till, right: boolean): Reply {
  if (!right) return refusal(403, 'cashier.invalid_credentials');
  const token = randomUUID();
  tokens.add(token);
  return json(200, { type: 'bearer', token_type: 'bearer', access_token: token });
}

/** Work that names the cash register by its licence. */
function registerOnly(till: Till, asked: string, body: unknown): (() => Reply) | null {
  if (asked === 'POST /shifts') return () => openShift(till, body);
  if (asked === 'POST /webhook') return () => setWebhook(till, body);
  if (asked === 'GET /webhook') return () => json(200, till.webhook);
  if (asked !== 'DELETE /webhook') return null;
  return () => {
    till.webhook = null;
    return json(200, { ok: true });
  };
}

function cashier({ shifts }: Till, asked: string): Reply | null {
  if (asked === 'GET /cashier/shift') return json(200, shifts.current());
  if (asked === 'POST /shifts/close') {
    const shift = shifts.current()?.status === 'OPENED' ? shifts.close(false) : null;
    return shift ? json(202, shift) : refusal(400, 'shift.not_opened');
  }
  const id = /^GET \/shifts\/([^/]+)$/.exec(asked)?.[1];
  if (id === undefined) return null;
  const shift = shifts.find(decodeURIComponent(id));
  return shift ? json(200, shift) : refusal(404, 'shift.not_found');
}

function openShift({ shifts }: Till, body: unknown): Reply {
  const given = z.object({ id: z.uuid().optional() }).safeParse(body ?? {});
  const shift = given.success ? shifts.open(given.data.id) : null;
  return shift ? json(202, shift) : refusal(400, 'shift.already_opened');
}

function setWebhook(till: Till, body: unknown): Reply {
  const given = z.object({ url: z.url({ protocol: /^https?$/ }) }).safeParse(body);
  if (!given.success) return refusal(422, 'validation.custom');
  till.webhook = { url: given.data.url, key: randomUUID() };
  return json(200, till.webhook);
}
