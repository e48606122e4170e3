import type { ErrorCode } from 'yaml';

interface Text {
  readonly message: string;
  readonly hint?: string;
}

const QUOTE_IT = 'put a string with special characters in quotes';
const INDENTATION = 'check the indentation of this line and of the one above';

/**
 * Texts for the errors of the YAML library. Its own messages repeat parts of the document, such as a secret that was
 * written without quotes.
 */
const TEXTS: Readonly<Record<ErrorCode, Text>> = {
  ALIAS_PROPS: { message: 'an alias cannot have an anchor or a tag of its own' },
  BAD_ALIAS: {
    message: 'this alias or anchor has no valid name',
    hint: 'put a string that begins with * or & in quotes',
  },
  BAD_COLLECTION_TYPE: {
    message: 'this tag does not fit the value',
    hint: 'put a string that begins with ! in quotes',
  },
  BAD_DIRECTIVE: { message: 'this directive is not known', hint: 'put a string that begins with % in quotes' },
  BAD_DQ_ESCAPE: { message: 'a string in double quotes has an invalid escape', hint: 'write \\\\ for a backslash' },
  BAD_INDENT: { message: 'the indentation does not fit', hint: INDENTATION },
  BAD_PROP_ORDER: { message: 'an anchor or tag is in the wrong place', hint: 'put it directly before its value' },
  BAD_SCALAR_START: { message: 'a string cannot begin with this character', hint: QUOTE_IT },
  BLOCK_AS_IMPLICIT_KEY: { message: 'a map or list stands where a key should', hint: QUOTE_IT },
  BLOCK_IN_FLOW: {
    message: 'an indented block stands inside brackets',
    hint: 'close the bracket, or write it in one style',
  },
  DUPLICATE_KEY: { message: 'Map keys must be unique' },
  IMPOSSIBLE: { message: 'the syntax is invalid here', hint: INDENTATION },
  KEY_OVER_1024_CHARS: { message: 'a key is longer than 1024 characters', hint: 'check for a missing quote' },
  MISSING_CHAR: {
    message: 'a character is missing: a closing quote or bracket, a comma, or the colon and blank after a key',
    hint: 'look at this line and the one above',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a key must be on one line', hint: 'check for a missing colon or quote' },
  MULTIPLE_ANCHORS: { message: 'a value can have only one anchor', hint: 'put a string that begins with & in quotes' },
  MULTIPLE_DOCS: { message: 'only one document in a file is read' },
  MULTIPLE_TAGS: { message: 'a value can have only one tag', hint: 'put a string that begins with ! in quotes' },
  NON_STRING_KEY: { message: 'a key must be text' },
  RESOURCE_EXHAUSTION: { message: 'the document is too complex', hint: 'make it flatter' },
  TAB_AS_INDENT: { message: 'tabs cannot indent', hint: 'use blanks' },
  TAG_RESOLVE_FAILED: {
    message: 'this tag is not known, or does not fit the value',
    hint: 'put a string that begins with ! in quotes',
  },
  UNEXPECTED_TOKEN: { message: 'this is not expected here', hint: `${QUOTE_IT}, or check the indentation` },
};

/** Returns the text for an error of the YAML library, without any part of the document. */
export const yamlFaultText = (code: ErrorCode): Text => TEXTS[code] ?? TEXTS.IMPOSSIBLE;
