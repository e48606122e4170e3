import { type HttpAnswer, json, type Router } from '../http/router.js';
import type { ConnectionFaults } from './connection-faults.js';
import { type FaultEnd, readFaultRequest } from './fault-plan.js';

export type FaultsByEnd = Readonly<Partial<Record<FaultEnd, ConnectionFaults>>>;

/** Adds `GET|PUT /sandbox/faults`: the faults of the ends that this sandbox runs. */
export function addFaultRoutes(router: Router, faults: FaultsByEnd): void {
  const report = (): HttpAnswer =>
    json(200, Object.fromEntries(Object.entries(faults).map(([name, { plan }]) => [name, plan])));
  router.add('GET', '/sandbox/faults', report);
  router.add('PUT', '/sandbox/faults', (request) => {
    const read = readFaultRequest(parse(request.body));
    if (typeof read === 'string') return json(400, { error: read });
    const missing = Object.keys(read).find((name) => !faults[name as FaultEnd]);
    if (missing !== undefined) return json(404, { error: `this sandbox does not run ${missing}` });
    // Applied after the response, which the faults must not affect, and before any other request can arrive.
    setImmediate(() => applyAll(faults, read));
    return json(200, { ...read });
  });
}

function applyAll(faults: FaultsByEnd, wanted: Exclude<ReturnType<typeof readFaultRequest>, string>): void {
  for (const [name, plan] of Object.entries(wanted)) {
    const end = faults[name as FaultEnd];
    const { drop = false, garbage = false, restartMs = 0, ...lasting } = plan ?? {};
    const given = Object.fromEntries(Object.entries(lasting).filter(([, value]) => value !== undefined));
    end?.change(given);
    end?.strike({ drop, garbage, restartMs });
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
