import { AgentError, isAgentError, messageOf } from '../core/errors.js';
import { type CallContext, remainingMs } from '../core/call-context.js';

/** Codes of Node for certificates that do not fit: a repetition would not help. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL_)/;

/** The AgentError for a request that got no answer: refused, reset, not resolved, not trusted. */
export function connectionError(error: unknown, hostName: string): AgentError {
  const code = codeOf(error);
  const isCertificate = code !== undefined && CERTIFICATE_CODES.test(code);
  const remedy = isCertificate
    ? 'its certificate is not trusted or not for this name; set `caFile` of the hub'
    : 'check the network, the name and the state of the hub';
  return new AgentError('HubUnavailable', `No connection to the hub ${hostName} (${code ?? 'broken'}): ${remedy}.`, {
    cause: error,
    context: { transient: !isCertificate, answerLost: true, network: code ?? messageOf(error).slice(0, 120) },
  });
}

/** The AgentError for a response with a good status that is not what the protocol has there. */
export function unexpectedAnswerError(what: string): AgentError {
  return new AgentError(
    'HubUnavailable',
    `The hub answered with ${what}; check the gateways and proxies between it and the agent.`,
    {
      context: { transient: false, answerLost: true, isUnexpectedAnswer: true },
    },
  );
}

/** The AgentError for an answer that is not read to its end. A page of fewer rows may be short enough. */
export function longAnswerError(): AgentError {
  return new AgentError(
    'HubUnavailable',
    'The hub answered with more than the agent reads at once (8 MiB, or half a million parts); ask for less, ' +
      'or check what is between the hub and the agent.',
    { context: { transient: false, answerLost: true, isUnexpectedAnswer: true, tooLong: true } },
  );
}

/** Whether the answer was too long, so that fewer rows may be read. */
export function isTooLong(error: unknown): boolean {
  return isAgentError(error, 'HubUnavailable') && error.context['tooLong'] === true;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return Array.isArray(errors) ? codeOf(errors[0]) : undefined;
}

/** Timers fire up to a millisecond early; so much less than it is the deadline all the same. */
const TIMER_SLACK_MS = 20;

/** Whether an aborted call was ended by its deadline, and not because the caller went or the agent stops. */
export function isDeadline(context: CallContext): boolean {
  const reason: unknown = context.signal.reason;
  return remainingMs(context) < TIMER_SLACK_MS || (reason instanceof Error && reason.message === 'deadline');
}

/** The error of an attempt that was ended before it had an answer. */
export function abortError(context: CallContext, hostName: string): AgentError {
  return isDeadline(context)
    ? new AgentError('HubTimeout', `The hub ${hostName} has not answered in time; repeat the call.`, {
        context: { answerLost: true },
      })
    : new AgentError('ServiceUnavailable', 'The call was ended before the hub answered.', {
        context: { answerLost: true },
      });
}
