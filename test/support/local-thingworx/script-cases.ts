import type { LocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';
import { RestCaller } from '../thingworx-rest.js';
import { IMPORTER, scriptThing, upload } from './upload.js';

/** Returns a function that runs a function body as a script of the Thing `Cases` and returns its result through JSON. */
export async function runnerOf(
  platform: LocalThingWorx,
  bodies: readonly string[],
  more = '',
): Promise<(body: string) => Promise<{ readonly status: number; readonly value: unknown; readonly text: string }>> {
  const services = bodies.map((body, index) => ({
    name: `C${index}`,
    code: `var result = JSON.stringify({ value: (function () { ${body} }()) });`,
  }));
  const answer = await upload(platform, IMPORTER, scriptThing('Cases', services, more));
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.headers.get('x-sandbox-reason')}`);
  const rest = new RestCaller(platform.url, platform.appKey, 'Cases');
  return async (body) => {
    const { status, json, text } = await rest.invoke(`C${bodies.indexOf(body)}`);
    const [row] = (json as { rows?: { result: string }[] } | undefined)?.rows ?? [];
    return { status, text, value: row ? (JSON.parse(row.result) as { value: unknown }).value : undefined };
  };
}
