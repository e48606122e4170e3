import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { JobDetails } from '../../api/types.js';
import { serviceHref, withQuery } from '../format/links.js';
import { counted } from '../format/numbers.js';
import { Confirm } from '../parts/confirm.js';
import { useConsole, useMayAct } from '../parts/console-context.js';
import { useHubs } from '../parts/filters.js';
import { bodyOf, fullName, invoke } from '../parts/invoke.js';

/** Cancel, schedule again, and a roll-out for the devices that failed. */
export function JobActions({ job }: { readonly job: JobDetails }): VNode | null {
  const mayAct = useMayAct();
  const thing = useHubs().find(({ name }) => name === job.hub)?.things[0];
  const [isAsking, setAsking] = useState(false);
  if (thing === undefined) return null;
  const failed = (job.failedCount ?? 0) + (job.refusedCount ?? 0);
  return (
    <>
      <a class="button" href={againHref(thing, job)}>
        Again …
      </a>
      {failed > 0 && (
        <a class="button" href={withQuery('/rollouts/new', { hub: job.hub, retryJob: job.jobId })}>
          Retry {counted(failed, 'device')} …
        </a>
      )}
      {mayAct && job.canBeCancelled && (
        <button type="button" class="is-danger" onClick={() => setAsking(true)}>
          Cancel …
        </button>
      )}
      {isAsking && <CancelQuestion thing={thing} job={job} onClose={() => setAsking(false)} />}
    </>
  );
}

interface CancelQuestionProps {
  readonly thing: string;
  readonly job: JobDetails;
  readonly onClose: () => void;
}

function CancelQuestion({ thing, job, onClose }: CancelQuestionProps): VNode {
  const app = useConsole();
  const { jobId, deviceCount, status } = job;
  const onConfirm = async (): Promise<void> => {
    await app.act(async () => {
      await invoke(app.api, thing, fullName('CancelJob'), bodyOf({ jobId }));
      return { kind: 'done', text: `The job ${jobId} was cancelled.` };
    });
  };
  const target = deviceCount === undefined ? 'its devices' : counted(deviceCount, 'device');
  return (
    <Confirm
      question={`Cancel the job ${jobId}?`}
      verb="Cancel the job"
      isDanger
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>
        It is {status} and has not started; nothing will be sent to {target}.
      </p>
    </Confirm>
  );
}

/** The form of the service that made a job, filled in as it was then. The new job has an id of its own. */
function againHref(thing: string, job: JobDetails): string {
  const common = { again: job.jobId, hub: job.hub };
  const service = job.methodName === undefined ? 'ScheduleTwinUpdateJob' : 'ScheduleDeviceMethodJob';
  return `${serviceHref(thing, service)}&${new URLSearchParams(common).toString()}`;
}
