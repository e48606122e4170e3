import { codeName } from '../../../alwayson/codec/codes.js';
import type { ResponseBody } from '../../../alwayson/codec/message.js';
import { tableToJson } from '../../../alwayson/values.js';

/** An AlwaysOn response other than success, sent to an edge or received from one. `message` is its reason. */
export class EdgeFailure extends Error {
  override readonly name = 'EdgeFailure';

  constructor(
    /** AlwaysOn code. */
    readonly code: number,
    reason: string,
    /** Whether the edge sent it; false if the platform derived it from a missing response. */
    readonly isFromEdge = false,
  ) {
    super(reason);
  }

  /**
   * Also reads the reason where C SDK edges put it: their marker declares no reason, and the text is in a
   * column of the content.
   */
  static fromAnswer(code: number, body: ResponseBody): EdgeFailure {
    return new EdgeFailure(code, body.reason || reasonInContent(body) || codeName(code), true);
  }
}

function reasonInContent({ content }: ResponseBody): string | undefined {
  const row = content ? tableToJson(content).rows[0] : undefined;
  return ['reason', 'message', 'result'].map((field) => row?.[field]).find((value) => typeof value === 'string');
}
