import { z } from 'zod';
import { givenPair } from './key-pair.ts';
import { profileNames } from './party.ts';
import type { SimulatorOptions } from './town.ts';

const port = z.coerce.number('expected a port, 0 to 65535').int().min(0).max(65_535);
const decimal = z.coerce.number('expected a number').min(0);

/** Never shown. */
const SECRET = new Set(['SIMULATOR_RAMPS_KEY']);

const environment = z.object({
  PORT: port.default(3_100),
  SIMULATOR_PORT: port.optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  SIMULATOR_SEED: z.string().min(1).default('1'),
  SIMULATOR_PROFILE: z.enum(profileNames).default('calm'),
  SIMULATOR_TIME_SCALE: decimal.default(1),
  SIMULATOR_RECORD: z.enum(['full', 'counts']).default('full'),
  SIMULATOR_ANSWER_MS: decimal.optional(),
  SIMULATOR_MAGIC_AMOUNTS: z.enum(['true', 'false']).optional(),
  SIMULATOR_PRODUCT_URL: z.url({ protocol: /^https?$/, error: 'expected the URL Countersign listens at' }).optional(),
  SIMULATOR_KEYS_DIR: z.string().min(1).optional(),
  SIMULATOR_BANK_TLS_PORT: port.optional(),
  SIMULATOR_RAMPS_KEY: z.string().refine(isPrivateKey, 'expected an RSA private key as PEM').optional(),
});

function isPrivateKey(pem: string): boolean {
  try {
    return givenPair(pem).privateKey.asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

/** What the environment asks for, or every problem with it, each with its variable and what was given. */
export type Settings = { options: SimulatorOptions } | { problems: readonly string[] };

/** Judges the environment as a whole. An empty variable counts as missing. */
export function readSettings(given: Readonly<Record<string, string | undefined>>): Settings {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const judged = environment.safeParse(said);
  if (!judged.success) {
    return {
      problems: judged.error.issues.map(({ path, message }) => {
        const name = String(path[0]);
        return `${name}: given ${SECRET.has(name) ? '***' : JSON.stringify(given[name])}; ${message}`;
      }),
    };
  }
  const env = judged.data;
  const { SIMULATOR_PRODUCT_URL: productUrl, SIMULATOR_KEYS_DIR: keysDir, SIMULATOR_BANK_TLS_PORT: tlsPort } = env;
  const magic = env.SIMULATOR_MAGIC_AMOUNTS;
  const privateKey = env.SIMULATOR_RAMPS_KEY;
  return {
    options: {
      host: env.HOST,
      port: env.SIMULATOR_PORT ?? env.PORT,
      seed: env.SIMULATOR_SEED,
      profile: env.SIMULATOR_PROFILE,
      timeScale: env.SIMULATOR_TIME_SCALE,
      record: env.SIMULATOR_RECORD,
      ...(productUrl === undefined ? {} : { productUrl: productUrl.replace(/\/+$/, '') }),
      ...(tlsPort === undefined ? {} : { bank: { tlsPort } }),
      ...(keysDir === undefined ? {} : { keysDir }),
      ...(privateKey === undefined ? {} : { 'on-ramp': { privateKey }, 'off-ramp': { privateKey } }),
      ...(magic === undefined ? {} : { magicAmounts: magic === 'true' }),
      ...(env.SIMULATOR_ANSWER_MS === undefined ? {} : { registry: { params: { answerMs: env.SIMULATOR_ANSWER_MS } } }),
    },
  };
}
