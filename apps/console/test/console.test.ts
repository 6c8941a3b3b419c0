import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { migrate } from '@countersign/store';
import { ask as askOnce, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';
/** The simulator's cents (apps/simulator/README.md): served at once; never answers anything. */
const SERVED = '10.01';
const SILENT = '10.29';

let house: House;
let client: TestClient;

beforeAll(async () => {
  const quickly = {
    PROVIDER_REGISTRY_TIMEOUT_MS: '500',
    PROVIDER_REGISTRY_RETRY_DELAY_MS: '100',
    PROVIDER_REGISTRY_RETRIES: '1',
  };
  house = await startHouse({ migrate, env: quickly });
  client = await house.newClient('console');
});
afterAll(() => house?.stop());

/** The door of a machine that stood still may turn requests away for a moment: 503 says that nothing was done. */
const ask: typeof askOnce = async (...asking) =>
  await until(async () => {
    const reply = await askOnce(...asking);
    return reply.status !== 503 && reply;
  });
const get = async (path: string, key: string) => await ask('GET', `${house.url}${path}`, { key });

/**
 * One that stands there. A third party that answers later than its time-out, as on a machine that stood still, brings about
 * another end: then there is another one.
 */
async function submitted(amount: string, status: string): Promise<{ id: string; submissionId: string }> {
  const one = async () => {
    const body = { id: `tx-${randomUUID()}`, amount, currency: 'EUR' };
    const accepted = await ask('POST', `${house.url}/v1/transactions`, { key: client.key, body });
    const end = async () => {
      const { json } = await get(`/v1/transactions/${body.id}`, client.key);
      return ['COMPLETED', 'FAILED', 'UNRESOLVED'].includes(json.status) && json.status;
    };
    const met = await until(end, { timeoutMs: 20_000, label: `${body.id} to have an end` });
    return met === status && { id: body.id, submissionId: accepted.json.submissionId };
  };
  return await until(one, { timeoutMs: 20_000, label: `one to be ${status}` });
}

describe('the page', () => {
  test('every file it names is served with its type under a policy that lets nothing else in', async () => {
    const page = await ask('GET', `${house.url}/console`);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?:\/\//);
    const wanted = new Set([...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1] ?? ''));
    for (const path of wanted) {
      const file = await ask('GET', `${house.url}${path}`);
      expect(file.status, path).toBe(200);
      for (const [, module] of file.text.matchAll(/from '\.\/([\w.-]+)'/g)) wanted.add(`/console/${module}`);
    }
    expect(wanted.size).toBeGreaterThan(8);
  });

  test('nothing but its files is served', async () => {
    for (const path of ['/console/nothing.js', '/console/..%2fpackage.json', '/console/%2e%2e/package.json']) {
      expect((await ask('GET', `${house.url}${path}`)).status, path).toBe(404);
    }
  });

  test('its list holds all kinds, newest first, unless one is chosen', async () => {
    const { id } = await submitted(SERVED, 'COMPLETED');
    const all = await get('/console/data/any', house.adminKey);
    expect([all.status, all.json.data[0]]).toMatchObject([200, { id, kind: 'transaction' }]);
    expect((await get('/console/data/any?status=PENDING', house.adminKey)).json.data).toEqual([]);
    expect((await get('/console/data/refunds', house.adminKey)).text).toContain('there are: cost-jobs');
  });

  test('its data needs the scope admin', async () => {
    for (const path of ['/console/data/overview', '/console/data/transactions', '/console/data/transactions/x']) {
      expect((await ask('GET', `${house.url}${path}`)).status, path).toBe(401);
      expect((await get(path, client.key)).status, path).toBe(403);
    }
  });

  test("an administrator sees any client's submission, by either id, with its timeline and why it waits", async () => {
    const { id, submissionId } = await submitted(SILENT, 'UNRESOLVED');
    for (const name of [id, submissionId]) {
      const { status, json } = await get(`/console/data/transactions/${name}`, house.adminKey);
      expect(status).toBe(200);
      expect(json).toMatchObject({ resource: { id, submissionId, status: 'UNRESOLVED' }, clientId: client.id });
      expect(JSON.stringify(json)).toContain('PROVIDER_UNREACHABLE');
    }
  });
});

