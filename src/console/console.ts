import { Hono } from 'hono';
import type { AgentView } from './agent-view.js';
import type { Clock } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { AccessControl, type AccessOptions } from './access/access.js';
import { API_ROOT } from './api/routes.js';
import { answerJson, answerStream, apiServer, type Handlers } from './api-server.js';
import { ChangeLog } from './changes/change-log.js';
import { ChangeSource } from './changes/change-source.js';
import { ChangeStreams } from './changes/change-streams.js';
import { deviceHandlers } from './handlers/devices.js';
import { jobHandlers } from './handlers/jobs.js';
import { overviewHandlers } from './handlers/overview.js';
import { rolloutHandlers } from './handlers/rollouts.js';
import { serviceHandlers } from './handlers/services.js';
import { sessionHandlers } from './handlers/session.js';
import { PageFiles } from './page-files.js';
import type { RequestEnvironment } from './request.js';
import { ReadCache } from './read-cache.js';

export interface ConsoleOptions {
  /** `console.key`; without it the console is read only. */
  readonly key?: AccessOptions['key'];
  /** `console.publicUrl`. */
  readonly publicUrl?: string | undefined;
  readonly version: string;
  /** Where the built page is. */
  readonly pageFolder: string;
  readonly agent: AgentView;
  /** `console.allow`. */
  readonly isAllowed: (service: string) => boolean;
  /** Deadline of a call. */
  readonly timeoutMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** Makes the console: the page and its API, to be served at the root of the admin server. */
export async function createConsole(options: ConsoleOptions): Promise<Hono<RequestEnvironment>> {
  const { key, publicUrl, clock, log } = options;
  const access = new AccessControl({ key, clock, isSecure: publicUrl?.startsWith('https:') === true });
  const pages = await PageFiles.load(options.pageFolder);
  const app = new Hono<RequestEnvironment>();
  const handlers = handlersOf(options, access);
  app.get(`${API_ROOT}/openapi.json`, (context) =>
    answerJson({ access, log }, context, 'open', async () => {
      const { openApiDocument } = await import('./api/openapi.js');
      return openApiDocument(options.version);
    }),
  );
  const streams = changeStreams(options, access);
  app.get(`${API_ROOT}/changes`, (context) =>
    answerStream({ access, log }, context, (bindings) => streams.begin(bindings)),
  );
  app.route('/', apiServer({ access, handlers, log }));
  const unknownPath = (method: string, path: string): AgentError =>
    new AgentError('UnknownPath', `The API has no ${method} ${path}.`);
  app.all('/api/*', (context) =>
    answerJson({ access, log }, context, 'open', () => {
      throw unknownPath(context.req.method, context.req.path);
    }),
  );
  app.all('*', (context) =>
    context.env.isMeantForUs
      ? pages.answer(context.req.raw)
      : new Response('misdirected request: use an address of this server, or set console.publicUrl\n', { status: 421 }),
  );
  return app;
}

function changeStreams({ agent, clock, log }: ConsoleOptions, access: AccessControl): ChangeStreams {
  const changes = new ChangeLog();
  const source = new ChangeSource({ agent, changes, clock, log });
  return new ChangeStreams({ agent, access, changes, source, clock });
}

function handlersOf(options: ConsoleOptions, access: AccessControl): Handlers {
  const { agent, clock } = options;
  const shared = new ReadCache(options);
  return {
    ...sessionHandlers(access),
    ...overviewHandlers(agent, shared, clock),
    ...jobHandlers(agent, shared),
    ...rolloutHandlers(agent, shared),
    ...serviceHandlers(options),
    ...deviceHandlers(agent, shared),
  };
}
