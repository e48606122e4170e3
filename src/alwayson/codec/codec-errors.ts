import { AgentError } from '../../core/errors.js';

/** The error of a frame that lacks `missing` bytes of the value that starts at `offset`. */
export function frameTruncated(offset: number, missing: number): AgentError {
  return new AgentError(
    'FrameTruncated',
    `The frame is cut off: the value that starts at byte ${offset} needs ${missing} more ${missing === 1 ? 'byte' : 'bytes'}.`,
    {
      context: { offset, missing },
    },
  );
}

/** The error of bytes at `offset` that violate the protocol; `what` is a sentence. */
export function frameMalformed(what: string, offset: number): AgentError {
  return new AgentError('FrameMalformed', what, { context: { offset } });
}

/** The error of a count above its limit. @param what a plural, for example `rows`. */
export function limitExceeded(what: string, count: number, limit: number, offset?: number): AgentError {
  return new AgentError('FrameLimitExceeded', `${count} ${what} are more than the ${limit} accepted.`, {
    context: offset === undefined ? { limit, count } : { offset, limit, count },
  });
}

/** The error of a value that cannot be encoded; `why` is a sentence. */
export function notEncodable(why: string): AgentError {
  return new AgentError('ValueNotEncodable', why);
}

/** The error of an unknown base type code. The length of its payload is unknown, so the rest of the frame is lost. */
export function unknownBaseType(code: number, offset: number): AgentError {
  return new AgentError('UnknownBaseType', `The base type code ${code} is unknown.`, {
    context: { offset, baseTypeCode: code },
  });
}
