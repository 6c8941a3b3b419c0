import { readdirSync, readFileSync } from 'node:fs';

/** What apt needs to know to fetch from the mirror this machine already uses. */
export type AptMachine = { codename: string; components: string; mirror: string; keyring: string; backports: boolean };

const DISTRIBUTIONS = {
  debian: { components: 'main', keyring: '/usr/share/keyrings/debian-archive-keyring.gpg' },
  ubuntu: { components: 'main universe', keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg' },
} as const;

/** Reads the distribution and its mirror from the machine's own configuration; undefined on anything but Debian and Ubuntu. */
export function readAptMachine(root = '/'): AptMachine | undefined {
  const release = new Map(
    read(`${root}etc/os-release`)
      .split('\n')
      .map((line) => line.split('=', 2))
      .map(([name = '', value = '']) => [name, value.replaceAll('"', '')]),
  );
  const id = release.get('ID');
  const codename = release.get('VERSION_CODENAME');
  if ((id !== 'debian' && id !== 'ubuntu') || codename === undefined) return undefined;
  const source = aptSources(root).find(({ suites }) => suites.includes(codename));
  if (source === undefined) return undefined;
  const { components, keyring } = DISTRIBUTIONS[id];
  // Debian 12 itself has Redis 7.0; Valkey 8, which knows WAITAOF, is in its backports.
  return {
    codename,
    components,
    mirror: source.uri,
    keyring: source.signedBy ?? keyring,
    backports: codename === 'bookworm',
  };
}

type Source = { uri: string; suites: string[]; signedBy: string | undefined };

function aptSources(root: string): Source[] {
  const folder = `${root}etc/apt/sources.list.d`;
  const files = [`${root}etc/apt/sources.list`, ...list(folder).map((file) => `${folder}/${file}`)];
  return files.flatMap((file) => {
    if (file.endsWith('.sources')) return deb822(read(file));
    return file.endsWith('.list') ? oneLine(read(file)) : [];
  });
}

// Types: deb / URIs: … / Suites: a b / Signed-By: …, entries parted by empty lines.
function deb822(text: string): Source[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((entry) => {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}:[ \\t]*(.+)$`, 'mi').exec(entry)?.[1]?.trim();
      const uri = field('URIs')?.split(/\s+/)[0];
      const isBinary = field('Types')?.split(/\s+/).includes('deb') ?? false;
      if (uri === undefined || !isBinary || /^no$/i.test(field('Enabled') ?? 'yes')) return [];
      return [{ uri, suites: field('Suites')?.split(/\s+/) ?? [], signedBy: keyringFile(field('Signed-By')) }];
    });
}

// deb [signed-by=…] uri suite component…
function oneLine(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const found = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line.trim());
    if (found === null) return [];
    const [, choices = '', uri = '', suite = ''] = found;
    return [{ uri, suites: [suite], signedBy: keyringFile(/signed-by=(\S+)/.exec(choices)?.[1]) }];
  });
}

function keyringFile(value: string | undefined): string | undefined {
  return value?.startsWith('/') === true ? value : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
