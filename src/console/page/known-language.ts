/**
 * Evaluated before the libraries: uPlot formats numbers in the browser's language when it is loaded, and a browser that was
 * started without a locale names one that does not exist (`en-US@posix`).
 */
if (!isKnown(navigator.language)) Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });

function isKnown(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
