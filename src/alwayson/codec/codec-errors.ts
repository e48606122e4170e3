import { AgentError } from '../../core/errors.js';

/** The frame ended at `offset`, where `missing` more bytes were announced or needed. */
export function frameTruncated(offset: number, missing: number): AgentError {
  return new AgentError('FrameTruncated', `The frame ends ${missing} bytes short of what starts at byte ${offset}.`, {
    context: { offset, missing },
  });
}

/** The bytes at `offset` break the protocol; `what` is a sentence. */
export function frameMalformed(what: string, offset: number): AgentError {
  return new AgentError('FrameMalformed', what, { context: { offset } });
}

/** `what` (a plural) numbers `count`, which is above `limit`. */
export function limitExceeded(what: string, count: number, limit: number, offset?: number): AgentError {
  return new AgentError('FrameLimitExceeded', `${count} ${what} are more than the ${limit} accepted.`, {
    context: offset === undefined ? { limit, count } : { offset, limit, count },
  });
}

/** A value cannot be written as what it is meant to be; `why` is a sentence. */
export function notEncodable(why: string): AgentError {
  return new AgentError('ValueNotEncodable', why);
}

/** A base type code that nobody knows: its payload has no length, so that the rest of the frame cannot be read. */
export function unknownBaseType(code: number, offset: number): AgentError {
  return new AgentError('UnknownBaseType', `The base type code ${code} is not known.`, {
    context: { offset, baseTypeCode: code },
  });
}
