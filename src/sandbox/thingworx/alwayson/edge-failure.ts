import { codeName } from '../../../alwayson/codec/codes.js';
import type { ResponseBody } from '../../../alwayson/codec/message.js';
import { tableToJson } from '../../../alwayson/values.js';

/** An AlwaysOn answer that is no success: to an edge, or from it. `message` is its reason. */
export class EdgeFailure extends Error {
  override readonly name = 'EdgeFailure';

  constructor(
    /** AlwaysOn code. */
    readonly code: number,
    reason: string,
    /** Whether it is the edge's own answer, rather than what the platform makes of its silence. */
    readonly isFromEdge = false,
  ) {
    super(reason);
  }

  /**
   * Takes the reason from where C SDK edges put it too: their marker says that there is none, and the text stands in a
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
