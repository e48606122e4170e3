import type { PreviewService } from '../console/agent-view.js';
import { AgentError } from '../core/errors.js';
import type { CallContext } from '../core/call-context.js';
import type { Service, ServiceParameters } from '../edge/definitions.js';
import { runService } from '../edge/service-call.js';
import { HUB_SERVICES, type HubEnvironments } from '../catalogue/hub-services.js';
import { previewTargetsService } from '../jobs/services/preview-targets.js';
import { previewRolloutService } from '../rollouts/services/preview-rollout.js';

/** Stands in for a service that a wrapper calls. */
type PreviewCall = (
  context: CallContext,
  service: Pick<Service, 'definition'>,
  values: ServiceParameters,
) => Promise<unknown>;

/** Finds the service that previews another one. */
export type FindPreview = (name: string) => PreviewService | undefined;

/**
 * The services that preview what others would act on.
 * @param wrappers creates the services of wrappers, with another function in place of the services that they call.
 */
export async function createPreviews(
  { jobs, rollouts }: Pick<HubEnvironments, 'jobs' | 'rollouts'>,
  wrappers: (call: PreviewCall) => Promise<readonly Service[]>,
): Promise<FindPreview> {
  const targets: PreviewService = {
    definition: previewTargetsService.definition,
    handler: (context, values) => previewTargetsService.handler(context, values, jobs),
    previews: 'targets',
  };
  const rollout: PreviewService = {
    definition: previewRolloutService.definition,
    handler: (context, values) => previewRolloutService.handler(context, values, rollouts),
    previews: 'rollout',
  };
  const previewOf = (name: string): PreviewService | undefined => {
    const full = HUB_SERVICES.fullNameOf(name);
    const isOneOf = (...names: readonly string[]): boolean =>
      names.some((other) => HUB_SERVICES.fullNameOf(other) === full);
    if (isOneOf('StartRollout', 'PreviewRollout')) return rollout;
    return isOneOf('ScheduleDeviceMethodJob', 'ScheduleTwinUpdateJob', 'PreviewTargets') ? targets : undefined;
  };
  const services = await wrappers(async (context, { definition }, values) => {
    const preview = previewOf(definition.name);
    if (!preview) throw new AgentError('Internal', `${definition.name} has no preview.`);
    const known = new Set(preview.definition.parameters.map(({ name }) => name));
    const taken = Object.entries(values).filter(([name]) => preview === rollout || known.has(name));
    return await runService(preview, context, Object.fromEntries(taken));
  });
  const previews = new Map<string, PreviewService>(
    services.map((service) => [
      service.definition.name,
      { ...service, previews: service.definition.creates === 'rollout' ? 'rollout' : 'targets' },
    ]),
  );
  return (name) => previews.get(name) ?? previewOf(name);
}
