import type { KindContract } from '@countersign/kinds';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { PROBLEMS } from '../problem.ts';
import { transformForDocs } from './docs-transform.ts';
import { sendJson } from './resource.ts';

const DESCRIPTION = `Accepts submissions, never loses or doubles one, gets each countersigned by the third parties it needs, and tells you how it ended.

**Idempotency.** The key of a submission is its id in the body, or the header \`Idempotency-Key\` where the body has none (bare or quoted).
Keys are yours alone, compared with the canonical JSON of the body, and kept for ever. The same key with the same body is the same submission
(\`Idempotency-Replayed: true\`), with another body it is refused. A request that was answered 4xx or 503 used no key.

**Callbacks** are signed by [Standard Webhooks](https://www.standardwebhooks.com).

**Problems** are RFC 9457; \`type\` is \`urn:countersign:problem:<slug>\`:

${Object.entries(PROBLEMS)
  .map(([slug, { status, title }]) => `- \`${slug}\` ${status}: ${title}`)
  .join('\n')}`;

const WORDMARK =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 40"><text x="0" y="29" font-family="sans-serif" font-size="28" font-weight="bold" fill="#fff">Countersign</text></svg>';

/** OpenAPI 3.1 from the very schemas that validate, at /openapi.json, and a page to read it at /docs. Before the routes. */
export async function addDocs(
  app: FastifyInstance,
  version: string,
  contracts: readonly Pick<KindContract, 'path' | 'summary'>[],
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Countersign', version, description: DESCRIPTION },
      // What a reader came for stands first.
      tags: contracts.map(({ path, summary }) => ({ name: path, description: summary })),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, or an OIDC access token. Scopes: read, write, admin.',
          },
        },
      },
    },
    transform: transformForDocs,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { deepLinking: true, persistAuthorization: false },
    theme: { title: `Countersign ${version}` },
    logo: { type: 'image/svg+xml', content: WORDMARK },
  });
}

/** The document does not change while the process lives: built once, at the first request. */
export function addOpenapi(app: FastifyInstance): void {
  let text: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    sendJson(reply, (text ??= JSON.stringify(app.swagger()))),
  );
}
