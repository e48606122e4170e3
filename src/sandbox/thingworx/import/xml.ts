/** An element of a document, as plain JSON that a store can keep. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's direct text and CDATA, concatenated. */
  readonly text: string;
}

/** Returns the first child with the name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => child.name === name);

/** Returns the children named `item` of the first child named `list`. */
export const itemsOf = (element: XmlElement | undefined, list: string, item: string): readonly XmlElement[] =>
  childOf(element, list)?.children.filter(({ name }) => name === item) ?? [];
