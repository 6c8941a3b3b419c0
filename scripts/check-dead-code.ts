// Files nobody imports, exports nobody uses, dependencies nobody needs or forgot to declare (knip; what is an entry: knip.json).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const knip = createRequire(join(root, 'packages/lint/package.json')).resolve('knip');
const args = [join(knip, '../../bin/knip.js'), '--no-progress', '--no-config-hints', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
if (status === 0) console.log('no dead code');
else process.exitCode = 1;
