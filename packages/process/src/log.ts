import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

/** Never in a log: credentials, and what clients send us (it may hold names and accounts). */
const HIDDEN = [
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'secret',
  'secrets',
  'webhookSecret',
  'webhook-signature',
  'key',
  'apiKey',
  'api_key',
  'api-key',
  'Api-Key',
  'x-api-key',
  'clientKey',
  'privateKey',
  'payload',
  'body',
  'document',
  'snapshot',
  'requestJson',
  'metadata',
  'accountNumber',
  'iban',
];

/** Depths 0 to 3, as in `{ req: { headers: { authorization } } }`: deeper things should not be logged at all. */
const PATHS = HIDDEN.flatMap((name) => {
  const key = `["${name}"]`;
  return [key, `*${key}`, `*.*${key}`, `*.*.*${key}`];
});

/** A JSON log to stdout (or `to`). Log the object first, the message second, with `kind`, `id`, `step`, `attempt` where known. */
export function createLog({ level, name }: { level: string; name: string }, to?: DestinationStream): Log {
  const options = {
    level,
    name,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: PATHS, censor: '(hidden)' },
  };
  return to ? pino(options, to) : pino(options);
}
