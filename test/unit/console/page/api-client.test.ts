import { describe, expect, it } from '@jest/globals';
import { ApiClient, pathOf } from '../../../../src/console/page/client/api-client.js';
import { type ApiFailure, asFailure } from '../../../../src/console/page/client/api-failure.js';
import { takeKey } from '../../../../src/console/page/key-in-address.js';

/** A client whose requests are answered by `respond`; `urls` has what was asked. */
function clientWith(respond: () => Response): { client: ApiClient; urls: string[]; failures: ApiFailure[] } {
  const urls: string[] = [];
  const failures: ApiFailure[] = [];
  const client = new ApiClient({
    fetch: async (url) => {
      urls.push(url as string);
      return respond();
    },
    onFailure: (failure) => failures.push(failure),
  });
  return { client, urls, failures };
}

const failureOf = async (request: Promise<unknown>): Promise<ApiFailure> =>
  request.then(() => Promise.reject(new Error('it did not fail')), asFailure);

describe('the client of the API', () => {
  it('encodes each segment and parameter, and leaves out empty ones', async () => {
    const { client, urls } = clientWith(() => new Response('{"items":[]}'));
    const answer = await client.get(`jobs/${pathOf('a/b', '50%?#')}`, {
      text: 'x&y=1',
      state: '',
      cursor: undefined,
      limit: 5,
    });
    expect(answer).toEqual({ items: [] });
    expect(urls).toEqual(['/api/v1/jobs/a%2Fb/50%25%3F%23?text=x%26y%3D1&limit=5']);
  });

  it('throws what the agent says: code, sentence and remedy', async () => {
    const error = { code: 'JobNotFound', message: 'No job x.', remedy: 'Check the id.' };
    const { client, failures } = clientWith(() => new Response(JSON.stringify({ error }), { status: 404 }));
    const failure = await failureOf(client.get('jobs/h/x'));
    expect(failure).toMatchObject({ ...error, status: 404 });
    expect(failures).toEqual([failure]);
  });

  it('says so when the response is not one of the agent', async () => {
    const { client } = clientWith(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect(await failureOf(client.post('preview', '{}'))).toMatchObject({
      code: 'HTTP 502',
      message: 'The response is not one of the agent.',
    });
  });

  it('says that the agent is away when there is no response', async () => {
    const { client } = clientWith(() => {
      throw new TypeError('fetch failed');
    });
    expect(await failureOf(client.delete('session'))).toMatchObject({ code: 'AgentUnreachable', status: 0 });
  });
});

describe('the key in the address', () => {
  it('is taken out of the address bar before it is used', () => {
    const shown: string[] = [];
    const bar = { replaceState: (_data: null, _unused: string, url: string) => void shown.push(url) };
    const address = { pathname: '/jobs', search: '?hub=a', hash: `#key=${encodeURIComponent('a&b=c key')}` };
    expect(takeKey(address, bar)).toBe('a&b=c key');
    expect(shown).toEqual(['/jobs?hub=a']);
  });

  it('is left alone when there is none', () => {
    const bar = { replaceState: () => expect('nothing').toBe('replaced') };
    expect(takeKey({ pathname: '/', search: '', hash: '#main' }, bar)).toBeNull();
  });
});