function browserTests(): void {
  describe('the page in a browser', () => {
    let browser: Browser;
    let page: Page;
    const troubles: string[] = [];

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    });
    afterAll(() => browser?.close());

    async function opened(path = '', key = house.adminKey): Promise<Page> {
      await page?.context().close();
      page = await (await browser.newContext()).newPage();
      page.setDefaultTimeout(10_000);
      page.on('pageerror', (error) => troubles.push(error.message));
      page.on(
        'console',
        (line) =>
          void (line.type() === 'error' && !line.text().includes('status of 401') && troubles.push(line.text())),
      );
      await page.goto(`${house.url}/console${path}`);
      await page.getByLabel('Administrator key').fill(key);
      await page.keyboard.press('Enter');
      return page;
    }

    test('a wrong key is refused in words; a right one looks in, and stays in this tab only', async () => {
      await opened('', 'nobody-knows-this-key');
      await page.getByText('The key is unknown or revoked').waitFor();
      await page.getByLabel('Administrator key').fill(house.adminKey);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.getByRole('region', { name: 'One queue per step' }).getByText('conclude').waitFor();
      const kept = await page.evaluate('[sessionStorage.length, localStorage.length, document.cookie]');
      expect(kept).toEqual([1, 0, '']);
      await page.getByRole('button', { name: 'Forget key' }).click();
      await page.getByRole('heading', { name: 'Who is looking?' }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    });

    test('a submission is found, and settled by hand with a reason, by keyboard alone', async () => {
      const { id, submissionId } = await submitted(SILENT, 'UNRESOLVED');
      await opened('#/submissions');
      await page.getByLabel("submissionId, or the client's id").focus();
      await page.keyboard.type(submissionId);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: id }).waitFor();
      await page.getByText('a replay or your verdict settles it').waitFor();
      await page.getByRole('button', { name: 'Settle by hand…' }).focus();
      await page.keyboard.press('Enter');
      await page.getByLabel('Reason').focus();
      await page.keyboard.type('The registry said so by telephone');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('The registry said so by telephone · by admin').waitFor();
      await page.getByRole('heading', { name: 'Standing COMPLETED' }).waitFor();
      expect((await get(`/v1/transactions/${id}`, client.key)).json.status).toBe('COMPLETED');
    });

    test('dead letters are listed, filtered and replayed', async () => {
      const { id, submissionId } = await submitted(SILENT, 'UNRESOLVED');
      await opened('#/dead-letters?error=PROVIDER_UNREACHABLE');
      await page.getByRole('button', { name: `Replay ${submissionId}` }).waitFor();
      await page.getByRole('button', { name: 'Replay all these…' }).click();
      await page.getByRole('heading', { name: /^Replay \d+ dead letters\?$/ }).waitFor();
      await page.getByRole('button', { name: /^Replay \d+$/ }).click();
      await page.getByText(/^Replayed \d+ of \d+/).waitFor();
      // Their silence goes on, so it is soon a dead letter again; that it was replayed is in its timeline.
      const { json } = await get(`/v1/transactions/${id}/timeline`, client.key);
      expect(json.data.filter((entry) => entry.type === 'replay')).toHaveLength(1);
    });

    test('what a client sent is text and nothing else', async () => {
      const id = `tx-${randomUUID()}`;
      const description = '<img src=x onerror=window.hit=1>';
      await ask('POST', `${house.url}/v1/transactions`, {
        key: client.key,
        body: { id, amount: SERVED, currency: 'EUR', description },
      });
      await opened(`#/submissions/transactions/${id}`);
      await page.getByText('The request as accepted').click();
      await page.getByText(description).waitFor();
      expect(await page.evaluate('window.hit')).toBeUndefined();
    });

    test('it fits a phone', async () => {
      const { id } = await submitted(SERVED, 'COMPLETED');
      for (const path of ['', '#/submissions', '#/dead-letters', `#/submissions/transactions/${id}`]) {
        await opened(path);
        await page.setViewportSize({ width: 360, height: 740 });
        await page.getByRole('link', { name: 'Overview' }).waitFor();
        await page.getByRole('heading', { level: 1 }).waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360);
      }
    });

    test('nothing was refused by the policy and nothing threw', () => {
      expect(troubles).toEqual([]);
    });
  });
}

if (existsSync(CHROMIUM)) browserTests();
else
  process.stderr.write(
    `apps/console: no ${CHROMIUM} here, so the page was tested over HTTP only (Debian: apt-get install chromium)\n`,
  );
