// `pnpm dev`. Plain JavaScript on purpose: it must run, and speak plainly, where nothing else would.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_WANTED = 24;
const root = fileURLToPath(new URL('..', import.meta.url));
const problem = whatIsMissing();
if (problem === undefined) {
  const { dev } = await import('./dev/main.ts');
  await dev(root);
} else {
  console.error(problem);
  process.exitCode = 1;
}

function whatIsMissing() {
  const command = 'npx -y pnpm@12.21.0 dev';
  if (process.platform === 'win32') return 'Windows itself is not supported: run this in WSL2.';
  if (Number(process.versions.node.split('.')[0]) < NODE_WANTED) {
    return `This is Node ${process.versions.node}; Node ${NODE_WANTED} or newer is needed. Start it by \`${command}\`, which brings its own Node (on Alpine it cannot: install Node ${NODE_WANTED} there).`;
  }
  if (!existsSync(`${root}/node_modules/@countersign/devservices`)) {
    return `The dependencies are not installed, or their installation failed: run \`npx -y pnpm@12.21.0 install\`, then \`${command}\`.`;
  }
  return undefined;
}
