import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readAptMachine } from './apt-sources.ts';
import type { AptMachine } from './apt-sources.ts';
import { onPath } from './on-path.ts';

const run = promisify(execFile);
const FETCH_WITHIN_MS = 120_000;

// In both packages the server is the program that also checks dump files, under another name.
const CANDIDATES = [
  { debianPackage: 'valkey-tools', program: 'usr/bin/valkey-check-rdb', server: 'valkey-server' },
  { debianPackage: 'redis-tools', program: 'usr/bin/redis-check-rdb', server: 'redis-server' },
];

/** The machine's apt, when it is a Debian or Ubuntu with the tools to fetch and unpack a package. */
export function aptMachine(path: string): AptMachine | undefined {
  const tools = ['apt-get', 'dpkg-deb', 'ldd'];
  return tools.every((tool) => onPath(path, [tool]) !== undefined) ? readAptMachine() : undefined;
}

/**
 * Fetches a Redis server with apt into `folder`, once: nothing is installed, no root is needed, the machine's apt state
 * is not touched. Takes 2 to 5 s and 1.4 MB.
 * @returns the program and the environment with its libraries.
 * @throws Error with apt's own words.
 */
export async function fetchWithApt(
  machine: AptMachine,
  folder: string,
): Promise<{ path: string; env: NodeJS.ProcessEnv }> {
  const known = await fetched(folder);
  if (known !== undefined) return known;
  const half = `${folder}.${process.pid}`;
  await rm(half, { recursive: true, force: true });
  try {
    await fetchInto(machine, half);
    await rm(folder, { recursive: true, force: true });
    // Another start may have been quicker; then its copy serves.
    await rename(half, folder).catch(() => undefined);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  const made = await fetched(folder);
  if (made === undefined) throw new Error(`apt fetched no Redis server into ${folder}`);
  return made;
}

async function fetched(folder: string): Promise<{ path: string; env: NodeJS.ProcessEnv } | undefined> {
  const root = join(folder, 'root');
  const path = CANDIDATES.map(({ server }) => join(root, 'usr/bin', server)).find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  const env = libraries(root);
  const works = await run(path, ['--version'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );
  return works ? { path, env } : undefined;
}

async function fetchInto(machine: AptMachine, folder: string): Promise<void> {
  const apt = await privateApt(machine, folder);
  await apt('update');
  const failures: string[] = [];
  for (const { debianPackage, program, server } of CANDIDATES) {
    try {
      await apt('download', debianPackage);
      await unpack(folder);
      await symlink(join('..', '..', program), join(folder, 'root/usr/bin', server));
      await addLibraries(apt, folder, join(folder, 'root', program));
      return;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(failures.join('\n'));
}

type Apt = (...args: string[]) => Promise<void>;

async function privateApt(machine: AptMachine, folder: string): Promise<Apt> {
  for (const sub of ['state/lists/partial', 'cache/archives/partial', 'debs', 'root'])
    await mkdir(join(folder, sub), { recursive: true });
  const suites = [machine.codename, ...(machine.backports ? [`${machine.codename}-backports`] : [])];
  const source = (suite: string): string =>
    `deb [signed-by=${machine.keyring}] ${machine.mirror} ${suite} ${machine.components}\n`;
  await writeFile(join(folder, 'sources.list'), suites.map(source).join(''));
  // An empty status: a half-configured package of the machine must not stop a download.
  await writeFile(join(folder, 'state/status'), '');
  await writeFile(join(folder, 'apt.conf'), await configuration(folder));
  return async (...args) => {
    await run('apt-get', ['-qq', ...args], {
      cwd: join(folder, 'debs'),
      timeout: FETCH_WITHIN_MS,
      env: { ...process.env, APT_CONFIG: join(folder, 'apt.conf'), LC_ALL: 'C' },
    });
  };
}

async function configuration(folder: string): Promise<string> {
  const { stdout } = await run('apt-config', ['dump']);
  // The machine's proxies, not its hooks: some clean the machine's own package cache after an update.
  const proxies = stdout.split('\n').filter((line) => /^Acquire::https?::/i.test(line));
  return [
    ...proxies,
    `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";`,
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::parts "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    `Dir::State "${join(folder, 'state')}";`,
    `Dir::State::status "${join(folder, 'state/status')}";`,
    `Dir::Cache "${join(folder, 'cache')}";`,
    // As root apt would switch to a user who cannot reach a clone in the home of root.
    'APT::Sandbox::User "root";',
    '',
  ].join('\n');
}

async function unpack(folder: string): Promise<void> {
  for (const file of await readdir(join(folder, 'debs')))
    await run('dpkg-deb', ['-x', join(folder, 'debs', file), join(folder, 'root')]);
}

// The few libraries the machine lacks: asked for by what `ldd` misses, named by what the packages depend on.
async function addLibraries(apt: Apt, folder: string, program: string): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const { stdout } = await run('ldd', [program], { env: { ...process.env, ...libraries(join(folder, 'root')) } });
    const missing = [...stdout.matchAll(/^\s*(\S+?)\.so\S* => not found/gm)].map((found) => found[1] ?? '');
    if (missing.length === 0) return;
    const wanted = await dependencies(folder);
    const named = wanted.filter((name) => missing.some((library) => name.startsWith(library)));
    for (const name of named.length > 0 ? named : wanted) await apt('download', name);
    await unpack(folder);
  }
}

async function dependencies(folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (const file of await readdir(join(folder, 'debs'))) {
    const { stdout } = await run('dpkg-deb', ['-f', join(folder, 'debs', file), 'Depends']);
    for (const clause of stdout.split(',')) {
      const name = clause
        .split('|')[0]
        ?.trim()
        .split(/[\s:(]/)[0];
      if (name !== undefined && /^(lib|lua)/.test(name) && !/^libc6/.test(name)) names.add(name);
    }
  }
  return [...names];
}

function libraries(root: string): NodeJS.ProcessEnv {
  const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as 'x64' | 'arm64'] ?? '';
  return {
    LD_LIBRARY_PATH: ['usr/lib', `usr/lib/${multiarch}`, `lib/${multiarch}`].map((sub) => join(root, sub)).join(':'),
  };
}
