import type { ArgumentsOf } from '../../edge/define-service.js';
import type { START_ROLLOUT_PARAMETERS } from '../parameters.js';

/** The arguments of StartRollout and PreviewRollout, each within its bounds. */
export type StartArguments = ArgumentsOf<typeof START_ROLLOUT_PARAMETERS>;
