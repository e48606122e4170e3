import type { JsonValue } from '../edge/definitions.js';
import type { WrapperService } from './definition.js';

/** The structure of the payload of a service; the members of an object are in the order in which they are written. */
export type PayloadNode =
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: JsonValue }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, PayloadNode])[] };

interface MutableObject {
  readonly kind: 'object';
  readonly members: [string, MutableObject | PayloadNode][];
}

/** Builds the tree from the parameters, then the constants; conflicting pointers were refused when the description was read. */
export function payloadTree(service: WrapperService): PayloadNode {
  const root: MutableObject = { kind: 'object', members: [] };
  for (const { name, target } of service.parameters) {
    if (target.kind !== 'payload') continue;
    if (target.pointer.length === 0) return { kind: 'parameter', name };
    place(root, target.pointer, { kind: 'parameter', name });
  }
  for (const { pointer, value } of service.constants) {
    if (pointer.length === 0) return { kind: 'constant', value };
    place(root, pointer, { kind: 'constant', value });
  }
  return root as PayloadNode;
}

function place(root: MutableObject, pointer: readonly string[], leaf: PayloadNode): void {
  let parent = root;
  for (const token of pointer.slice(0, -1)) {
    const found = parent.members.find(([name]) => name === token)?.[1];
    const next: MutableObject = (found as MutableObject | undefined) ?? { kind: 'object', members: [] };
    if (!found) parent.members.push([token, next]);
    parent = next;
  }
  parent.members.push([pointer.at(-1) ?? '', leaf]);
}
