import type { Server } from 'node:http';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Door } from './door.ts';
import { addJsonBodies } from './intake/json-body.ts';
import { addAuth } from './plugins/auth.ts';
import { answerBrokenRequest } from './plugins/broken-request.ts';
import { addErrors, answerFrameworkError } from './plugins/errors.ts';
import { addLoadShedding } from './plugins/limits.ts';
import { addMeasures } from './plugins/measures.ts';
import { addSecurity, requestIdOf } from './plugins/security.ts';
import { addClients } from './routes/admin-clients.ts';
import { addKeys } from './routes/admin-keys.ts';
import { addBankMessages } from './routes/admin-bank-messages.ts';
import { addDeadLetters } from './routes/admin-dead-letters.ts';
import { addOperatorMoves } from './routes/admin-submissions.ts';
import { addConsole } from './routes/console.ts';
import { addDocs, addOpenapi } from './routes/docs.ts';
import { addDefinitions } from './routes/definitions.ts';
import { addDocument } from './routes/document.ts';
import { addExport } from './routes/export.ts';
import { addExportFile } from './routes/export-file.ts';
import { addHealth } from './routes/health.ts';
import { addInbound } from './routes/inbound.ts';
import { addOffer } from './routes/offer.ts';
import { addRead } from './routes/read.ts';
import { addSubmit } from './routes/submit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The kind a route accepts: such a route has the store's deadline and none of its own. */
    accepts?: string;
  }
}

/** Contract section 3: every request is answered, or its connection closed, within 15 s: 10 to arrive, the rest for us. */
const ARRIVE_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 4_500;
/** Longer than the 60 s of common load balancers, so that they close idle connections and not we, under their feet. */
const KEEP_ALIVE_MS = 65_000;

/** The door, not yet opened: `listen()` is the caller's. */
export async function buildApp(door: Door): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify<Server>({
    loggerInstance: door.log,
    // One line per request at info costs more than the request's other work; /metrics counts them, and debug logs them.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger per request costs 8 µs (redaction of its bindings); what is logged names the request id itself.
    childLoggerFactory: (logger) => logger,
    genReqId: requestIdOf,
    // Off unless told: a caller could choose the address that failed authentications are counted by.
    trustProxy: trusted(door.settings.trustProxy),
    requestTimeout: ARRIVE_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: ARRIVE_WITHIN_MS, connectionsCheckingInterval: 1_000 },
    // Natural ids have up to 128 characters, each up to three when percent-encoded.
    routerOptions: { maxParamLength: 512 },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerFrameworkError,
    // What was begun is finished, then connections are told to close; main sets the deadline.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  addDeadlines(app);
  addErrors(app);
  addMeasures(app, door.metrics);
  await addSecurity(app, door.settings);
  await addLoadShedding(app, door.settings.maxLoopDelayMs);
  await addDocs(app, VERSION, door.contracts);
  addJsonBodies(app);
  const mayOnly = addAuth(app, door.authenticate, door.limits);
  addOpenapi(app);
  addHealth(app, door);
  addInbound(app, door);
  addSubmit(app, door, mayOnly);
  for (const contract of door.contracts) {
    addRead(app, door, contract, mayOnly);
    if (contract.intake.type === 'raw') {
      addDocument(app, door, contract, mayOnly);
      addExport(app, door, contract, mayOnly);
      addExportFile(app, door, contract);
    }
    addOperatorMoves(app, door, contract, mayOnly);
    if (contract.offer) addOffer(app, door, contract, contract.offer, mayOnly);
  }
  addDefinitions(app, door, mayOnly);
  addClients(app, door, mayOnly);
  addKeys(app, door, mayOnly);
  addDeadLetters(app, door, mayOnly);
  addBankMessages(app, door, mayOnly);
  addConsole(app, door, mayOnly);
  return app;
}

/**
 * Every handler has its deadline. Accepting has the store's own (its statements end after 3 s), because a timer and an
 * abort signal per request cost 5 µs.
 */
function addDeadlines(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.accepts === undefined) route.handlerTimeout ??= ANSWER_WITHIN_MS;
  });
}

function trusted(
  proxies: number | readonly string[] | undefined,
): false | string[] | ((address: string, hop: number) => boolean) {
  if (proxies === undefined) return false;
  return typeof proxies === 'number' ? (_address, hop) => hop < proxies : [...proxies];
}

const VERSION = '0.1.0';
