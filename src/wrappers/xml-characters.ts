/**
 * Whether XML 1.0 can hold the text (section 2.2): no controls but tab, line feed and carriage return, and no lone
 * surrogates.
 */
export const isHoldableInXml = (text: string): boolean =>
  !/(?![\t\n\r\u0080-\u009f])\p{Cc}|[\ufffe\uffff]|\p{Cs}/u.test(text);
