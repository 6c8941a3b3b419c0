// WHO MAY IMPORT WHOM. A room is a folder of apps/ or packages/; it may import the rooms on its right, and nothing else of ours.
// The same table is checked against every package.json by `node scripts/check-imports.ts`.
const ROOMS = {
  flow: [],
  documents: [],
  steps: ['flow'],
  providers: ['flow', 'documents', 'outbound'],
  kinds: ['flow', 'documents', 'steps', 'providers'],
  queue: ['flow', 'process'],
  store: ['flow', 'process'],
  outbound: ['flow', 'process'],
  archive: ['flow'],
  process: ['flow'],
  api: ['flow', 'archive', 'kinds', 'queue', 'store', 'outbound', 'process', 'providers'],
  worker: ['flow', 'archive', 'kinds', 'providers', 'queue', 'steps', 'store', 'outbound', 'process'],
  console: [],
  simulator: ['process'],
  // Never part of what is deployed:
  devservices: [],
  testkit: ['flow', 'devservices'],
  bench: ['devservices', 'testkit'],
  chaos: ['devservices', 'testkit'],
  lint: [],
};

// What a room's tests may import besides: the stage they play on.
const TESTS_ALSO = ['testkit', 'devservices', 'simulator', 'store', 'outbound', 'process'];

// The rooms that own a way to the outside, and those that play the outside world. Tests may use all of them but bullmq.
const ONLY_IN = {
  bullmq: { rooms: ['queue'], tests: false },
  pg: { rooms: ['store', 'testkit', 'devservices', 'bench', 'chaos', 'scripts'], tests: true },
  kysely: { rooms: ['store'], tests: true },
  hyparquet: { rooms: ['archive'], tests: true },
  'hyparquet-writer': { rooms: ['archive'], tests: true },
  '@aws-sdk/client-s3': { rooms: ['archive'], tests: true },
  undici: { rooms: ['outbound', 'simulator', 'testkit', 'bench', 'chaos', 'scripts'], tests: true },
};

// Configuration is read once, where a process begins, and handed over.
const READ_THE_ENVIRONMENT = [
  '**/{main,sandbox,lambda,migrate,archive-now}.ts',
  '{scripts,packages/devservices,packages/testkit,packages/lint,apps/bench,apps/chaos}/**',
  '**/*.test.ts',
  '**/test/**',
];

const { config } = require('./packages/lint/src/index.ts');

module.exports = config({ ROOMS, TESTS_ALSO, ONLY_IN, READ_THE_ENVIRONMENT });
// For scripts/check-imports.ts; ESLint looks at the array only.
Object.assign(module.exports, { ROOMS, TESTS_ALSO });
