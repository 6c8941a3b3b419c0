// `pnpm build`: the two deployable processes. One folder per app with everything of ours in it; npm packages stay outside
// (node_modules of the image). Code that several entries share lies in chunks at the root of dist, because what discovers
// the kinds looks for `./kinds/` next to itself.
import { cpSync, globSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const APPS = { api: ['main', 'migrate'], worker: ['main', 'sandbox', 'lambda', 'archive-now'] };

/** Files that are started as threads by what lies beside them. */
const THREADS = {
  'archive-thread': join(root, 'packages/archive/src/thread.ts'),
  'documents-thread': join(root, 'packages/documents/src/thread.ts'),
};

/** Packages of ours go into the bundle, npm packages stay outside and are noted in `used`. */
const oursInside = (used) => ({
  name: 'ours-inside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || path.startsWith('@countersign/')) return undefined;
      if (!isBuiltin(path))
        used.add(
          path
            .split('/')
            .slice(0, path.startsWith('@') ? 2 : 1)
            .join('/'),
        );
      return { path, external: true };
    }),
});

for (const [app, entries] of Object.entries(APPS)) {
  const startedAt = performance.now();
  const outdir = join(root, 'apps', app, 'dist');
  rmSync(outdir, { recursive: true, force: true });
  const used = new Set();
  const { metafile } = await build({
    entryPoints: { ...ownEntries(app, entries), ...kindEntries(), ...THREADS },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    metafile: true,
    chunkNames: '[name]-[hash]',
    plugins: [oursInside(used)],
    logLevel: 'warning',
  });
  refuseUndeclared(app, used);
  // The operators' page is plain files; the API serves them from beside its bundle.
  if (app === 'api') cpSync(join(root, 'apps/console/src'), join(outdir, 'console'), { recursive: true });
  // What a kind reads at run time lies in its folder's `types/`.
  for (const folder of globSync('packages/kinds/src/*/types', { cwd: root })) {
    cpSync(join(root, folder), join(outdir, 'kinds', basename(dirname(folder)), 'types'), { recursive: true });
  }
  const files = Object.keys(metafile.outputs).filter((file) => file.endsWith('.js'));
  const bytes = files.reduce((sum, file) => sum + metafile.outputs[file].bytes, 0);
  console.log(
    `apps/${app}/dist  ${files.length} files, ${Math.round(bytes / 1024)} kB, ${Math.round(performance.now() - startedAt)} ms`,
  );
}

function ownEntries(app, entries) {
  return Object.fromEntries(entries.map((entry) => [entry, join(root, 'apps', app, 'src', `${entry}.ts`)]));
}

function kindEntries() {
  const files = globSync('packages/kinds/src/*/{contract,plan}.ts', { cwd: root });
  return Object.fromEntries(
    files.map((file) => [`kinds/${basename(dirname(file))}/${basename(file, '.ts')}`, join(root, file)]),
  );
}

// What a package of ours needs, the app that contains it needs: Node looks for it from the app's folder, and the image has
// what the app declares.
function refuseUndeclared(app, used) {
  const file = `apps/${app}/package.json`;
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, file), 'utf8'));
  const missing = [...used].filter((name) => !(name in dependencies)).sort();
  if (missing.length > 0)
    throw new Error(`${file} must declare ${missing.join(', ')}: code built into it imports them`);
}
