import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-background-networking'];

/**
 * Starts the browser of the npm package @sparticuz/chromium, or the one that CHROMIUM_PATH names. The package is ESM, which
 * Jest cannot load, so another process unpacks it.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? (await unpackedBrowser());
  return chromium.launch({ executablePath, args: FLAGS });
}

async function unpackedBrowser(): Promise<string> {
  const script = `import chromium from '@sparticuz/chromium'; process.stdout.write(await chromium.executablePath())`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: __dirname,
  });
  return stdout;
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Uncaught errors, and what the browser reports, such as violations of the CSP. */
  readonly faults: string[];
}

/** Opens a page that remembers everything that went wrong in it. */
export async function visit(
  browser: Browser,
  url: string,
  options: { readonly width?: number; readonly locale?: string } = {},
): Promise<Visit> {
  const { width = 1280, locale = 'en-GB' } = options;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    locale,
    timezoneId: 'Europe/Paris',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error.stack)));
  page.on('console', (message) => {
    // Refused requests are reported as errors, although the page expects them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  await page.goto(url);
  return { page, context, faults };
}

/** Faults of accessibility that axe calls serious or critical, each with its element. */
export async function axeFaults(page: Page, rules?: string[]): Promise<string[]> {
  // The page has no frames, so no second page is needed to collect their results.
  const builder = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const { violations } = await (rules ? builder.withRules(rules) : builder).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
