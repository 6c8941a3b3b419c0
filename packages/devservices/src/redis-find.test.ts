import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAptMachine } from './apt-sources.ts';
import { findRedis, redisMissing } from './redis-find.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-find-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
  chmodSync(join(folder, path), mode);
}

test('a machine without Redis, apt and docker is told the three ways to get one', async () => {
  const error: unknown = await findRedis(folder, folder).catch((reason: unknown) => reason);
  const message = error instanceof Error ? error.message : '';
  expect(message).toMatch(/1\. .*brew install valkey .*apt-get install redis-server/);
  expect(message).toMatch(/2\. .*docker compose up/);
  expect(message).toMatch(/3\. .*REDIS_URL=redis:/);
  expect(message).not.toContain('4.');
});

test('why the private download failed is part of the message', () => {
  expect(redisMissing(['E: no network'])).toContain('(a private download by apt was tried: E: no network)');
});

test('a server on the PATH is taken before anything is fetched, Valkey before Redis', async () => {
  write('one/redis-server', '#!/bin/sh\n', 0o755);
  expect(await findRedis(join(folder, 'one'))).toEqual({
    kind: 'program',
    path: join(folder, 'one/redis-server'),
    env: {},
  });
  write('two/valkey-server', '#!/bin/sh\n', 0o755);
  const path = `${join(folder, 'one')}:${join(folder, 'two')}`;
  expect(await findRedis(path)).toMatchObject({ path: join(folder, 'two/valkey-server') });
});

test('the mirror comes from the machine’s own configuration: deb822', () => {
  write('etc/os-release', 'ID=debian\nVERSION_CODENAME=bookworm\n');
  write(
    'etc/apt/sources.list.d/debian.sources',
    '# comment\nTypes: deb-src\nURIs: http://other.example\nSuites: bookworm\n\nTypes: deb\n# old: http://no.example\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /keys/debian.gpg\n',
  );
  const machine = {
    mirror: 'http://mirror.example/debian',
    keyring: '/keys/debian.gpg',
    codename: 'bookworm',
    components: 'main',
    backports: true,
  };
  expect(readAptMachine(`${folder}/`)).toEqual(machine);
});

test('the mirror comes from the machine’s own configuration: one line each', () => {
  write('etc/os-release', 'ID="ubuntu"\nVERSION_CODENAME=noble\n');
  write(
    'etc/apt/sources.list',
    '# deb http://no.example noble main\ndeb [arch=amd64] http://mirror.example/ubuntu noble main restricted\n',
  );
  const keyring = '/usr/share/keyrings/ubuntu-archive-keyring.gpg';
  const machine = {
    mirror: 'http://mirror.example/ubuntu',
    keyring,
    codename: 'noble',
    components: 'main universe',
    backports: false,
  };
  expect(readAptMachine(`${folder}/`)).toEqual(machine);
});

test('no apt on any other system', () => {
  write('etc/os-release', 'ID=fedora\nVERSION_CODENAME=\n');
  expect(readAptMachine(`${folder}/`)).toBeUndefined();
  expect(readAptMachine(`${folder}/nothing/`)).toBeUndefined();
});
