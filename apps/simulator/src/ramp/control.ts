import { z } from 'zod';
import { controlDesk, unknownControl } from '../desk/control.ts';
import { answerJson, answerText, readJson } from '../http.ts';
import type { Call } from '../party.ts';
import type { Office } from './office.ts';

const webhookSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }).nullable() });
const ageSchema = z.strictObject({ ms: z.number().min(0) });
const ratesSchema = z.record(z.string().regex(/^[A-Z]{3,5}$/), z.string().regex(/^\d+(\.\d+)?$/));

/** `/_sim/on-ramp/...`: see README. */
export async function controlRamp(office: Office, call: Call, publicPem: () => string): Promise<void> {
  const { desk, keys, quotes } = office;
  const { request, response } = call;
  switch (`${call.method} ${call.path}`) {
    case 'GET /public-key':
      return answerText(response, 200, publicPem(), { 'content-type': 'application/x-pem-file' });
    case 'POST /webhook':
      office.webhookUrl = (await readJson(request, webhookSchema)).url;
      return answerJson(response, 200, { url: office.webhookUrl });
    case 'POST /age': {
      const { ms } = await readJson(request, ageSchema);
      keys.age(ms);
      quotes.age(ms);
      return answerJson(response, 200, { ms });
    }
    case 'GET /rates':
      return answerJson(response, 200, quotes.rates());
    case 'POST /rates':
      quotes.setRates(await readJson(request, ratesSchema));
      return answerJson(response, 200, quotes.rates());
  }
  if (!(await controlDesk(desk, call))) unknownControl(desk.name, call);
}
