// `pnpm build`: the two deployable processes. One folder per app with everything of ours in it; npm packages stay outside
// (node_modules of the image). Code that several entries share lies in chunks at the root of dist, because what discovers
// the kinds looks for `./kinds/` next to itself.
import { globSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const APPS = { api: ['main', 'migrate'], worker: ['main', 'sandbox', 'lambda'] };

// esbuild's own `packages: 'external'` would leave ours outside as well.
const oursInside = {
  name: 'ours-inside',
  setup: ({ onResolve }) => onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' || path.startsWith('@countersign/') ? undefined : { path, external: true })),
};

for (const [app, entries] of Object.entries(APPS)) {
  const startedAt = performance.now();
  const outdir = join(root, 'apps', app, 'dist');
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: { ...ownEntries(app, entries), ...kindEntries() },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    metafile: true,
    chunkNames: '[name]-[hash]',
    plugins: [oursInside],
    logLevel: 'warning',
  });
  const files = Object.keys(metafile.outputs).filter((file) => file.endsWith('.js'));
  const bytes = files.reduce((sum, file) => sum + metafile.outputs[file].bytes, 0);
  console.log(`apps/${app}/dist  ${files.length} files, ${Math.round(bytes / 1024)} kB, ${Math.round(performance.now() - startedAt)} ms`);
}

function ownEntries(app, entries) {
  return Object.fromEntries(entries.map((entry) => [entry, join(root, 'apps', app, 'src', `${entry}.ts`)]));
}

function kindEntries() {
  const files = globSync('packages/kinds/src/*/{contract,plan}.ts', { cwd: root });
  return Object.fromEntries(files.map((file) => [`kinds/${basename(dirname(file))}/${basename(file, '.ts')}`, join(root, file)]));
}
