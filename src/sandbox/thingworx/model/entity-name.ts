const NAME = /^[A-Za-z0-9_][^+/:*"<>\p{Cc}]{0,254}$/u;

/** Whether a text can be the name of an entity. */
export const isEntityName = (text: string): boolean => NAME.test(text);
