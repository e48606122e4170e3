/** Why a request to the API failed, as the API says it: a code, a sentence, and what to do. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly code: string;
  readonly remedy: string;
  /** The HTTP status; 0 if there was no response. */
  readonly status: number;

  constructor({ code, message, remedy, status }: { code: string; message: string; remedy: string; status: number }) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.status = status;
  }
}

/** Whether the agent did not respond at all. */
export const isAway = (failure: ApiFailure): boolean => failure.status === 0;

/** What stands in for the response of an agent that does not respond. */
export const agentAway = (): ApiFailure =>
  new ApiFailure({
    code: 'AgentUnreachable',
    message: 'The agent does not respond.',
    remedy: 'The page reconnects by itself. Check that the agent runs and that this computer can reach it.',
    status: 0,
  });

/** Reads the body of a response with an error status; a proxy may have answered in place of the agent. */
export function failureOf(status: number, body: unknown): ApiFailure {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  return new ApiFailure({
    code: textOr(error['code'], `HTTP ${status}`),
    message: textOr(error['message'], 'The response is not one of the agent.'),
    remedy: textOr(error['remedy'], 'Check what stands between this browser and the agent, such as a proxy.'),
    status,
  });
}

/** Any thrown value as a failure that can be shown. */
export function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiFailure({
    code: 'PageDefect',
    message,
    remedy: 'Reload the page; report it if it returns.',
    status: 0,
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const textOr = (value: unknown, fallback: string): string =>
  typeof value === 'string' && value !== '' ? value : fallback;
