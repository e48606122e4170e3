/** An element of a document; plain JSON, so that it can be kept. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA of its own, one after the other. */
  readonly text: string;
}

/** The first child of that name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => child.name === name);

/** The children, of that name, of the first child named `list`. */
export const itemsOf = (element: XmlElement | undefined, list: string, item: string): readonly XmlElement[] =>
  childOf(element, list)?.children.filter(({ name }) => name === item) ?? [];
