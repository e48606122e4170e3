import { AgentError, isAgentError, messageOf } from '../core/errors.js';
import { type CallContext, remainingMs } from '../core/call-context.js';

/** Error codes of Node.js for certificates that are not accepted, after which a retry would not help. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL_)/;

/**
 * Returns the AgentError for a request without a response: refused, reset, not resolved, not trusted.
 * @param isSent whether the request may have reached the hub.
 */
export function connectionError(error: unknown, hostName: string, isSent: boolean): AgentError {
  const code = codeOf(error);
  const isCertificate = code !== undefined && CERTIFICATE_CODES.test(code);
  const remedy = isCertificate
    ? 'its certificate is not trusted or not for this name; set `caFile` of the hub'
    : 'check the network, the name and the state of the hub';
  return new AgentError('HubUnavailable', `No connection to the hub ${hostName} (${code ?? 'broken'}): ${remedy}.`, {
    cause: error,
    context: { transient: !isCertificate, answerLost: isSent, network: code ?? messageOf(error).slice(0, 120) },
  });
}

/** Returns the AgentError for a successful response whose content is not what the protocol specifies. */
export function unexpectedAnswerError(what: string): AgentError {
  return new AgentError(
    'HubUnavailable',
    `The hub answered with ${what}; check the gateways and proxies between the hub and the agent.`,
    {
      context: { transient: false, answerLost: true, isUnexpectedAnswer: true },
    },
  );
}

/** Returns the AgentError for a response that is too long to be read. A page of fewer rows may be short enough. */
export function longAnswerError(): AgentError {
  return new AgentError(
    'HubUnavailable',
    'The hub answered with more than the agent reads at once (8 MiB, or half a million parts); request less, ' +
      'or check the gateways and proxies between the hub and the agent.',
    { context: { transient: false, answerLost: true, isUnexpectedAnswer: true, tooLong: true } },
  );
}

/** Whether a response was too long, so that a page of fewer rows may succeed. */
export function isTooLong(error: unknown): boolean {
  return isAgentError(error, 'HubUnavailable') && error.context['tooLong'] === true;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return Array.isArray(errors) ? codeOf(errors[0]) : undefined;
}

/** Timers may fire a little early: a call that ends this close to its deadline has timed out. */
const TIMER_SLACK_MS = 20;

/** Whether an aborted call was ended by its deadline, rather than by its caller or by a shutdown of the agent. */
export function isDeadline(context: CallContext): boolean {
  const reason: unknown = context.signal.reason;
  return remainingMs(context) < TIMER_SLACK_MS || (reason instanceof Error && reason.message === 'deadline');
}

/**
 * Returns the AgentError for an attempt that was aborted before the response arrived.
 * @param isSent whether the request may have reached the hub.
 */
export function abortError(context: CallContext, hostName: string, isSent: boolean): AgentError {
  return isDeadline(context)
    ? new AgentError('HubTimeout', `The hub ${hostName} did not answer in time; repeat the call.`, {
        context: { answerLost: isSent },
      })
    : new AgentError('ServiceUnavailable', 'The call was aborted before the hub answered.', {
        context: { answerLost: isSent },
      });
}
